//! Reads the forms of a page: any server's, so nothing is assumed but HTML.

use scraper::{ElementRef, Html, Selector};
use url::Url;

/// What a human could do on a page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What the title says.
    pub title: String,
    /// What the page says is wrong, when it marks that as an alert.
    pub alert: Option<String>,
    /// Its forms.
    pub forms: Vec<Form>,
    /// Where its links lead.
    pub links: Vec<Url>,
    /// Where it leads by itself (`http-equiv=refresh`).
    pub refresh: Option<Url>,
}

/// A form as it would be sent.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// Whether it is sent as POST.
    pub is_post: bool,
    /// Fields with what they would send if nothing was typed.
    pub fields: Vec<Field>,
    /// Buttons that send it.
    pub buttons: Vec<Button>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// Its type, in lower case: `text`, `email`, `password`, `hidden` …
    pub kind: String,
    /// What it would send.
    pub value: String,
    /// What it asks for, as `autocomplete` names it.
    pub autocomplete: String,
}

/// A button that sends its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Name and value it adds, if it has a name.
    pub pair: Option<(String, String)>,
    /// What a human reads on it.
    pub label: String,
    /// Where it sends the form instead.
    pub action: Option<Url>,
}

impl Page {
    /// Reads a page found at `address`.
    pub fn parse(html: &str, address: &Url) -> Page {
        let document = Html::parse_document(html);
        let base = elements(&document, "base[href]")
            .first()
            .and_then(|base| address.join(base.attr("href")?).ok())
            .unwrap_or_else(|| address.clone());
        Page {
            title: elements(&document, "title").first().map(text).unwrap_or_default(),
            alert: elements(&document, "[role=alert], .error, .alert")
                .iter()
                .map(text)
                .find(|text| !text.is_empty()),
            forms: elements(&document, "form")
                .iter()
                .filter_map(|form| read_form(&document, form, &base))
                .collect(),
            links: elements(&document, "a[href]")
                .iter()
                .filter_map(|link| base.join(link.attr("href")?).ok())
                .collect(),
            refresh: elements(&document, "meta[http-equiv]").iter().find_map(|meta| refresh(meta, &base)),
        }
    }
}

impl Form {
    /// The field a human would type this into, by its type or by what it calls itself.
    pub fn field_for(&self, what: Credential) -> Option<&Field> {
        let typed = |field: &&Field| !matches!(field.kind.as_str(), "hidden" | "checkbox" | "radio");
        match what {
            Credential::Password => self.fields.iter().find(|field| field.kind == "password"),
            Credential::Email => self.fields.iter().filter(typed).find(|field| {
                let name = field.name.to_ascii_lowercase();
                field.kind == "email"
                    || matches!(field.autocomplete.as_str(), "username" | "email")
                    || ["email", "mail", "user", "login", "identifier", "account"]
                        .iter()
                        .any(|word| name.contains(word))
            }),
        }
    }

    /// What would be sent, with these values in place of the fields' own.
    pub fn filled(&self, typed: &[(&str, &str)], button: Option<&Button>) -> Vec<(String, String)> {
        let value = |field: &Field| {
            let typed = typed.iter().find(|(name, _)| *name == field.name);
            typed.map_or_else(|| field.value.clone(), |(_, value)| (*value).to_owned())
        };
        let fields = self.fields.iter().map(|field| (field.name.clone(), value(field)));
        fields.chain(button.and_then(|button| button.pair.clone())).collect()
    }
}

/// What a human knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An e-mail address or a user name.
    Email,
    /// A password.
    Password,
}

fn read_form(document: &Html, form: &ElementRef<'_>, base: &Url) -> Option<Form> {
    let inside = |selector: &str| {
        let mut found = select(selector).map(|one| form.select(&one).collect::<Vec<_>>()).unwrap_or_default();
        // Controls elsewhere on the page may name the form they belong to.
        if let Some(id) = form.attr("id") {
            let owned = elements(document, selector).into_iter().filter(|one| one.attr("form") == Some(id));
            found.extend(owned);
        }
        found
    };
    Some(Form {
        action: base.join(form.attr("action").unwrap_or_default()).ok()?,
        is_post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
        fields: inside("input, select, textarea").iter().filter_map(read_field).collect(),
        buttons: inside("button, input[type=submit], input[type=image]")
            .iter()
            .filter(|button| !matches!(button.attr("type"), Some("button" | "reset")))
            .filter(|button| button.attr("disabled").is_none())
            .map(|button| read_button(button, base))
            .collect(),
    })
}

