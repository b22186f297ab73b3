//! Everything that the checks share: parts, programs, images, folders.

use super::card::{Card, CardOptions};
use super::child::Running;
use super::fetch::{Cache, Flavour};
use super::initramfs::{self, Contents, DRIVER_MODULES};
use super::kernel::Kernel;
use super::programs;
use super::qemu::{Guest, Iommu, Plan, RunFolder};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The guest's memory, huge pages for a driver without an IOMMU included.
const MEMORY_MIB: u32 = 768;
/// How much slower than a real card the driver may take a simulated one to be.
const SLOWNESS: &str = "400";
/// Longest time for the figures of a process.
const MEASURING: Duration = Duration::from_mins(5);

/// See the module's text.
pub struct Setup {
    /// Fetched parts.
    pub cache: Cache,
    kernel: Kernel,
    folder: RunFolder,
    logs: PathBuf,
    lumenport: PathBuf,
    initramfs: PathBuf,
    kvm: bool,
}

impl Setup {
    /// Fetches, builds and writes what a guest with our driver needs.
    ///
    /// # Errors
    /// When a part cannot be had.
    pub fn new(keep: bool, kvm: bool) -> Result<Self> {
        let cache = Cache::open()?;
        let kernel = cache.kernel(Flavour::Cloud)?;
        let lumenport = programs::host()?;
        let guest = programs::guest()?;
        let folder = RunFolder::new(keep)?;
        let logs = cache.folder().join("logs");
        std::fs::create_dir_all(&logs)?;
        let initramfs = folder.path().join("initramfs");
        let contents = Contents {
            modules: &DRIVER_MODULES,
            lumenport: Some(&guest),
        };
        initramfs::write(&initramfs, &cache, &kernel, &contents)?;
        Ok(Self {
            cache,
            kernel,
            folder,
            logs,
            lumenport,
            initramfs,
            kvm,
        })
    }

    /// Where logs are kept.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Serves a card.
    ///
    /// # Errors
    /// When its server does not come up.
    pub fn serve(&self, name: &str) -> Result<Card> {
        let options = CardOptions {
            lumenport: &self.lumenport,
            folder: self.folder.path(),
            logs: &self.logs,
            bench: true,
            arguments: &[],
        };
        Card::serve(&options, name)
    }

    /// Has a process of this machine measure `card`, and save its figures to `saved`.
    ///
    /// # Errors
    /// When it fails or takes too long.
    pub fn measure(&self, card: &Card, saved: &Path) -> Result<()> {
        let mut command = Command::new(&self.lumenport);
        command.arg("--device");
        command.arg(format!("socket:{}", card.socket.display()));
        // Told, not measured: that would take a connection of its own, and this server ends with the first.
        command.args(["--slowness", SLOWNESS]);
        command.arg("bench").arg("--json").arg(saved);
        let (mut running, _) = Running::start("lumenport bench", &command, |command| {
            command.stdin(Stdio::null()).stdout(Stdio::null());
        })?;
        running.wait(MEASURING)
    }

    /// The machine around `card`.
    pub fn plan<'a>(&'a self, card: Option<&'a Card>, iommu: Iommu, append: &'a str) -> Plan<'a> {
        Plan {
            qemu: self.cache.qemu(),
            kernel: &self.kernel.image,
            initramfs: &self.initramfs,
            card: card.map(|card| card.socket.as_path()),
            bench: card.and_then(|card| card.bench.as_deref()),
            iommu,
            kvm: self.kvm,
            memory_mib: MEMORY_MIB,
            append,
            extra: &[],
        }
    }

    /// Starts a guest around `card`; its logs are called `name`.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn boot(&self, card: &Card, iommu: Iommu, name: &str) -> Result<Guest> {
        let plan = self.plan(Some(card), iommu, "");
        Guest::boot(&plan, self.folder.path(), &self.logs, name)
    }
}
