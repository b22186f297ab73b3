//! PCI Express above the link layer: what is a TLP to the card, and what the card makes of it.
//!
//! | file | job |
//! |---|---|
//! | [`config`] | configuration space: header, BARs, capabilities, error status |
//! | [`receiver`] | sorts received TLPs: writes, requests, completions, the rest |
//! | [`completer`] | answers non-posted requests |
//! | [`messages`] | INTA and PME_TO_Ack messages of the card |
//! | [`rx_credits`] | credits given to the host |
//! | [`tx`] | arbiter of the four transmit streams, within the host's credits |
//! | [`endpoint`] | the above as one block |
//!
//! See the folder's README for theory, programming steps and test plan.

pub mod completer;
pub mod config;
pub mod endpoint;
pub mod messages;
pub mod receiver;
pub mod rx_credits;
pub mod tx;

pub use completer::{Completer, REGISTER_READ_CLOCKS};
pub use config::{ConfigSpace, Identity};
pub use endpoint::Endpoint;
pub use messages::Messages;
pub use receiver::Receiver;
pub use rx_credits::RxCredits;
pub use tx::TxArbiter;

/// Non-posted requests that the card can hold: the link layer may give out this many credits.
pub const QUEUE_DEPTH: usize = 16;
