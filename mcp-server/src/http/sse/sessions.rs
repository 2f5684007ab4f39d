//! The open streams of this process, and to whom each belongs. A stream is a connection to one process, so this is held
//! in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use shared::{clock::Timestamp, random};
use tokio::sync::mpsc;

use crate::caller::Caller;

/// Streams of one caller. One more ends the one that was idle longest, which was likely given up.
const MOST_OF_ONE: usize = 10;
/// Streams in all.
const MOST: usize = 1000;
/// How long a stream lasts on which no message comes.
const LONGEST_IDLE: Duration = Duration::from_secs(3600);
/// Answers that wait to be read by a client.
const WAITING: usize = 16;

/// Every open stream. Cloned never, shared by all threads.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<State>);

#[derive(Default)]
struct State {
    open: HashMap<String, Session>,
    /// Counts the uses, so that the one longest ago is known.
    uses: u64,
    is_closing: bool,
}

struct Session {
    /// Who opened it, with the token seen last.
    caller: Caller,
    answers: mpsc::Sender<Bytes>,
    used: u64,
    used_at: Timestamp,
}

/// A stream that has just been opened: its unguessable name, and what will be sent on it.
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) answers: mpsc::Receiver<Bytes>,
}

impl Sessions {
    /// Makes room for a stream; none when there are too many, or the server is about to stop.
    pub(super) fn open(&self, caller: Caller, now: Timestamp) -> Option<Opened> {
        let mut state = self.state();
        if state.is_closing {
            return None;
        }
        let own = state.open.iter().filter(|(_, session)| session.caller.is_same_as(&caller));
        let own: Vec<(u64, String)> = own.map(|(id, session)| (session.used, id.clone())).collect();
        if own.len() >= MOST_OF_ONE
            && let Some((_, idle)) = own.into_iter().min()
        {
            state.open.remove(&idle);
        }
        if state.open.len() >= MOST {
            return None;
        }
        let id = URL_SAFE_NO_PAD.encode(random::bytes::<16>());
        let (sender, answers) = mpsc::channel(WAITING);
        let used = state.next_use();
        state.open.insert(id.clone(), Session { caller, answers: sender, used, used_at: now });
        Some(Opened { id, answers })
    }

    /// The way to a stream, for whoever opened it; for everybody else there is none. From now on it lasts as long as the
    /// token of this caller.
    pub(super) fn enter(&self, id: &str, caller: &Caller, now: Timestamp) -> Option<mpsc::Sender<Bytes>> {
        let mut state = self.state();
        let used = state.next_use();
        let session = state.open.get_mut(id).filter(|session| session.caller.is_same_as(caller))?;
        session.caller = caller.clone();
        session.used = used;
        session.used_at = now;
        Some(session.answers.clone())
    }

    /// Who a stream belongs to; nobody when it was idle too long.
    pub(super) fn caller(&self, id: &str, now: Timestamp) -> Option<Caller> {
        let state = self.state();
        let session = state.open.get(id).filter(|session| !now.is_past(session.used_at, LONGEST_IDLE));
        session.map(|session| session.caller.clone())
    }

    /// Forgets a stream, and so ends it.
    pub(super) fn close(&self, id: &str) {
        self.state().open.remove(id);
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.state().open.len()
    }

    /// Ends all streams, and lets no new one begin.
    pub(crate) fn close_all(&self) {
        let mut state = self.state();
        state.is_closing = true;
        state.open.clear();
    }

    /// Nothing is left half done by a panic: each change is one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }
}

#[cfg(test)]
mod tests {
    use shared::scope::Scopes;

    use super::*;
    use crate::guard::Holder;

    const NOW: Timestamp = Timestamp(1_000);

    fn caller(id: i64) -> Caller {
        let holder = Holder { id, digest: String::new(), user: "ada".to_owned(), scopes: Scopes::default() };
        Caller::Holder { issuer: "https://auth.example".into(), holder }
    }

    #[test]
    fn a_stream_is_entered_by_whoever_opened_it_and_nobody_else() {
        let sessions = Sessions::default();
        let opened = sessions.open(caller(1), NOW).unwrap();
        assert!(sessions.enter(&opened.id, &caller(1), NOW).is_some());
        assert!(sessions.enter(&opened.id, &caller(2), NOW).is_none(), "the same user, but another token");
        assert!(sessions.enter(&opened.id, &Caller::Nobody, NOW).is_none());
        assert!(sessions.enter("", &caller(1), NOW).is_none());
        sessions.close(&opened.id);
        assert!(sessions.enter(&opened.id, &caller(1), NOW).is_none());
    }

    #[test]
    fn one_stream_too_many_ends_the_one_idle_longest() {
        let sessions = Sessions::default();
        let mut opened: Vec<Opened> =
            (0..MOST_OF_ONE).map(|_| sessions.open(caller(1), NOW).unwrap()).collect();
        let other = sessions.open(caller(2), NOW).unwrap();
        assert!(sessions.enter(&opened[0].id, &caller(1), NOW).is_some());
        opened.push(sessions.open(caller(1), NOW).unwrap());
        let ended: Vec<bool> = opened.iter().map(|own| sessions.caller(&own.id, NOW).is_none()).collect();
        assert!(ended[1] && ended.iter().filter(|ended| **ended).count() == 1, "{ended:?}");
        assert!(opened[1].answers.try_recv().is_err(), "its stream ends");
        assert!(sessions.caller(&other.id, NOW).is_some());
    }

    #[test]
    fn a_stream_without_messages_does_not_last_for_ever() {
        let sessions = Sessions::default();
        let opened = sessions.open(caller(1), NOW).unwrap();
        let later = NOW + Duration::from_secs(3000);
        assert!(sessions.enter(&opened.id, &caller(1), later).is_some());
        assert!(sessions.caller(&opened.id, NOW + LONGEST_IDLE).is_some(), "it was used");
        assert!(sessions.caller(&opened.id, later + LONGEST_IDLE).is_none());
    }

    #[test]
    fn there_is_an_end_to_streams() {
        let sessions = Sessions::default();
        let count = i64::try_from(MOST).unwrap();
        let opened: Vec<Opened> = (0..count).map(|id| sessions.open(caller(id), NOW).unwrap()).collect();
        assert!(sessions.open(caller(-1), NOW).is_none());
        sessions.close(&opened[0].id);
        assert!(sessions.open(caller(-1), NOW).is_some());
        sessions.close_all();
        assert!(sessions.open(caller(1), NOW).is_none() && sessions.caller(&opened[1].id, NOW).is_none());
    }
}
