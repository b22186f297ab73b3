//! The checks, in order; each is a row of the table.

mod config_space;
mod hotplug;

use super::qemu::{Guest, Iommu};
use super::rows::Rows;
use super::setup::Setup;
use crate::process;
use anyhow::Context;

/// Lines of a guest's log that are shown after a failure.
const TAIL_LINES: usize = 40;

/// Runs everything.
pub fn run(setup: &Setup) -> Rows {
    let mut rows = Rows::new();
    translating(setup, &mut rows);
    rows
}

/// Checks behind a translating IOMMU, in one guest.
fn translating(setup: &Setup, rows: &mut Rows) {
    let booted = rows.check("boot, VT-d", || {
        let card = setup.serve("vtd")?;
        let guest = setup.boot(&card, Iommu::Translating, "vtd")?;
        let note = format!("shell after {:.1} s", guest.boot.as_secs_f64());
        Ok(((card, guest), note))
    });
    let Some((card, mut guest)) = booted else {
        return;
    };
    let failed_before = rows.failed().len();
    rows.check("configuration space", || config_space::check(&mut guest));
    let unplugged = rows.check("unplug", || hotplug::unplug(&mut guest, card));
    if unplugged.is_some() {
        rows.check("plug and enumerate", || {
            hotplug::plug(setup, &mut guest, "replug")
        });
    }
    close(rows, guest, failed_before);
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
