//! `modes`, `info` and `regs`: what the card tells about itself.

use crate::mode_choice;
use crate::monitor;
use crate::picture::Format;
use anyhow::{Context, Result, anyhow};
use lumenport_flows::{Board, Session};
use lumenport_hal::bus::Bus;
use lumenport_hal::regmap::{FieldMeta, RegMeta, card};
use lumenport_videoport::{Platform, pci};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

/// Prints a finished text. A reader that stops early (`| head`) is no error.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// The mode list.
    Modes,
    /// What enumeration, identity block and monitor say.
    Info,
    /// Every register with its fields.
    Regs,
}

impl Inspection {
    /// Asks the card behind `session`, which is reached through `carrier`, and prints the answer.
    pub fn tell<B: Board>(self, session: &Session<'_, '_, B>, carrier: &str) -> Result<()> {
        let text = match self {
            Self::Modes => modes(session),
            Self::Info => info(session, carrier),
            Self::Regs => regs(session),
        }?;
        print(&text)
    }
}

fn modes<B: Board>(session: &Session<'_, '_, B>) -> Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{:<14} {:>10} {:>8} {:>11}  {:<20} source",
        "mode", "clock/kHz", "Hz", "total", "formats"
    )?;
    let formats = [Format::Xrgb8888, Format::Rgb565, Format::C8];
    let lists = formats.map(|format| mode_choice::named_modes(session, format));
    let [xrgb, rgb, palette] = lists;
    let (rgb, palette, xrgb) = (rgb?, palette?, xrgb?);
    // The smallest format fits memory whenever a larger one does.
    for (name, mode) in &palette {
        let timing = session
            .timing_of(mode)
            .map_err(|error| anyhow!("{error}"))?;
        let has = |list: &[(String, _)]| list.iter().any(|(other, _)| other == name);
        let names = [
            ("XRGB8888", has(&xrgb)),
            ("RGB565", has(&rgb)),
            ("C8", true),
        ];
        let offered: Vec<&str> = names
            .iter()
            .filter(|(_, there)| *there)
            .map(|(format, _)| *format)
            .collect();
        writeln!(
            text,
            "{name:<14} {:>10} {:>8.3} {:>11}  {:<20} {}",
            timing.clock_khz.raw(),
            f64::from(timing.refresh_millihertz()) / 1000.0,
            format!("{}x{}", timing.h_total_px(), timing.v_total_lines()),
            offered.join(" "),
            timing.source
        )?;
    }
    Ok(text)
}

fn info<B: Board>(session: &Session<'_, '_, B>, carrier: &str) -> Result<String> {
    let (machine, slot) = (session.board.platform(), session.board.slot());
    let mut text = String::new();
    let device = session.miniport.device().context("no device was found")?;
    let ids = machine.config_read(slot, 0);
    let class = machine.config_read(slot, 8);
    writeln!(
        text,
        "{slot} {:04x}:{:04x} class {:06x} revision {:02x}",
        ids & 0xFFFF,
        ids >> 16,
        class >> 8,
        class & 0xFF
    )?;
    for bar in pci::bars(machine, slot).into_iter().flatten() {
        let kind = if bar.prefetchable {
            "prefetchable memory"
        } else {
            "registers"
        };
        writeln!(
            text,
            "  BAR{} {} KiB at {:#x}, {kind}",
            bar.index,
            bar.length_bytes >> 10,
            bar.base.raw()
        )?;
    }
    let identity = device.identity;
    writeln!(
        text,
        "  board {:#010x}, build {:08x}{}, {} KiB of card memory, sys clock {} kHz",
        identity.board_id,
        identity.build_commit,
        if identity.build_dirty { " (dirty)" } else { "" },
        identity.memory.raw() >> 10,
        identity.sys_clock.raw()
    )?;
    writeln!(text, "  {:?}", identity.features)?;
    let clocks: Vec<String> = device
        .clocks_khz
        .iter()
        .filter(|khz| **khz != 0)
        .map(ToString::to_string)
        .collect();
    writeln!(text, "  pixel clocks in kHz: {}", clocks.join(" "))?;
    writeln!(text, "  {carrier}")?;
    text.push_str(&monitor::describe(session)?);
    Ok(text)
}

fn regs<B: Board>(session: &Session<'_, '_, B>) -> Result<String> {
    let mut text = String::new();
    let bus = session.registers().map_err(|error| anyhow!("{error}"))?;
    for block in card::BLOCKS {
        writeln!(
            text,
            "{} at {:#06x}: {}",
            block.name,
            block.instance.base,
            first_sentence(block.doc)
        )?;
        for register in block.registers {
            let offset = block.instance.base + register.offset;
            writeln!(
                text,
                "  {offset:#06x} {:<16} {}",
                register.name,
                value(&bus, register, offset)
            )?;
        }
    }
    Ok(text)
}

fn first_sentence(text: &str) -> String {
    let sentence = text.trim().split('.').next().unwrap_or_default();
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of a register with its fields; write-only registers are not read.
fn value(bus: &impl Bus, register: &RegMeta, offset: u32) -> String {
    let write_only = |field: &FieldMeta| !field.access.is_readable();
    if !register.fields.is_empty() && register.fields.iter().all(write_only) {
        return "(write only)".to_owned();
    }
    let bits = bus.read32(offset);
    let fields: Vec<String> = register
        .fields
        .iter()
        .map(|field| format!("{}={:#x}", field.name, (bits & field.mask()) >> field.lsb))
        .collect();
    format!("{bits:08x}  {}", fields.join(" "))
}
