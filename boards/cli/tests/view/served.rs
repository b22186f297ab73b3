//! The command `lumenport serve --view`, and a driver at its socket.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lumenport_flows::{
    Board, Fault, HostUsage, MonitorSetup, NotSupported, Picture, Raster, Session,
};
use lumenport_hal::bus::Bus;
use lumenport_hal::regmap::blocks::sem;
use lumenport_host::{FUNCTION_SLOT, HostMachine, SocketFunction};
use lumenport_miniport::LumenportMiniport;
use lumenport_videoport::ioctl::ModeInformation;
use lumenport_videoport::{Options, PciSlot, VideoPort};
use serde_json::Value;

use crate::http;

/// Pages of host memory: 32 MiB.
const PAGES: usize = 8192;
/// How much slower than a real card the simulated one may be.
const SLOWNESS: u32 = 2000;
/// For what never comes, not for what is slow.
const PATIENCE: Duration = Duration::from_mins(3);

/// A running command. Killed when dropped.
pub struct Served {
    process: Child,
    socket: PathBuf,
    /// Of the page.
    pub url: String,
}

fn socket(name: &str) -> PathBuf {
    let file = format!("lumenport-view-{}-{name}", std::process::id());
    std::env::temp_dir().join(file)
}

fn serve(name: &str, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lumenport"));
    command
        .arg("serve")
        .arg("--socket")
        .arg(socket(name))
        .args(["--view", address]);
    command
}

/// The sentence of a command that cannot show its page at `address`.
pub fn refusal(name: &str, address: &str) -> String {
    let output = serve(name, address).output().expect("the command starts");
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let sentence = told.lines().find(|line| line.starts_with("lumenport: the"));
    sentence.unwrap_or_else(|| panic!("{told}")).to_owned()
}

impl Served {
    /// Starts the command on a port that is free, and waits until it waits for clients.
    pub fn start(name: &str) -> Self {
        let mut process = serve(name, "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is a pipe")).lines();
        let mut url = None;
        for line in lines.by_ref() {
            let line = line.expect("the output is text");
            if let Some(found) = line.strip_prefix("watch at ") {
                url = Some(found.to_owned());
            }
            if line.starts_with("waiting for a vfio-user client") {
                break;
            }
        }
        // The rest is for nobody, but the pipe must not fill.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            socket: socket(name),
            url: url.expect("the command tells where the page is"),
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        http::address(&self.url).to_owned()
    }

    /// The state as the page gets it.
    pub fn state(&self) -> Value {
        let answer = http::get(&self.url, "/state.json");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        serde_json::from_slice(&answer.body).expect("it is JSON")
    }

    /// Waits for something that comes sooner or later.
    pub fn wait(&self, what: &str, there: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !there() {
            assert!(Instant::now() < end, "{what} never comes: {}", self.state());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// A picture from a rule for its pixels.
pub fn picture(width_px: u32, height_lines: u32, rule: impl Fn(u32, u32) -> [u8; 3]) -> Raster {
    let pixels = (0..height_lines).flat_map(|y| (0..width_px).map(move |x| (x, y)));
    Raster {
        width_px,
        height_lines,
        rgb: pixels.flat_map(|(x, y)| rule(x, y)).collect(),
    }
}

/// The driver with the card.
pub struct Card<'s, 'a> {
    session: Session<'s, 'a, Socket>,
}

impl Card<'_, '_> {
    /// Connects to the socket, starts the driver, lets `body` use it, and leaves.
    pub fn with(served: &Served, body: impl FnOnce(&Card<'_, '_>)) {
        let function = SocketFunction::connect(&served.socket).expect("the card is served");
        let machine = HostMachine::new(Box::new(function), PAGES, SLOWNESS).expect("there is room");
        let board = Socket(machine);
        let miniport = LumenportMiniport::new();
        let port = VideoPort::new(board.platform(), &miniport, board.slot(), board.options());
        let card = Card {
            session: Session {
                board: &board,
                port: &port,
                miniport: &miniport,
            },
        };
        card.session.start().expect("the driver starts");
        body(&card);
        assert!(port.remove().is_clean());
    }

    /// Sets the mode of this size with 32 bits a pixel.
    pub fn set_mode(&self, width_px: u32, height_lines: u32) -> ModeInformation {
        let modes = self.session.modes().expect("there are modes");
        let wanted = |mode: &&ModeInformation| {
            let size = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
            size == (width_px, height_lines) && mode.bits_per_plane == 32
        };
        let mode = *modes.iter().find(wanted).expect("the card has this mode");
        self.session.set_mode(&mode).expect("it can be set");
        mode
    }

    /// Moves a picture to the card.
    pub fn upload(&self, mode: &ModeInformation, picture: &Raster) {
        let moved = self.session.upload(mode, 0, &picture.xrgb8888());
        moved.expect("the picture moves");
    }

    /// Writes an owner to a semaphore.
    pub fn write_semaphore(&self, index: u32, owner: u32) {
        let registers = self.session.registers().expect("they are mapped");
        let offset = sem::Sem::offset_of(index).expect("there is one");
        registers.write32(offset, owner);
    }
}

/// The machine at the socket. What a flow needs beside it, these tests see in the page.
struct Socket(HostMachine);

impl Board for Socket {
    type Platform = HostMachine;

    fn platform(&self) -> &HostMachine {
        &self.0
    }

    fn slot(&self) -> PciSlot {
        FUNCTION_SLOT
    }

    fn options(&self) -> Options {
        Options::new().strict(true)
    }

    fn capture(&self) -> Result<Picture, String> {
        Err("look at the page".to_owned())
    }

    fn inject(&self, _fault: Fault) -> Result<(), NotSupported> {
        Err(NotSupported("not from here".to_owned()))
    }

    fn plug_monitor(&self, _monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        Err(NotSupported("not from here".to_owned()))
    }

    fn host_usage(&self) -> Option<HostUsage> {
        None
    }
}
