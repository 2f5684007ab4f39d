//! What a client changes in every request of a kind: header fields of its own, and where it runs.

use std::collections::BTreeMap;

use crate::wire::Outgoing;

/// Header fields a client sets or leaves out, and the page it runs in.
#[derive(Clone, Debug, Default)]
pub struct Dress {
    headers: BTreeMap<String, String>,
    pub(super) origin: Option<String>,
}

impl Dress {
    /// Sets these header fields, leaves out those whose value is empty, and keeps to a browser's rules when it runs in
    /// a page of this origin.
    pub fn new(headers: &BTreeMap<String, String>, origin: Option<&str>) -> Dress {
        Dress { headers: headers.clone(), origin: origin.map(str::to_owned) }
    }

    /// The request as this client sends it. A content type is changed, never added: not every request has a body.
    pub(super) fn on(&self, mut request: Outgoing) -> Outgoing {
        for (name, value) in &self.headers {
            let had = request.headers.len();
            request.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            let is_new = had == request.headers.len();
            if !(value.is_empty() || is_new && name.eq_ignore_ascii_case("content-type")) {
                request = request.header(name.clone(), value);
            }
        }
        match &self.origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_changed_and_left_out() {
        let fields = [("accept", ""), ("content-type", "text/x"), ("x-new", "1")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let dress = Dress::new(&fields, Some("http://localhost:6274"));
        let sent = |request: Outgoing| -> Vec<String> {
            let all = dress.on(request).headers;
            all.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let post = Outgoing::form("x", "https://as.example/", &[]).header("Accept", "*/*");
        assert_eq!(sent(post), ["content-type=text/x", "x-new=1", "origin=http://localhost:6274"]);
        assert_eq!(
            sent(Outgoing::get("x", "https://as.example/")),
            ["x-new=1", "origin=http://localhost:6274"]
        );
    }
}
