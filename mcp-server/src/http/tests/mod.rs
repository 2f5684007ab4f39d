//! The wire, request by request: the whole surface over a fake issuer and a real database.

mod doors;
mod entry;
mod eras;
mod tools;

use actix_web::{
    App as Service, HttpMessage,
    body::MessageBody,
    dev::{Service as _, ServiceResponse},
    http::{
        StatusCode,
        header::{HOST, HeaderMap, HeaderValue},
    },
    test::{TestRequest, init_service},
    web::Data,
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::testing::House;

/// An answer, read.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    async fn send(&self, request: TestRequest) -> Reply {
        let surface = |surface: &mut actix_web::web::ServiceConfig| crate::http::surface(&self.app, surface);
        let service = Service::new().app_data(Data::new(self.app.clone())).configure(surface);
        let service = init_service(service).await;
        let mut request = request.to_request();
        if !request.headers().contains_key("host") {
            request.headers_mut().insert(HOST, HeaderValue::from_static("localhost:8000"));
        }
        let answer: ServiceResponse<_> = service.call(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = actix_web::body::to_bytes(answer.into_body().boxed()).await.unwrap();
        Reply { status, headers, body }
    }

    /// A request as the leanest clients send it: a token and a body.
    fn post(&self, scope: &str, body: &Value) -> TestRequest {
        let token = self.issuer.token(&self.clock, scope);
        TestRequest::post()
            .uri("/mcp")
            .insert_header(("authorization", format!("Bearer {token}")))
            .insert_header(("content-type", "application/json"))
            .set_payload(body.to_string())
    }

    /// A tool's result.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let everything = "notes:read notes:write meetings:read meetings:write";
        let reply = self.send(self.post(everything, &call(tool, arguments))).await;
        assert_eq!(reply.status, StatusCode::OK);
        reply.json()["result"].clone()
    }
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

fn list() -> Value {
    json!({ "jsonrpc": "2.0", "method": "tools/list", "id": 1 })
}
