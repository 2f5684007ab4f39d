//! End to end: both services in this process, spoken to over HTTP only.
//!
//! | module | what it shows |
//! |---|---|
//! | [`seven_steps`] | the conformance client passes, and prints no secret |
//! | [`at_browser`] | the same by way of this machine's browser |
//! | [`browser`] | the page in a real Chromium |
//! | [`exact_requests`] | the requests the first users send, with nothing but the headers shown |
//! | [`client_methods`] | every way for a client to say who it is |
//! | [`preregistered`], [`client_credentials`] | clients an operator makes and shuts out, and those that act for themselves |
//! | [`incidents`] | what is refused has a reference, which explains it and holds no secret |
//! | [`keys`] | signing keys and master secrets change, and nobody notices |
//! | [`introspection`] | who is told what of a token |
//! | [`approval`] | what a person leaves of a request, and a denial that always arrives |
//! | [`silent_consent`] | another site cannot spend what a person allowed before |
//! | [`look`] | the operator's colour, logo and place to ask for help |
//! | [`registration_flood`] | many registrations leave no row, many restarts forget nobody |
//! | [`negative`] | what is refused: the happy request with one field changed |
//! | [`openid`] | who signed in, when, and what a client may demand of that |
//! | [`passkeys`] | signing in without a password, over HTTP |
//! | [`documents`] | clients that publish who they are |
//! | [`real_clients`] | clients we did not write, with their own OAuth |
//! | [`personas`] | every client of `tests/personas` gets in, and the matrix in the README is true |
//! | [`checks`] | the rules the client checks one by one: ours hold, and each can be broken |
//! | [`accounts`] | local accounts: made, invited, given another password, ended |
//! | [`attempts`] | passwords can be tried only so often, and the owner is not locked out |
//! | [`health`] | probes, and that a flood of them is no load |
//! | [`metrics`] | what is counted, under which words, and what never shows |
//! | [`limits`] | who asks how often, by address |
//! | [`sweep`] | what is over is forgotten, and what lives is not |
//! | [`attacks`] | what an attacker would try with people, their sign-ins and what they allowed |
//! | [`away`], [`in_doubt`] | connections to the database that are cut; in the middle of a commit |
//! | [`races`] | many at once: one wins, all are answered |
//! | [`bad_input`] | what is no request at all: an error in the right shape, never a 5xx |
//! | [`overload`] | more than a service takes on: it says so at once |
//! | [`logs`] | no secret is logged |
//! | [`audit`] | what somebody may have to answer for is told, once, and no secret with it |
//! | [`legacy_sse`] | HTTP+SSE of 2024-11-05, with access tokens |
//! | [`static_tokens`] | clients that cannot do OAuth, beside those who can |
//! | [`mixed_mode`] | what is answered without a token, and what is not |
//! | [`mirror`] | the issuer's metadata on the origin of the endpoint |
//! | [`upstream`] | signing in through other OpenID providers |
//! | [`account`] | what somebody allowed and where they are signed in, and the end of either |
//! | [`sessions`] | a signed-in browser, and when it may answer in place of the person |

mod account;
mod accounts;
mod approval;
mod at_browser;
mod attacks;
mod attempts;
mod audit;
mod away;
mod bad_input;
mod browser;
mod checks;
mod client_credentials;
mod client_methods;
mod documents;
mod exact_requests;
mod health;
mod in_doubt;
mod incidents;
mod introspection;
mod keys;
mod languages;
mod legacy_sse;
mod limits;
mod logs;
mod look;
mod metrics;
mod mirror;
mod mixed_mode;
mod negative;
mod openid;
mod overload;
mod passkeys;
mod personas;
mod preregistered;
mod races;
mod real_clients;
mod registration_flood;
mod sessions;
mod seven_steps;
mod silent_consent;
mod static_tokens;
mod sweep;
mod upstream;