fn read_field(field: &ElementRef<'_>) -> Option<Field> {
    let kind = match field.value().name() {
        "input" => field.attr("type").unwrap_or("text").to_ascii_lowercase(),
        name => name.to_owned(),
    };
    let is_off = field.attr("disabled").is_some()
        || matches!(kind.as_str(), "submit" | "button" | "image" | "reset" | "file")
        || (matches!(kind.as_str(), "checkbox" | "radio") && field.attr("checked").is_none());
    if is_off {
        return None;
    }
    let value = match kind.as_str() {
        "select" => selected(field),
        "textarea" => text(field),
        "checkbox" | "radio" => field.attr("value").unwrap_or("on").to_owned(),
        _ => field.attr("value").unwrap_or_default().to_owned(),
    };
    let autocomplete = field.attr("autocomplete").unwrap_or_default().to_ascii_lowercase();
    Some(Field { name: field.attr("name")?.to_owned(), kind, value, autocomplete })
}

fn selected(field: &ElementRef<'_>) -> String {
    let options: Vec<_> = select("option").map(|one| field.select(&one).collect()).unwrap_or_default();
    let chosen = options.iter().find(|option| option.attr("selected").is_some()).or(options.first());
    chosen.map(|option| option.attr("value").map_or_else(|| text(option), str::to_owned)).unwrap_or_default()
}

fn read_button(button: &ElementRef<'_>, base: &Url) -> Button {
    let value = button.attr("value").unwrap_or_default();
    let label = match text(button) {
        label if label.is_empty() => button.attr("aria-label").unwrap_or(value).to_owned(),
        label => label,
    };
    Button {
        pair: button.attr("name").map(|name| (name.to_owned(), value.to_owned())),
        label,
        action: button.attr("formaction").and_then(|action| base.join(action).ok()),
    }
}

fn refresh(meta: &ElementRef<'_>, base: &Url) -> Option<Url> {
    let is_refresh = meta.attr("http-equiv")?.eq_ignore_ascii_case("refresh");
    let (_, target) = meta.attr("content").filter(|_| is_refresh)?.split_once('=')?;
    base.join(target.trim().trim_matches(['\'', '"'])).ok()
}

fn select(selector: &str) -> Option<Selector> {
    Selector::parse(selector).ok()
}

fn elements<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    select(selector).map(|one| document.select(&one).collect()).unwrap_or_default()
}

fn text(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<title>Sign in</title><p role="alert"> Wrong  password </p>
        <form method="POST" action="/oauth/decision">
          <input type="hidden" name="request" value="a&amp;b"><input name="email" type="email">
          <input name="password" type="password"><input type="checkbox" name="stay">
          <button name="decision" value="deny">Deny</button>
          <button name="decision" value="allow"><b>Sign in</b> and allow</button></form>"#;

    #[test]
    fn a_form_is_read_as_it_would_be_sent() {
        let page = Page::parse(PAGE, &"https://as.example/oauth/authorize?x=1".parse().unwrap());
        assert_eq!(page.alert.as_deref(), Some("Wrong password"));
        let form = &page.forms[0];
        assert_eq!(form.action.as_str(), "https://as.example/oauth/decision");
        assert_eq!(form.field_for(Credential::Email).unwrap().name, "email");
        assert_eq!(form.buttons[1].label, "Sign in and allow");
        let sent = form.filled(&[("email", "a@b"), ("password", "p")], form.buttons.get(1));
        let pairs: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("request", "a&b"), ("email", "a@b"), ("password", "p"), ("decision", "allow")]);
    }

    #[test]
    fn a_page_may_lead_on_by_itself() {
        let html = r#"<meta http-equiv="Refresh" content="0; url='/next'">"#;
        let page = Page::parse(html, &"https://as.example/a".parse().unwrap());
        assert_eq!(page.refresh.unwrap().as_str(), "https://as.example/next");
    }
}
