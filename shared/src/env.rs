//! Settings as typed: a map of strings, read into typed values with every fault collected and told at once.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

/// Names and values, from the process or from a test. An empty value counts as absent.
#[derive(Clone, Debug, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The process's environment over a `.env` file of the working directory: what the process was given wins.
    pub fn from_process() -> Env {
        let file = dotenvy::from_filename_iter(".env").into_iter().flatten().flatten();
        Env(file.chain(std::env::vars()).collect())
    }

    /// The value of `name`, when there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Env {
        Env(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Reads settings and remembers what was wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    env: &'a Env,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader that found no fault yet.
    pub fn new(env: &'a Env) -> Reader<'a> {
        Reader { env, faults: Vec::new() }
    }

    /// The value of `name`, when there is one.
    pub fn optional(&self, name: &str) -> Option<&'a str> {
        self.env.get(name)
    }

    /// The value of `name`, or the default.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.env.get(name).unwrap_or(default).to_owned()
    }

    /// The value of `name` as a `T`; the default where it is absent, or faulty and noted.
    pub fn parsed<T: FromStr>(&mut self, name: &str, default: T, example: &str) -> T
    where
        T::Err: fmt::Display,
    {
        match self.env.get(name).map(T::from_str) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(fault)) => {
                self.fault(name, &fault.to_string(), example);
                default
            }
        }
    }

    /// Whether something is `on` or `off`.
    pub fn is_on(&mut self, name: &str, default: bool) -> bool {
        match self.optional(name) {
            None => default,
            Some("on") => true,
            Some("off") => false,
            Some(_) => {
                self.fault(name, "is neither `on` nor `off`", if default { "on" } else { "off" });
                default
            }
        }
    }

    /// A span in whole seconds.
    pub fn seconds(&mut self, name: &str, default: u64) -> Duration {
        Duration::from_secs(self.parsed(name, default, &default.to_string()))
    }

    /// Notes a fault: the variable, what is wrong with it, and a value that would do.
    pub fn fault(&mut self, name: &str, wrong: &str, example: &str) {
        let value = self.env.get(name).map_or("absent", |_| "given");
        self.faults.push(format!("{name} ({value}): {wrong}; for example {name}={example}"));
    }

    /// The settings, if they are complete and nothing was wrong.
    ///
    /// # Errors
    /// Every fault that was noted.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, Faults> {
        settings.filter(|_| self.faults.is_empty()).ok_or(Faults(self.faults))
    }
}

/// Every fault in the settings, one a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings have faults:\n  {}", .0.join("\n  "))]
pub struct Faults(Vec<String>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once_and_none_shows_the_value() {
        let env = Env::from_iter([("A", "x1"), ("B", "x2"), ("C", "3"), ("D", " ")]);
        let mut reader = Reader::new(&env);
        reader.parsed("A", 1_u16, "8000");
        reader.seconds("B", 60);
        assert_eq!(reader.parsed("C", 1_u16, "8000"), 3);
        assert_eq!(reader.optional("D"), None);
        let faults = reader.finish(Some(())).unwrap_err().to_string();
        assert!(faults.contains("A=8000") && faults.contains("B=60"), "{faults}");
        assert!(!faults.contains("x1"), "a secret may stand in a faulty setting: {faults}");
    }
}
