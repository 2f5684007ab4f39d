//! One endpoint for the stateless revision and for those before it.

use super::*;

const MODERN: &str = "2026-07-28";

/// A request of the stateless revision, whole.
fn modern(house: &House, method: &str, mut params: Value) -> TestRequest {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    house
        .post("notes:read notes:write", &body)
        .insert_header(("mcp-protocol-version", MODERN))
        .insert_header(("mcp-method", method))
}

async fn rpc_error(house: &House, request: TestRequest) -> (u16, i64) {
    let reply = house.send(request).await;
    assert_eq!(reply.header("content-type"), "application/json");
    (reply.status.as_u16(), reply.json()["error"]["code"].as_i64().unwrap_or_default())
}

#[actix_web::test]
async fn the_leanest_request_is_answered() {
    let house = House::open(&[]).await;
    for path in ["/mcp", "/mcp/"] {
        let reply = house.send(house.post("notes:read", &list()).uri(path)).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.json()["result"]["tools"].as_array().unwrap().len(), 10);
        assert_eq!(reply.json()["result"]["resultType"], json!(null));
        assert_eq!(reply.json()["result"]["ttlMs"], json!(null));
    }
    let charset = ("content-type", "Application/JSON; charset=utf-8");
    for accept in ["application/json", "text/event-stream", "*/*", ""] {
        let request =
            house.post("notes:read", &list()).insert_header(charset).insert_header(("accept", accept));
        assert_eq!(house.send(request).await.status, StatusCode::OK, "{accept}");
    }
}

#[actix_web::test]
async fn each_older_revision_is_negotiated_without_a_session() {
    let house = House::open(&[]).await;
    for (asked, agreed) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("1999-01-01", "2025-11-25"),
        (MODERN, "2025-11-25"),
    ] {
        let params = json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params });
        let reply = house.send(house.post("", &body)).await;
        assert_eq!(reply.json()["result"]["protocolVersion"], agreed);
        assert_eq!(reply.json()["id"], "a");
        assert_eq!(reply.header("mcp-session-id"), "");
    }
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let reply = house.send(house.post("", &ready)).await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::ACCEPTED, 0));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let reply = house.send(house.post("", &ping).insert_header(("mcp-protocol-version", "2025-11-25"))).await;
    assert_eq!(reply.json(), json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    for method in [actix_web::http::Method::GET, actix_web::http::Method::DELETE] {
        let reply = house.send(house.post("", &list()).method(method)).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST, OPTIONS"));
    }
}

#[actix_web::test]
async fn the_stateless_revision_is_discovered() {
    let house = House::open(&[]).await;
    let result = house.send(modern(&house, "server/discover", json!({}))).await.json()["result"].clone();
    assert_eq!(result["supportedVersions"], json!([MODERN, "2025-11-25", "2025-06-18", "2025-03-26"]));
    assert_eq!(result["resultType"], "complete");
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("public")));
    let result = house.send(modern(&house, "tools/list", json!({}))).await.json()["result"].clone();
    assert_eq!(result["tools"].as_array().unwrap().len(), 10);
    assert_eq!(result["resultType"], "complete");
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("public")));
    let create = json!({ "name": "create_note", "arguments": { "title": "t" } });
    let request = modern(&house, "tools/call", create).insert_header(("mcp-name", "create_note"));
    let result = house.send(request).await.json()["result"].clone();
    assert_eq!((&result["resultType"], &result["isError"]), (&json!("complete"), &json!(false)));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "gatehouse");
}

#[actix_web::test]
async fn what_the_stateless_revision_forbids_is_refused_in_its_words() {
    let house = House::open(&[]).await;
    for method in
        ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "x/y"]
    {
        let params = json!({ "level": "info", "uri": "a:b" });
        assert_eq!(rpc_error(&house, modern(&house, method, params)).await, (404, -32601), "{method}");
    }
    let list = || modern(&house, "tools/list", json!({}));
    assert_eq!(
        rpc_error(&house, list().insert_header(("mcp-protocol-version", "2025-11-25"))).await,
        (400, -32020)
    );
    assert_eq!(rpc_error(&house, list().insert_header(("mcp-method", "tools/call"))).await, (400, -32020));
    let call =
        modern(&house, "tools/call", json!({ "name": "get_note" })).insert_header(("mcp-name", "list_notes"));
    assert_eq!(rpc_error(&house, call).await, (400, -32020));
    // The header alone makes no modern request.
    let bare = house
        .post("", &super::list())
        .insert_header(("mcp-protocol-version", MODERN))
        .insert_header(("mcp-method", "tools/list"));
    assert_eq!(rpc_error(&house, bare).await, (400, -32602));
    for version in ["2030-01-01", "nonsense"] {
        let reply =
            house.send(house.post("", &super::list()).insert_header(("mcp-protocol-version", version))).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["error"]["code"]), (400, &json!(-32022)));
        assert_eq!(reply.json()["error"]["data"]["requested"], version);
    }
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": MODERN });
    let lacking = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let lacking = house
        .post("", &lacking)
        .insert_header(("mcp-protocol-version", MODERN))
        .insert_header(("mcp-method", "tools/list"));
    assert_eq!(rpc_error(&house, lacking).await, (400, -32602));
}

#[actix_web::test]
async fn nothing_that_is_sent_is_a_server_error() {
    let house = House::open(&[]).await;
    for (text, status, code) in [
        ("", 400, -32700),
        ("{", 400, -32700),
        ("\u{0}", 400, -32700),
        ("null", 400, -32600),
        ("[]", 400, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, 400, -32600),
        ("{}", 400, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, 400, -32700),
        ("\n{\"x\":0}", 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}"#, 400, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, 200, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, 200, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}}"#, 200, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":3}}"#, 200, -32602),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_note","arguments":[]}}"#,
            200,
            -32602,
        ),
    ] {
        let request = house.post("notes:read", &json!(null)).set_payload(text.to_owned());
        assert_eq!(rpc_error(&house, request).await, (status, code), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(rpc_error(&house, house.post("", &json!(null)).set_payload(deep)).await, (400, -32700));
    let large = format!("\"{}\"", "a".repeat(1024 * 1024));
    assert_eq!(rpc_error(&house, house.post("", &json!(null)).set_payload(large)).await, (413, -32600));
    let text = house.post("", &list()).insert_header(("content-type", "text/plain"));
    assert_eq!(rpc_error(&house, text).await, (415, -32600));
}
