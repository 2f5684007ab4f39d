//! What a newcomer is told: what runs, how to sign in, what to try next.

use std::path::Path;

use crate::up::{Options, account::Account, default_data, ways::Ways};

/// Where the second column begins.
const MARGIN: &str = "\n                 ";

/// The text.
pub(super) fn text(options: &Options, folder: &Path, account: Option<&Account>, ways: &Ways) -> String {
    let local = account.map(|account| local(options, folder, account)).unwrap_or_default();
    let (issuer, resource, data) = (options.issuer(), options.resource(), options.data.display());
    format!(
        "\n  Gatehouse is up. Ctrl-C stops it.\n\n  \
         MCP server     {resource}\n  \
         auth server    {issuer}\n  \
         data           {data}\n{local}{providers}\n  \
         Try in another terminal:\n{attempts}",
        providers = ways.providers.iter().map(|name| provider(options, name)).collect::<String>(),
        attempts = attempts(options, account),
    )
}

/// The account that was made here.
fn local(options: &Options, folder: &Path, account: &Account) -> String {
    let (email, issuer, database) = (&options.email, options.issuer(), options.database("auth-server.db"));
    match &account.password {
        Some(password) => {
            format!("  sign in as     {email} with the password {password}{MARGIN}(shown only this once)\n")
        }
        None => format!(
            "  sign in as     {email} with the password that was shown when it was made{MARGIN}\
             lost? this prints a link to choose another one:{MARGIN}\
             DATABASE_URL={database} ISSUER={issuer} {program} users reset-password {email}\n",
            program = folder.join("auth-server").display(),
        ),
    }
}

/// A provider, and what it must know.
fn provider(options: &Options, name: &str) -> String {
    let callback = format!("{}{}", options.issuer(), auth_server::flow::upstream::CALLBACK);
    format!("  sign in with   {name}{MARGIN}(the redirect URI it must know: {callback})\n")
}

fn attempts(options: &Options, account: Option<&Account>) -> String {
    let (email, resource, data) = (&options.email, options.resource(), options.data.display());
    let at_browser = format!("    cargo conform {resource}\n");
    let Some(account) = account else { return at_browser };
    // Where conform looks by itself for the authority that vouches for its documents.
    let authority = match options.data == default_data() {
        true => String::new(),
        false => format!(" --authority {data}"),
    };
    let typed = account.password.as_deref().unwrap_or("PASSWORD");
    format!(
        "{at_browser}    \
         cargo conform {resource} --user {email} --password-stdin <<< '{typed}'\n    \
         cargo conform {resource} --persona all{authority} --user {email} --password-stdin <<< '{typed}'\n"
    )
}
