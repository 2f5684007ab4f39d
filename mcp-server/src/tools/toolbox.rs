//! All the tools, in the order they are listed, and their list as it is sent.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject, Tool as Description};
use serde_json::{Value, json};
use shared::scope::Scopes;

use super::{meetings, notes, refusal::Refusal, schema, tool::Tool};
use crate::store::{Owner, Store};

type Answer = Pin<Box<dyn Future<Output = CallToolResult> + Send>>;

/// The tools of this server.
pub(crate) struct Toolbox {
    store: Store,
    tools: Vec<Entry>,
    listing: Bytes,
}

struct Entry {
    name: &'static str,
    scopes: Scopes,
    description: Description,
    call: fn(Store, Owner, JsonObject) -> Answer,
}

impl Toolbox {
    /// Every tool, working on this store.
    pub(crate) fn new(store: Store) -> Result<Toolbox, serde_json::Error> {
        let tools = vec![
            Entry::of::<notes::ListNotes>(),
            Entry::of::<notes::SearchNotes>(),
            Entry::of::<notes::GetNote>(),
            Entry::of::<notes::CreateNote>(),
            Entry::of::<notes::UpdateNote>(),
            Entry::of::<notes::DeleteNote>(),
            Entry::of::<meetings::ListRecentMeetings>(),
            Entry::of::<meetings::GetMeeting>(),
            Entry::of::<meetings::RecordMeeting>(),
        ];
        let listed: Vec<Value> = tools.iter().map(Entry::listed).collect::<Result<_, _>>()?;
        let listing = Bytes::from(serde_json::to_vec(&listed)?);
        Ok(Toolbox { store, tools, listing })
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

    /// How a tool is described to rmcp.
    pub(super) fn description(&self, name: &str) -> Option<Description> {
        self.find(name).map(|tool| tool.description.clone())
    }

    /// Calls a tool; none when there is no such tool.
    pub(super) fn call(&self, name: &str, owner: Owner, arguments: JsonObject) -> Option<Answer> {
        self.find(name).map(|tool| (tool.call)(self.store.clone(), owner, arguments))
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

impl Entry {
    fn of<T: Tool>() -> Entry {
        let scopes: Scopes = T::SCOPES.iter().copied().collect();
        let mut meta = MetaObject::default();
        meta.insert("securitySchemes".to_owned(), security_schemes(&scopes));
        let description = Description::new(T::NAME, T::DESCRIPTION, schema::input::<T::Input>())
            .with_title(T::TITLE)
            .with_raw_output_schema(schema::output::<T::Output>().into())
            .with_annotations(T::EFFECT.annotations(T::TITLE))
            .with_meta(meta);
        Entry {
            name: T::NAME,
            scopes,
            description,
            call: |store, owner, arguments| Box::pin(run::<T>(store, owner, arguments)),
        }
    }

    /// As it stands in the list: ChatGPT reads `securitySchemes` beside the name, a member rmcp's type does not have.
    fn listed(&self) -> Result<Value, serde_json::Error> {
        let mut listed = serde_json::to_value(&self.description)?;
        if let Some(members) = listed.as_object_mut() {
            members.insert("securitySchemes".to_owned(), security_schemes(&self.scopes));
        }
        Ok(listed)
    }
}

fn security_schemes(scopes: &Scopes) -> Value {
    json!([{ "type": "oauth2", "scopes": scopes.as_slice() }])
}

/// Reads the arguments, does the work, and tells the outcome as a result in both forms.
async fn run<T: Tool>(store: Store, owner: Owner, arguments: JsonObject) -> CallToolResult {
    let input = match serde_json::from_value(Value::Object(arguments)) {
        Ok(input) => input,
        Err(error) => return told(format!("the arguments are not those of {}: {error}", T::NAME)),
    };
    let outcome = T::call(&store, &owner, input).await;
    match outcome {
        Ok(output) => serde_json::to_value(output)
            .map_or_else(|error| told(error.to_string()), CallToolResult::structured),
        Err(refusal) => {
            if let Refusal::Failed(error) = &refusal {
                tracing::error!(tool = T::NAME, %error, "a tool could not reach its rows");
            }
            told(refusal.to_string())
        }
    }
}

fn told(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}
