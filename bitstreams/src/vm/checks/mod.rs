//! The checks, in order; each is a row of the table.

mod config_space;
mod driver;
mod faults;
mod flows;
mod hotplug;

use super::card::Card;
use super::qemu::{Guest, Iommu};
use super::rows::Rows;
use super::setup::Setup;
use crate::process;
use anyhow::Context;
use driver::Way;

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

/// Runs the checks of one guest, or of all.
pub fn run(setup: &Setup, only: Option<Which>) -> Rows {
    let mut rows = Rows::new();
    if only != Some(Which::Uio) {
        translating(setup, &mut rows);
    }
    if only != Some(Which::Vfio) {
        without_iommu(setup, &mut rows);
    }
    rows
}

/// Checks behind a translating IOMMU, in one guest.
fn translating(setup: &Setup, rows: &mut Rows) {
    let Some((card, mut guest)) = boot(setup, rows, "boot, VT-d", Iommu::Translating, "vtd") else {
        return;
    };
    let before = rows.failed().len();
    let way = Way::Vfio;
    rows.check("configuration space", || config_space::check(&mut guest));
    if !driver_is_built(rows, &mut guest, way) {
        let gone = rows.check("unplug", || hotplug::unplug(&mut guest, card));
        let _again = gone
            .and_then(|()| rows.check("plug again", || hotplug::plug(setup, &mut guest, "second")));
        close(rows, guest, before);
        return;
    }
    rows.check("flows over VFIO", || flows::check(&mut guest, way));
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
    let next = gone.and_then(|()| replug(setup, rows, &mut guest, "plug after that", "third"));
    let gone = next.and_then(|card| {
        rows.check("card pulled during DMA", || {
            faults::pulled(&mut guest, card, way)
        })
    });
    // Lives until the guest has ended.
    let _last = gone.and_then(|()| replug(setup, rows, &mut guest, "plug once more", "fourth"));
    close(rows, guest, before);
}

/// Checks where bus addresses are physical ones.
fn without_iommu(setup: &Setup, rows: &mut Rows) {
    let booted = boot(setup, rows, "boot, no IOMMU", Iommu::None, "uio");
    let Some((_card, mut guest)) = booted else {
        return;
    };
    let before = rows.failed().len();
    let way = Way::Uio;
    if !driver_is_built(rows, &mut guest, way) {
        close(rows, guest, before);
        return;
    }
    rows.check("flows over UIO", || flows::check(&mut guest, way));
    rows.check("driver killed in mid-transfer, UIO", || {
        faults::killed(&mut guest, way)
    });
    close(rows, guest, before);
}

/// Whether the driver has this way to the card; else everything that needs it is one skipped row.
fn driver_is_built(rows: &mut Rows, guest: &mut Guest, way: Way) -> bool {
    let answer = guest.run(&way.command("info 2>&1"), driver::COMMAND);
    let missing = answer.is_ok_and(|answer| answer.text.contains("not built in"));
    if missing {
        rows.skip(
            way.label(),
            "the driver does not have this way to the card yet",
        );
    }
    !missing
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
