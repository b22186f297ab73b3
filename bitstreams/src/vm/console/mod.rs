//! `cargo xtask vm --console`: drivers that know nothing of this card draw on it, and the picture at its connector is read.
//!
//! Two machines: Debian's full kernel with its own `bochs-drm` and framebuffer console, and UEFI firmware (OVMF) with its own
//! graphics output. What is looked at is the frame that the simulated monitor decoded from the card's symbols, asked for over the
//! bench link; never card memory. Not covered: colours of text, SeaBIOS.

mod firmware;
mod font;
mod link;
mod linux;
mod picture;
mod screen;

use super::card::{Card, CardOptions};
use super::fetch::Cache;
use super::programs;
use super::qemu::RunFolder;
use super::rows::Rows;
use anyhow::{Context, Result};
use link::BenchLink;
use picture::Picture;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest time from a drawn screen to a frame that shows it: without mapped memory each pixel is a packet.
const DRAWN: Duration = Duration::from_mins(3);

/// What both machines need.
struct Bench {
    cache: Cache,
    folder: RunFolder,
    logs: PathBuf,
    lumenport: PathBuf,
}

impl Bench {
    fn new(keep: bool) -> Result<Self> {
        let cache = Cache::open()?;
        let logs = cache.folder().join("logs");
        std::fs::create_dir_all(&logs)?;
        Ok(Self {
            lumenport: programs::host()?,
            folder: RunFolder::new(keep)?,
            cache,
            logs,
        })
    }

    /// A card and the line to the bench around it.
    fn serve(&self, name: &str) -> Result<(Card, BenchLink)> {
        let options = CardOptions {
            lumenport: &self.lumenport,
            folder: self.folder.path(),
            logs: &self.logs,
            bench: true,
            arguments: &[],
        };
        let card = Card::serve(&options, name)?;
        let socket = card.bench.clone().context("the card has no bench")?;
        let link = BenchLink::open(&socket)?;
        Ok((card, link))
    }

    /// Where a picture is kept.
    fn picture(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.png"))
    }
}

/// Captures frames until `read` can make sense of one; the last one is kept at `path` either way.
fn read_screen<T>(
    link: &mut BenchLink,
    path: &Path,
    mut read: impl FnMut(&Picture) -> Result<T>,
) -> Result<T> {
    let end = Instant::now() + DRAWN;
    loop {
        super::interrupt::check()?;
        let result = link.capture().and_then(|picture| {
            picture.save(path)?;
            read(&picture)
        });
        match result {
            Ok(found) => return Ok(found),
            Err(error) if Instant::now() >= end => {
                return Err(error.context(format!("the last frame is {}", path.display())));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
        }
    }
}

/// Runs both machines; one row each.
pub fn run(rows: &mut Rows, keep: bool) {
    let bench = rows.check("parts of the console machines", || {
        Ok((Bench::new(keep)?, String::new()))
    });
    let Some(bench) = bench else { return };
    rows.check("Linux console by bochs-drm", || linux::check(&bench));
    rows.check("UEFI shell by OVMF's own driver", || {
        firmware::check(&bench)
    });
}
