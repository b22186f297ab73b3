//! `modes`, `info` and `regs`: what the card tells about itself.

use crate::card_session;
use crate::mode_choice;
use crate::picture::Format;
use anyhow::{Context, Result, anyhow};
use lumenport_hal::bus::Bus;
use lumenport_hal::regmap::{RegMeta, card};
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::machine::CARD_SLOT;
use lumenport_videoport::{Platform, pci};

/// Prints the mode list.
pub fn modes(choice: EngineChoice) -> Result<()> {
    let machine = card_session::machine(&card_session::board_config(choice, None))?;
    card_session::with_driver(&machine, |session| {
        println!(
            "{:<14} {:>10} {:>8} {:>11}  {:<20} source",
            "mode", "clock/kHz", "Hz", "total", "formats"
        );
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
            println!(
                "{name:<14} {:>10} {:>8.3} {:>11}  {:<20} {}",
                timing.clock_khz.raw(),
                f64::from(timing.refresh_millihertz()) / 1000.0,
                format!("{}x{}", timing.h_total_px(), timing.v_total_lines()),
                offered.join(" "),
                timing.source
            );
        }
        Ok(())
    })
}

/// Prints what enumeration found.
pub fn info(choice: EngineChoice) -> Result<()> {
    let machine = card_session::machine(&card_session::board_config(choice, None))?;
    card_session::with_driver(&machine, |session| {
        let device = session.miniport.device().context("no device was found")?;
        let ids = machine.config_read(CARD_SLOT, 0);
        let class = machine.config_read(CARD_SLOT, 8);
        println!(
            "{CARD_SLOT} {:04x}:{:04x} class {:06x} revision {:02x}",
            ids & 0xFFFF,
            ids >> 16,
            class >> 8,
            class & 0xFF
        );
        for bar in pci::bars(&machine, CARD_SLOT).into_iter().flatten() {
            println!("  BAR {bar:x?}");
        }
        println!("  {:x?}", device.identity);
        let clocks: Vec<String> = device
            .clocks_khz
            .iter()
            .filter(|khz| **khz != 0)
            .map(ToString::to_string)
            .collect();
        println!("  pixel clocks in kHz: {}", clocks.join(" "));
        println!("  engine: {}", machine.board().engine_name());
        Ok(())
    })
}

/// Prints every register with its fields.
pub fn regs(choice: EngineChoice) -> Result<()> {
    let machine = card_session::machine(&card_session::board_config(choice, None))?;
    card_session::with_driver(&machine, |session| {
        let bus = session.registers().map_err(|error| anyhow!("{error}"))?;
        for block in card::BLOCKS {
            println!(
                "{} at {:#06x}: {}",
                block.name,
                block.instance.base,
                block.doc.trim()
            );
            for register in block.registers {
                let offset = block.instance.base + register.offset;
                println!(
                    "  {offset:#06x} {:<16} {}",
                    register.name,
                    value(&bus, register, offset)
                );
            }
        }
        Ok(())
    })
}

/// The value of a register with its fields; write-only registers are not read.
fn value(bus: &impl Bus, register: &RegMeta, offset: u32) -> String {
    if register
        .fields
        .iter()
        .all(|field| !field.access.is_readable())
    {
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
