//! A served card in a thread, and a client to it, for the tests of the server.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lumenport_hal::bus::Bus;
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::serve::{CardServer, CardTime, Event, ServeOptions};
use lumenport_sim::{Board, BoardConfig};
use parking_lot::FairMutex;
use vfio_user::Client;

pub const CONFIG: u32 = 7;
pub const MEMORY_BAR: u32 = 0;
pub const REGISTERS_BAR: u32 = 2;
pub const COMMAND: u64 = 4;
pub const IDENTITY: u32 = 0x1111_1234;
/// A test that hangs ends here; nothing is judged by it.
const HANGS: Duration = Duration::from_mins(3);

/// A server in a thread of its own, which lives until the test program ends.
pub struct Served {
    pub path: PathBuf,
    pub board: Arc<FairMutex<Board>>,
    pub time: CardTime,
    ended: Receiver<Option<String>>,
}

/// The native engine needs no tools; its clock is slow, so it stops soon after the client does.
pub fn native() -> (BoardConfig, ServeOptions) {
    let mut config = BoardConfig::default();
    config.engine.choice = EngineChoice::Native;
    let options = ServeOptions {
        linger_clocks: 4_000,
        ..ServeOptions::default()
    };
    (config, options)
}

impl Served {
    pub fn new(name: &str) -> Self {
        let (config, options) = native();
        let path = socket(name);
        let server = CardServer::new(&config, &options, &path).expect("the card can be served");
        Self::of(server, path)
    }

    pub fn of(server: CardServer, path: PathBuf) -> Self {
        let (board, time) = (Arc::clone(server.board()), server.time());
        let (told, ended) = channel();
        std::thread::spawn(move || {
            server.run(false, |event| {
                if let Event::Ended { trouble, .. } = event {
                    // The test may be over already.
                    let _ = told.send(trouble.clone());
                }
            })
        });
        Self {
            path,
            board,
            time,
            ended,
        }
    }

    /// How the session that was just left ended.
    pub fn end(&self) -> Option<String> {
        self.ended.recv_timeout(HANGS).expect("the session ends")
    }

    pub fn connect(&self) -> Card {
        Card::new(&self.path)
    }

    /// A client whose card decodes both BARs and may be bus master.
    pub fn started(&self) -> Card {
        let card = self.connect();
        card.start();
        card
    }
}

pub fn socket(name: &str) -> PathBuf {
    let file = format!("lumenport-served-{}-{name}", std::process::id());
    std::env::temp_dir().join(file)
}

/// The client's end.
pub struct Card(pub RefCell<Client>);

impl Card {
    pub fn new(path: &Path) -> Self {
        Self(RefCell::new(Client::new(path).expect("the server accepts")))
    }

    pub fn start(&self) {
        self.write(CONFIG, 0x10, 0x1000_0000);
        self.write(CONFIG, 0x18, 0x2000_0000);
        self.write(CONFIG, COMMAND, 6);
    }

    pub fn read(&self, region: u32, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        let read = self.0.borrow_mut().region_read(region, offset, &mut bytes);
        read.expect("the region can be read");
        u32::from_le_bytes(bytes)
    }

    pub fn write(&self, region: u32, offset: u64, value: u32) {
        let bytes = value.to_le_bytes();
        let written = self.0.borrow_mut().region_write(region, offset, &bytes);
        written.expect("the region can be written");
    }
}

impl Bus for &Card {
    fn read32(&self, offset: u32) -> u32 {
        self.read(REGISTERS_BAR, offset.into())
    }

    fn write32(&self, offset: u32, value: u32) {
        self.write(REGISTERS_BAR, offset.into(), value);
    }

    fn barrier(&self) {}
}
