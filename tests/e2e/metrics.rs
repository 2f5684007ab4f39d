//! What both servers count, read where Prometheus reads it.
//!
//! | module | what it shows |
//! |---|---|
//! | [`requests`] | every request counts once, under words of ours, and on the public port nothing shows |

mod requests;
