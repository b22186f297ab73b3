//! The checks, in order; each is a row of the table.

mod bench;
mod config_space;
mod driver;
mod faults;
mod flows;
mod hotplug;

use super::card::Card;
use super::figures::Column;
use super::qemu::{Guest, Iommu};
use super::rows::Rows;
use super::setup::Setup;
use crate::process;
use anyhow::Context;
pub use driver::Way;
pub use flows::{FlowEntry, results_path};

/// Lines of a guest's log that are shown after a failure.
const TAIL_LINES: usize = 40;

/// The guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// Behind Intel VT-d; the driver uses VFIO.
    Vfio,
    /// Without an IOMMU; the driver uses UIO.
    Uio,
}

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every check.
    Checks,
    /// Every check, and figures.
    Figures,
    /// The flow suite only.
    Flows,
    /// Every check but the flow suite.
    Quick,
}

/// What came out.
pub struct Outcome {
    /// The checks.
    pub rows: Rows,
    /// What was measured.
    pub columns: Vec<Column>,
}

/// Runs the checks of one guest, or of all.
pub fn run(setup: &Setup, only: Option<Which>, extent: Extent) -> Outcome {
    let mut outcome = Outcome {
        rows: Rows::new(),
        columns: Vec::new(),
    };
    if extent == Extent::Figures {
        let made = outcome
            .rows
            .check("figures, no machine", || bench::socket(setup));
        outcome.columns.extend(made);
    }
    if only != Some(Which::Uio) {
        translating(setup, &mut outcome, extent);
    }
    if only != Some(Which::Vfio) {
        without_iommu(setup, &mut outcome, extent);
    }
    outcome
}

/// Flow suite and figures of a fresh guest.
fn suite(outcome: &mut Outcome, guest: &mut Guest, way: Way, extent: Extent) {
    if extent == Extent::Quick {
        return;
    }
    let rows = &mut outcome.rows;
    let flows = rows.check(&format!("flows over {}", way.name()), || {
        flows::check(guest, way)
    });
    if extent == Extent::Figures {
        let figures = rows.check(&format!("figures over {}", way.name()), || {
            bench::guest(guest, way)
        });
        outcome.columns.push(Column {
            name: format!("guest, {}", way.name()),
            boot_s: Some(guest.boot.as_secs_f64()),
            figures: figures.unwrap_or_default(),
            flows: flows.unwrap_or_default(),
        });
    }
}

/// Checks behind a translating IOMMU, in one guest.
fn translating(setup: &Setup, outcome: &mut Outcome, extent: Extent) {
    let rows = &mut outcome.rows;
    let Some((card, mut guest)) = boot(setup, rows, "boot, VT-d", Iommu::Translating, "vtd") else {
        return;
    };
    let before = rows.failed().len();
    let way = Way::Vfio;
    if extent != Extent::Flows {
        rows.check("configuration space", || config_space::check(&mut guest));
    }
    suite(outcome, &mut guest, way, extent);
    let rows = &mut outcome.rows;
    if extent == Extent::Flows {
        close(rows, guest, before);
        return;
    }
    rows.check("DMA where nothing is mapped", || {
        faults::unmapped(&mut guest, way)
    });
    rows.check("driver killed in mid-transfer", || {
        faults::killed(&mut guest, way)
    });
    // One card after another in the same slot; each check needs that the one before has left it empty.
    let gone = rows.check("unplug", || hotplug::unplug(&mut guest, card));
    let next = gone.and_then(|()| replug(setup, rows, &mut guest, "plug again", "second"));
    let gone = next.and_then(|card| {
        rows.check("unplug during DMA", || {
            faults::unplugged(&mut guest, card, way)
        })
    });
    // Lives until the guest has ended.
    let _last = gone.and_then(|()| replug(setup, rows, &mut guest, "plug after that", "third"));
    close(rows, guest, before);
}

/// Checks where bus addresses are physical ones.
fn without_iommu(setup: &Setup, outcome: &mut Outcome, extent: Extent) {
    let rows = &mut outcome.rows;
    let booted = boot(setup, rows, "boot, no IOMMU", Iommu::None, "uio");
    let Some((_card, mut guest)) = booted else {
        return;
    };
    let before = rows.failed().len();
    let way = Way::Uio;
    suite(outcome, &mut guest, way, extent);
    let rows = &mut outcome.rows;
    if extent != Extent::Flows {
        rows.check("driver killed in mid-transfer, UIO", || {
            faults::killed(&mut guest, way)
        });
    }
    close(rows, guest, before);
}

/// Serves a card and starts a guest around it.
fn boot(
    setup: &Setup,
    rows: &mut Rows,
    check: &str,
    iommu: Iommu,
    name: &str,
) -> Option<(Card, Guest)> {
    rows.check(check, || {
        let card = setup.serve(name)?;
        let guest = setup.boot(&card, iommu, name)?;
        let note = format!("shell after {:.1} s", guest.boot.as_secs_f64());
        Ok(((card, guest), note))
    })
}

/// A new card in the empty slot: enumerated, and used.
fn replug(
    setup: &Setup,
    rows: &mut Rows,
    guest: &mut Guest,
    check: &str,
    name: &str,
) -> Option<Card> {
    rows.check(check, || {
        let (card, note) = hotplug::plug(setup, guest, name)?;
        Way::Vfio.works(guest)?;
        Ok((card, format!("{note}, driver works")))
    })
}

/// Ends a guest; shows the end of its log when a check in it failed.
fn close(rows: &mut Rows, mut guest: Guest, failed_before: usize) {
    if rows.failed().len() > failed_before {
        if guest.runs() {
            // For the log: what the kernel said.
            let _ = guest.run("dmesg | tail -n 60", super::qemu::QUICK);
        }
        let log = guest.log().to_owned();
        println!(
            "end of {}:\n{}",
            log.display(),
            process::tail(&log, TAIL_LINES)
        );
    }
    rows.check("shut down", || {
        guest.shut_down().context("the guest does not end")?;
        Ok(((), String::new()))
    });
}
