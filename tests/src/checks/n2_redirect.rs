//! N2: nobody is sent anywhere but to what was registered (RFC 9700 §4.1, OAuth 2.1 §2.3.1).

use serde_json::json;
use url::Url;

use super::{
    check::{Check, checks},
    client::{Client, registered},
    deployment::Deployment,
    refusal::in_place,
    verdict::{Seen, skip, wrong},
};
use crate::exchange::Reply;

pub(super) const CHECKS: &[Check] = checks! {
    "N2.1" "OAuth 2.1 §4.1.1; AS-37" tool(variants, &["other"])
        "A redirect URI that was not registered is refused in place";
    "N2.2" "OAuth 2.1 §2.3.1; AS-37" tool(variants, &["shorter", "longer", "deeper", "slash"])
        "A beginning, a longer path and a slash at the end are other redirect URIs";
    "N2.3" "OAuth 2.1 §2.3.1; AS-37" tool(variants, &["query", "empty query"])
        "A query more is another redirect URI";
    "N2.4" "RFC 9700 §4.1; AS-37" tool(variants, &["user", "user before another host"])
        "User names in front of a host are refused";
    "N2.5" "OAuth 2.1 §2.3; AS-40" tool(variants, &["fragment"])
        "A fragment is refused";
    "N2.6" "RFC 9700 §4.1; AS-37" tool(variants, &["no scheme", "path only", "script"])
        "What has no scheme, and what is a script, is refused";
    "N2.7" "RFC 9700 §4.1; AS-37" tool(variants, &["dots", "encoded dots", "encoded letter"])
        "Dot segments and encoded letters are refused";
    "N2.8" "OAuth 2.1 §2.3.1; AS-37" tool(variants, &["upper case host", "port", "dot host"])
        "Another spelling of the host is another redirect URI";
    "N2.9" "OAuth 2.1 §2.3.1; AS-39" tool(variants, &["other scheme"])
        "http for https is refused";
    "N2.10" "OAuth 2.1 §8.4.2; AS-38" tool(loopback)
        "At this computer, only the port may differ: neither the host nor the path";
    "N2.11" "RFC 9700 §4.1; AS-37" tool(lookalikes)
        "Hosts that only look like this computer are refused";
    "N2.12" "OAuth 2.1 §4.1.1; AS-26" tool(unknown_client)
        "An unknown client is refused in place";
    "N2.13" "OAuth 2.1 §2.3.2; AS-41" tool(duplicate)
        "A second redirect URI in the request is refused in place";
};

/// A redirect URI written in a way that must not be taken for the registered one.
fn variant(registered: &str, what: &str) -> Option<String> {
    let url = Url::parse(registered).ok()?;
    let (scheme, host) = (url.scheme(), url.host_str()?);
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let rest = &url[url::Position::BeforePath..];
    let other = if scheme == "https" { "http" } else { "https" };
    Some(match what {
        "other" => "https://attacker.example/callback".to_owned(),
        "shorter" => registered.get(..registered.len() - 1)?.to_owned(),
        "longer" => format!("{registered}x"),
        "deeper" => format!("{registered}/x"),
        "slash" => format!("{registered}/"),
        "query" => format!("{registered}?x=1"),
        "empty query" => format!("{registered}?"),
        "fragment" => format!("{registered}#x"),
        "user" => format!("{scheme}://user@{authority}{rest}"),
        "user before another host" => format!("{scheme}://{host}@attacker.example{rest}"),
        "no scheme" => format!("//{authority}{rest}"),
        "path only" => rest.to_owned(),
        "script" => format!("javascript:alert(1)//{registered}"),
        "dots" => format!("{scheme}://{authority}/x/..{rest}"),
        "encoded dots" => format!("{registered}/%2e%2e/x"),
        "encoded letter" => {
            let letter = rest.bytes().rev().find(u8::is_ascii_alphabetic)?;
            let (before, after) = registered.rsplit_once(char::from(letter))?;
            format!("{before}%{letter:02x}{after}")
        }
        "upper case host" => format!("{scheme}://{}{rest}", authority.to_ascii_uppercase()),
        "port" => format!("{scheme}://{host}:8443{rest}"),
        "dot host" => format!("{scheme}://{host}.attacker.example{rest}"),
        _ => format!("{other}://{authority}{rest}"),
    })
}

