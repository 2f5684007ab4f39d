//! The HTTP ceiling: the same web server, which reads the same requests and answers the same bytes from memory.

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{
        StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, HeaderValue},
    },
    web::{Bytes, Data, PayloadConfig, put, to},
};
use conformance::failure::{Failure, Outcome};

use shared::env::Env;

use crate::{request, wire::Connection};

/// Where the answer to everything else is put.
const ANSWER: &str = "/ceiling";

/// What is answered.
#[derive(Default)]
struct Canned {
    status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

type Shelf = Data<RwLock<Arc<Canned>>>;

/// Serves where its settings say until the process ends.
///
/// # Errors
/// It cannot listen there.
pub async fn serve() -> Outcome {
    let listen = Env::from_process().get("LISTEN").unwrap_or_default().to_owned();
    let shelf: Shelf = Data::new(RwLock::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shelf.clone())
            .app_data(PayloadConfig::new(1024 * 1024))
            .route(ANSWER, put().to(take))
            .default_service(to(answer))
    });
    Ok(server.workers(1).tcp_nodelay(true).bind(listen)?.run().await?)
}

async fn answer(shelf: Shelf, _: HttpRequest, _: Bytes) -> HttpResponse {
    let canned = Arc::clone(&shelf.read().unwrap_or_else(PoisonError::into_inner));
    let mut answer = HttpResponse::build(canned.status);
    for (name, value) in &canned.fields {
        answer.insert_header((name.clone(), value.clone()));
    }
    answer.body(canned.body.clone())
}

async fn take(shelf: Shelf, body: Bytes) -> HttpResponse {
    match read(&body) {
        Ok(canned) => {
            *shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(canned);
            HttpResponse::Ok().finish()
        }
        Err(fault) => HttpResponse::BadRequest().body(fault.to_string()),
    }
}

fn read(whole: &Bytes) -> Outcome<Canned> {
    let mut fields = [httparse::EMPTY_HEADER; 40];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = answer.parse(whole)? else {
        return Err(Failure::new("no whole answer"));
    };
    let status = StatusCode::from_u16(answer.code.unwrap_or_default())?;
    let mut fields = Vec::new();
    for field in answer.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes())?;
        // The web server writes these itself.
        if ![CONTENT_LENGTH, CONNECTION, DATE].contains(&name) {
            fields.push((name, HeaderValue::from_bytes(field.value)?));
        }
    }
    Ok(Canned { status, fields, body: whole.slice(head..) })
}

/// Tells the ceiling at that port to answer what was answered last on `connection`.
///
/// # Errors
/// It does not take it.
pub async fn imitate(port: u16, connection: &Connection) -> Outcome {
    let whole = [connection.head(), connection.body()].concat();
    Connection::open(port).await?.ask(&request::put(ANSWER, &whole), 200).await
}
