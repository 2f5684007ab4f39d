//! Judges shown answers that were never sent: what a running deployment does not bring about.

use std::time::Duration;

use serde_json::json;

use super::{
    a_challenge, b_resource_metadata, c_documents,
    check::Check,
    client::Client,
    e_authorize, e_page, g_token, k_openid, n8_documents,
    probe::Pairs,
    refusal,
    report::{CheckReport, Checked},
    session::Asking,
    verdict::{Verdict, wrong},
};
use crate::{exchange::Reply, jwt::Jwt, pkce::Pkce};

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Reply { status, headers: headers.collect(), body: body.as_bytes().to_vec() }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn asking() -> Asking {
    let client = Client { redirect_uri: "https://client.example/cb".to_owned(), ..Client::default() };
    Asking { client, pairs: Pairs::new(), pkce: Pkce::fresh() }
}

#[test]
fn a_second_challenge_and_an_unquoted_value_are_found() {
    let judge = |field: &str| a_challenge::judge_one(&reply(401, &[("www-authenticate", field)], ""));
    assert!(judge("Bearer resource_metadata=\"https://a.example/x\"").is_ok());
    for field in [
        "",
        "Basic realm=\"a\"",
        "Bearer a=\"b\", Basic realm=\"a\"",
        "Bearer a=https://b c",
        "Bearer a=\"ä\"",
    ] {
        assert!(judge(field).is_err(), "{field}");
    }
}

#[test]
fn mixed_mode_is_told_apart_from_no_protection() {
    let answers = |statuses: [u16; 3]| {
        let methods = ["server/discover", "initialize", "tools/call"];
        let replies = statuses.map(|status| reply(status, &[], ""));
        a_challenge::judge_unauthorized(&methods.into_iter().zip(replies).collect::<Vec<_>>())
    };
    assert!(answers([401, 401, 401]).is_ok() && answers([200, 200, 401]).is_ok());
    for statuses in [[302, 401, 401], [401, 401, 200], [403, 403, 403], [500, 401, 401]] {
        assert!(answers(statuses).is_err(), "{statuses:?}");
    }
}

#[test]
fn slowness_is_told_after_a_second() {
    assert!(b_resource_metadata::judge_time(Duration::from_millis(999)).is_ok());
    assert!(b_resource_metadata::judge_time(Duration::from_secs(1)).is_err());
    let refused = reply(400, &[], "");
    assert!(n8_documents::judge_document("x", &refused, Duration::from_secs(1)).is_ok());
    assert!(n8_documents::judge_document("x", &refused, Duration::from_secs(20)).is_err());
}

#[test]
fn keys_that_are_private_or_alike_are_found() {
    let public = json!({"kty": "RSA", "kid": "1", "n": "AQAB"});
    assert!(c_documents::judge_keys(std::slice::from_ref(&public)).is_ok());
    let private = json!({"kty": "RSA", "kid": "2", "n": "AQAB", "d": "AQAB"});
    assert!(c_documents::judge_keys(&[]).is_err());
    assert!(c_documents::judge_keys(&[public.clone(), public.clone()]).is_err());
    assert!(c_documents::judge_keys(&[public.clone(), private]).is_err());
    let algorithms =
        |name: &str| c_documents::judge_algorithms(&[name.to_owned()], std::slice::from_ref(&public));
    assert!(algorithms("RS256").is_ok() && algorithms("ES256").is_err() && algorithms("none").is_err());
}

#[test]
fn a_refused_host_is_as_good_as_an_ignored_one() {
    let own = reply(200, &[], "{\"issuer\":\"https://a\"}");
    let judge = |reply: &Reply| c_documents::judge_spoofed(("host", "attacker.example"), &own, reply);
    assert!(judge(&own).is_ok() && judge(&reply(421, &[], "unknown host")).is_ok());
    assert!(judge(&reply(200, &[], "{\"issuer\":\"https://attacker.example\"}")).is_err());
    assert!(judge(&reply(400, &[], "attacker.example is unknown")).is_err());
}

#[test]
fn an_answer_has_each_parameter_once_and_our_names() {
    let judge = |more: &[(&str, &str)], promised| {
        e_authorize::judge_answer(&pairs(more), ("s", "https://a"), promised)
    };
    let good = [("code", "1"), ("state", "s"), ("iss", "https://a")];
    assert!(judge(&good, true).is_ok() && judge(&good[..2], false).is_ok());
    assert!(judge(&good[..2], true).is_err(), "iss was promised");
    // RFC 9207 §2.4: another name is refused, promised or not.
    assert!(judge(&[good[0], good[1], ("iss", "https://a/")], false).is_err());
    assert!(judge(&[good[0], ("state", "t"), good[2]], true).is_err());
    assert!(judge(&[good[0], good[0], good[1], good[2]], true).is_err());
    assert!(judge(&[good[0], ("error", "x"), good[1], good[2]], true).is_err());
}

