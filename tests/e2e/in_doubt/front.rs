//! What stands in front of PostgreSQL, and cuts every connection at the commit of a grant.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;

/// When connections are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The database never hears of the commit.
    Before,
    /// The database has committed, and nobody hears of it.
    After,
}

/// What is to come.
#[derive(Clone, Default)]
struct Plan(Arc<Mutex<Coming>>);

#[derive(Default)]
struct Coming {
    cut: Option<(Cut, u32)>,
    /// Connections that are refused from now on.
    refused: u32,
}

/// It ends with its runtime.
pub(super) struct Front {
    /// The same database, by this way.
    pub(super) url: String,
    plan: Plan,
}

impl Front {
    /// Stands before the database of a URL.
    pub(super) async fn before(url: &str) -> Outcome<Front> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut url = Url::parse(url)?;
        let behind = (url.host_str().unwrap_or("127.0.0.1").to_owned(), url.port().unwrap_or(5432));
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(listener.local_addr()?.port())).map_err(|()| Failure::new("no port"))?;
        let plan = Plan::default();
        let front = Front { url: url.to_string(), plan: plan.clone() };
        tokio::spawn(async move {
            let (cuts, _) = watch::channel(());
            while let Ok((client, _)) = listener.accept().await {
                if !plan.refuses() {
                    tokio::spawn(pass(client, behind.clone(), (plan.clone(), cuts.clone())));
                }
            }
        });
        Ok(front)
    }

    /// Cuts at the next commit of a grant, and refuses so many connections after it.
    pub(super) fn arm(&self, cut: Cut, refused: u32) {
        self.plan.lock().cut = Some((cut, refused));
    }

    /// Whether that has happened.
    pub(super) fn has_cut(&self) -> bool {
        let coming = self.plan.lock();
        coming.cut.is_none() && coming.refused == 0
    }
}

impl Plan {
    fn lock(&self) -> MutexGuard<'_, Coming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuses(&self) -> bool {
        let mut coming = self.lock();
        let left = coming.refused.checked_sub(1);
        coming.refused = left.unwrap_or_default();
        left.is_some()
    }

    fn take(&self) -> Option<Cut> {
        let mut coming = self.lock();
        let (cut, refused) = coming.cut.take()?;
        coming.refused = refused;
        Some(cut)
    }
}

async fn pass(
    mut client: TcpStream,
    behind: (String, u16),
    (plan, cuts): (Plan, watch::Sender<()>),
) -> io::Result<()> {
    let mut server = TcpStream::connect(behind).await?;
    let mut cut = cuts.subscribe();
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    let mut grants = false;
    loop {
        tokio::select! {
            _ = cut.changed() => return Ok(()),
            length = client.read(&mut asked) => {
                let text = asked.get(..length?).filter(|text| !text.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
                grants |= has(text, b"INSERT INTO grants");
                if grants && has(text, b"COMMIT") && let Some(at) = plan.take() {
                    if at == Cut::After {
                        server.write_all(text).await?;
                        // It answers once it has committed.
                        server.read_u8().await?;
                    }
                    cuts.send_replace(());
                    return Ok(());
                }
                server.write_all(text).await?;
            }
            length = server.read(&mut answered) => {
                let text = answered.get(..length?).filter(|text| !text.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
                client.write_all(text).await?;
            }
        }
    }
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}
