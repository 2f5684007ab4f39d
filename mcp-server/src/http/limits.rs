//! Who asks too often is told so: RFC 6585 §4.

use actix_web::{HttpRequest, HttpResponse};
use shared::wire;

use super::{
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
    let asker = wire::asker(request, &app.settings.limits.proxies);
    match app.limits.check_denied(denial, asker) {
        Ok(()) => refusal::denied(lead, denial, message),
        Err(wait) => refusal::too_often(wait, message),
    }
}

/// The answer to a tool call too many, which is counted; none to everything else.
pub(super) fn too_many_calls(app: &App, message: &Message, caller: &Caller) -> Option<HttpResponse> {
    let wait = message.is_tool_call().then(|| app.limits.check_call(caller).err())??;
    if let Some(tool) = message.tool() {
        app.toolbox.note(tool, "too_often");
    }
    Some(refusal::too_often(wait, Some(message)))
}
