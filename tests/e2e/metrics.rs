//! What both servers count, read where Prometheus reads it.
//!
//! | module | what it shows |
//! |---|---|
//! | [`entries`] | who the mcp-server lets in, and what it is asked for |
//! | [`grants`] | what becomes of what people allow, how they sign in, and keys |
//! | [`refusals`] | each counts once, under its own word |
//! | [`requests`] | every request counts once, under words of ours, and on the public port nothing shows |

mod entries;
mod grants;
mod refusals;
mod requests;
