//! Bodies that are something else than the endpoint reads.

use conformance::failure::Outcome;

use super::{Shape, Stage, fault};
use crate::negative::raw;

/// None of them is a request to anything.
fn junk() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("spaces", b" \r\n\t ".to_vec()),
        ("a brace", b"{".to_vec()),
        ("a cut object", br#"{"jsonrpc":"2.0","id":1,"method":"#.to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("an empty list", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"1e999999".to_vec()),
        ("a string", br#""redirect_uris""#.to_vec()),
        ("an object twice", b"{}{}".to_vec()),
        ("an object and more", b"{} x".to_vec()),
        ("wrong types", br#"{"redirect_uris":7,"jsonrpc":2,"id":{},"method":[]}"#.to_vec()),
        ("members twice", br#"{"redirect_uris":[],"redirect_uris":[]}"#.to_vec()),
        ("nested lists", "[".repeat(60_000).into_bytes()),
        ("nested objects", r#"{"a":"#.repeat(12_000).into_bytes()),
        ("closed nested lists", format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)).into_bytes()),
        ("nesting in a member", format!(r#"{{"a":{}{}}}"#, "[".repeat(9000), "]".repeat(9000)).into_bytes()),
        ("half a surrogate", br#"{"client_name":"\ud800"}"#.to_vec()),
        ("a byte order mark", "\u{feff}{}".as_bytes().to_vec()),
        ("unicode", "💥=🦀&ключ=значение&\u{202e}=\u{0}&é=%C3%28".as_bytes().to_vec()),
        ("bytes", (0..=255).collect()),
        ("zeros", vec![0; 1000]),
        ("no UTF-8", b"\xff\xfe{\"a\":\"\xc3\x28\"}".to_vec()),
        ("percent signs", b"%=%&%zz=%f&=&&==".to_vec()),
        ("encoded bytes", b"grant_type=%ff%fe&client_id=%00%0d%0a&token=%80".to_vec()),
        (
            "a thousand parameters",
            (0..1000).map(|at| format!("p{at}={at}&")).collect::<String>().into_bytes(),
        ),
        ("one parameter a thousand times", "a=1&".repeat(1000).into_bytes()),
        ("a letter 60,000 times", vec![b'a'; 60_000]),
        ("parts", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n".to_vec()),
        (
            "XML",
            b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"
                .to_vec(),
        ),
    ]
}

const TYPES: [Option<&str>; 7] = [
    Some("application/json"),
    Some("application/json; charset=utf-8"),
    Some("application/x-www-form-urlencoded"),
    Some("text/plain"),
    Some("multipart/form-data; boundary=x"),
    Some("\u{7f}/;;=,"),
    None,
];

#[tokio::test]
async fn no_junk_in_a_body_breaks_an_endpoint() -> Outcome {
    let mut stage = Stage::set().await?;
    let mut faults = Vec::new();
    for endpoint in std::mem::take(&mut stage.endpoints) {
        if !endpoint.takes_post() {
            continue;
        }
        for (name, body) in junk() {
            for media_type in TYPES {
                let what = format!("{name} as {media_type:?} to {}", endpoint.path);
                let mut request = stage.request(&endpoint, "POST")?.body(body.clone());
                if let Some(media_type) = media_type.filter(|text| text.bytes().all(|byte| byte != 0x7f)) {
                    request = request.with_header("content-type", media_type);
                } else if media_type.is_some() {
                    request = request.with_header("content-type", "/;;=,");
                }
                let reply = stage.actor.send(request).await?;
                // A request by POST becomes one by GET, which is then refused.
                if endpoint.path == "/oauth/authorize" && reply.status == 303 {
                    let next = reply.header("location").unwrap_or_default();
                    let head = format!("GET {next} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                    let reply = raw::send(&endpoint.origin, &head, b"").await?;
                    assert!((400..500).contains(&reply.status), "{what}: {}", reply.status);
                    continue;
                }
                if let Some(fault) = fault(&reply, endpoint.shape) {
                    faults.push(format!("{what}: {fault}: {} {}", reply.status, reply.text()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    stage.still_works().await
}

/// The same in the query, where nobody expects it either.
#[tokio::test]
async fn no_junk_in_a_query_breaks_an_endpoint() -> Outcome {
    let mut stage = Stage::set().await?;
    let queries = [
        "%",
        "%zz",
        "%ff%fe=%80",
        "=",
        "&&&",
        "a=1&a=1",
        "client_id=%00",
        "?",
        "a[b]=c",
        "a=%E2%80%AE",
        "client_id=dcr_&redirect_uri=%0d%0aLocation:%20https://evil.com",
        "client_id=dcs_%27%20OR%201=1",
        "resource=x&resource=y",
        "access_token=x",
        "state=%F0%9F%92%A5",
    ];
    for endpoint in std::mem::take(&mut stage.endpoints) {
        for query in queries.map(str::to_owned).into_iter().chain(["x=".repeat(4000)]) {
            for method in endpoint.methods {
                let what = format!("{method} {}?{query}", endpoint.path);
                let request = stage.request(&endpoint, method)?.to(format!("{}?{query}", endpoint.url()));
                let reply = stage.actor.send(request).await?;
                assert!(reply.status < 500, "{what}: {}", reply.status);
                assert!(reply.header("location").is_none_or(|place| !place.contains("evil")), "{what}");
                let is_document = endpoint.shape == Shape::Json && !endpoint.takes_post();
                assert_eq!(reply.status == 200, is_document, "{what}: {}", reply.status);
            }
        }
    }
    stage.still_works().await
}

/// What clients really send does no harm: a charset, capitals, no type where JSON is expected.
#[tokio::test]
async fn a_charset_is_accepted_everywhere() -> Outcome {
    let mut stage = Stage::set().await?;
    for suffix in ["", "; charset=utf-8", ";charset=UTF-8", "; charset=\"utf-8\"; x=y"] {
        let json = format!("application/json{suffix}");
        let request = stage.actor.register_request().with_header("content-type", &json);
        assert_eq!(stage.actor.send(request).await?.status, 201, "{json}");
        let request = stage.actor.mcp_request("tools/list", None).bearer(&stage.token);
        assert_eq!(stage.actor.send(request.with_header("content-type", &json)).await?.status, 200, "{json}");
        let form = format!("application/x-www-form-urlencoded{suffix}");
        let request = stage.actor.revoke_request("unknown").with_header("content-type", &form);
        assert_eq!(stage.actor.send(request).await?.status, 200, "{form}");
    }
    // RFC 9110 §8.3.1: media types in any case.
    let request = stage.actor.register_request().with_header("content-type", "Application/JSON");
    assert_eq!(stage.actor.send(request).await?.status, 201, "capitals");
    let request = stage.actor.mcp_request("tools/list", None).bearer(&stage.token);
    assert_eq!(stage.actor.send(request.with_header("content-type", "Application/JSON")).await?.status, 200);
    let request = stage.actor.mcp_request("tools/list", None).bearer(&stage.token);
    assert_eq!(stage.actor.send(request.without_header("content-type")).await?.status, 200, "no type");
    stage.still_works().await
}
