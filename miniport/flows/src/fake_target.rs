//! The target `fake`: the in-memory card in the port's simulated PC. Fast, deterministic, every fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use lumenport_hal::addr::BusAddr;
use lumenport_hal::ddc::{Ddc, Events};
use lumenport_hal::fake::{BusFlaws, FakeConfig, HostFault, HostMemory};
use lumenport_hal::sem::{Agent, OwnerId, SemIdx, Semaphores};
use lumenport_hal::wait::Bound;
use lumenport_videoport::PciSlot;
use lumenport_videoport::testing::{CARD_SLOT, TestMachine, TestMemory};

use crate::target::{Board, Fault, HostUsage, MonitorSetup, NotSupported, Picture, Setup, Target};

/// Owner id of the other agent.
const OTHER_OWNER: OwnerId = OwnerId::new(0x0BAD).unwrap();
/// How long a frame capture may take. Units: ns of virtual time; the slowest mode has 24 Hz.
const CAPTURE_BOUND_NS: u64 = 100_000_000;

/// Virtual time that passes in one look of a waiting thread. Units: ns; each look also costs a turn of the real processor.
const RELAX_NS: u64 = 10_000;

/// Longer than the hot-plug debounce after reset. Units: ns of virtual time.
const SETTLED_NS: u64 = 11_000_000;

/// How the host treats reads of the card.
const ANSWERS: u8 = 0;
const REFUSES: u8 = 1;
const SILENT: u8 = 2;

/// Makes fake boards.
#[derive(Clone, Debug, Default)]
pub struct FakeTarget {
    /// How their cards are built.
    pub config: FakeConfig,
}

/// One fake board.
pub struct FakeBoard {
    machine: TestMachine,
    mood: Arc<AtomicU8>,
}

/// Host memory that can be told to refuse or to be silent.
struct MoodyHost {
    memory: TestMemory,
    mood: Arc<AtomicU8>,
}

impl HostMemory for MoodyHost {
    fn read(&mut self, address: BusAddr, into: &mut [u8]) -> Result<(), HostFault> {
        match self.mood.load(Ordering::SeqCst) {
            REFUSES => Err(HostFault::UnsupportedRequest),
            SILENT => Err(HostFault::NoAnswer),
            _ => self.memory.read(address, into),
        }
    }

    fn write(&mut self, address: BusAddr, bytes: &[u8]) -> Result<(), HostFault> {
        self.memory.write(address, bytes)
    }
}

impl Target for FakeTarget {
    type Board = FakeBoard;

    fn name(&self) -> &'static str {
        "fake"
    }

    fn board(&self, setup: &Setup) -> Result<FakeBoard, NotSupported> {
        let map_digest = setup.map_digest.unwrap_or(self.config.map_digest);
        let machine = TestMachine::new(FakeConfig {
            map_digest,
            ..self.config.clone()
        });
        machine.set_relax_ns(RELAX_NS);
        let mood = Arc::new(AtomicU8::new(ANSWERS));
        machine.card().connect_host(MoodyHost {
            memory: machine.memory().clone(),
            mood: Arc::clone(&mood),
        });
        let board = FakeBoard { machine, mood };
        if setup.monitor.is_some() {
            board.plug_monitor(setup.monitor.as_ref())?;
            // A monitor that is there when the card starts is no event.
            let card = board.machine.card();
            card.advance_ns(SETTLED_NS);
            Ddc::new(card).clear(Events::HOTPLUG);
        }
        Ok(board)
    }
}

impl FakeBoard {
    /// The machine, for tests of the flows themselves.
    pub const fn machine(&self) -> &TestMachine {
        &self.machine
    }

    fn set_mood(&self, mood: u8, on: bool) {
        self.mood
            .store(if on { mood } else { ANSWERS }, Ordering::SeqCst);
    }

    fn other_agent(&self, holds: bool) -> Result<(), NotSupported> {
        let card = self.machine.card();
        let other = Semaphores::new(card.as_agent(Agent::Management), Agent::Management);
        if holds {
            other
                .claim_raw(
                    SemIdx::DEVICE,
                    OTHER_OWNER,
                    &mut card.delay(),
                    Bound::short(),
                )
                .map_err(|error| NotSupported(format!("the other agent could not claim: {error}")))
        } else {
            other.release_raw(SemIdx::DEVICE);
            Ok(())
        }
    }
}

impl Board for FakeBoard {
    type Platform = TestMachine;

    fn platform(&self) -> &TestMachine {
        &self.machine
    }

    fn slot(&self) -> PciSlot {
        CARD_SLOT
    }

    fn capture(&self) -> Result<Picture, String> {
        let card = self.machine.card();
        let first = card.frame_count();
        let start_ns = card.now_ns();
        while card.frame_count() == first {
            if card.now_ns() - start_ns > CAPTURE_BOUND_NS {
                return Err("no signal".to_owned());
            }
            card.advance_ns(10_000);
        }
        let frame = card.render().ok_or("no signal")?;
        let (width_px, height_lines) = (frame.width_px, frame.height_lines);
        Ok(Picture {
            width_px,
            height_lines,
            rgb: frame.rgb,
            timing: None,
        })
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        match fault {
            Fault::HostRefuses(on) => self.set_mood(REFUSES, on),
            Fault::HostSilent(on) => self.set_mood(SILENT, on),
            Fault::Unplugged => self.machine.set_gone(true),
            Fault::InterruptsLost(on) => self.machine.card().set_msi_lost(on),
            Fault::Underrun => self.machine.card().inject_underrun(),
            Fault::SemaphoreHeld(holds) => self.other_agent(holds)?,
        }
        Ok(())
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        let card = self.machine.card();
        let Some(setup) = monitor else {
            card.set_monitor(None, BusFlaws::default());
            return Ok(());
        };
        let flaws = BusFlaws {
            deaf: setup.deaf,
            garbled: setup.garbled,
            stretch_ns: setup.stretch_ns,
            holds_data: setup.holds_data,
            no_segments: false,
        };
        for _ in 0..setup.bounces {
            card.set_monitor(Some(&setup.edid), flaws);
            card.advance_ns(MonitorSetup::BOUNCE_NS);
            card.set_monitor(None, flaws);
            card.advance_ns(MonitorSetup::BOUNCE_NS);
        }
        card.set_monitor(Some(&setup.edid), flaws);
        Ok(())
    }

    fn host_usage(&self) -> Option<HostUsage> {
        let memory = self.machine.memory();
        Some(HostUsage {
            pages: memory.live_pages(),
            pins: memory.pins() as usize,
        })
    }

    fn violations(&self) -> Vec<String> {
        let memory = self.machine.memory();
        let seen = [
            (memory.stray_accesses(), "DMA to memory that was not locked"),
            (memory.bad_frees(), "wrong frees of pages"),
            (
                self.machine.bad_accesses(),
                "register accesses outside a mapping or of a wrong width",
            ),
        ];
        seen.into_iter()
            .filter(|(count, _)| *count != 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}
