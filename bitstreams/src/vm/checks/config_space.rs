//! What the guest's `lspci` says of the card, against the specification.

use crate::vm::expected;
use crate::vm::qemu::{Guest, QUICK};
use anyhow::{Result, bail};

/// Where the card is in every guest: behind the first root port.
pub const SLOT: &str = "01:00.0";

/// The whole comparison.
pub fn check(guest: &mut Guest) -> Result<((), String)> {
    let text = guest.expect(&format!("lspci -nn -vvv -s {SLOT}"), QUICK)?;
    let wanted = expected::card();
    let differences = expected::differences(&wanted, &expected::parse(&text));
    if !differences.is_empty() {
        bail!("{}\nlspci says:\n{text}", differences.join("; "));
    }
    let note = format!(
        "{:04x}:{:04x}, {} BARs, {} capabilities",
        wanted.id.0,
        wanted.id.1,
        wanted.bars.len(),
        wanted.capabilities.len()
    );
    Ok(((), note))
}
