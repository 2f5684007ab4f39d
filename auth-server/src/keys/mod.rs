//! Who signs and seals: master secrets, and the RSA keys of access tokens. It knows nothing of requests.

pub mod mint;
pub mod secrets;
pub mod signing_key;
