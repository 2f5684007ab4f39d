//! Changes of answers, in the words of what goes wrong.

use conformance::exchange::Reply;
use serde_json::Value;

use super::sick::{Asked, Illness};

/// An answer to a request for such a path is changed in this way.
pub(super) fn at(path: &'static str, change: impl Fn(&mut Reply) + Send + 'static) -> impl Illness + 'static {
    move |asked: &Asked, reply: &mut Reply| {
        if asked.target.split('?').next().is_some_and(|own| own.contains(path)) {
            change(reply);
        }
    }
}

/// Gives a member of a JSON body another value; `null` takes it out, `"null"` stays a text.
pub(super) fn member(
    path: &'static str,
    name: &'static str,
    value: impl Into<Value>,
) -> impl Illness + 'static {
    let value = value.into();
    at(path, move |reply| {
        json(reply, |document| match &value {
            Value::Null => drop(document.as_object_mut().and_then(|members| members.remove(name))),
            value if document.is_object() => document[name] = value.clone(),
            _ => {}
        });
    })
}

/// Gives a header field another value; without one it is taken out.
pub(super) fn header(
    path: &'static str,
    name: &'static str,
    value: Option<&'static str>,
) -> impl Illness + 'static {
    at(path, move |reply| set_header(reply, name, value))
}

/// An answer with this status comes with another.
pub(super) fn status(path: &'static str, from: u16, to: u16) -> impl Illness + 'static {
    at(path, move |reply| {
        if reply.status == from {
            reply.status = to;
        }
    })
}

/// Changes the JSON of a reply, if it is JSON.
pub(super) fn json(reply: &mut Reply, change: impl FnOnce(&mut Value)) {
    if let Some(mut document) = reply.json() {
        change(&mut document);
        reply.body = document.to_string().into_bytes();
    }
}

/// Changes the text of a reply.
pub(super) fn text(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.text().replace(from, to).into_bytes();
}

pub(super) fn set_header(reply: &mut Reply, name: &str, value: Option<&str>) {
    reply.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    if let Some(value) = value {
        reply.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// Changes every place a reply leads to.
pub(super) fn location(reply: &mut Reply, change: impl FnOnce(String) -> String) {
    if let Some(location) = reply.header("location").map(str::to_owned) {
        set_header(reply, "location", Some(&change(location)));
    }
}
