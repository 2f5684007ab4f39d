//! All the tools, in the order they are listed, and their list as it is sent.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject, Tool as Description};
use serde_json::{Value, json};
use shared::{metrics::ByWords, scope::Scopes};

use super::{about, meetings, notes, refusal::Refusal, schema, tool::Tool};
use crate::store::{Owner, Store};

type Answer = Pin<Box<dyn Future<Output = Result<CallToolResult, Unavailable>> + Send>>;

/// The rows cannot be reached just now. Not an outcome of the tool, which was never tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unavailable;

/// The tools of this server.
pub(crate) struct Toolbox {
    store: Store,
    tools: Vec<Entry>,
    listing: Bytes,
    calls: ByWords<2>,
}

struct Entry {
    name: &'static str,
    scopes: Scopes,
    /// Whether it may be called without a token.
    is_open: bool,
    description: Description,
    call: fn(Store, Owner, JsonObject) -> Answer,
}

/// Makes the two lists of tools out of one.
macro_rules! tools {
    ($($tool:ty),+ $(,)?) => {
        /// What each tool is called and does, in the order they are listed.
        pub(super) const SUMMARIES: &[(&str, &str)] = &[$((<$tool>::NAME, <$tool>::DESCRIPTION)),+];

        fn entries(mixed_mode: bool) -> Vec<Entry> {
            vec![$(Entry::of::<$tool>(mixed_mode)),+]
        }
    };
}

tools![
    notes::ListNotes,
    notes::SearchNotes,
    notes::GetNote,
    notes::CreateNote,
    notes::UpdateNote,
    notes::DeleteNote,
    meetings::ListRecentMeetings,
    meetings::GetMeeting,
    meetings::RecordMeeting,
    about::About,
];

impl Toolbox {
    /// Every tool, working on this store. In mixed mode those that need no scope are open to everyone.
    pub(crate) fn new(store: Store, mixed_mode: bool) -> Result<Toolbox, serde_json::Error> {
        let tools = entries(mixed_mode);
        let listed: Vec<Value> = tools.iter().map(Entry::listed).collect::<Result<_, _>>()?;
        let listing = Bytes::from(serde_json::to_vec(&listed)?);
        Ok(Toolbox { store, tools, listing, calls: ByWords::new(["tool", "outcome"]) })
    }

    /// The array that `tools/list` answers with, as JSON. It is the same for everyone.
    pub(crate) fn listing(&self) -> &Bytes {
        &self.listing
    }

    /// Every scope some tool needs, in the order of the tools.
    pub(crate) fn all_scopes(&self) -> Scopes {
        self.tools.iter().flat_map(|tool| tool.scopes.iter()).collect()
    }

    /// The scopes a tool needs; none when there is no such tool.
    pub(crate) fn scopes(&self, name: &str) -> Option<&Scopes> {
        self.find(name).map(|tool| &tool.scopes)
    }

    /// Whether there is such a tool and it may be called without a token.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        self.find(name).is_some_and(|tool| tool.is_open)
    }

    /// How a tool is described to rmcp.
    pub(super) fn description(&self, name: &str) -> Option<Description> {
        self.find(name).map(|tool| tool.description.clone())
    }

    /// Calls a tool; none when there is no such tool.
    pub(super) fn call(
        &self,
        name: &str,
        owner: Owner,
        arguments: JsonObject,
    ) -> Option<impl Future<Output = Result<CallToolResult, Unavailable>> + Send + use<>> {
        let tool = self.find(name)?;
        let (answer, calls) = ((tool.call)(self.store.clone(), owner, arguments), self.calls.clone());
        let name = tool.name;
        Some(async move {
            let answer = answer.await;
            let outcome = match &answer {
                Ok(result) if result.is_error == Some(true) => "refused",
                Ok(_) => "answered",
                Err(Unavailable) => "unavailable",
            };
            calls.count([name, outcome]);
            answer
        })
    }

    /// Calls by tool and outcome.
    pub(crate) fn calls(&self) -> &ByWords<2> {
        &self.calls
    }

    /// Counts a call that did not come so far, of a tool there is.
    pub(crate) fn note(&self, name: &str, outcome: &'static str) {
        if let Some(tool) = self.find(name) {
            self.calls.count([tool.name, outcome]);
        }
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

impl Entry {
    fn of<T: Tool>(mixed_mode: bool) -> Entry {
        let scopes: Scopes = T::SCOPES.iter().copied().collect();
        let is_open = mixed_mode && scopes.is_empty();
        let mut meta = MetaObject::default();
        meta.insert("securitySchemes".to_owned(), security_schemes(&scopes, is_open));
        let description = Description::new(T::NAME, T::DESCRIPTION, schema::input::<T::Input>())
            .with_title(T::TITLE)
            .with_raw_output_schema(schema::output::<T::Output>().into())
            .with_annotations(T::EFFECT.annotations(T::TITLE))
            .with_meta(meta);
        Entry {
            name: T::NAME,
            scopes,
            is_open,
            description,
            call: |store, owner, arguments| Box::pin(run::<T>(store, owner, arguments)),
        }
    }

    /// As it stands in the list: ChatGPT reads `securitySchemes` beside the name, a member rmcp's type does not have.
    fn listed(&self) -> Result<Value, serde_json::Error> {
        let mut listed = serde_json::to_value(&self.description)?;
        if let Some(members) = listed.as_object_mut() {
            members.insert("securitySchemes".to_owned(), security_schemes(&self.scopes, self.is_open));
        }
        Ok(listed)
    }
}

/// What a call needs: one of these.
fn security_schemes(scopes: &Scopes, is_open: bool) -> Value {
    let oauth = json!({ "type": "oauth2", "scopes": scopes.iter().collect::<Vec<_>>() });
    if is_open { json!([{ "type": "noauth" }, oauth]) } else { json!([oauth]) }
}

/// Reads the arguments, does the work, and tells the outcome as a result in both forms.
async fn run<T: Tool>(
    store: Store,
    owner: Owner,
    arguments: JsonObject,
) -> Result<CallToolResult, Unavailable> {
    let input = match serde_json::from_value(Value::Object(arguments)) {
        Ok(input) => input,
        Err(error) => return Ok(told(format!("the arguments are not those of {}: {error}", T::NAME))),
    };
    match T::call(&store, &owner, input).await {
        Ok(output) => Ok(serde_json::to_value(output)
            .map_or_else(|error| told(error.to_string()), CallToolResult::structured)),
        Err(refusal) => {
            if let Refusal::Failed(error) = &refusal {
                tracing::error!(tool = T::NAME, %error, "a tool could not reach its rows");
                if error.is_temporary() {
                    return Err(Unavailable);
                }
            }
            Ok(told(refusal.to_string()))
        }
    }
}

fn told(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}
