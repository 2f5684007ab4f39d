//! Who asks how often, by the address they ask from.
//!
//! | module | what it shows |
//! |---|---|
//! | [`addresses`] | behind proxies everybody has an address of their own, and nobody chooses theirs |
//! | [`callers`] | at the mcp-server: tokens that are guessed, and tools that are called |
//! | [`people`] | at the auth-server: pages and what they send, approvals, what is asked with grants |
//! | [`shapes`] | whoever asks too often is told so, each in the shape they read, and nobody else is |

mod addresses;
mod callers;
mod people;
mod shapes;
