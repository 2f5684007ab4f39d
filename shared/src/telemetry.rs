//! Logs: one line an event, to standard error, readable or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::env::Reader;

/// How a service logs. `LOG` filters as `tracing-subscriber` reads it (`info`, `auth_server=debug`); `LOG_FORMAT` is
/// `text` or `json`.
#[derive(Clone, Debug)]
pub struct Logs {
    filter: String,
    json: bool,
}

impl Logs {
    /// Reads `LOG` and `LOG_FORMAT`.
    pub fn read(reader: &mut Reader<'_>) -> Logs {
        let filter = reader.text("LOG", "info");
        if let Err(fault) = EnvFilter::try_new(&filter) {
            reader.fault("LOG", &fault.to_string(), "info,auth_server=debug");
        }
        let json = match reader.text("LOG_FORMAT", "text").as_str() {
            "json" => true,
            "text" => false,
            _ => {
                reader.fault("LOG_FORMAT", "is neither `text` nor `json`", "json");
                false
            }
        };
        Logs { filter, json }
    }

    /// Starts logging for the whole process. A subscriber that is already there stays.
    pub fn start(&self) {
        // At `info` rmcp writes three lines a request, at `debug` whole messages, and so what people keep in their notes.
        // It is louder only for who names it (`LOG=rmcp=debug`), and so is the web server about its threads.
        let filter = EnvFilter::new(format!("rmcp=warn,actix_server=warn,{}", self.filter));
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr);
        let _ = if self.json { builder.json().try_init() } else { builder.compact().try_init() };
    }
}
