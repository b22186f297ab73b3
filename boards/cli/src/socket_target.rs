//! The flow suite's target `socket`: the driver's process reaches the simulated card through vfio-user, as it will reach a real one through VFIO.
//!
//! Everything between the port and the RTL is that of a real machine: pages of a file mapped for the card one by one, an eventfd for
//! interrupts, a card that goes on while the driver thinks. The driver's time is the card's, so that bounds and periods hold on a busy
//! computer. The server runs in a thread of this process, so that its monitor and its root complex's faults are
//! at hand.

use lumenport_flows::{
    Board as FlowBoard, Fault, HostUsage, MonitorSetup, NotSupported, Picture, Setup, Target,
};
use lumenport_host::{FUNCTION_SLOT, HostMachine, SocketFunction};
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::flow_target::monitor_config;
use lumenport_sim::serve::{CardServer, CardTime, ServeOptions};
use lumenport_sim::{Board, BoardConfig};
use lumenport_videoport::PciSlot;
use parking_lot::FairMutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Pages of host memory: 64 MiB.
const PAGES: usize = 16_384;

/// Makes boards behind sockets.
pub struct SocketTarget;

/// One of them.
pub struct SocketBoard {
    machine: HostMachine,
    board: Arc<FairMutex<Board>>,
}

/// The card's time, for the driver.
struct DriverTime(CardTime);

impl lumenport_host::CardTime for DriverTime {
    fn now_ns(&self) -> u64 {
        self.0.now_ns()
    }

    fn wait(&self) {
        self.0.wait();
    }

    fn pass(&self, duration_ns: u64) {
        self.0.pass(duration_ns);
    }
}

fn not_supported(error: impl std::error::Error) -> NotSupported {
    NotSupported(error.to_string())
}

impl Target for SocketTarget {
    type Board = SocketBoard;

    fn name(&self) -> &'static str {
        "socket"
    }

    fn board(&self, setup: &Setup) -> Result<SocketBoard, NotSupported> {
        let mut config = BoardConfig {
            map_digest: setup.map_digest,
            monitor: setup.monitor.as_ref().map(monitor_config),
            ..BoardConfig::default()
        };
        config.engine.choice = EngineChoice::Verilated;
        let path = socket_path();
        let options = ServeOptions {
            client_tells: true,
            ..ServeOptions::default()
        };
        let server = CardServer::new(&config, &options, &path).map_err(not_supported)?;
        let board = Arc::clone(server.board());
        let time = server.time();
        std::thread::spawn(move || server.run(true, |_| {}));
        let function = SocketFunction::connect(&path).map_err(not_supported)?;
        let machine = HostMachine::new(Box::new(function), PAGES, 1).map_err(not_supported)?;
        let machine = machine.with_time(DriverTime(time));
        Ok(SocketBoard { machine, board })
    }
}

/// A path that no other board of any process uses.
fn socket_path() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("lumenport-{}-{number}.sock", std::process::id());
    std::env::temp_dir().join(name)
}

impl FlowBoard for SocketBoard {
    type Platform = HostMachine;

    fn platform(&self) -> &HostMachine {
        &self.machine
    }

    fn slot(&self) -> PciSlot {
        FUNCTION_SLOT
    }

    fn capture(&self) -> Result<Picture, String> {
        self.board.lock().capture_picture()
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        self.board.lock().change_monitor(monitor);
        Ok(())
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        self.board.lock().inject(fault)
    }

    fn host_usage(&self) -> Option<HostUsage> {
        let usage = self.machine.usage();
        Some(HostUsage {
            pages: usage.pages,
            pins: usage.pins,
        })
    }

    fn violations(&self) -> Vec<String> {
        let board = self.board.lock();
        let broken = board.root().violations().iter();
        let mut seen: Vec<String> = broken.map(|violation| format!("{violation:?}")).collect();
        let bad = self.machine.bad_accesses();
        if bad != 0 {
            seen.push(format!(
                "{bad} accesses of the driver outside its mappings, or wrong frees"
            ));
        }
        seen.extend(board.failure().map(ToString::to_string));
        seen
    }
}
