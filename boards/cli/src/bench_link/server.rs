//! The bench's end of the link: a unix socket, a thread a client.

use super::protocol::{Answer, Ask, Reply, Request};
use anyhow::{Context, Result, bail};
use lumenport_sim::Board;
use parking_lot::FairMutex;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

/// Longest request that is taken: a monitor with all its blocks, in decimal numbers, is far shorter.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Answers for one board, in threads of its own, as long as the process lives.
pub struct BenchServer;

impl BenchServer {
    /// Opens the socket. One that a dead server left behind is replaced.
    ///
    /// # Errors
    /// One sentence that names the path.
    pub fn start(path: &Path, board: Arc<FairMutex<Board>>) -> Result<()> {
        let name = path.display();
        if let Ok(present) = std::fs::symlink_metadata(path) {
            if !present.file_type().is_socket() {
                bail!("{name}: there is a file that is no socket");
            }
            if UnixStream::connect(path).is_ok() {
                bail!("{name}: another bench listens there");
            }
            std::fs::remove_file(path).with_context(|| format!("{name} cannot be replaced"))?;
        }
        let listener =
            UnixListener::bind(path).with_context(|| format!("{name} cannot be made"))?;
        std::thread::Builder::new()
            .name("bench".to_owned())
            .spawn(move || {
                for client in listener.incoming().flatten() {
                    let board = Arc::clone(&board);
                    std::thread::spawn(move || serve(&client, &board));
                }
            })
            .context("the bench's thread cannot be started")?;
        Ok(())
    }
}

/// Answers one client until it leaves or sends what cannot be a line.
fn serve(client: &UnixStream, board: &FairMutex<Board>) {
    let mut reader = BufReader::new(client);
    let mut writer = client;
    loop {
        let mut line = Vec::new();
        let read = (&mut reader)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line);
        if !read.is_ok_and(|count| count != 0) || line.last() != Some(&b'\n') {
            return;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => Answer {
                id: request.id,
                reply: carry_out(request.ask, board),
            },
            Err(error) => Answer {
                id: 0,
                reply: Reply::Failed(format!("not a request: {error}")),
            },
        };
        // Strings and numbers: nothing in it can fail to serialise.
        let mut text = serde_json::to_string(&answer).unwrap_or_default();
        text.push('\n');
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Does what is asked.
pub(super) fn carry_out(ask: Ask, board: &FairMutex<Board>) -> Reply {
    let mut board = board.lock();
    match ask {
        Ask::Prepare { monitor } => {
            board.root_mut().clear_faults();
            board.lose_interrupts(false);
            board.change_monitor(monitor.as_ref());
            if board.root().is_unplugged() || !board.root().violations().is_empty() {
                // A new link, as after putting the card in; its driver resets the function itself.
                if let Err(error) = board.reset() {
                    return Reply::Failed(error.to_string());
                }
            }
            Reply::Done
        }
        Ask::Capture => match board.capture_picture() {
            Ok(picture) => Reply::Picture(picture.into()),
            Err(why) => Reply::Failed(why),
        },
        Ask::Plug { monitor } => {
            board.change_monitor(monitor.as_ref());
            Reply::Done
        }
        Ask::Inject { fault } => match board.inject(fault) {
            Ok(()) => Reply::Done,
            Err(why) => Reply::NotSupported(why.0),
        },
        Ask::Violations => {
            let broken = board.root().violations().iter();
            let mut seen: Vec<String> = broken.map(|violation| format!("{violation:?}")).collect();
            seen.extend(board.failure().map(ToString::to_string));
            Reply::Violations(seen)
        }
    }
}
