//! The flow suite's targets `native`, `verilated` and `verilated-hostile`: the simulated PC, with a monitor on the connector.

use lumenport_flows::{
    Board as FlowBoard, Fault, HostUsage, MeasuredTiming, MonitorSetup, NotSupported, Picture,
    Setup, Target,
};
use lumenport_hal::fake::BusFlaws;
use lumenport_videoport::PciSlot;

use crate::board::{Board, BoardConfig};
use crate::engine::EngineChoice;
use crate::host_memory::Protection;
use crate::machine::{CARD_SLOT, SimMachine};
use crate::monitor::{Axis, Frame, MonitorConfig};
use crate::root_complex::{FaultAction, FaultRule, FaultWhen, RootComplexConfig};

/// `sys` clocks between two looks at the monitor while a frame is awaited.
const CAPTURE_STEP_CLOCKS: u64 = 4096;
/// Frames of pixel clocks after which a capture gives up: one to get in step, one to see, one to spare.
const CAPTURE_BOUND_CLOCKS: u64 = 3 * 2_475_000 * 2;
/// Pixel clocks in a frame that the native engine can bear in a test run.
const NATIVE_FRAME_BUDGET_CLOCKS: u32 = 20_000;

/// Decides the hostile host's choices. Runs repeat exactly.
const HOSTILE_SEED: u64 = 0x1057;

/// Makes simulated boards on one engine.
#[derive(Clone, Debug)]
pub struct SimTarget {
    name: &'static str,
    config: BoardConfig,
}

impl SimTarget {
    /// Boards on the native engine.
    pub fn native() -> Self {
        Self::with("native", EngineChoice::Native)
    }

    /// Boards on the verilated engine.
    pub fn verilated() -> Self {
        Self::with("verilated", EngineChoice::Verilated)
    }

    /// Boards on the verilated engine, behind a host that uses every liberty it has, see [`RootComplexConfig::hostile`], on a link
    /// that stalls at random.
    pub fn verilated_hostile() -> Self {
        let mut target = Self::with("verilated-hostile", EngineChoice::Verilated);
        target.config.root_complex = RootComplexConfig::hostile(HOSTILE_SEED);
        target.config.stalls = Some(HOSTILE_SEED);
        target
    }

    fn with(name: &'static str, choice: EngineChoice) -> Self {
        let mut config = BoardConfig::default();
        config.engine.choice = choice;
        config.memory.protection = Protection::Pinned;
        Self { name, config }
    }
}

impl Target for SimTarget {
    type Board = SimMachine;

    fn name(&self) -> &'static str {
        self.name
    }

    fn board(&self, setup: &Setup) -> Result<SimMachine, NotSupported> {
        let config = BoardConfig {
            map_digest: setup.map_digest,
            monitor: setup.monitor.as_ref().map(monitor_config),
            ..self.config.clone()
        };
        SimMachine::new(&config).map_err(|error| NotSupported(error.to_string()))
    }

    fn frame_budget_clocks(&self) -> Option<u32> {
        (self.name == "native").then_some(NATIVE_FRAME_BUDGET_CLOCKS)
    }
}

impl SimMachine {
    /// The next frame that begins from now on, as the monitor decodes it from the TMDS symbols.
    ///
    /// # Errors
    /// As [`Board::capture_frame`].
    pub fn capture_frame(&self) -> Result<Frame, String> {
        self.board().capture_frame()
    }
}

/// What flow targets ask of a board, whoever drives it.
impl Board {
    /// The next frame that begins from now on, as the monitor decodes it from the TMDS symbols.
    ///
    /// # Errors
    /// A sentence: no signal within the bound, or what is wrong with the frame.
    pub fn capture_frame(&mut self) -> Result<Frame, String> {
        self.watch(true);
        let end = self.sys_cycles() + CAPTURE_BOUND_CLOCKS;
        let frame = loop {
            if let Some(frame) = self.take_frame() {
                break frame;
            }
            if let Some(failure) = self.failure() {
                return Err(failure.to_string());
            }
            if self.sys_cycles() >= end {
                let clocks = self.monitor().clocks();
                self.watch(false);
                return Err(format!("no frame in {clocks} pixel clocks"));
            }
            self.advance(CAPTURE_STEP_CLOCKS);
        };
        self.watch(false);
        if frame.errors.is_clean() {
            Ok(frame)
        } else {
            Err(format!(
                "the monitor sees a faulty frame: {:?}",
                frame.errors
            ))
        }
    }

