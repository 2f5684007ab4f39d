//! The request that events belong to.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Audit,
    stream::{Circumstances, Noted},
};

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// Holds what happens in a request until it is known what the request is answered, or that it never is.
pub struct Request {
    audit: Audit,
    address: Option<IpAddr>,
    noted: Mutex<Vec<Noted>>,
}

impl Request {
    /// A request from there.
    pub fn new(audit: Audit, address: Option<IpAddr>) -> Arc<Request> {
        Arc::new(Request { audit, address, noted: Mutex::default() })
    }

    /// Runs what the request leads to.
    pub async fn run<F: Future>(self: &Arc<Request>, future: F) -> F::Output {
        REQUEST.scope(Arc::clone(self), future).await
    }

    /// Writes what has happened; `reference` is that of the answer.
    pub fn write(&self, reference: Option<&str>) {
        let noted = std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        let circumstances = Circumstances { address: self.address, reference };
        for one in noted {
            self.audit.write(&one, circumstances);
        }
    }

    /// Leaves an event with the request it happens in; gives it back where there is none.
    pub(super) fn keep(noted: Noted) -> Option<Noted> {
        let request = REQUEST.try_with(Arc::clone);
        let Ok(request) = request else { return Some(noted) };
        request.noted.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
        None
    }
}

impl Drop for Request {
    /// What happened has happened, whether or not somebody is answered.
    fn drop(&mut self) {
        self.write(None);
    }
}
