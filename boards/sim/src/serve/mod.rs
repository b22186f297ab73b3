//! The simulated card as a PCI function of another process, over vfio-user.
//!
//! Whoever connects (QEMU's `vfio-user-pci`, or a driver's client) sees configuration space, BARs, DMA and interrupts of the RTL: each access
//! becomes a TLP, memory requests of the card are carried out on the client's memory, its interrupt messages become eventfds.
//!
//! | file | what it does |
//! |---|---|
//! | `mod.rs` | socket, sessions one after the other |
//! | `backend.rs` | requests of the client to accesses on the board |
//! | `guest_memory.rs` | the client's memory, as mapped by it |
//! | `interrupts.rs` | eventfds of the client, MSI vectors and the INTx wire |
//! | `activity.rs` | whether a client is there and the clock runs, for who watches |
//! | `clock.rs` | lets simulated time pass while the card has work, and only then |
//!
//! One client at a time; the next one waits in the socket's queue. When a client leaves, its memory and eventfds are forgotten and the
//! card is reset, so that the next one finds a card fresh from power-up.
//!
//! # Not supported
//! MSI-X, migration, several clients at once; mapping card memory into the client with the native engine.

mod activity;
mod backend;
mod clock;
mod guest_memory;
mod interrupts;

use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::FairMutex;
use thiserror::Error;
use vfio_user::Server;

use crate::board::{Board, BoardConfig, BoardError};
use crate::bus_memory::BusMemory;
use crate::root_complex::{EnumerateError, Enumerated, RequestError, Windows, enumerate};
pub use activity::Activity;
use backend::Backend;
pub use clock::CardTime;
use clock::{Clock, Policy};
use guest_memory::GuestMemory;
use interrupts::Interrupts;

/// How a card is served.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// How long the clock runs on after the last sign of life. Units: `sys` clocks. Default: 40 ms, two frames at 60 Hz and a bit.
    pub linger_clocks: u64,
    /// Least wall time for one unit of simulated time between the client's requests: for a driver that measures frames by wall time
    /// and was told the same number. Default: 1, which no simulation reaches.
    pub slowness: u32,
    /// The driver is in this process and calls [`CardTime::wait`] whenever it waits; until then time stands still. Default: off.
    pub client_tells: bool,
    /// Lets the client map card memory (BAR0) with an engine that can; else every access goes through the RTL. Default: on.
    pub mmap: bool,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            linger_clocks: 2_500_000,
            slowness: 1,
            client_tells: false,
            mmap: true,
        }
    }
}

