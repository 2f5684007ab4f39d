//! Seals, MACs and refresh tokens: what was made here is read, whatever was changed is not.

use auth_server::{flow::refresh_token, keys::secrets::Secrets, oauth::refresh_token::RefreshToken};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{cases, stage::Stage, texts::almost};

fn fresh() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>())
}

fn secrets() -> Secrets {
    Secrets::parse(&fresh()).unwrap()
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..200)
}

/// One byte changed by `mask`, taken out, or put in.
fn damaged(bytes: &[u8], place: Index, mask: u8) -> [Vec<u8>; 3] {
    let (at, between) = (place.index(bytes.len()), place.index(bytes.len() + 1));
    let (mut changed, mut shorter, mut longer) = (bytes.to_vec(), bytes.to_vec(), bytes.to_vec());
    changed[at] ^= mask;
    shorter.remove(at);
    longer.insert(between, mask);
    [changed, shorter, longer]
}

/// Texts that a lenient reader of base64url takes for the same bytes.
fn respelled(text: &str) -> Vec<String> {
    let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
    let start = &text[..text.len() - 1];
    let ends = alphabet.map(|last| format!("{start}{last}"));
    let around = [format!("{text}="), format!("{text}=="), format!("{text}\n"), format!(" {text}")];
    ends.chain(around).filter(|other| other != text).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_was_sealed_opens_for_its_purpose_alone(
        message in message(),
        purpose in "[a-z_]{0,12}",
        other in "[a-z_]{0,12}",
    ) {
        let secrets = secrets();
        let sealed = secrets.seal(&purpose, &message);
        prop_assert_eq!(secrets.open(&purpose, &sealed), Some(message.clone()));
        prop_assert_eq!(secrets.open(&other, &sealed).is_some(), other == purpose);
        prop_assert_eq!(self::secrets().open(&purpose, &sealed), None);
        prop_assert_ne!(secrets.seal(&purpose, &message), sealed);
        let mac = secrets.mac(&purpose, &message);
        prop_assert!(secrets.verify_mac(&purpose, &message, &mac));
        prop_assert_eq!(secrets.verify_mac(&other, &message, &mac), other == purpose);
        prop_assert!(!self::secrets().verify_mac(&purpose, &message, &mac));
    }

    #[test]
    fn a_damaged_seal_does_not_open(message in message(), place in any::<Index>(), mask in 1_u8..) {
        let secrets = secrets();
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(secrets.seal("code", &message)).unwrap();
        for damaged in damaged(&sealed, place, mask) {
            prop_assert_eq!(secrets.open("code", &BASE64_URL_SAFE_NO_PAD.encode(damaged)), None);
        }
        for end in 0..sealed.len() {
            prop_assert_eq!(secrets.open("code", &BASE64_URL_SAFE_NO_PAD.encode(&sealed[..end])), None);
        }
    }

    #[test]
    fn a_seal_is_spelled_in_one_way(
        (secret, sealed, other) in (message(), Just(fresh())).prop_flat_map(|(message, secret)| {
            let sealed = Secrets::parse(&secret).unwrap().seal("code", &message);
            (Just(secret), Just(sealed.clone()), almost(&sealed))
        })
    ) {
        let secrets = Secrets::parse(&secret).unwrap();
        prop_assert!(secrets.open("code", &sealed).is_some());
        prop_assert_eq!(secrets.open("code", &other), None, "{}", other);
        for other in respelled(&sealed) {
            prop_assert_eq!(secrets.open("code", &other), None, "{}", other);
        }
    }

    #[test]
    fn a_damaged_mac_or_message_does_not_verify(message in message(), place in any::<Index>(), mask in 1_u8..) {
        let secrets = secrets();
        let mac = secrets.mac("refresh_token", &message);
        for damaged in damaged(&mac, place, mask) {
            prop_assert!(!secrets.verify_mac("refresh_token", &message, &damaged));
        }
        prop_assert!(!secrets.verify_mac("refresh_token", &message, &[]));
        if !message.is_empty() {
            for damaged in damaged(&message, place, mask) {
                prop_assert!(!secrets.verify_mac("refresh_token", &damaged, &mac));
            }
        }
    }

    #[test]
    fn secrets_of_before_still_open_wherever_they_stand(older in 0_usize..4, message in message()) {
        let all: Vec<String> = (0..4).map(|_| fresh()).collect();
        let sealed = Secrets::parse(&all[older]).unwrap().seal("client", &message);
        let mac = Secrets::parse(&all[older]).unwrap().mac("client", &message);
        let now = Secrets::parse(&all.join(" ")).unwrap();
        prop_assert_eq!(now.open("client", &sealed), Some(message.clone()));
        prop_assert!(now.verify_mac("client", &message, &mac));
        let others: Vec<&str> = all.iter().filter(|one| **one != all[older]).map(String::as_str).collect();
        prop_assert_eq!(Secrets::parse(&others.join(",")).unwrap().open("client", &sealed), None);
    }

    #[test]
    fn any_text_is_opened_without_a_panic(bytes in vec(any::<u8>(), 0..80), text in crate::texts::any_text(60)) {
        let secrets = secrets();
        prop_assert_eq!(secrets.open("code", &BASE64_URL_SAFE_NO_PAD.encode(&bytes)), None);
        prop_assert_eq!(secrets.open("code", &text), None);
        prop_assert!(!secrets.verify_mac("code", &bytes, text.as_bytes()));
        let _ = (Secrets::parse(&text), RefreshToken::claimed(&text));
    }
}

#[test]
fn a_changed_refresh_token_is_not_ours() {
    let stage = Stage::start(&[]);
    let tokens = (any::<i64>(), any::<i64>()).prop_flat_map(|(grant, generation)| {
        let token = RefreshToken { grant, generation };
        let text = token.to_text(&stage.app().secrets.mac("refresh_token", &token.body()));
        (Just(token), Just(text.clone()), almost(&text))
    });
    proptest!(cases(500), |((token, text, other) in tokens, place: Index, mask in 1_u8..)| {
        prop_assert_eq!(refresh_token::open(stage.app(), &text), Some(token));
        prop_assert_eq!(refresh_token::open(stage.app(), &other), None);
        for other in respelled(&text) {
            prop_assert_eq!(refresh_token::open(stage.app(), &other), None);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();
        for damaged in damaged(&bytes, place, mask) {
            prop_assert_eq!(refresh_token::open(stage.app(), &BASE64_URL_SAFE_NO_PAD.encode(damaged)), None);
        }
    });
}
