//! What a persona asks for.

use crate::{
    persona::script::{Scopes, Source},
    steps::{Client, Resource, Server},
};

impl Scopes {
    /// The value of `scope`; none when the parameter is left out.
    pub fn chosen(&self, resource: &Resource, server: &Server, client: &Client) -> Option<String> {
        let named = self.from.iter().map(|source| match source {
            Source::Challenge => resource.challenged.clone(),
            Source::Resource => resource.scopes.clone(),
            Source::Registration => client.scopes.clone(),
            Source::Server => server.scopes.clone().unwrap_or_default(),
        });
        let named = named.into_iter().find(|scopes| !scopes.is_empty()).unwrap_or_default();
        let offered = server.scopes.clone().unwrap_or_default();
        let mut scopes: Vec<String> =
            self.if_offered.iter().filter(|scope| offered.contains(scope)).cloned().collect();
        for scope in named {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.is_empty() {
            return self.otherwise.clone();
        }
        let space = if self.leading_space { " " } else { "" };
        Some(format!("{space}{}", scopes.join(" ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::fixtures::{client, resource, server};

    fn asked(from: &[Source], scopes: Scopes) -> Option<String> {
        let resource = Resource { challenged: vec!["a".to_owned()], ..resource() };
        let client = Client { scopes: vec!["r".to_owned(), "s".to_owned()], ..client() };
        Scopes { from: from.to_vec(), ..scopes }.chosen(&resource, &server(), &client)
    }

    #[test]
    fn the_first_source_that_names_any_counts() {
        let plain = Scopes::default;
        assert_eq!(asked(&[Source::Challenge, Source::Resource], plain()).as_deref(), Some("a"));
        assert_eq!(asked(&[Source::Resource], plain()).as_deref(), Some("notes:read"));
        assert_eq!(asked(&[Source::Registration], plain()).as_deref(), Some("r s"));
        assert_eq!(asked(&[Source::Server], plain()).as_deref(), Some("openid offline_access notes:read"));
        assert_eq!(asked(&[], plain()), None);
    }

    #[test]
    fn what_is_offered_is_added_and_what_is_not_is_left_out() {
        let if_offered = vec!["openid".to_owned(), "email".to_owned()];
        let scopes = Scopes { if_offered, leading_space: true, ..Scopes::default() };
        assert_eq!(asked(&[Source::Challenge], scopes).as_deref(), Some(" openid a"));
        let empty = Scopes { otherwise: Some(String::new()), ..Scopes::default() };
        assert_eq!(asked(&[], empty).as_deref(), Some(""));
    }
}
