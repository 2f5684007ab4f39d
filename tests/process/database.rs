//! The database by itself: gone and back again, moved, and kept in a file.
//!
//! These tests start a PostgreSQL of their own. Without `initdb` they say so and pass; with `NO_SKIP=1` they fail.

mod cluster;
mod moved;
mod restart;

pub(crate) use self::cluster::Cluster;
