//! Passkeys over HTTP, with an authenticator in software: who gets in with one, and what a wrong answer is worth.
//!
//! | module | what it shows |
//! |---|---|
//! | [`sign_in`] | no password is needed; what is forged, late, foreign or used signs nobody in |
//! | [`fresh`] | nothing changes on a sign-in of more than ten minutes ago, or on somebody else's |
//! | [`own`] | adding, listing, removing: each only one's own |

pub(crate) mod authenticator;
mod fresh;
mod own;
mod sign_in;

use conformance::exchange::Reply;

use crate::negative::check::no_cors;

/// A refusal the script can show: a name, a sentence, no cookie.
#[track_caller]
fn refused(what: &str, reply: &Reply, error: &str) {
    assert_eq!((reply.status, reply.error().as_deref()), (403, Some(error)), "{what}: {}", reply.text());
    let message = reply.json().and_then(|said| said["message"].as_str().map(str::to_owned));
    assert!(message.is_some_and(|text| text.ends_with('.')), "{what}: {}", reply.text());
    assert_eq!(reply.header("set-cookie"), None, "{what} signs in");
    assert!(reply.is_no_store(), "{what} may be stored");
    no_cors(what, reply);
}
