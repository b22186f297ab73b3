//! The card leaves and comes back.

use super::config_space::{self, SLOT};
use crate::vm::card::Card;
use crate::vm::qemu::Guest;
use crate::vm::setup::Setup;
use anyhow::Result;

/// Seconds that the guest's kernel may take to see a change.
const NOTICE_SECONDS: u32 = 30;

/// Unplugs an idle card; its server ends by itself.
pub fn unplug(guest: &mut Guest, card: Card) -> Result<((), String)> {
    guest.ask_to_unplug()?;
    gone(guest)?;
    card.wait_end()?;
    Ok(((), "gone from the kernel, server ended".to_owned()))
}

/// Waits until the kernel and QEMU have forgotten the card.
pub fn gone(guest: &mut Guest) -> Result<()> {
    guest.wait_unplugged()?;
    guest.wait_until(
        &format!("[ ! -e /sys/bus/pci/devices/0000:{SLOT} ]"),
        NOTICE_SECONDS,
    )
}

/// Plugs a new card in; the kernel, not the firmware, places its BARs this time.
pub fn plug(setup: &Setup, guest: &mut Guest, name: &str) -> Result<(Card, String)> {
    let card = setup.serve(name)?;
    guest.plug(&card.socket)?;
    guest.wait_until(
        &format!("[ -e /sys/bus/pci/devices/0000:{SLOT}/config ]"),
        NOTICE_SECONDS,
    )?;
    let ((), note) = config_space::check(guest)?;
    Ok((card, note))
}
