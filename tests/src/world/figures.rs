//! The metrics of a service, read where Prometheus reads them.

use std::{collections::BTreeMap, net::TcpListener};

use tokio::sync::oneshot;

use super::World;
use crate::{
    failure::{Failure, Outcome},
    world::service::Opened,
};

/// Every figure by its name and labels, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// As it was answered.
    pub text: String,
    values: BTreeMap<String, f64>,
}

impl Figures {
    /// Reads the text format.
    pub fn parse(text: &str) -> Figures {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Figures { values: values.collect(), text: text.to_owned() }
    }

    /// One figure by its name and labels; zero when there is none.
    pub fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or_default()
    }

    /// Whether there is such a figure.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The figures of one name with their labels, in order.
    pub fn of(&self, name: &str) -> Vec<(&str, f64)> {
        let is_it = |own: &str| own.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
        self.values.iter().filter(|(own, _)| is_it(own)).map(|(own, value)| (own.as_str(), *value)).collect()
    }

    /// Which figures of one name have grown since `before`, and by how much.
    pub fn grown(&self, name: &str, before: &Figures) -> Vec<(String, f64)> {
        let grown = self.of(name).into_iter().map(|(own, value)| (own.to_owned(), value - before.get(own)));
        grown.filter(|(_, by)| *by != 0.0).collect()
    }
}

impl World {
    /// What the auth-server counted so far.
    ///
    /// # Errors
    /// It is stopped, or does not show it.
    pub async fn auth_figures(&self) -> Outcome<Figures> {
        figures(self.auth.app()?.clone()).await
    }

    /// What the mcp-server counted so far.
    ///
    /// # Errors
    /// It is stopped, or does not show it.
    pub async fn mcp_figures(&self) -> Outcome<Figures> {
        figures(self.mcp.app()?.clone()).await
    }
}

/// Has them shown on a free port for as long as it takes to read them.
async fn figures<A: Opened>(app: A) -> Outcome<Figures> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/metrics", listener.local_addr()?);
    let (tell, told) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = app.serve_metrics(listener)?;
            let _ = tell.send(server.handle());
            server.await
        })
    });
    let handle = told.await.map_err(|_| Failure::new("the metrics are not shown"))?;
    let answer = reqwest::get(url).await?;
    let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    let is_right = kind == Some(shared::metrics::CONTENT_TYPE) && answer.status() == 200;
    let text = answer.text().await?;
    handle.stop(false).await;
    let ended = tokio::task::spawn_blocking(move || thread.join()).await?;
    ended.map_err(|_| Failure::new("the metrics ended badly"))??;
    if is_right { Ok(Figures::parse(&text)) } else { Err(Failure::new(format!("no metrics: {text}"))) }
}
