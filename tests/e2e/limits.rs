//! Who asks how often, by the address they ask from.
//!
//! | module | what it shows |
//! |---|---|
//! | [`addresses`] | behind proxies everybody has an address of their own, and nobody chooses theirs |

mod addresses;
