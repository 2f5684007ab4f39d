//! The page in a real Chromium, moved by chromedriver.
//!
//! | module | what it shows |
//! |---|---|
//! | [`decision`] | allow, deny, a wrong password, an expired page, somebody who is signed in |
//! | [`form_action`] | Chromium applies `form-action` to the way back: with one the client is never reached |
//! | [`alone`] | no errors, nothing from elsewhere, in nobody's frame |
//! | [`accessible`] | no rule of axe-core is broken, in any look and language |
//! | [`layout`] | it fits a phone, in light and dark |
//! | [`passkeys`] | signing in without a password, with Chromium's own authenticator |
//! | [`keyboard`] | it needs no mouse |
//! | [`account`] | the account page, and "Not you?" |
//!
//! The callback is on `http://127.0.0.1:…`, the page on `http://localhost:…`: another origin, as with real clients.
//! Without Chromium these tests say so and pass; with `NO_SKIP=1` they fail. `SCREENSHOTS=folder` keeps pictures.

mod accessible;
mod account;
mod alone;
mod chromium;
mod decision;
mod form_action;
mod keyboard;
mod layout;
mod passkeys;
mod pictures;
mod site;
mod visit;
