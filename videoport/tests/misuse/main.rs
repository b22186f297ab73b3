//! Every misuse that the contract's pages name, one test each: strict mode refuses it with exactly one finding that says
//! which service and what; the tolerant port survives it. The README lists them; a test compares.

mod callbacks;
#[path = "../common/mod.rs"]
mod common;
mod dma;
mod every_service;
mod levels;
mod locks;
mod memory;
mod order;
mod resources;

use common::*;
use lumenport_videoport::services::Service;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::Rig;

/// Runs a misuse on a strict and on a tolerant port.
fn both(body: impl Fn(&Rig, bool)) {
    body(&strict(), true);
    body(&lenient(), false);
}

/// Takes the findings: exactly these, in both modes.
fn expect(rig: &Rig, expected: &[(Service, FindingKind)]) {
    let found: Vec<_> = std::iter::from_fn(|| rig.port.take_finding())
        .map(|finding| (finding.service, finding.kind))
        .collect();
    assert_eq!(found, expected);
}

/// Removes the device; nothing is left of it.
fn gone(rig: &Rig) {
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}
