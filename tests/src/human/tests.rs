//! The played human on pages of a server that is not ours: two pages to sign in, cookies, a third to allow.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, cookie::Cookie, http::header, web};

use super::*;

const REDIRECT: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

fn page(body: &str) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html").body(format!("<title>A server</title>{body}"))
}

fn see_other(target: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, target)).finish()
}

async fn authorize(request: HttpRequest) -> HttpResponse {
    if request.cookie("session").is_none() {
        return see_other("/login");
    }
    let cancel = format!("<a href=\"{REDIRECT}?error=access_denied\">Cancel</a>");
    page(&format!(
        "{cancel}<form method=post action=/consent><input type=hidden name=csrf value=t>\
         <input type=checkbox name=remember value=1><input type=checkbox name=scope value=notes checked>\
         <button name=answer value=no>No thanks</button><button name=answer value=yes>Approve</button></form>"
    ))
}

async fn login() -> HttpResponse {
    page(
        "<form method=get action=/search><input name=q><button>Search</button></form>\
         <form method=post><input name=login autocomplete=username><button>Next</button></form>",
    )
}

async fn identifier(form: String) -> HttpResponse {
    assert_eq!(form, "login=a%40b.example");
    page(
        "<form method=post action=/password><input type=password name=secret><input type=submit value='Log in'>\
         <button name=via value=google>Continue with Google</button></form>",
    )
}

async fn password(form: String) -> HttpResponse {
    match form.as_str() {
        "secret=right" => {
            let mut reply = see_other("/authorize");
            let _ = reply.add_cookie(&Cookie::build("session", "1").path("/").http_only(true).finish());
            reply
        }
        _ => page("<p class=error>Not right</p><form method=post><input type=password name=secret></form>"),
    }
}

async fn consent(request: HttpRequest, form: String) -> HttpResponse {
    assert_eq!(request.headers().get("sec-fetch-site").unwrap(), "same-origin");
    assert_eq!(form, "csrf=t&scope=notes&answer=yes");
    see_other(&format!("{REDIRECT}?code=c%2F1&state=s"))
}

async fn visit(password_typed: &str) -> Exchange {
    let server = HttpServer::new(|| {
        App::new()
            .route("/authorize", web::get().to(authorize))
            .route("/login", web::get().to(login))
            .route("/login", web::post().to(identifier))
            .route("/password", web::post().to(password))
            .route("/consent", web::post().to(consent))
    });
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let start = format!("http://{}/authorize", server.addrs()[0]).parse().unwrap();
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let credentials = Credentials { email: "a@b.example".to_owned(), password: password_typed.to_owned() };
    let wire = Wire::new().unwrap();
    let exchange = Human::Played(credentials).visit(&wire, &start, &REDIRECT.parse().unwrap()).await;
    handle.stop(false).await;
    exchange
}

#[actix_web::test]
async fn several_pages_lead_to_the_callback() {
    let exchange = visit("right").await;
    assert_eq!(exchange.stuck, None);
    assert_eq!(
        exchange.callback.as_deref(),
        Some("https://chatgpt.com/connector_platform_oauth_redirect?code=c%2F1&state=s")
    );
    assert!(exchange.calls.iter().all(|call| !call.url.contains("chatgpt.com")), "nothing is sent there");
}

#[actix_web::test]
async fn a_refused_password_is_typed_once() {
    let exchange = visit("wrong").await;
    assert!(exchange.stuck.unwrap().contains("\"Not right\""));
    assert_eq!(exchange.calls.iter().filter(|call| call.url.ends_with("/password")).count(), 1);
}

#[test]
fn a_callback_is_the_redirect_uri_with_parameters() {
    let redirect = REDIRECT.parse().unwrap();
    let is = |text: &str| is_callback(&text.parse().unwrap(), &redirect);
    assert!(is("https://chatgpt.com/connector_platform_oauth_redirect?code=1"));
    assert!(!is("https://chatgpt.com/connector_platform_oauth_redirect"));
    assert!(!is("https://chatgpt.com/connector_platform_oauth_redirect/x?code=1"));
    assert!(!is("https://chatgpt.com.evil.com/connector_platform_oauth_redirect?code=1"));
}
