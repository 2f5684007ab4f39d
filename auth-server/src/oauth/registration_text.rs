//! The compact text of a registration: what is sealed into its `client_id`, or stored.

use shared::{clock::Timestamp, scope::Scopes};

use super::{
    client::{ApplicationType, AuthMethod, ClientMetadata, KeySource},
    redirect::RedirectUri,
};

/// One value a line. Every value was checked to hold no line break. It is this short so that a sealed registration fits into
/// the 255 characters clients keep for a `client_id`. Ids that were given out are read for ever: what is added to the text
/// must leave the old one readable.
impl ClientMetadata {
    /// As text.
    pub fn to_text(&self) -> String {
        let method = self.auth_method.as_str();
        let kind = self.application_type.map_or("", ApplicationType::as_str);
        let mut lines = vec![
            // The first letters of the method's last word and of the type: n, b, p, j and w, n.
            format!("{}{}", initial(method.rsplit('_').next().unwrap_or_default()), initial(kind)),
            self.issued_at.seconds().to_string(),
            self.name.clone().unwrap_or_default(),
            self.scope.as_ref().map(Scopes::to_string).unwrap_or_default(),
        ];
        // Only a client that signs has a line for its keys: the ids of all others stay as they were.
        lines.extend(self.keys.as_ref().map(|keys| match keys {
            KeySource::Inline(text) | KeySource::Uri(text) => text.clone(),
        }));
        lines.extend(self.redirect_uris.iter().map(|uri| uri.as_str().to_owned()));
        lines.join("\n")
    }

    /// Reads what [`to_text`](ClientMetadata::to_text) wrote; none for anything else.
    pub fn from_text(text: &str) -> Option<ClientMetadata> {
        let mut lines = text.split('\n');
        let mut flags = lines.next()?.chars();
        let auth_method = match flags.next()? {
            'n' => AuthMethod::None,
            'b' => AuthMethod::ClientSecretBasic,
            'p' => AuthMethod::ClientSecretPost,
            'j' => AuthMethod::PrivateKeyJwt,
            _ => return None,
        };
        let application_type = match flags.next() {
            Some('w') => Some(ApplicationType::Web),
            Some('n') => Some(ApplicationType::Native),
            _ => None,
        };
        let issued_at = Timestamp(lines.next()?.parse().ok()?);
        let name = Some(lines.next()?.to_owned()).filter(|name| !name.is_empty());
        let scope = Scopes::parse(lines.next()?).ok().filter(|scopes| !scopes.is_empty());
        let keys = match auth_method {
            AuthMethod::PrivateKeyJwt => Some(key_source(lines.next()?)),
            _ => None,
        };
        let redirect_uris = lines.map(RedirectUri::read_before).collect();
        Some(ClientMetadata { name, redirect_uris, auth_method, keys, application_type, scope, issued_at })
    }
}

/// A set is JSON, and no URL begins as an object does.
fn key_source(line: &str) -> KeySource {
    match line.starts_with('{') {
        true => KeySource::Inline(line.to_owned()),
        false => KeySource::Uri(line.to_owned()),
    }
}

fn initial(word: &str) -> &str {
    word.get(..1).unwrap_or_default()
}
