//! The two headers in which proxies say whom they speak for, read from the end that was written last.

use std::net::{IpAddr, SocketAddr};

use super::Header;

/// The addresses of a line, the last one first; none in the place of what is no address.
pub(super) fn from_the_right(header: Header, line: &str) -> impl Iterator<Item = Option<IpAddr>> {
    let elements = match header {
        Header::XForwardedFor => line.split(',').collect(),
        Header::Forwarded => split(line, ','),
    };
    elements.into_iter().rev().map(move |element| match header {
        Header::XForwardedFor => address(element.trim()),
        Header::Forwarded => address(forwarded_for(element)?),
    })
}

/// RFC 7239 §4: `for=192.0.2.60;proto=http`; the names of its parameters have no case.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut own = split(element, ';').into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    // §4: each parameter at most once in an element.
    let value = own.next().filter(|_| own.next().is_none())?;
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// An address, in brackets or not, with a port or without (RFC 7239 §6). `unknown` and made-up names are none.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let address: Option<IpAddr> = text.parse().ok().or_else(bracketed).or_else(with_port);
    address.map(|address| address.to_canonical())
}

/// The parts between separators that stand in no quotes. A quote that is never closed goes on to the end.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match c {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => return c == separator && !is_quoted,
        }
        false
    })
    .collect()
}
