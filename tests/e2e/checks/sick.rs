//! Both services behind a proxy that can fall ill: what clients send, and what they are answered, passes through it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use conformance::{
    checks::{Checked, run_some},
    exchange::Reply,
    failure::{Failure, Outcome},
    raw,
    world::World,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

/// A request on its way to a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What is wrong with the deployment.
pub(super) trait Illness: Send {
    /// Changes what the server is asked.
    fn ask(&mut self, _asked: &mut Asked) {}

    /// Changes what the client is answered; `asked` is as the client sent it.
    fn answer(&mut self, _asked: &Asked, _reply: &mut Reply) {}
}

/// A function that changes answers is an illness.
impl<F: FnMut(&Asked, &mut Reply) + Send> Illness for F {
    fn answer(&mut self, asked: &Asked, reply: &mut Reply) {
        self(asked, reply);
    }
}

/// Changes what is asked.
pub(super) struct Asking<F>(pub(super) F);

impl<F: FnMut(&mut Asked) + Send> Illness for Asking<F> {
    fn ask(&mut self, asked: &mut Asked) {
        (self.0)(asked);
    }
}

/// Nothing is wrong.
pub(super) struct Healthy;
impl Illness for Healthy {}

type Current = Arc<Mutex<Box<dyn Illness>>>;

/// A deployment behind the proxy.
pub(super) struct Patient {
    pub(super) world: World,
    target: String,
    illness: Current,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Patient {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Patient {
    pub(super) async fn admit() -> Outcome<Patient> {
        Patient::admit_under("").await
    }

    /// One whose issuer has a path.
    pub(super) async fn admit_under(path: &str) -> Outcome<Patient> {
        let (auth, mcp) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let issuer = format!("http://localhost:{}{path}", auth.local_addr()?.port());
        let origin = format!("http://localhost:{}", mcp.local_addr()?.port());
        let target = format!("{origin}/mcp");
        let world = World::builder()
            .auth("ISSUER", &issuer)
            .auth("RESOURCES", &format!("{target} {origin}/sse"))
            .mcp("ISSUER", &issuer)
            .mcp("RESOURCE", &target)
            .start()
            .await?;
        let illness: Current = Arc::new(Mutex::new(Box::new(Healthy)));
        let mut tasks = Vec::new();
        for (listener, upstream) in [(auth, world.issuer()), (mcp, world.mcp_url())] {
            let port = Url::parse(upstream)?.port().ok_or_else(|| Failure::new("no port"))?;
            tasks.push(tokio::spawn(serve(listener, port, Arc::clone(&illness))));
        }
        Ok(Patient { world, target, illness, tasks })
    }

    /// Makes these checks while it has this illness.
    pub(super) async fn checked(
        &self,
        illness: impl Illness + 'static,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Outcome<Checked> {
        *self.illness.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(illness);
        let agent = self.world.agent()?;
        Ok(run_some(&self.target, &agent, |check| is_wanted(check.id), &mut ()).await?)
    }
}

async fn serve(listener: TcpListener, upstream: u16, illness: Current) {
    while let Ok((stream, _)) = listener.accept().await {
        let illness = Arc::clone(&illness);
        tokio::spawn(async move {
            // A client that goes away early is no failure of the test.
            let _ = tokio::time::timeout(Duration::from_secs(60), pass(stream, upstream, illness)).await;
        });
    }
}

async fn pass(mut stream: TcpStream, upstream: u16, illness: Current) -> Outcome {
    let asked = read(&mut stream).await?;
    let mut changed = asked.clone();
    illness.lock().unwrap_or_else(PoisonError::into_inner).ask(&mut changed);
    let mut reply = raw::exchange(("127.0.0.1", upstream), &changed.bytes()).await?;
    illness.lock().unwrap_or_else(PoisonError::into_inner).answer(&asked, &mut reply);
    let mut answer = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", reply.status);
    let framing = ["transfer-encoding", "content-length", "connection"];
    for (name, value) in
        reply.headers.iter().filter(|(name, _)| !framing.iter().any(|own| name.eq_ignore_ascii_case(own)))
    {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str(&format!("Content-Length: {}\r\n\r\n", reply.body.len()));
    stream.write_all(answer.as_bytes()).await?;
    stream.write_all(&reply.body).await?;
    Ok(stream.shutdown().await?)
}

impl Asked {
    /// The value of a header field.
    pub(super) fn header(&self, name: &str) -> &str {
        let field = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        field.map_or("", |(_, value)| value)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        let framing = ["content-length", "connection", "transfer-encoding"];
        for (name, value) in
            self.headers.iter().filter(|(name, _)| !framing.iter().any(|own| name.eq_ignore_ascii_case(own)))
        {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.method == "POST" {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        format!("{text}\r\n{}", self.body).into_bytes()
    }
}

async fn read(stream: &mut TcpStream) -> Outcome<Asked> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16384]);
    loop {
        let count = stream.read(&mut buffer).await?;
        bytes.extend_from_slice(&buffer[..count]);
        if count == 0 {
            return Err(Failure::new("the request ends early"));
        }
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let mut asked = head(&String::from_utf8_lossy(&bytes[..end]));
        if bytes.len() >= end + 4 + asked.header("content-length").parse().unwrap_or(0) {
            asked.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
            return Ok(asked);
        }
    }
}

fn head(text: &str) -> Asked {
    let mut lines = text.split("\r\n");
    let mut start = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (start.next().unwrap_or_default(), start.next().unwrap_or_default());
    let fields = lines.filter_map(|line| line.split_once(':'));
    let headers = fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    Asked { method, target, headers, body: String::new() }
}
