//! Requests as bytes, with the header fields that clients of ours send.

/// GET.
pub fn get(path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    whole("GET", path, fields, "")
}

/// POST of a form.
pub fn form(path: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    whole("POST", path, &[("content-type", "application/x-www-form-urlencoded")], &body)
}

/// POST of a JSON document.
pub fn json(path: &str, fields: &[(&str, &str)], body: &str) -> Vec<u8> {
    whole("POST", path, &[&[("content-type", "application/json")], fields].concat(), body)
}

/// PUT of any bytes.
pub fn put(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("PUT {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn whole(method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nuser-agent: gatehouse-load/1\r\n\
         accept: application/json, text/event-stream, */*\r\n"
    );
    if !fields.iter().any(|(name, _)| *name == "host") {
        text += "host: localhost\r\n";
    }
    for (name, value) in fields {
        text += &format!("{name}: {value}\r\n");
    }
    if method != "GET" {
        text += &format!("content-length: {}\r\n", body.len());
    }
    format!("{text}\r\n{body}").into_bytes()
}
