//! Where a service asks itself whether it is ready: what `health` does in an image that holds no other program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::{Client, StatusCode};

use crate::{env::Env, tls};

/// How long the answer may take. Shorter than what a container's health check waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// Why a service is not known to be ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It says so itself.
    #[error("not ready: {0}")]
    Said(StatusCode),
    /// Nobody answers.
    #[error(transparent)]
    Silent(#[from] reqwest::Error),
}

/// Asks the service that listens here, with these settings, whether it can do its work.
///
/// # Errors
/// It cannot, or nobody answers.
pub async fn ask(env: &Env, listen: SocketAddr) -> Result<(), NotReady> {
    // Itself, by its address: no certificate says that name, and no proxy leads there. Nothing is told to whoever
    // answers, and which certificate is current only the server knows.
    let client =
        Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().timeout(PATIENCE).build()?;
    match client.get(ready_url(env, listen)).send().await?.status() {
        ready if ready.is_success() => Ok(()),
        status => Err(NotReady::Said(status)),
    }
}

/// The URL that says whether it can.
fn ready_url(env: &Env, listen: SocketAddr) -> String {
    let scheme = if env.get(tls::CERTIFICATE_FILE).is_some() { "https" } else { "http" };
    let address = match listen.ip() {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    };
    format!("{scheme}://{}/readyz", SocketAddr::new(address, listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        let (any, one) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(192, 0, 2, 7));
        for (listen, certificate, url) in [
            (SocketAddr::from((any, 9000)), "", "http://127.0.0.1:9000/readyz"),
            (SocketAddr::from((Ipv6Addr::UNSPECIFIED, 9000)), "", "http://[::1]:9000/readyz"),
            (SocketAddr::from((one, 8000)), "", "http://192.0.2.7:8000/readyz"),
            (SocketAddr::from((any, 8000)), "certificate.pem", "https://127.0.0.1:8000/readyz"),
        ] {
            let env = Env::from_iter([(tls::CERTIFICATE_FILE, certificate)]);
            assert_eq!(ready_url(&env, listen), url);
        }
    }
}