/// Why the card cannot be served.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The card does not answer as a card must.
    #[error("the simulated card cannot be set up")]
    Enumerate(#[from] EnumerateError<RequestError>),
    /// The card's configuration space does not answer.
    #[error("the simulated card's configuration space cannot be read")]
    Config(#[from] RequestError),
    /// Something is at the socket's path.
    #[error("{path}: {what}")]
    SocketTaken {
        /// The path.
        path: PathBuf,
        /// Another server, or a file that is no socket.
        what: &'static str,
    },
    /// The socket cannot be made.
    #[error("{path}: the socket cannot be made")]
    Socket {
        /// The path.
        path: PathBuf,
        /// Why.
        source: vfio_user::Error,
    },
    /// A system call failed.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

/// What happened, for the operator.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The socket is there; clients may connect.
    Listening {
        /// What runs the card.
        engine: String,
        /// What enumeration found.
        card: &'a Enumerated,
    },
    /// A client's session is over.
    Ended {
        /// What went wrong in it; `None` when the client just left.
        trouble: Option<String>,
        /// `sys` clocks simulated so far.
        sys_clocks: u64,
    },
}

/// A card waiting at a socket.
pub struct CardServer {
    server: Server,
    card: Enumerated,
    board: Arc<FairMutex<Board>>,
    memory: Arc<GuestMemory>,
    interrupts: Arc<Interrupts>,
    clock: Clock,
}

impl CardServer {
    /// Makes the board, sizes the card's BARs through configuration requests, and opens the socket.
    ///
    /// A socket file that a dead server left behind is replaced.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn new(
        config: &BoardConfig,
        options: &ServeOptions,
        socket: &Path,
    ) -> Result<Self, ServeError> {
        clear_stale(socket)?;
        let memory = Arc::new(GuestMemory::default());
        let mut board = Board::new(config, Arc::clone(&memory) as Arc<dyn BusMemory>)?;
        let card = find_card(&mut board, config)?;
        let mapped = board.card_memory().filter(|_| options.mmap).cloned();
        let vectors = interrupts::msi_vectors(&mut board, &card)?;
        board.reset()?;
        let board = Arc::new(FairMutex::new(board));
        let interrupts = Arc::new(Interrupts::default());
        let policy = Policy {
            linger_clocks: options.linger_clocks,
            slowness: options.slowness,
            client_tells: options.client_tells,
        };
        let clock = Clock::start(Arc::clone(&board), Arc::clone(&interrupts), policy).map_err(
            |source| ServeError::System {
                what: "the clock's thread cannot be started",
                source,
            },
        )?;
        let server = Server::new(
            socket,
            true,
            interrupts::irq_table(vectors),
            backend::regions(&card, mapped.as_deref()),
        )
        .map_err(|source| ServeError::Socket {
            path: socket.to_path_buf(),
            source,
        })?;
        Ok(Self {
            server,
            card,
            board,
            memory,
            interrupts,
            clock,
        })
    }

    /// What enumeration found.
    pub fn card(&self) -> &Enumerated {
        &self.card
    }

    /// The board, for figures and the monitor.
    pub fn board(&self) -> &Arc<FairMutex<Board>> {
        &self.board
    }

    /// The card's time, for a driver in this process.
    pub fn time(&self) -> CardTime {
        self.clock.time()
    }

    /// Who is there and whether time passes.
    pub fn activity(&self) -> &Arc<Activity> {
        self.clock.activity()
    }

    /// Serves clients one after the other, for ever or until one has left.
    ///
    /// # Errors
    /// Only those of resetting the card: what a client does wrong ends its session, not the server.
    pub fn run(&self, once: bool, mut tell: impl FnMut(&Event<'_>)) -> Result<(), ServeError> {
        tell(&Event::Listening {
            engine: self.board.lock().engine_name(),
            card: &self.card,
        });
        loop {
            let trouble = self.session();
            self.memory.forget();
            self.interrupts.forget();
            self.activity().client_left();
            let mut board = self.board.lock();
            let trouble = board.failure().map(ToString::to_string).or(trouble);
            let sys_clocks = board.sys_cycles();
            board.reset()?;
            if let Some(memory) = board.card_memory() {
                memory.clear();
            }
            drop(board);
            tell(&Event::Ended {
                trouble,
                sys_clocks,
            });
            if once {
                return Ok(());
            }
        }
    }

    /// One client, from connecting to leaving. The protocol library panics on some malformed messages; that ends the session only.
    fn session(&self) -> Option<String> {
        let mut backend = Backend::new(
            &self.card,
            &self.board,
            &self.memory,
            &self.interrupts,
            &self.clock,
        );
        let outcome = catch_unwind(AssertUnwindSafe(|| self.server.run(&mut backend)));
        let unanswered = backend.unanswered;
        match outcome {
            Ok(Ok(())) if unanswered != 0 => Some(format!(
                "the card did not answer {unanswered} requests in time; they read as all ones"
            )),
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("a message that makes no sense".to_owned()),
        }
    }
}

/// Finds, sizes and places what the card has, as firmware would.
fn find_card(board: &mut Board, config: &BoardConfig) -> Result<Enumerated, ServeError> {
    let target = config.root_complex.device;
    Ok(enumerate(board, target, &Windows::default())?)
}

/// Removes a socket that nobody listens on.
fn clear_stale(socket: &Path) -> Result<(), ServeError> {
    let taken = |what| ServeError::SocketTaken {
        path: socket.to_path_buf(),
        what,
    };
    let Ok(metadata) = std::fs::symlink_metadata(socket) else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(taken("there is a file that is no socket"));
    }
    if UnixStream::connect(socket).is_ok() {
        return Err(taken("another server listens there"));
    }
    std::fs::remove_file(socket).map_err(|source| ServeError::System {
        what: "a dead server's socket cannot be removed",
        source,
    })
}
