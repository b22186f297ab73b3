//! One virtual machine: QEMU's command line, its start, its end.
//!
//! Emulated unless `kvm` is asked for: a machine may have a KVM that runs no stock kernel, so its presence says nothing.

use super::child::Running;
use super::qmp::Qmp;
use super::serial::{Answer, Serial};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest start to a shell, on a busy machine.
const BOOT: Duration = Duration::from_mins(3);
/// Longest time for small commands in the guest.
pub const QUICK: Duration = Duration::from_mins(1);
/// Longest time for the guest to let go of a card.
const UNPLUG: Duration = Duration::from_mins(1);
/// Longest time that QEMU waits for one answer of the simulated card, in milliseconds.
const CARD_ANSWER_MS: u32 = 60_000;

/// What stands between the card and the guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iommu {
    /// Nothing: bus addresses are physical addresses.
    None,
    /// Intel VT-d, translating, with interrupt remapping.
    Translating,
}

/// What kind of machine.
pub struct Plan<'a> {
    /// QEMU, see [`super::fetch::Cache::qemu`].
    pub qemu: Command,
    /// Kernel image.
    pub kernel: &'a Path,
    /// The guest's root.
    pub initramfs: &'a Path,
    /// The card's socket, for a card that is there from the start.
    pub card: Option<&'a Path>,
    /// The bench link's socket: the guest's `/dev/virtio-ports/lumenport.bench`, or its `vport` node.
    pub bench: Option<&'a Path>,
    /// See [`Iommu`].
    pub iommu: Iommu,
    /// Use KVM.
    pub kvm: bool,
    /// The guest's memory.
    pub memory_mib: u32,
    /// Added to the kernel's command line.
    pub append: &'a str,
    /// Added to QEMU's command line.
    pub extra: &'a [&'a str],
}

/// Device description of the card for QEMU: JSON, because its socket is a structure.
pub fn card_device(socket: &Path) -> Value {
    json!({
        "driver": "vfio-user-pci",
        "id": "card",
        "bus": "slot1",
        "x-msg-timeout": CARD_ANSWER_MS,
        "socket": { "type": "unix", "path": socket },
    })
}

impl Plan<'_> {
    /// QEMU's whole command line, without what its serial line and control connection are tied to.
    fn command(&self) -> Command {
        let mut command = Command::new(self.qemu.get_program());
        command.args(self.qemu.get_args());
        for (name, value) in self.qemu.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let memory = self.memory_mib;
        command.args(["-nodefaults", "-no-reboot", "-display", "none"]);
        command.args(["-accel", if self.kvm { "kvm" } else { "tcg" }]);
        command.args(["-m", &memory.to_string()]);
        // Without a shared file behind it the card's process cannot reach the guest's memory.
        command.arg("-object");
        command.arg(format!(
            "memory-backend-memfd,id=memory,size={memory}M,share=on"
        ));
        command.args(["-machine", "q35,memory-backend=memory,kernel-irqchip=split"]);
        if self.iommu == Iommu::Translating {
            // In front of what it stands in front of.
            command.args(["-device", "intel-iommu,intremap=on,caching-mode=on"]);
        }
        // Hot-plug by the port's own registers, as on most real machines: with ACPI's the port's link never counts as active, so the
        // kernel cannot reset what is behind it.
        command.args([
            "-global",
            "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
        ]);
        command.args(["-device", "pcie-root-port,id=slot1,chassis=1,slot=1"]);
        if let Some(socket) = self.card {
            command.arg("-device");
            command.arg(card_device(socket).to_string());
        }
        if let Some(bench) = self.bench {
            command.args(["-device", "virtio-serial-pci", "-chardev"]);
            command.arg(format!("socket,id=bench,path={}", bench.display()));
            command.args([
                "-device",
                "virtserialport,chardev=bench,name=lumenport.bench",
            ]);
        }
        command.arg("-kernel").arg(self.kernel);
        command.arg("-initrd").arg(self.initramfs);
        command.arg("-append").arg(self.kernel_line());
        command.args(self.extra);
        command
    }

    fn kernel_line(&self) -> String {
        let iommu = match self.iommu {
            Iommu::None => "intel_iommu=off",
            Iommu::Translating => "intel_iommu=on",
        };
        // The kernel tries its timer's interrupt for a moment; on a busy machine an emulated one comes too late for that.
        let line = format!(
            "console=ttyS0 panic=-1 quiet no_timer_check {iommu} {}",
            self.append
        );
        line.trim_end().to_owned()
    }
}

