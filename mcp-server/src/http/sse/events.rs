//! A stream of events as it is sent: where messages go, then answers as they come, and signs of life between them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::{
    sync::mpsc,
    time::{self, Interval, MissedTickBehavior},
};

use super::sessions::Opened;
use crate::App;

/// Proxies cut a connection on which nothing is said for half a minute or a minute.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

struct Events {
    app: Arc<App>,
    id: String,
    answers: mpsc::Receiver<Bytes>,
    signs: Interval,
    /// What is sent before anything else.
    first: Option<Bytes>,
}

/// The events of a session. It ends when the session does or is idle too long, when its token is no longer good, and when
/// the client goes: then the stream is dropped, and the session with it.
pub(super) fn stream(
    app: Arc<App>,
    session: Opened,
    place: &str,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    every(SIGN_OF_LIFE, app, session, place)
}

fn every(
    period: Duration,
    app: Arc<App>,
    session: Opened,
    place: &str,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let first = Some(format!("event: endpoint\ndata: {place}\n\n").into());
    let mut signs = time::interval_at(time::Instant::now() + period, period);
    // A client that did not read for a while needs one sign, not all it missed.
    signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let events = Events { app, id: session.id, answers: session.answers, signs, first };
    stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok(event), events))
    })
}

impl Events {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            // Nothing more comes once the session is closed and what was waiting is sent.
            answer = self.answers.recv() => answer,
            _ = self.signs.tick() => {
                let caller = self.app.sessions.caller(&self.id, self.app.clock.now())?;
                self.app.still_admits(&caller).await.then_some(Bytes::from_static(b": \n\n"))
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.app.sessions.close(&self.id);
    }
}

/// An answer as an event. The JSON of an answer has no line breaks.
pub(super) fn message(json: &[u8]) -> Bytes {
    [b"event: message\ndata: ", json, b"\n\n"].concat().into()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;

    use super::*;
    use crate::{TokenPurpose, caller::Caller, testing::House};

    async fn visitor(house: &House) -> Caller {
        let mut claims = house.issuer.claims(&house.clock, "notes:read");
        claims["aud"] = house.app.settings.sse_resource.as_str().into();
        let token = crate::testing::sign(0, &crate::testing::header(), &claims);
        let visitor = house.app.sse.guard.admit([format!("Bearer {token}").as_bytes()]).await.unwrap();
        Caller::Visitor(visitor)
    }

    #[actix_web::test]
    async fn signs_of_life_go_on_until_the_token_has_expired() {
        let house = House::open(&[]).await;
        let caller = visitor(&house).await;
        let session = house.app.sessions.open(caller.clone(), house.clock.now()).unwrap();
        let id = session.id.clone();
        let app = Arc::new(house.app.clone());
        let mut events = pin!(every(Duration::from_millis(2), app, session, "/messages?sessionId=1"));
        let first = events.next().await.unwrap().unwrap();
        assert_eq!(first, "event: endpoint\ndata: /messages?sessionId=1\n\n");
        assert_eq!(events.next().await.unwrap().unwrap(), ": \n\n");
        house
            .app
            .sessions
            .enter(&id, &caller, house.clock.now())
            .unwrap()
            .send(message(b"{}"))
            .await
            .unwrap();
        while events.next().await.unwrap().unwrap() != "event: message\ndata: {}\n\n" {}
        house.clock.advance(Duration::from_secs(3600 + 30));
        while events.next().await.is_some() {}
        assert!(
            house.app.sessions.caller(&id, house.clock.now()).is_none(),
            "the session ends with its stream"
        );
    }

    #[actix_web::test]
    async fn a_stream_ends_when_its_token_is_revoked() {
        let house = House::open(&[("STATIC_TOKENS", "on")]).await;
        let purpose = TokenPurpose { user: "ada".to_owned(), ..TokenPurpose::default() };
        let token = house.app.add_static_token(purpose).await.unwrap();
        let caller = house.app.admit_holder(&token.token).await.unwrap();
        let session = house.app.sessions.open(caller, house.clock.now()).unwrap();
        let mut events =
            pin!(every(Duration::from_millis(2), Arc::new(house.app.clone()), session, "/messages"));
        for _ in 0..3 {
            assert!(events.next().await.is_some());
        }
        house.app.revoke_static_token(token.id).await.unwrap();
        while events.next().await.is_some() {}
    }

    #[actix_web::test]
    async fn a_stream_that_is_dropped_ends_its_session() {
        let house = House::open(&[]).await;
        let session = house.app.sessions.open(visitor(&house).await, house.clock.now()).unwrap();
        let id = session.id.clone();
        drop(stream(Arc::new(house.app.clone()), session, "/messages"));
        assert!(house.app.sessions.caller(&id, house.clock.now()).is_none());
    }
}