/// Asks with this redirect URI; in the silent way too, which a careless server answers with a redirect.
async fn ask(deployment: &Deployment, client: &Client, redirect_uri: &str) -> Seen<Vec<Reply>> {
    let asking = deployment.asking(client).with("redirect_uri", redirect_uri);
    let mut replies = vec![deployment.open(&asking).await?];
    for (name, value) in [("prompt", "none"), ("response_type", "token")] {
        replies.push(deployment.open(&asking.clone().with(name, value)).await?);
    }
    Ok(replies)
}

async fn refused(deployment: &Deployment, client: &Client, redirect_uri: &str) -> Seen<()> {
    for reply in ask(deployment, client, redirect_uri).await? {
        in_place(&format!("the redirect URI {redirect_uri}"), &reply)?;
    }
    Ok(())
}

async fn variants(deployment: &Deployment, names: &'static [&'static str]) -> Seen {
    let client = deployment.main().await?.asking.client.clone();
    let is_loopback = |uri: &str| Url::parse(uri).is_ok_and(|url| shared::resource::is_loopback(&url));
    for name in names {
        // At this computer the port may differ.
        if *name == "port" && is_loopback(&client.redirect_uri) {
            continue;
        }
        // An address in numbers has no upper case.
        let written = variant(&client.redirect_uri, name).filter(|uri| *uri != client.redirect_uri);
        if let Some(redirect_uri) = written {
            refused(deployment, &client, &redirect_uri).await?;
        }
    }
    Ok(format!("refused in place: {}", names.join(", ")))
}

/// A client of this computer.
async fn program(deployment: &Deployment) -> Seen<Client> {
    let mut body = deployment.registration();
    body["redirect_uris"] = json!(["http://127.0.0.1:1455/callback"]);
    body["application_type"] = json!("native");
    let reply = deployment.register(&body).await?;
    registered(&reply)
        .or_else(|_| skip(format!("no client of this computer can be registered: {}", reply.line())))
}

async fn loopback(deployment: &Deployment) -> Seen {
    let client = program(deployment).await?;
    for uri in [
        "http://localhost:1455/callback",
        "http://127.0.0.2:1455/callback",
        "http://[::1]:1455/callback",
        "https://127.0.0.1:1455/callback",
        "http://127.0.0.1:1455/callback/x",
        "http://127.0.0.1:1455/",
    ] {
        refused(deployment, &client, uri).await?;
    }
    let other_port = Client { redirect_uri: "http://127.0.0.1:50505/callback".to_owned(), ..client };
    let reply = deployment.open(&deployment.asking(&other_port)).await?;
    judge_port(&reply)?;
    Ok("another port is accepted, other hosts and paths are not".to_owned())
}

pub(super) fn judge_port(reply: &Reply) -> Seen<()> {
    if reply.status < 400 {
        return Ok(());
    }
    Err(wrong("a program on this computer may not choose its port")
        .expected("http://127.0.0.1:50505/callback for a client of http://127.0.0.1:1455/callback")
        .seen(reply.line())
        .change("compare loopback redirect URIs without the port (OAuth 2.1 §8.4.2)")
        .into())
}

async fn lookalikes(deployment: &Deployment) -> Seen {
    let client = program(deployment).await?;
    for uri in [
        "http://127.0.0.1.attacker.example:1455/callback",
        "http://localhost.attacker.example/callback",
        "http://127.0.0.1@attacker.example/callback",
        "http://0.0.0.0:1455/callback",
        "http://127.1:1455/callback",
        "http://2130706433:1455/callback",
    ] {
        refused(deployment, &client, uri).await?;
    }
    Ok("refused in place".to_owned())
}

async fn unknown_client(deployment: &Deployment) -> Seen {
    let client = deployment.main().await?.asking.client.clone();
    let unknown = Client { id: "no-such-client".to_owned(), ..client };
    in_place("an unknown client", &deployment.open(&deployment.asking(&unknown)).await?)?;
    Ok("refused in place".to_owned())
}

async fn duplicate(deployment: &Deployment) -> Seen {
    let mut asking = deployment.asking(&deployment.main().await?.asking.client);
    asking.pairs.push(("redirect_uri".to_owned(), "https://attacker.example/".to_owned()));
    in_place("a second redirect URI", &deployment.open(&asking).await?)?;
    Ok("refused in place".to_owned())
}
