//! The same MCP handler without anything around it: no token is asked for, nothing is counted, nobody waits.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{Bytes, Data, PayloadConfig, to},
};
use conformance::failure::Outcome;
use mcp_server::{Caller, Message, Settings};
use shared::{clock::Clock, env::Env};

/// Serves where its settings say until the process ends.
///
/// # Errors
/// It does not start.
pub async fn serve() -> Outcome {
    let settings = Settings::from_env(&Env::from_process())?;
    let listen = settings.listen;
    let app = Data::new(mcp_server::App::open(settings, Clock::system()).await?);
    let server = HttpServer::new(move || {
        App::new().app_data(app.clone()).app_data(PayloadConfig::new(1024 * 1024)).default_service(to(answer))
    });
    Ok(server.workers(1).tcp_nodelay(true).bind(listen)?.run().await?)
}

async fn answer(app: Data<mcp_server::App>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match Message::read(body) {
        Some(message) => app.endpoint().answer(request.headers(), &message, Caller::Nobody).await,
        None => HttpResponse::Ok().finish(),
    }
}