/// A running machine; ended at once when this goes away.
pub struct Guest {
    qemu: Running,
    serial: Serial,
    qmp: Qmp,
    /// From QEMU's start to the first request that the guest takes.
    pub boot: Duration,
}

impl Guest {
    /// Starts the machine and waits until it takes requests. `folder` holds the control socket; logs are `logs/NAME.log`.
    ///
    /// # Errors
    /// When QEMU does not start or the guest does not come up.
    pub fn boot(plan: &Plan, folder: &Path, logs: &Path, name: &str) -> Result<Self> {
        let start = Instant::now();
        let control = folder.join(format!("{name}.qmp"));
        let mut command = plan.command();
        command.arg("-qmp");
        command.arg(format!("unix:{},server=on,wait=off", control.display()));
        command.args(["-chardev", "stdio,id=serial,signal=off"]);
        command.args(["-serial", "chardev:serial"]);
        let errors_path = logs.join(format!("{name}-qemu.log"));
        let errors = File::create(&errors_path)
            .with_context(|| format!("cannot write {}", errors_path.display()))?;
        let (mut qemu, stdin) = Running::start("QEMU", &command, |command| {
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(errors);
        })?;
        let stdout = qemu.stdout();
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            bail!("QEMU has no standard streams");
        };
        let serial = Serial::new(stdin, stdout, &logs.join(format!("{name}.log")))?;
        let with_errors = |error: anyhow::Error| {
            error.context(format!(
                "QEMU says:\n{}\nthe guest's last lines:\n{}",
                crate::process::tail(&errors_path, 20),
                crate::process::tail(serial.log(), 20)
            ))
        };
        qemu.wait_for_file(&control, QUICK).map_err(with_errors)?;
        let qmp = Qmp::connect(&control).map_err(with_errors)?;
        serial.wait_ready(BOOT).map_err(with_errors)?;
        Ok(Self {
            qemu,
            serial,
            qmp,
            boot: start.elapsed(),
        })
    }

    /// Runs a command in the guest, whatever its exit status.
    ///
    /// # Errors
    /// When it takes longer than `bound`, or the guest has ended.
    pub fn run(&mut self, command: &str, bound: Duration) -> Result<Answer> {
        self.serial.run(command, bound)
    }

    /// Runs a command in the guest that must succeed; its output.
    ///
    /// # Errors
    /// When it fails, takes longer than `bound`, or the guest has ended.
    pub fn expect(&mut self, command: &str, bound: Duration) -> Result<String> {
        let Answer { text, status } = self.run(command, bound)?;
        if status != 0 {
            bail!("in the guest, `{command}` ended with {status}:\n{text}");
        }
        Ok(text)
    }

    /// Waits in the guest until the shell's `condition` holds.
    ///
    /// # Errors
    /// When it does not within `seconds`.
    pub fn wait_until(&mut self, condition: &str, seconds: u32) -> Result<()> {
        let rounds = seconds * 10;
        let command = format!(
            "i=0; until {condition}; do i=$((i+1)); [ $i -le {rounds} ] || exit 1; usleep 100000; done"
        );
        let bound = Duration::from_secs(u64::from(seconds)) + QUICK;
        let answer = self.run(&command, bound)?;
        if answer.status != 0 {
            bail!("in the guest, after {seconds} s still not: {condition}");
        }
        Ok(())
    }

    /// Plugs the card served at `socket` into the root port.
    ///
    /// # Errors
    /// When QEMU refuses it.
    pub fn plug(&mut self, socket: &Path) -> Result<()> {
        self.qmp
            .execute("device_add", &card_device(socket))
            .map(drop)
    }

    /// Asks the guest to let go of the card.
    ///
    /// # Errors
    /// When QEMU refuses.
    pub fn ask_to_unplug(&mut self) -> Result<()> {
        self.qmp
            .execute("device_del", &json!({ "id": "card" }))
            .map(drop)
    }

    /// Waits until the card is unplugged.
    ///
    /// # Errors
    /// When the guest keeps it.
    pub fn wait_unplugged(&mut self) -> Result<()> {
        self.qmp.wait_deleted("card", UNPLUG)
    }

    /// Whether the machine still runs.
    pub fn runs(&mut self) -> bool {
        self.qemu.runs()
    }

    /// The serial line's log.
    pub fn log(&self) -> &Path {
        self.serial.log()
    }

    /// Shuts the guest down and waits for its end.
    ///
    /// # Errors
    /// When it does not end by itself; it is killed then.
    pub fn shut_down(mut self) -> Result<()> {
        // The answer never comes: the machine ends in the middle of it.
        let _ = self.run("poweroff -f", QUICK);
        self.serial.wait_closed(QUICK)?;
        self.qemu.wait(QUICK)
    }
}

