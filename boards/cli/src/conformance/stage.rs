//! What one test runs on: a machine of its own, the driver on it, and the books that say how it behaved.

use super::injector::Injector;
use super::library::Interface;
use super::record::{ID_BYTES, PartResult, RESULT_BYTES, RUN_TEST, Request, TEST_NAME};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use lumenport_hal::fake::{BusFlaws, FakeConfig};
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::machine::SimMachine;
use lumenport_sim::monitor::MonitorConfig;
use lumenport_videoport::platform::{PciSlot, Platform};
use lumenport_videoport::services::Service;
use lumenport_videoport::testing::Layout;
use lumenport_videoport::{LeakReport, Options, VpStatus};
use std::sync::Arc;
use videoport::loader::Driver;
use videoport::{Device, FakeMachine};

/// What carries the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Target {
    /// The HAL's card in memory.
    Fake,
    /// The gateware, translated by Verilator.
    Verilated,
}

impl Target {
    /// Its column in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fake => "fake",
            Self::Verilated => "verilated",
        }
    }
}

/// What a test wants of its machine.
#[derive(Clone, Copy)]
pub struct Setup {
    /// Of the port.
    pub options: Options,
    /// All scattered memory lies above 4 GiB.
    pub high_memory: bool,
    /// The driver without an interrupt routine.
    pub without_interrupt: bool,
    /// A monitor is plugged in.
    pub monitor: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            options: Options::new().strict(true),
            high_memory: false,
            without_interrupt: false,
            monitor: false,
        }
    }
}

/// The drivers and where to run them.
pub struct Bench {
    /// The conformance miniport.
    pub driver: Driver,
    /// The same, built with `LP_WITHOUT_INTERRUPT`.
    pub without_interrupt: Option<Driver>,
    /// Where.
    pub target: Target,
}

impl Bench {
    /// A machine with the driver loaded, started and opened.
    ///
    /// # Errors
    /// When there is no such machine here or the driver does not take the card.
    pub fn open(&self, setup: &Setup) -> Result<Stage> {
        let (machine, slot) = self.machine(setup)?;
        let injector = Arc::new(Injector::new(machine));
        let driver = match (setup.without_interrupt, &self.without_interrupt) {
            (false, _) => &self.driver,
            (true, Some(driver)) => driver,
            (true, None) => bail!("no driver without interrupt routine was given"),
        };
        let platform: Arc<dyn Platform + Send + Sync> = injector.clone();
        let device = driver.device(platform, slot, setup.options);
        let opened = start(&device);
        let interface = opened.and_then(|()| Interface::query(&device));
        match interface {
            Ok(interface) => {
                let started_with = Service::ALL
                    .iter()
                    .map(|service| device.call_count(*service))
                    .collect();
                Ok(Stage {
                    device,
                    injector,
                    interface: Some(interface),
                    started_with,
                })
            }
            Err(error) => {
                device.close();
                Err(error)
            }
        }
    }

    /// Why there is no such machine here; `None` where there is one.
    pub fn unavailable(&self) -> Option<String> {
        let made = self.machine(&Setup::default());
        made.err().map(|error| format!("{error:#}"))
    }

    fn machine(&self, setup: &Setup) -> Result<(Arc<dyn Platform + Send + Sync>, PciSlot)> {
        match self.target {
            Target::Fake => {
                let machine = FakeMachine::new(FakeConfig::default())
                    .context("no memory for the fake machine")?;
                if setup.high_memory {
                    machine.memory().set_layout(Layout::High);
                }
                if setup.monitor {
                    let edid = lumenport_sim::monitor::edid::simulated();
                    machine
                        .machine()
                        .card()
                        .set_monitor(Some(&edid), BusFlaws::default());
                }
                Ok((Arc::new(machine), lumenport_videoport::testing::CARD_SLOT))
            }
            Target::Verilated => {
                let mut config = crate::card_session::board_config(EngineChoice::Verilated, None);
                config.memory.high_percent = if setup.high_memory { 100 } else { 50 };
                // 4 MiB: the largest common buffer is 1 MiB, and what one test leaves another cannot use.
                config.memory.contiguous_pages = 1024;
                config.monitor = setup.monitor.then(MonitorConfig::default);
                let machine =
                    SimMachine::new(&config).context("the simulated card cannot be started")?;
                if let Some(reason) = machine.board().fallback() {
                    bail!("the verilated engine is not available: {reason}");
                }
                Ok((Arc::new(machine), lumenport_sim::machine::CARD_SLOT))
            }
        }
    }
}

fn start(device: &Device) -> Result<()> {
    let loaded = device.load();
    if !loaded.is_success() {
        bail!("DriverEntry fails: {loaded}");
    }
    let started = device.port().start_device();
    if started != VpStatus::NO_ERROR {
        bail!("the driver does not take the card: {started}");
    }
    let opened = device.port().open();
    if opened != VpStatus::NO_ERROR {
        bail!("the driver does not initialise: {opened}");
    }
    Ok(())
}

/// A running device.
pub struct Stage {
    /// The device.
    pub device: Arc<Device>,
    /// The hand on its machine.
    pub injector: Arc<Injector>,
    interface: Option<Interface>,
    started_with: Vec<u32>,
}

impl Stage {
    /// Calls of a service that the driver had made when the device was up.
    pub fn started_with(&self, service: Service) -> u32 {
        self.started_with
            .get(service as usize)
            .copied()
            .unwrap_or(0)
    }

    /// The ids of all tests that the driver has.
    pub fn test_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for index in 0_u32.. {
            let mut buffer = [0; ID_BYTES];
            buffer[..4].copy_from_slice(&index.to_ne_bytes());
            if self.device.io_control(TEST_NAME, &mut buffer, 4).status != VpStatus::NO_ERROR {
                break;
            }
            let end = buffer
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(ID_BYTES);
            names.push(String::from_utf8_lossy(&buffer[..end]).into_owned());
        }
        names
    }

    /// One part as a request, in the queue like any other.
    pub fn request(&self, request: &Request<'_>) -> Result<PartResult> {
        let mut buffer = [0; RESULT_BYTES];
        let input = request.emit();
        buffer[..input.len()].copy_from_slice(&input);
        let block = self.device.io_control(RUN_TEST, &mut buffer, input.len());
        if block.status != VpStatus::NO_ERROR {
            bail!(
                "{} part {}: the request ends with {}",
                request.id,
                request.part,
                block.status
            );
        }
        Ok(PartResult::parse(&buffer))
    }

    /// One part through the interface, in this thread, whatever the queue does.
    pub fn call(&self, request: &Request<'_>) -> Result<PartResult> {
        let interface = self
            .interface
            .as_ref()
            .context("the interface was given back")?;
        Ok(interface.run(&request.emit()))
    }

    /// The findings of strict mode so far, as `service: kind`.
    pub fn take_findings(&self) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(finding) = self.device.port().take_finding() {
            all.push(format!(
                "{}: {}",
                finding.service,
                kind_name(&format!("{:?}", finding.kind))
            ));
        }
        all
    }

    /// Takes the device away.
    pub fn close(mut self) -> LeakReport {
        self.interface = None;
        self.device.close()
    }
}

/// The variant of a finding without its numbers.
fn kind_name(debug: &str) -> String {
    debug
        .split([' ', '{', '('])
        .next()
        .unwrap_or_default()
        .to_owned()
}
