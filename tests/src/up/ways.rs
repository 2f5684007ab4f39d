//! How people sign in: what the auth-server will read of its settings, for what a newcomer is told and needs.

use shared::env::Env;

/// The ways that are open.
pub(super) struct Ways {
    /// E-mail and password of an account here.
    pub(super) is_local: bool,
    /// What the providers are called, in the order of their numbers.
    pub(super) providers: Vec<String>,
}

impl Ways {
    /// Reads them. What is wrong is for the auth-server to say.
    pub(super) fn read(env: &Env) -> Ways {
        let prefixes = (1..=9).map(|number| match number {
            1 => "UPSTREAM".to_owned(),
            _ => format!("UPSTREAM_{number}"),
        });
        let name = |prefix: String| {
            let issuer = env.get(&format!("{prefix}_ISSUER"))?;
            Some(env.get(&format!("{prefix}_NAME")).unwrap_or(issuer).to_owned())
        };
        Ways {
            is_local: env.get("LOCAL_ACCOUNTS") != Some("off"),
            providers: prefixes.filter_map(name).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Ways {
        Ways::read(&pairs.iter().copied().collect())
    }

    #[test]
    fn nothing_set_is_local_accounts_alone() {
        let ways = read(&[("UPSTREAM_NAME", "Work")]);
        assert!(ways.is_local && ways.providers.is_empty());
    }

    #[test]
    fn a_provider_is_called_by_its_name_or_else_its_issuer() {
        let ways = read(&[
            ("LOCAL_ACCOUNTS", "off"),
            ("UPSTREAM_ISSUER", "https://id.example.com"),
            ("UPSTREAM_3_ISSUER", "https://other.example.com"),
            ("UPSTREAM_3_NAME", "Work"),
        ]);
        assert_eq!(
            (ways.is_local, ways.providers),
            (false, vec!["https://id.example.com".into(), "Work".to_owned()])
        );
    }
}
