//! More than a service takes on: it says so at once, each endpoint in its own shape, and goes on as before.
//!
//! | module | what is too much |
//! |---|---|
//! | [`crowd`] | requests at one time |
//! | [`heads`] | fields, and bytes of a head |

mod crowd;
mod heads;