    /// As [`Self::capture_frame`], in the flow suite's terms.
    ///
    /// # Errors
    /// As [`Self::capture_frame`].
    pub fn capture_picture(&mut self) -> Result<Picture, String> {
        let frame = self.capture_frame()?;
        let timing = frame.timing.map(|timing| {
            let (h, v) = (timing.horizontal, timing.vertical);
            MeasuredTiming {
                h_total_px: h.total(),
                h_sync_start_px: sync_start(&h),
                h_sync_end_px: sync_start(&h) + h.sync,
                hsync_positive: h.sync_high,
                v_total_lines: v.total(),
                v_sync_start_lines: sync_start(&v),
                v_sync_end_lines: sync_start(&v) + v.sync,
                vsync_positive: v.sync_high,
            }
        });
        Ok(Picture {
            width_px: frame.width as u32,
            height_lines: frame.height as u32,
            rgb: frame.rgb,
            timing,
        })
    }

    /// Plugs the flow suite's monitor in, or pulls the monitor out.
    pub fn change_monitor(&mut self, monitor: Option<&MonitorSetup>) {
        match monitor {
            Some(setup) => self.plug_monitor(&monitor_config(setup)),
            None => self.unplug_monitor(),
        }
    }

    /// Makes something go wrong, in the flow suite's terms.
    ///
    /// # Errors
    /// [`NotSupported`] names the fault.
    pub fn inject(&mut self, fault: Fault) -> Result<(), NotSupported> {
        let mut always = |action| {
            self.root_mut().inject(FaultRule {
                when: FaultWhen::Always,
                action,
                times: u32::MAX,
            });
        };
        match fault {
            Fault::HostRefuses(true) => always(FaultAction::UnsupportedRequest),
            Fault::HostSilent(true) => always(FaultAction::Drop),
            Fault::HostRefuses(false) | Fault::HostSilent(false) => {
                self.root_mut().clear_faults();
            }
            Fault::Unplugged => self.unplug(),
            Fault::InterruptsLost(on) => self.lose_interrupts(on),
            Fault::Underrun => {
                return Err(NotSupported(
                    "an underrun needs a slower memory than the mode; see the scanout block test"
                        .to_owned(),
                ));
            }
            Fault::SemaphoreHeld(_) => {
                return Err(NotSupported(
                    "no other agent sits on the card before the management core exists".to_owned(),
                ));
            }
            _ => return Err(NotSupported(format!("{fault:?}"))),
        }
        Ok(())
    }
}

impl FlowBoard for SimMachine {
    type Platform = Self;

    fn platform(&self) -> &Self {
        self
    }

    fn slot(&self) -> PciSlot {
        CARD_SLOT
    }

    fn capture(&self) -> Result<Picture, String> {
        self.board().capture_picture()
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        self.board().inject(fault)
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        self.board().change_monitor(monitor);
        Ok(())
    }

    fn host_usage(&self) -> Option<HostUsage> {
        let leaks = self.memory().leaks();
        Some(HostUsage {
            pages: leaks.page_count(),
            pins: leaks.pinned_pages,
        })
    }

    fn violations(&self) -> Vec<String> {
        let board = self.board();
        let mut seen: Vec<String> = board
            .root()
            .violations()
            .iter()
            .map(|violation| format!("{violation:?}"))
            .collect();
        let counters = self.memory().device_counters();
        let counted = [
            (
                counters.unpinned,
                "accesses of the card to memory that was not locked",
            ),
            (
                counters.not_present,
                "accesses of the card to bus addresses without memory",
            ),
            (
                self.bad_accesses(),
                "accesses of the driver outside its mappings, or wrong frees",
            ),
        ];
        seen.extend(
            counted
                .into_iter()
                .filter(|(count, _)| *count != 0)
                .map(|(count, what)| format!("{count} {what}")),
        );
        seen.extend(board.failure().map(ToString::to_string));
        seen
    }
}

/// The flow suite's monitor in this board's words.
pub fn monitor_config(setup: &MonitorSetup) -> MonitorConfig {
    MonitorConfig {
        edid: setup.edid.clone(),
        flaws: BusFlaws {
            deaf: setup.deaf,
            garbled: setup.garbled,
            stretch_ns: setup.stretch_ns,
            holds_data: setup.holds_data,
            no_segments: false,
        },
        bounces: setup.bounces,
        bounce_ns: MonitorSetup::BOUNCE_NS,
    }
}

fn sync_start(axis: &Axis) -> u32 {
    axis.active + axis.front
}
