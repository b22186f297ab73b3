//! PCI Express above the link layer: what is a TLP to the card, and what the card makes of it.
//!
//! | file | job |
//! |---|---|
//! | [`config`] | configuration space: header, BARs, capabilities, error status |
//! | [`aer`] | advanced error reporting: error status, header log, which message to send |
//! | [`ingress`] | stores each received TLP until it is whole, drops the malformed |
//! | [`receiver`] | sorts received TLPs: writes, requests, completions, the rest |
//! | [`completer`] | answers non-posted requests |
//! | [`request_queue`] | the requests that wait for it |
//! | [`request_shape`] | what a request asks for, from its header |
//! | [`read_ahead`] | words of card memory fetched for it |
//! | [`messages`] | INTA, error and PME_TO_Ack messages of the card |
//! | [`rx_credits`] | credits given to the host |
//! | [`flow_check`] | whether the host's credit limits move as they can |
//! | [`tx`] | arbiter of the four transmit streams, within the host's credits |
//! | [`endpoint`] | the above as one block |
//!
//! See the folder's README for theory, programming steps and test plan.

pub mod aer;
pub mod completer;
pub mod config;
pub mod endpoint;
pub mod flow_check;
pub mod ingress;
pub mod messages;
pub mod read_ahead;
pub mod receiver;
pub mod request_queue;
pub mod request_shape;
pub mod rx_credits;
pub mod tx;

pub use aer::ErrorLog;
pub use completer::{Completer, REGISTER_READ_CLOCKS};
pub use config::{ConfigSpace, Identity};
pub use endpoint::Endpoint;
pub use flow_check::FlowCheck;
pub use ingress::Ingress;
pub use messages::Messages;
pub use read_ahead::ReadAhead;
pub use receiver::Receiver;
pub use request_queue::RequestQueue;
pub use request_shape::RequestShape;
pub use rx_credits::RxCredits;
pub use tx::TxArbiter;

/// Non-posted requests that the card can hold: the link layer may give out this many credits.
pub const QUEUE_DEPTH: usize = 16;
