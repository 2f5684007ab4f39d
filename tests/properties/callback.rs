//! What the browser carries back to the client: read from the location as the client reads it.

use auth_server::{
    flow::authorize::RequestRefusal,
    oauth::{callback::Callback, error::ErrorCode, redirect::RedirectUri},
};
use proptest::{collection::vec, prelude::*, sample::select};
use url::{Url, form_urlencoded};

use crate::{
    cases,
    redirect::uri,
    texts::{any_text, is_description},
};

const ISSUER: &str = "https://auth.example.com/tenant";

/// What RFC 6749 §4.1.2 and RFC 9207 §2 put into the location.
const OURS: [&str; 5] = ["code", "state", "iss", "error", "error_description"];

const REFUSALS: [RequestRefusal; 6] = [
    RequestRefusal::NoResponseType,
    RequestRefusal::ResponseType,
    RequestRefusal::ResponseMode,
    RequestRefusal::Scope,
    RequestRefusal::Resource,
    RequestRefusal::InteractionRequired,
];

/// A redirect URI, and often a query of its own with names from `names`.
fn uri_with_query(names: &'static [&'static str]) -> impl Strategy<Value = RedirectUri> {
    let pairs = vec((select(names), any_text(6)), 0..4);
    let written =
        (select(vec!["http://localhost", "https://h.example/cb"]), pairs).prop_map(|(base, pairs)| {
            let mut url = Url::parse(base).unwrap();
            if !pairs.is_empty() {
                url.query_pairs_mut().extend_pairs(pairs);
            }
            url.to_string()
        });
    prop_oneof![written, uri()].prop_filter_map("no redirect URI", |text| RedirectUri::parse(&text).ok())
}

fn callback(uri: &RedirectUri, state: Option<&str>) -> Callback {
    Callback::check(std::slice::from_ref(uri), uri.clone(), state, ISSUER).unwrap()
}

fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The location leads to `uri`, keeps its query, and adds `answer`, the state and the issuer, in any order.
fn check(
    location: &str,
    uri: &RedirectUri,
    state: Option<&str>,
    answer: &[(&str, &str)],
) -> Result<(), TestCaseError> {
    prop_assert!(location.is_ascii() && !location.contains(char::is_control), "{}", location);
    let (browser, own) = (Url::parse(location).unwrap(), Url::parse(uri.as_str()).unwrap());
    let authority = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
    prop_assert_eq!(authority(&browser), authority(&own));
    prop_assert_eq!((browser.path(), browser.fragment()), (own.path(), None));
    let mut expected = pairs(own.query());
    let ours = answer.iter().copied().chain(state.map(|state| ("state", state))).chain([("iss", ISSUER)]);
    expected.extend(ours.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut found = pairs(browser.query());
    expected.sort();
    found.sort();
    prop_assert_eq!(found, expected);
    Ok(())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_code_comes_back_with_state_and_issuer(
        uri in uri_with_query(&["keep", "a b", "", "Code", "iss2", "ü"]),
        state in prop::option::of(any_text(2000)),
        code in any_text(40),
    ) {
        let location = callback(&uri, state.as_deref()).with_code(&code);
        check(&location, &uri, state.as_deref(), &[("code", &code)])?;
    }

    #[test]
    fn a_refusal_comes_back_with_state_and_issuer(
        uri in uri_with_query(&["keep", "error_"]),
        state in prop::option::of(any_text(2000)),
        refusal in select(&REFUSALS),
    ) {
        let description = refusal.to_string();
        prop_assert!(is_description(&description), "{}", description);
        let code = ErrorCode::InvalidRequest;
        let location = callback(&uri, state.as_deref()).with_error(code, &description);
        let answer = [("error", code.as_str()), ("error_description", description.as_str())];
        check(&location, &uri, state.as_deref(), &answer)?;
    }

    #[test]
    fn nothing_of_the_answer_comes_twice(uri in uri_with_query(&OURS), state in any_text(20)) {
        let callback = callback(&uri, Some(&state));
        for location in [callback.with_code("c"), callback.with_error(ErrorCode::AccessDenied, "denied")] {
            let found = pairs(Url::parse(&location).unwrap().query());
            for name in OURS {
                // RFC 6749 §3.1: request and response parameters must not be included more than once.
                let times = found.iter().filter(|(found, _)| found == name).count();
                prop_assert!(times <= 1, "{} comes {} times in {}", name, times, location);
            }
        }
    }

    #[test]
    fn an_unregistered_uri_is_no_callback(registered in uri(), requested in uri()) {
        let (Ok(own), Ok(other)) = (RedirectUri::parse(&registered), RedirectUri::parse(&requested)) else {
            return Ok(());
        };
        let callback = Callback::check(std::slice::from_ref(&own), other.clone(), None, ISSUER);
        prop_assert_eq!(callback.is_some(), own.admits(&other));
        prop_assert!(Callback::check(&[], other, None, ISSUER).is_none());
    }
}
