//! The flow suite: what a user of the card does, as functions that run on every target.
//!
//! A *flow* starts a fresh board, runs the reference miniport on it through the video port, does one thing a user would
//! do, checks the result at the far end (memory, registers, the monitor's picture), removes the device and checks that
//! everything was given back. A *target* supplies boards: the fake card here, the simulated gateware in `boards/sim`,
//! real cards later. A fault that a target cannot inject makes a flow *skipped*, visibly, never passed.
//!
//! ```
//! # #[cfg(feature = "fake")] {
//! use lumenport_flows::{FakeTarget, run_all};
//!
//! let results = run_all(&FakeTarget::default(), |name| name == "identity", |_| {});
//! assert!(results.iter().all(|result| result.passed()));
//! # }
//! ```
#![forbid(unsafe_code)]

mod error;
#[cfg(feature = "fake")]
mod fake_target;
mod flows;
mod monitors;
mod pattern;
mod report;
mod runner;
mod session;
pub mod target;

pub use error::{FlowError, FlowOutcome};
#[cfg(feature = "fake")]
pub use fake_target::{FakeBoard, FakeTarget};
pub use flows::{Arrow, FlowSpec, all};
pub use pattern::{Raster, noise, test_picture};
pub use report::{FlowResult, Outcome, to_json};
pub use runner::{run_all, run_one};
pub use session::{PoolBlock, Session, with_driver, with_port};
pub use target::{
    Board, Fault, HostUsage, MeasuredTiming, MonitorSetup, NotSupported, Picture, Setup, Target,
};
