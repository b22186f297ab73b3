//! What the driver measures, by `lumenport bench`.

use super::driver::{COMMAND, Way};
use crate::vm::figures::{self, Column, Figure};
use crate::vm::qemu::{Guest, QUICK};
use crate::vm::setup::Setup;
use anyhow::{Context, Result};

/// Where the guest saves its figures.
const SAVED: &str = "/tmp/bench.json";

/// In the guest.
pub fn guest(guest: &mut Guest, way: Way) -> Result<(Vec<Figure>, String)> {
    guest.expect(&way.command(&format!("bench --json {SAVED} 2>&1")), COMMAND)?;
    let text = guest.expect(&format!("cat {SAVED}"), QUICK)?;
    let figures = figures::parse(&text)?;
    let note = format!("{} figures", figures.len());
    Ok((figures, note))
}

/// By a process of this machine, over the same vfio-user socket that QEMU would use: what the machine adds is the difference.
pub fn socket(setup: &Setup) -> Result<(Column, String)> {
    let card = setup.serve("bench")?;
    let saved = setup.logs().join("bench.json");
    setup.measure(&card, &saved)?;
    let text = std::fs::read_to_string(&saved).context("no figures were saved")?;
    let figures = figures::parse(&text)?;
    let note = format!("{} figures", figures.len());
    let column = Column {
        name: "process, socket".to_owned(),
        boot_s: None,
        figures,
        flows: Vec::new(),
    };
    Ok((column, note))
}
