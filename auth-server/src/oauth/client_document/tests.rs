use serde_json::json;

use super::*;
use crate::oauth::client_id_url::Reach;

const ID: &str = "https://client.example/oauth/client.json";
const OURS: [AuthMethod; 4] = AuthMethod::ALL;

/// Reads a small good document with these members over its own; `null` takes one away.
fn read_with(changes: Value) -> Result<Client, DocumentFault> {
    let mut document = json!({
        "client_id": ID,
        "client_name": "Client",
        "redirect_uris": ["https://client.example/callback", "http://localhost/callback"],
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    let url = ClientIdUrl::parse(ID, Reach::Internet).unwrap();
    read(document.to_string().as_bytes(), &url, &OURS, Timestamp(0))
}

#[test]
fn what_a_client_says_of_itself_is_read() {
    let client = read_with(json!({
        "client_name": "A\nclient", "application_type": "native", "scope": " a  b ", "logo_uri": 5, "software_id": {},
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "authorization_code"],
        "response_types": ["device"], "contacts": null
    }))
    .unwrap();
    assert_eq!((client.id.as_str(), client.document_host()), (ID, Some("client.example")));
    assert_eq!(client.metadata.name.as_deref(), Some("Aclient"));
    assert_eq!(client.metadata.application_type, Some(ApplicationType::Native));
    assert_eq!(client.metadata.scope.unwrap().to_string(), "a b");
    assert_eq!(client.auth_methods, [AuthMethod::None]);
}

#[test]
fn each_broken_rule_is_named() {
    use DocumentFault::*;
    for (changes, fault) in [
        (json!({"client_id": null}), OtherClientId),
        (json!({"client_id": format!("{ID}/")}), OtherClientId),
        (json!({"client_id": [ID]}), Shape("client_id")),
        (json!({"client_secret": "x"}), Secret),
        (json!({"client_secret_expires_at": 0}), Secret),
        (json!({"token_endpoint_auth_method": "client_secret_post"}), Secret),
        (json!({"token_endpoint_auth_methods_supported": ["none", "client_secret_jwt"]}), Secret),
        (json!({"client_name": null}), NoName),
        (json!({"client_name": " \u{7} "}), NoName),
        (json!({"client_name": {"en": "Client"}}), Shape("client_name")),
        (json!({"redirect_uris": null}), RedirectUriCount),
        (json!({"redirect_uris": []}), RedirectUriCount),
        (json!({"redirect_uris": "https://client.example/callback"}), RedirectUriCount),
        (json!({"redirect_uris": vec!["http://localhost/"; 33]}), RedirectUriCount),
        (json!({"redirect_uris": ["http://client.example/callback"]}), RedirectUri),
        (json!({"redirect_uris": ["https://client.example/callback", "cursor://x/callback"]}), RedirectUri),
        (json!({"redirect_uris": ["https://client.example/#x"]}), RedirectUri),
        (json!({"redirect_uris": [1]}), RedirectUri),
        (json!({"grant_types": ["refresh_token"]}), GrantTypes),
        (json!({"grant_types": "authorization_code"}), Shape("grant_types")),
        (json!({"jwks": "x"}), Keys),
        (json!({"jwks_uri": "http://client.example/jwks.json"}), Keys),
        (json!({"jwks": {"keys": []}, "jwks_uri": "https://client.example/jwks.json"}), Keys),
        (json!({"token_endpoint_auth_method": "tls_client_auth"}), AuthMethods),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), AuthMethods),
        (json!({"token_endpoint_auth_methods_supported": []}), AuthMethods),
        (
            json!({"token_endpoint_auth_methods_supported": "none"}),
            Shape("token_endpoint_auth_methods_supported"),
        ),
        (json!({"scope": "a\"b"}), Shape("scope")),
    ] {
        assert_eq!(read_with(changes.clone()).err(), Some(fault), "{changes}");
    }
    let url = ClientIdUrl::parse(ID, Reach::Internet).unwrap();
    for body in ["", "[]", "null", "{", "<html>", "\u{feff}{}", &"[".repeat(5000)] {
        assert_eq!(read(body.as_bytes(), &url, &OURS, Timestamp(0)).err(), Some(NoObject));
    }
}

#[test]
fn the_list_counts_and_the_single_method_is_a_preference() {
    use AuthMethod::{None as Public, PrivateKeyJwt};
    let uri = "https://client.example/jwks.json";
    let both = json!({"jwks_uri": uri, "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"]});
    let with = |method: &str| {
        let mut changes = both.clone();
        changes["token_endpoint_auth_method"] = json!(method);
        changes
    };
    for (changes, usable, preferred) in [
        (both.clone(), vec![Public, PrivateKeyJwt], PrivateKeyJwt),
        (with("private_key_jwt"), vec![Public, PrivateKeyJwt], PrivateKeyJwt),
        (with("none"), vec![Public, PrivateKeyJwt], Public),
        (
            json!({"jwks_uri": uri, "token_endpoint_auth_method": "private_key_jwt"}),
            vec![PrivateKeyJwt],
            PrivateKeyJwt,
        ),
        (
            json!({"token_endpoint_auth_methods_supported": ["private_key_jwt", "none", 7]}),
            vec![Public],
            Public,
        ),
    ] {
        let client = read_with(changes.clone()).unwrap();
        assert_eq!((client.auth_methods, client.metadata.auth_method), (usable, preferred), "{changes}");
    }
}

#[test]
fn only_json_is_a_document() {
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/client-metadata+json"] {
        assert!(is_document_type(good), "{good}");
    }
    for bad in
        ["", "text/html", "text/json", "application/jsonp", "application/+json", "application/javascript"]
    {
        assert!(!is_document_type(bad), "{bad}");
    }
}
