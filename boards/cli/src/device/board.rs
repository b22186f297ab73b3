//! One opened card with its bench, as the flow suite and the commands want it.

use super::DeviceSpec;
use super::heartbeat::HeartbeatTime;
#[cfg(feature = "sim")]
use super::in_process::{InProcessFunction, OwnTime};
use super::pace::{self, Pace};
use crate::bench_link::BenchLink;
use anyhow::{Context, Result, bail};
use lumenport_flows::{
    Board, Fault, HostUsage, MonitorSetup, NotSupported, Picture, Setup, Target,
};
use lumenport_host::{
    FUNCTION_SLOT, HostMachine, PciAddress, PciFunction, SocketFunction, Sysfs, UioFunction,
    VfioFunction,
};
use lumenport_videoport::PciSlot;
use std::sync::Arc;

/// Pages of host memory: 32 MiB.
const PAGES: usize = 8192;

/// Vendor and device of the card.
const CARD_IDS: (u16, u16) = (0x1234, 0x1111);

/// Frames that a process of this machine may sleep through in one flow: the smallest mode has 4000 a second. Seen in a guest: one on a
/// quiet machine, five on a very busy one.
const LATE_FRAMES: u32 = 8;
/// Pixel clocks in a frame that a simulated card manages in about a second: 640x480.
const SIMULATED_FRAME_CLOCKS: u32 = 800 * 525;

/// A card that is opened anew for each flow.
pub struct DeviceTarget {
    spec: DeviceSpec,
    link: Option<Arc<BenchLink>>,
    pace: Pace,
    label: &'static str,
}

/// The card, opened.
pub struct DeviceBoard {
    machine: HostMachine,
    link: Option<Arc<BenchLink>>,
    /// Interrupts come over a wire, whose level stays until it is seen.
    keeps_interrupts: bool,
}

impl DeviceTarget {
    /// Opens the card once and measures how fast it is, unless that is told.
    ///
    /// # Errors
    /// One sentence: what is in the way of the card, or that it does not answer.
    pub fn new(
        spec: &DeviceSpec,
        link: Option<Arc<BenchLink>>,
        slowness: Option<u32>,
    ) -> Result<Self> {
        if let Some(link) = &link {
            link.prepare(None)?;
        }
        let pace = match (spec, slowness) {
            (_, Some(factor)) => Pace::told(factor),
            #[cfg(feature = "sim")]
            (DeviceSpec::InProcess, None) => Pace::own(),
            (spec, None) => pace::measure(&*open_function(spec)?)?,
        };
        Ok(Self {
            spec: spec.clone(),
            link,
            pace,
            label: spec.way(),
        })
    }

    /// The same under another name in results.
    pub fn called(mut self, label: Option<&str>) -> Self {
        if let Some(label) = label {
            // Targets are named by program text; this one lives as long as the program.
            self.label = Box::leak(label.to_owned().into_boxed_str());
        }
        self
    }

    /// The card, freshly opened.
    ///
    /// # Errors
    /// One sentence.
    pub fn open(&self) -> Result<DeviceBoard> {
        #[cfg(feature = "sim")]
        if self.spec == DeviceSpec::InProcess {
            return in_process();
        }
        let function: Arc<dyn PciFunction> = Arc::from(open_function(&self.spec)?);
        function.reset().context("the card cannot be reset")?;
        let machine = HostMachine::new(Box::new(Arc::clone(&function)), PAGES, self.pace.slowness)?;
        let machine = if self.pace.is_simulated() {
            machine.with_time(HeartbeatTime::new(function, self.pace.slowness))
        } else {
            machine
        };
        Ok(DeviceBoard {
            machine,
            link: self.link.clone(),
            keeps_interrupts: matches!(self.spec, DeviceSpec::Uio(_)),
        })
    }

    /// What the card is reached through, for a person.
    pub fn describe(&self, board: &DeviceBoard) -> String {
        format!(
            "reached through {}; {}",
            board.machine.function().describe(),
            self.pace
        )
    }
}

/// A new simulated card and its bench.
#[cfg(feature = "sim")]
fn in_process() -> Result<DeviceBoard> {
    let config = crate::card_session::board_config(lumenport_sim::engine::EngineChoice::Auto, None);
    let function = InProcessFunction::new(&config)?;
    let bench = BenchLink::here(Arc::clone(function.board()));
    let time = OwnTime(Arc::clone(function.board()));
    let machine = HostMachine::new(Box::new(function), PAGES, 1)?;
    Ok(DeviceBoard {
        machine: machine.with_time(time),
        link: Some(Arc::new(bench)),
        keeps_interrupts: false,
    })
}

