//! A simulated PC around the HAL's fake card, for tests of the port, of miniports and of flows.
//!
//! [`TestMachine`] is a [`Platform`](crate::Platform): host memory whose bus addresses are scattered, configuration
//! space with BARs to place and an MSI capability, the fake card behind the BARs, virtual time, real threads, failures
//! on demand. The card reaches memory only while it is pinned: a transfer to a page that is not locked
//! fails like behind an IOMMU, and is counted.
//!
//! [`TestMiniport`] is a miniport whose callbacks are closures. [`Rig`] puts both together. [`EdidTarget`] is a monitor's
//! memory on two open-drain lines.

mod config_space;
mod edid_target;
mod machine;
mod memory;
mod script;

pub use config_space::{CARD_ID, CARD_SLOT};
pub use edid_target::{EdidTarget, Flaws};
pub use machine::{LogLine, RegisterAccesses, ReportLine, TestMachine};
pub use memory::{Layout, TestMemory};
pub use script::{Rig, TestMiniport};
