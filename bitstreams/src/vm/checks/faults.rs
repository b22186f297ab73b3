//! What goes wrong around a driver in the guest: addresses that nothing maps, a driver that is killed, a card that leaves.

use super::driver::{COMMAND, Way, signal_stream, stream_end, stream_runs};
use super::hotplug;
use crate::vm::card::Card;
use crate::vm::qemu::Guest;
use anyhow::{Result, bail};
use std::time::Duration;

/// Drivers that are killed, each after another while.
const KILLS: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(330),
    Duration::from_millis(570),
];
/// Time for a driver to let go by itself when its card is to leave; the port blinks its light for 5 s first.
const LET_GO: Duration = Duration::from_secs(10);

/// DMA past everything that is mapped: refused, reported, card usable afterwards.
pub fn unmapped(guest: &mut Guest, way: Way) -> Result<((), String)> {
    let text = guest.expect(&way.command("exercise unmapped 2>&1"), COMMAND)?;
    for part in ["refused and reported", "usable afterwards"] {
        if !text.contains(part) {
            bail!("the driver does not say \"{part}\":\n{text}");
        }
    }
    way.works(guest)?;
    Ok(((), "refused, reported, card usable".to_owned()))
}

/// A driver killed in the middle of transfers; the next one starts and works.
pub fn killed(guest: &mut Guest, way: Way) -> Result<((), String)> {
    for pause in KILLS {
        way.start_stream(guest)?;
        std::thread::sleep(pause);
        signal_stream(guest, "KILL")?;
        // Until the kernel has taken everything from it, the card is in use.
        stream_end(guest)?;
        way.works(guest)?;
    }
    let note = format!("{} killed, the next one worked each time", KILLS.len());
    Ok(((), note))
}

/// The card is asked to leave while transfers run.
pub fn unplugged(guest: &mut Guest, card: Card, way: Way) -> Result<((), String)> {
    way.start_stream(guest)?;
    guest.ask_to_unplug()?;
    std::thread::sleep(LET_GO);
    let stays = stream_runs(guest)?;
    if stays {
        // The kernel waits for its user; so does an administrator, up to here.
        signal_stream(guest, "TERM")?;
    }
    let (_, said) = stream_end(guest)?;
    hotplug::gone(guest)?;
    card.wait_end()?;
    let how = if stays {
        "driver had to be told".to_owned()
    } else {
        format!("driver said: {said}")
    };
    Ok(((), how))
}
