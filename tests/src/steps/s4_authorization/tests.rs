//! The judge of step 4, shown one fault at a time.

use super::*;
use crate::{
    exchange::{Call, Reply},
    human::VISIT,
    steps::fixtures::{REDIRECT, call, exchange, reply, rule, step4, with},
};

fn came_back(query: &str) -> Exchange {
    let calls = [
        call(VISIT, "https://as.example/authorize?scope=notes:read", reply(200, &serde_json::json!({}))),
        call(SUBMIT, "https://as.example/decision", Reply { status: 303, ..Reply::default() }),
    ];
    Exchange { callback: Some(format!("{REDIRECT}?{query}")), ..exchange(calls) }
}

fn query(step: &Authorization) -> String {
    format!("code=abc&state={}&iss=https%3A%2F%2Fas.example", step.state)
}

#[test]
fn the_request_has_every_parameter_once_and_keeps_the_endpoints_query() {
    let step = step4();
    let url = step.url(&Persona::chatgpt());
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let get = |name: &str| {
        let all: Vec<&str> =
            pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(all.len(), 1, "{name}");
        all[0].to_owned()
    };
    assert_eq!(get("tenant"), "1");
    assert_eq!(get("scope"), "openid offline_access notes:read", "`email` is not offered");
    assert_eq!(get("code_challenge_method"), "S256");
    assert_eq!(get("resource"), "https://mcp.example/mcp");
    assert!(get("state").starts_with("oauth_s_"));
}

#[test]
fn the_happy_callback_holds() {
    let step = step4();
    let query = query(&step);
    assert_eq!(rule(step, &came_back(&query)), "");
}

#[test]
fn one_fault_at_a_time_in_the_callback() {
    let changes: [(&str, &str, &str); 8] = [
        ("state=oauth", "state=Oauth", "S4.state"),
        ("&state", "&stat", "S4.state"),
        ("as.example", "as.example%2F", "S4.iss"),
        ("as.example", "AS.example", "S4.iss"),
        ("&iss=", "&is=", "S4.iss"),
        ("code=abc", "code=", "S4.code"),
        ("code=abc", "error=access_denied", "S4.error"),
        ("code=abc", "code=abc&code=abd", "S4.repeated"),
    ];
    for (from, to, broken) in changes {
        let step = step4();
        let query = query(&step).replacen(from, to, 1);
        assert_eq!(rule(step, &came_back(&query)), broken, "{query}");
    }
}

#[test]
fn a_human_who_is_stuck_is_told_why() {
    let stuck = Some("the sign-in was refused with 403: \"Wrong\"".to_owned());
    let violation = step4().judge(&Exchange { stuck, ..Exchange::default() }).err().unwrap();
    assert_eq!(violation.id, "S4.callback");
    assert!(violation.change.contains("password"));
}

#[test]
fn a_redirect_that_repeats_the_form_is_refused() {
    let step = step4();
    let mut exchange = came_back(&query(&step));
    exchange.calls[1].outcome = Ok(Reply { status: 307, ..Reply::default() });
    assert_eq!(rule(step, &exchange), "S4.redirect_status");
}

#[test]
fn a_policy_that_stops_the_form_on_its_way_is_found() {
    let page = |policy: &str| -> Call {
        let page = with(Reply { status: 200, ..Reply::default() }, "content-security-policy", policy);
        call(VISIT, "https://as.example/authorize", page)
    };
    for (policy, broken) in [
        ("default-src 'none'; form-action 'self'", "S4.form_action"),
        ("form-action 'none'", "S4.form_action"),
        ("form-action 'self' https://claude.ai", "S4.form_action"),
        ("form-action 'self' https://chatgpt.com", ""),
        ("form-action 'self' https:", ""),
        ("default-src 'none'; frame-ancestors 'none'", ""),
    ] {
        let step = step4();
        let mut exchange = came_back(&query(&step));
        exchange.calls[0] = page(policy);
        assert_eq!(rule(step, &exchange), broken, "{policy}");
    }
}
