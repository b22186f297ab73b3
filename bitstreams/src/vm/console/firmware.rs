//! UEFI firmware, its own driver for this kind of display, its shell.

use super::screen::Learnt;
use super::{Bench, read_screen};
use crate::vm::child::Running;
use crate::vm::qemu::card_device;
use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::process::Stdio;

/// A cell of the firmware's text, pixels. Source: UEFI Specification 2.10, §34.3.1.1 (`EFI_NARROW_GLYPH`).
const CELL: [usize; 2] = [8, 19];
/// What its shell shows, in any version, the longest first: it teaches the shapes of letters.
const TEXTS: [&str; 3] = ["UEFI Interactive Shell v", "No mapping found", "Shell>"];
/// The machine's memory.
const MEMORY_MIB: u32 = 256;

/// Starts the firmware without anything to boot, and reads its shell from the picture.
pub fn check(bench: &Bench) -> Result<((), String)> {
    let (card, mut link) = bench.serve("firmware")?;
    let mut command = bench.cache.qemu();
    let image = bench.cache.file("usr/share/ovmf/OVMF.fd");
    let serial = bench.logs.join("firmware.log");
    command.args(["-nodefaults", "-no-reboot", "-display", "none"]);
    command.args(["-monitor", "none", "-accel", "tcg", "-net", "none"]);
    command.args(["-m", &MEMORY_MIB.to_string(), "-object"]);
    command.arg(format!(
        "memory-backend-memfd,id=memory,size={MEMORY_MIB}M,share=on"
    ));
    command.args(["-machine", "q35,memory-backend=memory,kernel-irqchip=split"]);
    command.args(["-device", "pcie-root-port,id=slot1,chassis=1,slot=1"]);
    command
        .arg("-device")
        .arg(card_device(&card.socket).to_string());
    command.arg("-bios").arg(&image);
    command
        .arg("-serial")
        .arg(format!("file:{}", serial.display()));
    let errors = bench.logs.join("firmware-qemu.log");
    let errors =
        File::create(&errors).with_context(|| format!("cannot write {}", errors.display()))?;
    let (qemu, _) = Running::start("QEMU", &command, |command| {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors);
    })?;
    let path = bench.picture("firmware");
    let size = read_screen(&mut link, &path, |picture| {
        Learnt::grid_of(picture, &TEXTS, CELL)
            .map_err(|text| anyhow!("the picture has no {text:?}"))?;
        Ok([picture.width, picture.height])
    })?;
    drop(qemu);
    let [width, height] = size;
    Ok((
        (),
        format!("{width}x{height}, shell read; {}", path.display()),
    ))
}
