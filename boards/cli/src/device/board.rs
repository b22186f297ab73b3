//! One opened card with its bench, as the flow suite and the commands want it.

use super::DeviceSpec;
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
        let pace = match slowness {
            Some(factor) => Pace::told(factor),
            None => pace::measure(&*open_function(spec)?)?,
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
        let function = open_function(&self.spec)?;
        function.reset().context("the card cannot be reset")?;
        let machine = HostMachine::new(function, PAGES, self.pace.slowness)?;
        Ok(DeviceBoard {
            machine,
            link: self.link.clone(),
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

fn open_function(spec: &DeviceSpec) -> Result<Box<dyn PciFunction>> {
    Ok(match spec {
        DeviceSpec::Simulated => bail!("the simulated card is no device"),
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
        match (&self.link, &setup.monitor) {
            (Some(link), monitor) => link.prepare(monitor.as_ref())?,
            (None, None) => {}
            (None, Some(_)) => {
                let why = "no bench link, so nobody plugs a monitor; give --bench-link";
                return Err(NotSupported(why.to_owned()));
            }
        }
        self.open()
            .map_err(|error| NotSupported(format!("{error:#}")))
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

    fn capture(&self) -> Result<Picture, String> {
        match &self.link {
            Some(link) => link.capture(),
            None => Err("nobody sees the monitor without a bench link".to_owned()),
        }
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
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
