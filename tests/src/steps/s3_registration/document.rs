//! The client that is a document (draft-ietf-oauth-client-id-metadata-document): it registers nowhere, so all there is
//! to see is whether the document says what it should.

use serde_json::{Map, Value};

use crate::{
    document::{Document, Subject},
    exchange::Call,
    steps::{Client, ClientAuth, Seen, Server},
    violation::Violation,
};

/// Name of the call that fetches it, as the server will.
pub(super) const FETCH: &str = "client_document";
const DOCUMENT: Subject =
    Subject { step: "S3", name: "the client's document", section: "Client ID Metadata Document §4" };

/// The method of client authentication both sides can use; none when there is none.
///
/// SEP-3149: of all methods a document names, those the server lists count; the singular member is a preference.
pub(super) fn method_of(members: &Map<String, Value>, server: &Server) -> Option<String> {
    let one = members.get("token_endpoint_auth_method").and_then(Value::as_str);
    let many = members.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
    let many = many.into_iter().flatten().filter_map(Value::as_str);
    let named: Vec<&str> = one.into_iter().chain(many).collect();
    let named = if named.is_empty() { vec!["none"] } else { named };
    let usable = |method: &&str| server.auth_methods.iter().any(|own| own == method);
    named.into_iter().find(usable).map(str::to_owned)
}

/// Reads the client out of its own document.
pub(super) fn judge(call: &Call, server: &Server) -> Result<(Client, Seen), Violation> {
    DOCUMENT.received(call)?;
    let document = Document::read(call, &[200], DOCUMENT)?;
    let id = document.required("client_id")?.to_owned();
    if id != call.url {
        return Err(DOCUMENT
            .violation("client_id_url", "the client's document does not name its own address")
            .expected(&call.url)
            .seen(id)
            .change(
                "write the documents anew (--write-documents DIR) for the address they are published at",
            ));
    }
    let auth = match method_of(document.members(), server).as_deref() {
        Some("none") => ClientAuth::None,
        Some("private_key_jwt") => ClientAuth::PrivateKey,
        method => {
            return Err(DOCUMENT
                .violation("method", "client and server have no method of authentication in common")
                .expected("none or private_key_jwt")
                .seen(method.unwrap_or("nothing in common"))
                .change("list none in token_endpoint_auth_methods_supported"));
        }
    };
    let redirect_uri = document.list("redirect_uris").unwrap_or_default().into_iter().next();
    let may_refresh =
        document.list("grant_types").unwrap_or_default().iter().any(|grant| grant == "refresh_token");
    let seen = Seen::new(format!("document {id}, client authentication {}", auth.name()));
    let redirect_uri = redirect_uri.unwrap_or_default();
    Ok((Client { id, auth, redirect_uri, may_refresh, is_document: true, scopes: Vec::new() }, seen))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::steps::fixtures::{REDIRECT, call, changed, reply, server};

    const ID: &str = "https://client.example/oauth/client.json";

    fn document() -> Value {
        json!({
            "client_id": ID,
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        })
    }

    fn method(document: &Value, offered: &[&str]) -> Option<String> {
        let auth_methods = offered.iter().map(|method| (*method).to_owned()).collect();
        method_of(document.as_object().unwrap(), &Server { auth_methods, ..server() })
    }

    #[test]
    fn the_method_is_one_of_both_and_the_preferred_one_if_it_can_be() {
        let both = document();
        assert_eq!(method(&both, &["none", "private_key_jwt"]).as_deref(), Some("private_key_jwt"));
        assert_eq!(method(&both, &["client_secret_post", "none"]).as_deref(), Some("none"));
        assert_eq!(method(&both, &["client_secret_post"]), None);
        assert_eq!(method(&json!({}), &["none"]).as_deref(), Some("none"), "nothing said");
        let singular = json!({"token_endpoint_auth_method": "private_key_jwt"});
        assert_eq!(method(&singular, &["none"]), None);
    }

    #[test]
    fn one_fault_at_a_time() {
        for (member, value, broken) in [
            ("client_name", json!("ChatGPT"), ""),
            ("client_id", json!("https://client.example/other"), "S3.client_id_url"),
            ("client_id", json!(null), "S3.client_id"),
            ("token_endpoint_auth_methods_supported", json!([]), "S3.method"),
            ("logo_uri", json!([null]), "S3.null"),
        ] {
            let call = call(FETCH, ID, reply(200, &changed(document(), member, value)));
            let found = judge(&call, &server()).err().map(|violation| violation.id.clone());
            assert_eq!(found.unwrap_or_default(), broken, "{member}");
        }
        let missing = call(FETCH, ID, reply(404, &json!({})));
        assert_eq!(judge(&missing, &server()).err().unwrap().id, "S3.status");
    }
}
