//! The pages a person sees: one for the decision, one for everything that went wrong. They carry no script and need
//! nothing from elsewhere. What a client says of itself is text here, never markup. Who may see which page, and with
//! which headers, is decided by the caller.

use askama::Template;

use super::{
    passkeys::PasskeySignIn,
    words::{Section, Words},
};
use crate::{
    flow::incidents::Told,
    oauth::invisible::is_invisible,
    settings::look::{Colour, Look, Support},
};

/// The stylesheet of every page.
const STYLE: &str = include_str!("../../../templates/style.css");
/// A gatehouse whose gate is a keyhole.
const MARK: &str = "M3 29V7h2.6v2.4h2.8V7H11v7h2.2v-2.2h5.6V14H21V7h2.6v2.4h2.8V7H29v22h-9.4L18 22.75a3.4 3.4 0 1 0-4 \
                    0L12.4 29z";
/// `--accent` of the stylesheet, on light pages and on dark ones.
const ACCENTS: [&str; 2] = ["#136350", "#7ed3ba"];

/// The stylesheet in the operator's colour.
pub fn stylesheet(look: &Look) -> String {
    let Some(accent) = look.accent else { return STYLE.to_owned() };
    let ([light, light_over], [dark, dark_over]) = (accent.light, accent.dark);
    format!(
        "{STYLE}:root {{ --accent: {light}; --accent-over: {light_over}; --on-accent: {white}; }}\n\
         @media (prefers-color-scheme: dark) {{\n  \
         :root {{ --accent: {dark}; --accent-over: {dark_over}; --on-accent: {night}; }}\n}}\n",
        white = Colour::WHITE,
        night = Colour::NIGHT,
    )
}

/// Our own picture, in the operator's colour: an SVG that is drawn for light and dark pages.
pub fn mark(look: &Look) -> String {
    let own = || ACCENTS.map(str::to_owned);
    let [light, dark] =
        look.accent.map_or_else(own, |accent| [accent.light[0], accent.dark[0]].map(|c| c.to_string()));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><style>path{{fill:{light}}}\
         @media (prefers-color-scheme:dark){{path{{fill:{dark}}}}}</style><path d=\"{MARK}\"/></svg>"
    )
}

/// How much of a client's name is shown: a longer one would push the host it is sent back to out of sight.
const NAME_LENGTH: usize = 64;

/// What the field of an optional scope's box begins with; the scope follows.
pub const SCOPE_FIELD: &str = "scope:";

/// A scope as the client asks for it and as a person reads it.
#[derive(Clone, Copy, Debug)]
pub struct ScopeLine<'a> {
    /// `notes:write`
    pub name: &'a str,
    /// "Create, change and delete your notes"
    pub words: &'a str,
    /// The box of an optional one, and whether it is ticked.
    pub box_ticked: Option<bool>,
}

/// A provider to sign in with.
#[derive(Clone, Copy, Debug)]
pub struct ProviderLine<'a> {
    /// What the form calls it.
    pub key: &'a str,
    /// What people call it.
    pub name: &'a str,
}

/// One decision: what wants in, where it is sent back to, to what, with which scopes, and in whose name.
#[derive(Debug, Template)]
#[template(path = "approve.html")]
pub struct ApprovePage<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// The operator's name for this service.
    pub service_name: &'a str,
    /// Where the stylesheet is.
    pub style_path: &'a str,
    /// Where the form is sent.
    pub action: &'a str,
    /// What the client calls itself. Not trusted.
    pub client_name: &'a str,
    /// The host the person is sent back to.
    pub redirect_host: &'a str,
    /// The host that published what the client says of itself: proven, unlike its name.
    pub client_host: Option<&'a str>,
    /// The answer goes to a program on the person's own computer, which nothing vouches for.
    pub loopback: bool,
    /// What the resource is called.
    pub resource_name: &'a str,
    /// The resource's identifier.
    pub resource: &'a str,
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// The e-mail of whoever is signed in. Without one the page asks for e-mail and password.
    pub user: Option<&'a str>,
    /// The e-mail that was typed before, or nothing.
    pub email: &'a str,
    /// Whether e-mail and password will do.
    pub local: bool,
    /// Who else may say who somebody is.
    pub providers: Vec<ProviderLine<'a>>,
    /// What was wrong with the last attempt.
    pub problem: Option<&'a Told>,
    /// The button that signs in with a passkey, where the page asks for a sign-in and browsers know passkeys.
    pub passkey: Option<PasskeySignIn<'a>>,
    /// The authorization request, sealed. It comes back with the decision.
    pub request: &'a str,
}

impl ApprovePage<'_> {
    fn title(&self) -> String {
        let key = if self.problem.is_some() { "title_with_problem" } else { "title" };
        self.words.approve.fill(key, &[("client", &self.shown_name())])
    }

    fn heading(&self) -> String {
        let values = [("client", self.shown_name()), ("resource", self.resource_name.to_owned())];
        self.words.approve.markup("heading", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    fn has_boxes(&self) -> bool {
        self.scopes.iter().any(|scope| scope.box_ticked.is_some())
    }

    fn signed_in_as(&self, person: &str) -> String {
        signed_in_as(&self.words.approve, person)
    }

    fn shown_name(&self) -> String {
        shown_name(self.client_name, self.words.approve.get("nameless"))
    }
}

/// Who is signed in, as HTML.
pub(super) fn signed_in_as(section: &Section, person: &str) -> String {
    section.markup("signed_in_as", &[("person", person)]).replace("<bdi>", r#"<bdi class="person">"#)
}

/// What a client calls itself on one line, cut to a bearable length, without characters that are not seen but change what
/// is: those that end a line, reverse the direction of writing or have no width.
pub fn shown_name(client_name: &str, nameless: &str) -> String {
    let seen = |c: &char| !c.is_control() && !is_invisible(*c);
    let words: Vec<&str> = client_name.split_whitespace().collect();
    let name: String = words.join(" ").chars().filter(seen).collect();
    match name.char_indices().nth(NAME_LENGTH) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None if name.trim().is_empty() => nameless.to_owned(),
        None => name,
    }
}

/// What happened, and what to do next.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "message.html")]
pub struct MessagePage<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// The operator's name for this service.
    pub service_name: &'a str,
    /// Where the stylesheet is.
    pub style_path: &'a str,
    /// What happened, in a few words.
    pub title: &'a str,
    /// What happened, in a sentence or two.
    pub text: &'a str,
    /// What the person can do now.
    pub next: &'a str,
    /// Where else there is help.
    pub support: Option<&'a Support>,
    /// What the operator can find in the log.
    pub reference: Option<&'a str>,
}

#[cfg(test)]
mod tests;
