//! End to end: both services in this process, spoken to over HTTP only.
//!
//! | module | what it shows |
//! |---|---|
//! | [`seven_steps`] | the conformance client passes, and prints no secret |
//! | [`exact_requests`] | the requests the first users send, with nothing but the headers shown |

mod exact_requests;
mod seven_steps;