#[test]
fn cookies_and_policies_that_strand_the_user_are_found() {
    let cookie = |field: &str| e_page::judge_cookie(field, true);
    assert!(cookie("s=1; Path=/; Secure; HttpOnly; SameSite=Lax").is_ok());
    for field in [
        "s=1",
        "s=1; Secure; SameSite=Lax",
        "s=1; HttpOnly; SameSite=Lax",
        "s=1; Secure; HttpOnly; SameSite=None",
    ] {
        assert!(cookie(field).is_err(), "{field}");
    }
    assert!(e_page::judge_cookie("s=1; HttpOnly; SameSite=Lax", false).is_ok());
    let policy = |value: &str| {
        e_page::judge_form_action(
            &reply(200, &[("content-security-policy", value)], ""),
            "https://client.example/cb",
        )
    };
    assert!(
        policy("default-src 'none'").is_ok() && policy("form-action 'self' https://client.example").is_ok()
    );
    assert!(
        policy("form-action 'self'").is_err() && policy("default-src 'none'; form-action 'none'").is_err()
    );
}

#[test]
fn a_refusal_leads_nowhere_or_to_the_client() {
    let judge = |status: u16, place: &str| {
        refusal::at_authorize(&reply(status, &[("location", place)], ""), &asking(), &["invalid_request"])
    };
    assert!(judge(400, "").is_ok() && judge(302, "https://client.example/cb?error=invalid_request").is_ok());
    for (status, place) in [
        (200, ""),
        (500, ""),
        (302, "https://client.example/cb?code=1"),
        (302, "https://client.example/cb?error=server_error"),
        (302, "https://client.example/cbx?error=invalid_request"),
        (307, "https://client.example/cb?error=invalid_request"),
        (302, "/login"),
    ] {
        assert!(judge(status, place).is_err(), "{status} {place}");
    }
    assert!(refusal::in_place("x", &reply(400, &[], "")).is_ok());
    assert!(refusal::in_place("x", &reply(400, &[("location", "https://a")], "")).is_err());
}

#[test]
fn a_wrong_claim_and_an_unsigned_token_are_found() {
    // RFC 7515 appendix A.5: a token with no signature.
    let token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    let jwt = Jwt::parse(token).unwrap();
    assert!(g_token::judge_claims(&jwt, ("joe", "https://a/mcp", "client"), 0).is_err());
    assert!(g_token::judge_signature(&jwt, &[json!({"kty": "RSA"})]).is_err());
    assert!(k_openid::judge_id_token(token, ("joe", "client", "nonce"), (&[json!({})], 0)).is_err());
    assert!(k_openid::judge_id_token("", ("joe", "client", "nonce"), (&[], 0)).is_err());
}

#[test]
fn a_report_has_a_line_a_check_and_counts() {
    let check =
        |id, verdict| CheckReport { id, sentence: "It is so", section: "RFC 1", verdict, milliseconds: 1 };
    let violation = wrong("it is not").expected("this").seen("that").change("set ISSUER");
    let checks = vec![
        check("A1", Verdict::Holds("seen".into())),
        check("A2", Verdict::Broken(violation)),
        check("A3", Verdict::Skipped("off".into())),
    ];
    let checked = Checked { target: "https://a/mcp".into(), checks };
    let text = checked.text();
    assert!(text.starts_with("ok   A1     It is so: seen\nFAIL A2     It is so: it is not\n"), "{text}");
    assert!(text.contains("\n       change: set ISSUER\nskip A3     It is so: off\n"), "{text}");
    assert!(text.ends_with("\n1 hold, 1 broken, 1 skipped") && !checked.is_sound());
    let written = serde_json::to_value(&checked).unwrap();
    assert_eq!(written["checks"][0]["verdict"], json!({"holds": "seen"}));
    assert_eq!(written["checks"][1]["verdict"]["broken"]["change"], "set ISSUER");
}

#[test]
fn a_group_is_the_line_of_the_list() {
    let group = |id| Check::left(id, "", "", "").group();
    assert_eq!(
        [group("A1.2"), group("C11"), group("N1.3"), group("N10.1"), group("P4")],
        ["A", "C", "N1", "N10", "P"]
    );
}