fn open_function(spec: &DeviceSpec) -> Result<Box<dyn PciFunction>> {
    Ok(match spec {
        DeviceSpec::Simulated => bail!("the simulated card is no device"),
        #[cfg(feature = "sim")]
        DeviceSpec::InProcess => bail!("the simulated card is opened with its bench"),
        DeviceSpec::Socket(path) => Box::new(SocketFunction::connect(path)?),
        DeviceSpec::Vfio(address) => {
            let sysfs = Sysfs::default();
            check_ids(&sysfs, *address)?;
            Box::new(VfioFunction::open(*address, &sysfs)?)
        }
        DeviceSpec::Uio(address) => {
            let sysfs = Sysfs::default();
            check_ids(&sysfs, *address)?;
            Box::new(UioFunction::open(*address, &sysfs)?)
        }
    })
}

/// A mistyped address must not take another card from its driver.
fn check_ids(sysfs: &Sysfs, address: PciAddress) -> Result<()> {
    let (vendor, device) = sysfs.ids(address)?;
    if (vendor, device) != CARD_IDS {
        bail!("the PCI function {address} is {vendor:04x}:{device:04x}, not a Lumenport card");
    }
    Ok(())
}

impl DeviceBoard {
    /// A board of these parts.
    #[cfg(all(test, feature = "sim"))]
    pub fn of(machine: HostMachine, link: Option<Arc<BenchLink>>) -> Self {
        Self {
            machine,
            link,
            keeps_interrupts: false,
        }
    }

    /// The bench, when there is one.
    pub fn link(&self) -> Option<&BenchLink> {
        self.link.as_deref()
    }

    fn bench(&self) -> Result<&BenchLink, NotSupported> {
        let none = || NotSupported("no bench link; give --bench-link".to_owned());
        self.link.as_deref().ok_or_else(none)
    }
}

impl Target for DeviceTarget {
    type Board = DeviceBoard;

    fn name(&self) -> &'static str {
        self.label
    }

    fn board(&self, setup: &Setup) -> Result<DeviceBoard, NotSupported> {
        if setup.map_digest.is_some() {
            let why = "this card cannot claim another register map than its own";
            return Err(NotSupported(why.to_owned()));
        }
        if let Some(link) = &self.link {
            link.prepare(setup.monitor.as_ref())?;
        }
        let board = self
            .open()
            .map_err(|error| NotSupported(format!("{error:#}")))?;
        if self.link.is_none() && setup.monitor.is_some() {
            // A bench that came with the board, or none at all.
            board.bench()?.plug(setup.monitor.as_ref())?;
        }
        Ok(board)
    }

    fn frame_budget_clocks(&self) -> Option<u32> {
        self.pace.is_simulated().then_some(SIMULATED_FRAME_CLOCKS)
    }

    fn late_frames(&self) -> u32 {
        LATE_FRAMES
    }
}

impl Board for DeviceBoard {
    type Platform = HostMachine;

    fn platform(&self) -> &HostMachine {
        &self.machine
    }

    fn slot(&self) -> PciSlot {
        FUNCTION_SLOT
    }

    fn sees_monitor(&self) -> Result<(), NotSupported> {
        self.bench().map(|_| ())
    }

    fn capture(&self) -> Result<Picture, String> {
        match &self.link {
            Some(link) => {
                // Writes to the card are posted, and the link is another way to it: a read does not overtake them.
                self.machine.function().config_read(0);
                link.capture()
            }
            None => Err("nobody sees the monitor without a bench link".to_owned()),
        }
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        if self.keeps_interrupts && matches!(fault, Fault::InterruptsLost(_)) {
            let why = "the interrupt wire keeps its level, so none is lost";
            return Err(NotSupported(why.to_owned()));
        }
        self.bench()?.inject(fault)
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        self.bench()?.plug(monitor)
    }

    fn host_usage(&self) -> Option<HostUsage> {
        let usage = self.machine.usage();
        Some(HostUsage {
            pages: usage.pages,
            pins: usage.pins,
        })
    }

    fn violations(&self) -> Vec<String> {
        let mut seen = self
            .link
            .as_ref()
            .map(|link| link.violations())
            .unwrap_or_default();
        let bad = self.machine.bad_accesses();
        if bad != 0 {
            seen.push(format!(
                "{bad} accesses of the driver outside its mappings, or wrong frees"
            ));
        }
        seen
    }
}
