//! TLS without a proxy: a chain and its key from two files, served by both, taken anew when they change.

mod client;
mod pki;

use std::{fs, path::PathBuf};

use conformance::failure::Outcome;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::rustls::version::{TLS12, TLS13};

use self::{
    client::Connection,
    pki::{NAME, Pair, Pki},
};
use crate::harness::{Deployment, Service, until};

/// A deployment whose certificates are in two files of each service.
struct Stage {
    deployment: Deployment,
    pki: Pki,
}

impl Stage {
    fn set() -> Outcome<Stage> {
        Ok(Stage { deployment: Deployment::prepare()?, pki: Pki::new()? })
    }

    fn files(&self) -> (PathBuf, PathBuf) {
        let folder = self.deployment.folder();
        (folder.join("chain.pem"), folder.join("key.pem"))
    }

    /// Has the files hold this, and tells the auth-server of them.
    fn write(&mut self, pair: &Pair) -> Outcome {
        let (chain, key) = self.files();
        fs::write(&chain, &pair.chain)?;
        fs::write(&key, &pair.key)?;
        use_files(&mut self.deployment.auth, (&chain, &key));
        Ok(())
    }

    async fn connect(&self) -> Outcome<Connection> {
        Connection::open(self.deployment.auth.port, self.pki.root(), &TLS13).await
    }

    /// Waits until new connections get another certificate than this one, while an old one goes on.
    async fn changed(&self, old: &mut Connection) -> Outcome<Connection> {
        until("another certificate", async || {
            let is_served = old.get("/healthz").await.is_ok_and(|head| head.starts_with("http/1.1 200"));
            assert!(is_served, "the connection of before goes on");
            let new = self.connect().await.ok()?;
            (new.certificate() != old.certificate()).then_some(new)
        })
        .await
    }
}

fn use_files(service: &mut Service, (chain, key): (&PathBuf, &PathBuf)) {
    service
        .set("TLS_CERTIFICATE_FILE", &chain.display().to_string())
        .set("TLS_KEY_FILE", &key.display().to_string());
}

#[tokio::test]
async fn both_servers_serve_a_chain_in_both_versions_and_their_health_is_asked() -> Outcome {
    let mut stage = Stage::set()?;
    // Served without TLS, so that the mcp-server reaches it.
    stage.deployment.auth.start().await?;
    let pair = stage.pki.pair()?;
    stage.write(&pair)?;
    let (chain, key) = stage.files();
    let Deployment { auth, mcp, .. } = &mut stage.deployment;
    let mut other = auth.replica()?;
    other.set("ISSUER", &format!("https://{NAME}"));
    use_files(mcp, (&chain, &key));
    for service in [mcp, &mut other] {
        service.start().await?;
        for version in [&TLS12, &TLS13] {
            let mut connection = Connection::open(service.port, stage.pki.root(), version).await?;
            assert_eq!(connection.protocol(), Some(&b"http/1.1"[..]));
            let head = connection.get("/healthz").await?;
            assert!(head.starts_with("http/1.1 200"), "{head}");
            let is_auth = !service.setting("RESOURCES").is_empty();
            assert_eq!(head.contains("strict-transport-security: max-age="), is_auth, "{head}");
        }
        // The certificate is not for the address it is asked at.
        let health = service.run(&["health"], None).await?;
        assert!(health.status.success(), "{}", health.said);
    }
    Ok(())
}

/// RFC 8996: TLS 1.1 and 1.0 must not be negotiated.
#[tokio::test]
async fn no_older_version_is_spoken_and_nothing_without_tls() -> Outcome {
    let mut stage = Stage::set()?;
    let pair = stage.pki.pair()?;
    stage.write(&pair)?;
    stage.deployment.auth.start().await?;
    // TLS 1.0 and 1.1 get a fatal alert; the same in 1.2 is answered by a handshake.
    for (minor, kind) in [(1_u8, 21), (2, 21), (3, 22)] {
        let mut stream = TcpStream::connect(("127.0.0.1", stage.deployment.auth.port)).await?;
        stream.write_all(&hello(minor)?).await?;
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer[0], kind, "3.{minor}: {answer:?}");
        assert!(kind == 22 || answer[5] == 2, "3.{minor}: {answer:?}");
    }
    let mut stream = TcpStream::connect(("127.0.0.1", stage.deployment.auth.port)).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = Vec::new();
    // It may end with a reset.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// The first message of a client whose newest version is TLS 1.(minor - 1): RFC 5246 §7.4.1.2.
fn hello(minor: u8) -> Outcome<Vec<u8>> {
    let extensions: [&[u8]; 3] = [
        // Signatures: ECDSA on P-256, RSA-PSS. Groups: P-256. Points: uncompressed.
        &[0, 13, 0, 6, 0, 4, 4, 3, 8, 4],
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 11, 0, 2, 1, 0],
    ];
    let extensions = extensions.concat();
    let mut hello = vec![3, minor];
    hello.extend([7; 32]);
    // No session; ECDHE_ECDSA with AES-128, by GCM and by CBC; no compression.
    hello.extend([0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0, 0, u8::try_from(extensions.len())?]);
    hello.extend(extensions);
    let length = u8::try_from(hello.len())?;
    Ok([&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat())
}

#[tokio::test]
async fn a_new_pair_is_taken_and_a_broken_one_is_not() -> Outcome {
    let mut stage = Stage::set()?;
    let (first, second, third) = (stage.pki.pair()?, stage.pki.pair()?, stage.pki.pair()?);
    stage.write(&first)?;
    stage.deployment.auth.start().await?;
    let mut connection = stage.connect().await?;
    stage.write(&second)?;
    let mut connection = stage.changed(&mut connection).await?;
    let (chain, key) = stage.files();
    let useless = "is of no use";
    fs::write(&chain, "-----BEGIN CERTIFICATE-----\nnothing!\n-----END CERTIFICATE-----\n")?;
    stage.deployment.auth.process()?.says("chain.pem is no PEM").await?;
    assert_eq!(stage.connect().await?.certificate(), connection.certificate());
    // Another's certificate, while the key is the old one.
    fs::write(&chain, &third.chain)?;
    stage.deployment.auth.process()?.says("key.pem is not the key of").await?;
    assert_eq!(stage.connect().await?.certificate(), connection.certificate());
    fs::remove_file(&key)?;
    stage.deployment.auth.process()?.says("key.pem cannot be read").await?;
    assert_eq!(stage.connect().await?.certificate(), connection.certificate());
    fs::write(&key, &third.key)?;
    stage.changed(&mut connection).await?;
    let said = stage.deployment.auth.process()?.said();
    assert_eq!(said.matches(useless).count(), 3, "each is told once:\n{said}");
    assert!(!said.contains("nothing") && !said.contains("PRIVATE KEY"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_pair_that_is_none_keeps_a_server_from_starting() -> Outcome {
    let mut stage = Stage::set()?;
    let (one, other) = (stage.pki.pair()?, stage.pki.pair()?);
    stage.write(&Pair { chain: one.chain, key: other.key })?;
    let (chain, key) = stage.files();
    use_files(&mut stage.deployment.mcp, (&chain, &key));
    for service in [&stage.deployment.auth, &stage.deployment.mcp] {
        let ended = service.run(&[], None).await?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
        let is_told = ended.said.contains("TLS_KEY_FILE") && ended.said.contains("key.pem is not the key of");
        assert!(is_told && !ended.said.contains("PRIVATE KEY"), "{}", ended.said);
    }
    Ok(())
}
