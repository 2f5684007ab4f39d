//! Reads sources as the rules need them: code without comments and strings, and the paths in it.

#![expect(clippy::unwrap_used, reason = "a source that cannot be read fails the test that asked for it")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One source file.
pub struct Source {
    /// From the workspace's root, with `/`.
    pub path: String,
    /// The file as it is.
    pub text: String,
}

/// Every source of every package.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    let benches = ["auth-server/benches", "mcp-server/benches"];
    for package in ["shared/src", "auth-server/src", "mcp-server/src", "tests"].into_iter().chain(benches) {
        collect(&root.join(package), &mut files);
    }
    files.sort();
    let read = |file: PathBuf| Source {
        path: file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(&file).unwrap(),
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// A source that exists only in a test of the rules.
    pub fn planted(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the whole file is a test.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
            || self.path.contains("/tests/")
            || self.path.starts_with("tests/")
    }

    /// The code: no comments, no strings, nothing behind `#[cfg(test)] mod`.
    pub fn code(&self) -> String {
        let code = strip(&self.text);
        let tests = code.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
            let rest = code[*at..].trim_start_matches("#[cfg(test)]").trim_start();
            // `mod tests;` is a file of its own; only a block ends the code here.
            rest.starts_with("mod ") && rest.find('{').is_some_and(|open| !rest[..open].contains(';'))
        });
        code[..tests.unwrap_or(code.len())].to_owned()
    }

    /// Every path in the code, from the crate's root where it is written relatively.
    pub fn paths(&self) -> BTreeSet<String> {
        let code = self.code();
        let mut paths = BTreeSet::new();
        for statement in uses(&code) {
            expand("", statement, &mut paths);
        }
        let statements: Vec<&str> = uses(&code).collect();
        let rest = statements.iter().fold(code.clone(), |rest, statement| rest.replace(statement, ""));
        inline(&rest, &mut paths);
        paths.into_iter().map(|path| self.absolute(&path)).collect()
    }

    /// The modules above the code of this file.
    fn module(&self) -> Vec<&str> {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }

    fn absolute(&self, path: &str) -> String {
        let mut segments: Vec<&str> = path.split("::").collect();
        let mut module = self.module();
        match segments.first() {
            Some(&"self") => {
                segments.remove(0);
            }
            Some(&"super") => {
                while segments.first() == Some(&"super") {
                    segments.remove(0);
                    module.pop();
                }
            }
            _ => return path.to_owned(),
        }
        ["crate"].into_iter().chain(module).chain(segments).collect::<Vec<_>>().join("::")
    }
}

/// The trees of all `use` statements.
fn uses(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("use ").filter_map(|(at, word)| {
        let is_word = at == 0 || !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &code[at + word.len()..];
        rest.find(';').filter(|_| is_word).map(|end| &rest[..end])
    })
}

/// Spells out `a::{b, c::{d}}`.
fn expand(prefix: &str, tree: &str, paths: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        let joined = if path == "self" { prefix.to_owned() } else { join(prefix, path) };
        paths.insert(joined);
        return;
    };
    let prefix = join(prefix, tree[..open].trim().trim_end_matches("::"));
    let inside = tree[open + 1..].trim_end().trim_end_matches('}');
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inside[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    // The closing brace of an inner group was trimmed together with the outer one: it closes nothing else.
    if !inside[start..].trim().is_empty() {
        expand(&prefix, &inside[start..], paths);
    }
}

fn join(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { format!("{prefix}::{path}") }
}

/// Paths of two segments and more outside `use`.
fn inline(code: &str, paths: &mut BTreeSet<String>) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    for word in code.split(|c: char| !is_part(c)) {
        let word = word.trim_matches(':');
        if word.contains("::") {
            paths.insert(word.to_owned());
        }
    }
}

/// The text with comments, strings and characters blanked out.
fn strip(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string(rest),
            'r' if raw(rest).is_some() && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                raw(rest).unwrap()
            }
            '\'' => character(rest),
            _ => {
                code.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        code.push(' ');
        rest = &rest[length..];
    }
    code
}

fn string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw(rest: &str) -> Option<usize> {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    let open = 1 + hashes;
    rest[open..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(rest[open + 1..].find(&close).map_or(rest.len(), |end| open + 1 + end + close.len()))
}

/// A character literal; a lifetime is only its quote.
fn character(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => {
            rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 3)
        }
        (Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => 1,
    }
}

#[test]
fn comments_and_strings_are_no_code() {
    let source = Source::planted(
        "auth-server/src/oauth/x.rs",
        "// use a::b;\n/* c::d */ let x = \"e::f\"; let y = r#\"g::\"h\"#; let q = '\"'; let l: &'static i::J;",
    );
    let found: Vec<String> = source.paths().into_iter().collect();
    assert_eq!(found, ["i::J"]);
}

#[test]
fn paths_are_spelled_out() {
    let text = "use crate::{store::{self, users::{User, Row}}, oauth::code};\nuse super::page as p;\n\
                fn f() { super::super::http::go(); }\n#[cfg(test)]\nmod tests { use diesel::x; }";
    let found = Source::planted("auth-server/src/flow/deep/sign_in.rs", text).paths();
    let expected = [
        "crate::flow::deep::page",
        "crate::flow::http::go",
        "crate::oauth::code",
        "crate::store",
        "crate::store::users::Row",
        "crate::store::users::User",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
