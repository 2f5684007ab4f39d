//! The languages against each other, and against what is asked of them.

use actix_web::http::header::HeaderValue;

use super::*;
use crate::flow::{
    approve::{DecisionError, Problem},
    authorize::ToPerson,
    upstream::UpstreamRefusal,
};

fn chosen(ui_locales: Option<&str>, accepted: &str) -> &'static str {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
    &Words::choose(ui_locales, &headers).code
}

#[test]
fn every_language_has_the_same_keys_and_places() {
    let sections = |words: &'static Words| {
        let Words {
            code: _,
            approve,
            message,
            problem,
            request,
            decision,
            upstream,
            welcome,
            failure,
            passkeys,
            scopes,
            account,
        } = words;
        [approve, message, problem, request, decision, upstream, welcome, failure, passkeys, scopes, account]
    };
    let places = |phrase: &str| {
        let mut names: Vec<String> = phrase
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names
    };
    let english = sections(&LANGUAGES[0]);
    for other in &LANGUAGES[1..] {
        for (own, reference) in sections(other).iter().zip(&english) {
            assert_eq!(
                own.0.keys().collect::<Vec<_>>(),
                reference.0.keys().collect::<Vec<_>>(),
                "{}",
                other.code
            );
            for (key, phrase) in &own.0 {
                assert_eq!(places(phrase), places(&reference.0[key]), "{key} in {}", other.code);
            }
        }
    }
}

#[test]
fn the_language_is_the_one_most_wanted_that_is_there() {
    assert_eq!(chosen(None, ""), "en");
    assert_eq!(chosen(None, "de"), "de");
    assert_eq!(chosen(None, "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"), "en");
    assert_eq!(chosen(None, "en;q=0.5,DE-at"), "de");
    assert_eq!(chosen(None, "de;q=0, fr"), "en");
    assert_eq!(chosen(None, "de;q=x"), "en");
    assert_eq!(chosen(Some("fr-FR de-CH"), "en"), "de");
    assert_eq!(chosen(Some("../../etc <de>"), "de"), "de");
    assert_eq!(chosen(Some("tlh"), "tlh"), "en");
}

#[test]
fn what_is_filled_in_is_neither_markup_nor_a_place() {
    let section = Section(BTreeMap::from([("key".to_owned(), "<{a}> & {b}{c}".to_owned())]));
    let values = [("a", "{b}<i>"), ("b", "x\"")];
    assert_eq!(section.fill("key", &values), "<{b}<i>> & x\"");
    assert_eq!(section.markup("key", &values), "&#60;<bdi>{b}&#60;i&#62;</bdi>&#62; &#38; <bdi>x&#34;</bdi>");
}

#[test]
fn every_phrase_that_is_asked_for_is_there() {
    let words = &LANGUAGES[0];
    let asked = |text: &str, section: &str| -> Vec<String> {
        let section = format!("words.{section}.");
        let calls = text.split(&section).skip(1);
        let key = |call: &str| call.split_once('"')?.1.split_once('"').map(|(key, _)| key.to_owned());
        calls.filter_map(key).collect()
    };
    let mut keys = asked(include_str!("../../../templates/approve.html"), "approve");
    keys.extend(["title", "title_with_problem", "heading", "signed_in_as", "nameless"].map(str::to_owned));
    assert!(keys.iter().all(|key| words.approve.find(key).is_some()), "{keys:?}");
    let keys = asked(include_str!("../../../templates/message.html"), "message");
    assert!(keys.iter().all(|key| words.message.find(key).is_some()), "{keys:?}");
    for page in
        [include_str!("../../../templates/account.html"), include_str!("../../../templates/sign_in.html")]
    {
        let keys = asked(page, "account");
        assert!(keys.iter().all(|key| words.account.find(key).is_some()), "{keys:?}");
    }
    for problem in [
        Problem::Credentials,
        Problem::Disabled,
        Problem::SignedOut,
        Problem::OtherAccount,
        Problem::NothingTicked,
    ] {
        assert_eq!(words.problem.find(problem.key()), Some(problem.to_string().as_str()));
    }
    for refusal in [ToPerson::NoClient, ToPerson::UnknownClient, ToPerson::BlockedClient, ToPerson::State] {
        assert_eq!(words.request.find(refusal.key()), Some(refusal.to_string().as_str()));
    }
    for refusal in [ToPerson::NoRedirectUri, ToPerson::RedirectUri, ToPerson::Repeated] {
        assert_eq!(words.request.find(refusal.key()), Some(refusal.to_string().as_str()));
    }
    use DecisionError::{Client, Expired, Forged, OtherBrowser};
    for refusal in [Forged, Client, OtherBrowser, Expired] {
        assert_eq!(words.decision.find(refusal.key()), Some(refusal.to_string().as_str()));
    }
}

#[test]
fn every_phrase_about_providers_is_there() {
    let words = &LANGUAGES[0];
    let (name, email) = (String::new, String::new);
    use UpstreamRefusal as Upstream;
    for refusal in [
        Upstream::Unknown,
        Upstream::Full,
        Upstream::Away(name()),
        Upstream::Answer(name()),
        Upstream::Cancelled(name()),
        Upstream::Declined(name()),
        Upstream::NoEmail(name()),
        Upstream::Unverified(name(), email()),
        Upstream::NotAllowed(email()),
        Upstream::Disabled(email()),
        Upstream::OtherAccount,
        Upstream::TooOld,
    ] {
        assert!(words.upstream.find(refusal.key().0).is_some(), "{refusal:?}");
    }
    for key in ["title", "continue", "again", "start_again", "later", "other", "operator"] {
        assert!(words.upstream.find(key).is_some(), "{key}");
    }
}
