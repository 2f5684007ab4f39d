//! The command line.

use std::path::PathBuf;

use clap::Parser;
use conformance::{
    cast::{ALL, Casting},
    up::default_data,
};

/// Checks that an MCP server works with ChatGPT and other clients: discovery, registration, sign-in, tokens and tools.
///
/// Exit code 0: all seven steps hold for every client that was played, or every rule that was checked does. 1: one does not.
/// 2: the command line is wrong.
#[derive(Parser)]
#[command(name = "conform", version, after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// URL of the MCP endpoint, as a user types it, for example `https://mcp.example.com/mcp`
    #[arg(required_unless_present_any = ["list_personas", "list_checks"])]
    url: Option<String>,
    /// Sign in as this user, on the server's own page; the password comes from standard input
    #[arg(long, value_name = "EMAIL", requires = "password_stdin", conflicts_with = "browser")]
    pub(super) user: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "user")]
    password_stdin: bool,
    /// Sign in with this machine's browser (what happens anyway without --user)
    #[arg(long)]
    browser: bool,
    /// Print one JSON report instead of lines
    #[arg(long)]
    pub(super) json: bool,
    /// Play this client instead of ChatGPT; may be repeated, `all` plays all of them and prints who gets in
    #[arg(long = "persona", value_name = "NAME")]
    pub(super) personas: Vec<String>,
    /// Print the clients that can be played
    #[arg(long)]
    pub(super) list_personas: bool,
    /// Check every rule, one by one, in place of the seven steps
    #[arg(long, conflicts_with = "personas")]
    pub(super) checks: bool,
    /// Print every rule, and where it is proven
    #[arg(long)]
    pub(super) list_checks: bool,
    /// Register this redirect URI instead of ChatGPT's; may be repeated, the first one is used
    #[arg(long = "redirect-uri", value_name = "URI", requires = "user", conflicts_with = "personas")]
    pub(super) redirect_uris: Vec<String>,
    /// For a server on this machine: the folder with the certificate authority it trusts (EXTRA_CA_FILE). The default is
    /// where `cargo up` keeps its data
    #[arg(long, value_name = "DIR")]
    authority: Option<PathBuf>,
    /// For a server elsewhere: where the clients' documents are published
    #[arg(long, value_name = "URL")]
    pub(super) documents: Option<String>,
    /// Write the clients' documents into this folder, to be published there, and do nothing else
    #[arg(long, value_name = "DIR", requires = "documents")]
    pub(super) write_documents: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  conform http://localhost:8000/mcp
  conform https://mcp.example.com/mcp --user me@example.com --password-stdin < password.txt
  conform https://mcp.example.com/mcp --json > report.json
  conform https://mcp.example.com/mcp --checks --user me@example.com --password-stdin < password.txt
  conform http://localhost:8000/mcp --persona all --user demo@example.com --password-stdin < password.txt
  conform https://mcp.example.com/mcp --persona claude-code
  conform https://mcp.example.com/mcp --persona all --documents https://me.example.com/clients --write-documents clients";

impl Arguments {
    /// The MCP endpoint.
    pub(super) fn url(&self) -> &str {
        self.url.as_deref().unwrap_or_default()
    }

    /// Who is to be played; everybody when documents are written and nobody is named.
    pub(super) fn casting(&self) -> Casting {
        let mut names = self.personas.clone();
        if names.is_empty() {
            names.push(ALL.to_owned());
        }
        Casting {
            target: self.url().to_owned(),
            names,
            documents: self.documents.clone(),
            authority: self.authority(),
        }
    }

    /// The folder of the certificate authority: where `up` keeps it, if no other is named.
    pub(super) fn authority(&self) -> PathBuf {
        self.authority.clone().unwrap_or_else(default_data)
    }
}
