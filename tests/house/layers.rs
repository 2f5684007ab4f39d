//! Who may use whom: the table of the architecture.

use crate::{Source, assert_none, workspace};

/// Sources that begin with one of these must not use paths that begin with one of those.
struct Rule {
    sources: &'static [&'static str],
    except: &'static [&'static str],
    forbidden: &'static [&'static str],
    because: &'static str,
}

const RULES: [Rule; 10] = [
    Rule {
        sources: &["auth-server/src/oauth"],
        except: &[],
        forbidden: &[
            "crate::http",
            "crate::flow",
            "crate::store",
            "crate::keys",
            "crate::clients",
            "crate::login",
            "crate::app",
            "crate::server",
            "crate::cli",
            "diesel",
            "reqwest",
            "tokio",
            "std::fs",
            "std::net",
            "shared::database",
            "shared::clock::Clock",
        ],
        because: "oauth is vocabulary: no I/O, no clock",
    },
    Rule {
        sources: &["auth-server/src/store"],
        except: &[],
        forbidden: &[
            "crate::http",
            "crate::flow",
            "crate::keys",
            "crate::clients",
            "crate::login",
            "reqwest",
        ],
        because: "store knows rows and the vocabulary only",
    },
    Rule {
        sources: &["auth-server/src/keys", "auth-server/src/clients", "auth-server/src/login"],
        except: &[],
        forbidden: &["crate::http", "crate::flow"],
        because: "keys, clients and login stand below the flows",
    },
    Rule {
        sources: &["auth-server/src/flow"],
        except: &[],
        forbidden: &["crate::http", "reqwest"],
        because: "a flow decides; it knows nothing of the wire",
    },
    Rule {
        sources: &["auth-server/src/http"],
        except: &[],
        forbidden: &["crate::store"],
        because: "http calls a flow, never the store",
    },
    Rule {
        sources: &["auth-server/src"],
        except: &[
            "auth-server/src/http",
            "auth-server/src/app.rs",
            "auth-server/src/server.rs",
            "auth-server/src/main.rs",
        ],
        forbidden: &["actix"],
        because: "the web framework stays in http",
    },
    Rule {
        sources: &["auth-server/src", "mcp-server/src", "shared/src"],
        except: &[
            "auth-server/src/store",
            "mcp-server/src/store",
            "auth-server/src/cli",
            "shared/src/database",
        ],
        forbidden: &["diesel"],
        because: "SQL stays in store",
    },
    Rule {
        sources: &["shared/src"],
        except: &[],
        forbidden: &["auth_server", "mcp_server"],
        because: "what is shared knows neither service",
    },
    Rule {
        sources: &["shared/src"],
        except: &["shared/src/wire"],
        forbidden: &["actix"],
        because: "what is shared knows the web framework in wire alone",
    },
    Rule {
        sources: &["mcp-server/src"],
        except: &[],
        forbidden: &["auth_server"],
        because: "the mcp-server knows the auth-server by URL only",
    },
];

impl Rule {
    fn judge(&self, source: &Source) -> Vec<String> {
        let starts = |all: &[&str]| all.iter().any(|start| is_under(&source.path, start));
        if source.is_test() || !starts(self.sources) || starts(self.except) {
            return Vec::new();
        }
        let is_forbidden = |path: &&String| self.forbidden.iter().any(|start| uses(path, start));
        let found = source.paths();
        let lines = found.iter().filter(is_forbidden);
        lines.map(|path| format!("{} uses {path}: {}", source.path, self.because)).collect()
    }
}

/// `store` covers `store.rs`, `store/` and nothing else.
fn is_under(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

/// Whether a path is the forbidden one or leads into it; `actix` covers all crates of that family.
fn uses(path: &str, forbidden: &str) -> bool {
    path.strip_prefix(forbidden).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with("::") || (forbidden == "actix" && rest.starts_with('_'))
    })
}

fn judge(source: &Source) -> Vec<String> {
    RULES.iter().flat_map(|rule| rule.judge(source)).collect()
}

#[test]
fn every_layer_keeps_to_its_own() {
    assert_none(&workspace().iter().flat_map(judge).collect::<Vec<_>>());
}

#[test]
fn a_planted_violation_is_found() {
    for (path, text) in [
        ("auth-server/src/oauth/code.rs", "use crate::store::grants;"),
        ("auth-server/src/oauth.rs", "use shared::clock::{Clock, Timestamp};"),
        ("auth-server/src/oauth/code.rs", "fn f() { std::fs::read(p) }"),
        ("auth-server/src/store/users.rs", "use super::super::flow::sign_in;"),
        ("auth-server/src/keys/mint.rs", "use crate::{http::reply, oauth};"),
        ("auth-server/src/clients/mod.rs", "use crate::flow::register;"),
        ("auth-server/src/login/local.rs", "use actix_web::HttpRequest;"),
        ("auth-server/src/flow/revoke.rs", "fn f(c: &mut diesel::SqliteConnection) {}"),
        ("auth-server/src/flow/revoke.rs", "use reqwest::Client;"),
        ("auth-server/src/http/token.rs", "use crate::{flow, store::Store};"),
        ("auth-server/src/settings.rs", "use actix_web::web;"),
        ("auth-server/src/app.rs", "use diesel::prelude::*;"),
        ("mcp-server/src/guard/mod.rs", "use auth_server::keys;"),
        ("shared/src/scope.rs", "use actix_http::header;"),
    ] {
        assert_eq!(judge(&Source::planted(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    for (path, text) in [
        ("auth-server/src/http/token.rs", "use actix_web::web; use crate::{flow, oauth};"),
        ("auth-server/src/server.rs", "use actix_web::HttpServer;"),
        ("auth-server/src/store/users.rs", "use diesel::prelude::*; use crate::oauth::code;"),
        ("auth-server/src/clients/document.rs", "use reqwest::Client;"),
        ("auth-server/src/oauth/code.rs", "use shared::clock::Timestamp; // crate::store keeps it"),
        ("auth-server/src/flow/tests.rs", "use diesel::prelude::*;"),
        ("mcp-server/src/http/mcp.rs", "use actix_web::web;"),
        ("shared/src/wire/load.rs", "use actix_web::web;"),
    ] {
        assert_none(&judge(&Source::planted(path, text)));
    }
}
