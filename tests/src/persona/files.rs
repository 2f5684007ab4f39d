//! The files of the personas, and what is made up each time one is played.

use std::{net::TcpListener, sync::LazyLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;

use crate::persona::script::Script;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../personas/", $name, ".toml")))),*]
    };
}

/// Every persona: its name and its file, in the order of the matrix.
const FILES: [(&str, &str); 15] = files![
    "chatgpt-stable",
    "chatgpt-callback",
    "chatgpt-dcr",
    "chatgpt-reconnect",
    "claude",
    "claude-code",
    "copilot-cli",
    "copilot-studio",
    "m365",
    "vscode",
    "cursor",
    "gemini",
    "mcp-remote",
    "inspector",
    "codex",
];

/// The files as they are written. A test sees to it that every one can be read.
static SCRIPTS: LazyLock<Vec<Script>> =
    LazyLock::new(|| FILES.iter().filter_map(|(_, text)| toml::from_str(text).ok()).collect());

/// What stands for the placeholders of a file.
#[derive(Clone, Debug)]
pub struct Draw {
    /// `{port}`: where it listens.
    pub port: u16,
    /// `{other_port}`: where it listened when it registered.
    pub other_port: u16,
    /// `{id}`: its name for this connection.
    pub id: String,
}

impl Draw {
    /// Free ports, and an identifier that is the same each time for the same MCP endpoint.
    pub fn of(target: &str) -> Draw {
        let hash = digest::digest(&digest::SHA256, target.as_bytes());
        let id = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9]);
        Draw { port: free_port(), other_port: free_port(), id }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{port}", &self.port.to_string())
            .replace("{other_port}", &self.other_port.to_string())
            .replace("{id}", &self.id)
    }
}

/// A port nobody listens at, or one from the range for such ports.
fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    free.map_or_else(|_| 49_152 + u16::from_le_bytes(shared::random::bytes()) % 16_384, |at| at.port())
}

/// Every file, unfilled.
pub(super) fn scripts() -> &'static [Script] {
    &SCRIPTS
}

/// A file with its placeholders filled.
pub(super) fn script(name: &str, draw: &Draw) -> Option<Script> {
    let (_, text) = FILES.iter().find(|(own, _)| *own == name)?;
    toml::from_str(&draw.fill(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_says_its_own_name() {
        let draw = Draw::of("https://mcp.example/mcp");
        for (name, text) in FILES {
            let script: Script =
                toml::from_str(&draw.fill(text)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(script.name, name);
            assert!(!script.source.is_empty() && !script.title.is_empty(), "{name}");
            assert!(script.document.is_some() || script.dynamic.is_some(), "{name} cannot register");
        }
        assert_eq!(scripts().len(), FILES.len());
    }

    /// The keys of a table as the README writes them. What stands below these is the client's own.
    fn keys(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
        for (name, value) in table {
            let path = format!("{prefix}{name}");
            match value {
                toml::Value::Table(deeper) if !path.ends_with("members") && !path.ends_with("parameters") => {
                    keys(&format!("{path}."), deeper, found);
                }
                _ => found.push(path),
            }
        }
    }

    #[test]
    fn every_key_is_explained() {
        let readme = include_str!("../../personas/README.md");
        for (name, text) in FILES {
            let mut found = Vec::new();
            keys("", &toml::from_str(text).unwrap(), &mut found);
            for key in found.iter().filter(|key| !key.starts_with("headers.")) {
                assert!(
                    readme.contains(&format!("`{key}`")),
                    "{name}: {key} is not in tests/personas/README.md"
                );
            }
        }
    }

    #[test]
    fn a_key_nobody_knows_is_refused() {
        let (_, text) = FILES[0];
        assert!(toml::from_str::<Script>(&format!("colour = \"green\"\n{text}")).is_err());
    }
}
