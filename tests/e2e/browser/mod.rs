//! The page in a real Chromium, moved by chromedriver.
//!
//! | module | what it shows |
//! |---|---|
//! | [`decision`] | allow, deny, a wrong password, an expired page, somebody who is signed in |
//! | [`form_action`] | Chromium applies `form-action` to the way back: with one the client is never reached |
//! | [`alone`] | no errors, nothing from elsewhere, in nobody's frame |
//! | [`pages`] | every page there is, as one list; [`stage`], [`ways`] and [`own_ways`] lead there, [`pictures`] keeps what is seen |
//! | [`accessible`] | no rule of axe-core is broken on any of them, in any look and language |
//! | [`layout`] | it fits a phone, in light and dark |
//! | [`passkeys`] | signing in without a password, with Chromium's own authenticator |
//! | [`keyboard`], [`keys_only`] | nothing needs a mouse, and [`keys`] sees where the focus is |
//! | [`account`] | the account page, and "Not you?" |
//! | [`upstream`] | signing in on the pages of another provider |
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
mod keys;
mod keys_only;
mod layout;
mod own_ways;
mod pages;
mod passkeys;
mod pictures;
mod site;
mod stage;
mod upstream;
mod visit;
mod ways;
