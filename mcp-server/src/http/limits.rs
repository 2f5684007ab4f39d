//! Who asks too often is told so: RFC 6585 §4.

use actix_web::{HttpRequest, HttpResponse};

use super::{
    client_address,
    message::Message,
    refusal::{self, Lead},
};
use crate::{App, caller::Caller, guard::Denial};

/// Turns away who was not let in. Who does that too often learns no more than when to come back.
pub(super) fn turn_away(
    app: &App,
    request: &HttpRequest,
    (lead, denial): (Lead<'_>, &Denial),
    message: Option<&Message>,
) -> HttpResponse {
    match app.limits.check_denied(denial, client_address::of(app, request)) {
        Ok(()) => refusal::denied(lead, denial, message),
        Err(wait) => refusal::too_often(wait, message),
    }
}

/// The answer to a tool call too many; none to everything else.
pub(super) fn too_many_calls(app: &App, message: &Message, caller: &Caller) -> Option<HttpResponse> {
    let wait = message.is_tool_call().then(|| app.limits.check_call(caller).err())??;
    Some(refusal::too_often(wait, Some(message)))
}
