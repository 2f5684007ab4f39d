//! MCP requests of an actor, with nothing but the headers they need.

use serde_json::{Value, json};

use crate::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::Outcome,
};

impl Actor {
    /// A JSON-RPC request to the MCP endpoint: `Content-Type` and nothing else. Add the token with
    /// [`bearer`](Request::bearer).
    pub fn mcp_request(&self, method: &str, params: Option<Value>) -> Request {
        let mut body = json!({"jsonrpc": "2.0", "method": method, "id": 1});
        if let Some(params) = params {
            body["params"] = params;
        }
        Request::json(self.mcp_url.as_str(), body)
    }

    /// A call of a tool. Its fields are members of the JSON-RPC request.
    pub fn tool_request(&self, name: &str, arguments: Value) -> Request {
        self.mcp_request("tools/call", Some(json!({"name": name, "arguments": arguments})))
    }

    /// Calls a tool without arguments, whatever comes of it.
    ///
    /// # Errors
    /// No answer came.
    pub async fn call_tool(&mut self, access_token: &str, name: &str) -> Outcome<Reply> {
        let request = self.tool_request(name, json!({})).bearer(access_token);
        self.send(request).await
    }
}