/// Gives the user's terminal to a guest until it ends.
///
/// # Errors
/// When QEMU does not start, or ends with an error.
pub fn interactive(plan: &Plan) -> Result<()> {
    let mut command = plan.command();
    command.args(["-serial", "mon:stdio"]);
    let status = command.status().context("cannot start QEMU")?;
    if !status.success() {
        bail!("QEMU ended with {status}");
    }
    Ok(())
}

/// A folder for sockets and images of one run, in the system's temporary folder because the path of a socket must be short.
pub struct RunFolder {
    path: PathBuf,
    keep: bool,
}

impl RunFolder {
    const PREFIX: &str = "lumenport-vm-";

    /// A new one; those of runs that were killed go away. It stays afterwards with `keep`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(keep: bool) -> Result<Self> {
        let base = std::env::temp_dir();
        for entry in base.read_dir()?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name.strip_prefix(Self::PREFIX);
            if owner.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                // Another user's stays.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let path = base.join(format!("{}{}", Self::PREFIX, std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, keep })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.keep {
            println!("kept: {}", self.path.display());
        } else {
            // Of no harm when it stays.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(iommu: Iommu, kvm: bool) -> Vec<String> {
        let plan = Plan {
            qemu: Command::new("qemu"),
            kernel: Path::new("/k"),
            initramfs: Path::new("/i"),
            card: Some(Path::new("/card.sock")),
            bench: None,
            iommu,
            kvm,
            memory_mib: 512,
            append: "x=1",
            extra: &[],
        };
        let command = plan.command();
        let words = command.get_args().map(|a| a.to_string_lossy().into_owned());
        words.collect()
    }

    #[test]
    fn kvm_is_used_only_when_asked_for() {
        let after = |words: &[String]| {
            let at = words.iter().position(|w| w == "-accel");
            at.and_then(|at| words.get(at + 1).cloned())
        };
        assert_eq!(
            after(&arguments(Iommu::None, false)).as_deref(),
            Some("tcg")
        );
        assert_eq!(after(&arguments(Iommu::None, true)).as_deref(), Some("kvm"));
    }

    #[test]
    fn iommu_comes_before_the_card_and_the_kernel_knows() {
        let words = arguments(Iommu::Translating, false);
        let at = |part: &str| words.iter().position(|w| w.contains(part));
        assert!(at("intel-iommu") < at("vfio-user-pci"));
        assert!(at("intel_iommu=on").is_some());
        let without = arguments(Iommu::None, false);
        assert!(!without.iter().any(|w| w.starts_with("intel-iommu")));
    }

    #[test]
    fn card_is_described_with_its_socket_and_a_bound() {
        let device = card_device(Path::new("/s"));
        assert_eq!(device.pointer("/socket/path"), Some(&json!("/s")));
        assert_eq!(device.pointer("/x-msg-timeout"), Some(&json!(60_000)));
    }
}
