//! PCI Express above the link layer: what is a TLP to the card, and what the card makes of it.
//!
//! | file | job |
//! |---|---|
//! | [`config`] | configuration space: header, BARs, capabilities, error status |
//! | [`receiver`] | sorts received TLPs: writes, requests, completions, the rest |
//! | [`completer`] | answers non-posted requests |
//! | [`tx`] | arbiter of the three transmit streams |
//! | [`endpoint`] | the four above as one block |
//!
//! See the folder's README for theory, programming steps and test plan.

pub mod completer;
pub mod config;
pub mod endpoint;
pub mod receiver;
pub mod tx;

pub use completer::{Completer, REGISTER_READ_CLOCKS};
pub use config::{ConfigSpace, Identity};
pub use endpoint::Endpoint;
pub use receiver::Receiver;
pub use tx::TxArbiter;

/// Non-posted requests that the card can hold: the link layer may give out this many credits.
pub const QUEUE_DEPTH: usize = 16;
