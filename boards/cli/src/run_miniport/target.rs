//! The card and the PC around it: in memory, or simulated.

use crate::args::CardTarget;
use crate::card_session;
use anyhow::{Context, Result, anyhow, bail};
use image::RgbImage;
use lumenport_flows::{Board as _, Picture};
use lumenport_hal::fake::{BusFlaws, FakeConfig};
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::machine::SimMachine;
use lumenport_sim::monitor::{MonitorConfig, edid};
use lumenport_videoport::platform::{PciSlot, Platform};
use std::sync::Arc;
use videoport::FakeMachine;

/// Longest frame awaited on the card in memory. Units: ns of virtual time.
const CAPTURE_BOUND_NS: u64 = 100_000_000;
const CAPTURE_STEP_NS: u64 = 10_000;

/// A machine with one card and a monitor plugged in.
pub enum Rig {
    /// The card in memory.
    Fake(Arc<FakeMachine>),
    /// The simulated card.
    Simulated(Arc<SimMachine>),
}

impl Rig {
    /// Makes the machine.
    ///
    /// # Errors
    /// When it cannot be had here.
    pub fn open(target: Option<CardTarget>, engine: EngineChoice) -> Result<Self> {
        let choice = match target {
            Some(CardTarget::Fake) => return Self::fake(),
            Some(CardTarget::Native) => EngineChoice::Native,
            Some(CardTarget::Verilated) => EngineChoice::Verilated,
            None => engine,
        };
        let mut config = card_session::board_config(choice, None);
        config.monitor = Some(MonitorConfig::default());
        let machine = card_session::machine(&config)?;
        if target == Some(CardTarget::Verilated) && machine.board().fallback().is_some() {
            bail!("the verilated card was asked for and is not available");
        }
        Ok(Self::Simulated(Arc::new(machine)))
    }

    fn fake() -> Result<Self> {
        let machine = FakeMachine::new(FakeConfig::default())
            .context("the system has no address space for the machine's memory")?;
        let card = machine.machine().card();
        card.set_monitor(Some(&edid::simulated()), BusFlaws::default());
        Ok(Self::Fake(Arc::new(machine)))
    }

    /// For the video port.
    pub fn platform(&self) -> Arc<dyn Platform + Send + Sync> {
        match self {
            Self::Fake(machine) => machine.clone(),
            Self::Simulated(machine) => machine.clone(),
        }
    }

    /// Where the card sits.
    pub fn slot(&self) -> PciSlot {
        match self {
            Self::Fake(_) => lumenport_videoport::testing::CARD_SLOT,
            Self::Simulated(_) => lumenport_sim::machine::CARD_SLOT,
        }
    }

    /// What it is, for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Fake(_) => "in memory".to_owned(),
            Self::Simulated(machine) => format!("simulated, {}", machine.board().engine_name()),
        }
    }

    /// Whether a large frame takes minutes.
    pub fn is_slow(&self) -> bool {
        match self {
            Self::Fake(_) => false,
            Self::Simulated(machine) => machine.board().engine_name().starts_with("native"),
        }
    }

    /// The next whole frame on the monitor.
    ///
    /// # Errors
    /// A sentence: no signal, or what is wrong with it.
    pub fn capture(&self) -> Result<RgbImage> {
        let picture = match self {
            Self::Fake(machine) => capture_in_memory(machine)?,
            Self::Simulated(machine) => machine.capture().map_err(|reason| anyhow!(reason))?,
        };
        RgbImage::from_raw(picture.width_px, picture.height_lines, picture.rgb)
            .context("the monitor's frame has not the size it claims")
    }

    /// What the machine holds against the driver, after its device is gone.
    pub fn complaints(&self) -> Vec<String> {
        let (pages, pins, mut seen) = match self {
            Self::Fake(machine) => {
                let memory = machine.memory();
                let counted = [
                    (
                        memory.stray_accesses(),
                        "DMA accesses to memory that was not locked",
                    ),
                    (memory.bad_frees(), "wrong frees of pages"),
                    (
                        machine.machine().bad_accesses(),
                        "register accesses outside a mapping or of a wrong width",
                    ),
                ];
                let seen = counted.into_iter().filter(|(count, _)| *count != 0);
                let seen = seen
                    .map(|(count, what)| format!("{count} {what}"))
                    .collect();
                (memory.live_pages(), memory.pins() as usize, seen)
            }
            Self::Simulated(machine) => {
                let leaks = machine.memory().leaks();
                (leaks.page_count(), leaks.pinned_pages, machine.violations())
            }
        };
        if pages != 0 || pins != 0 {
            seen.push(format!(
                "{pages} pages of host memory never freed, {pins} still locked"
            ));
        }
        seen
    }
}

fn capture_in_memory(machine: &FakeMachine) -> Result<Picture> {
    let card = machine.machine().card();
    let (first, start_ns) = (card.frame_count(), card.now_ns());
    while card.frame_count() == first {
        if card.now_ns() - start_ns > CAPTURE_BOUND_NS {
            bail!("no signal");
        }
        card.advance_ns(CAPTURE_STEP_NS);
    }
    let frame = card.render().context("no signal")?;
    Ok(Picture {
        width_px: frame.width_px,
        height_lines: frame.height_lines,
        rgb: frame.rgb,
        timing: None,
    })
}
