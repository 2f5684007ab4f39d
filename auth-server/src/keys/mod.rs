//! Who signs and seals: master secrets, and the RSA keys of tokens. It knows nothing of requests.

pub mod id_token;
pub mod keeper;
pub mod mint;
pub mod ring;
pub mod rotation;
pub mod schedule;
pub mod secrets;
pub mod signing_key;
