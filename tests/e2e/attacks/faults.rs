//! What an attack found once: each of these got in, and does not any more.
//!
//! | module | what was tried |
//! |---|---|
//! | [`answers`] | an answer of ours that is a request to us |
//! | [`races`] | whatever is on the way when something ends |
//! | [`ways`] | ways to sign in that outlive what they stand beside |

mod answers;
mod races;
mod ways;
