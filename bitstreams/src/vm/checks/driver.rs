//! Our driver in the guest: its command line, and a stream of transfers in the background.

use super::config_space::SLOT;
use crate::vm::qemu::{Guest, QUICK};
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// The guest's end of the bench link.
const BENCH: &str = "/dev/virtio-ports/lumenport.bench";
/// Where a stream in the background writes.
const STREAM: &str = "/tmp/stream";
/// Longest time for one command of the driver in the guest, the flow suite aside.
pub const COMMAND: Duration = Duration::from_mins(2);
/// Seconds until a stream's first frame is through.
const FIRST_FRAME_SECONDS: u32 = 60;
/// Seconds that a stream may go on after its card is gone.
const END_SECONDS: u32 = 60;

/// How the driver reaches the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Through `vfio-pci` and an IOMMU.
    Vfio,
    /// Through `uio_pci_generic`, huge pages and physical addresses.
    Uio,
}

impl Way {
    /// Column of the flow matrix.
    pub fn label(self) -> &'static str {
        match self {
            Self::Vfio => "guest",
            Self::Uio => "guest-uio",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vfio => "VFIO",
            Self::Uio => "UIO",
        }
    }

    /// The command in the guest with its card; `arguments` follow.
    pub fn command(self, arguments: &str) -> String {
        let way = match self {
            Self::Vfio => "vfio",
            Self::Uio => "uio",
        };
        format!("lumenport --device {way}:0000:{SLOT} {arguments}")
    }

    /// As [`Self::command`], with the bench around the card at hand.
    pub fn command_on_bench(self, arguments: &str) -> String {
        self.command(&format!("--bench-link {BENCH} {arguments}"))
    }

    /// One frame to the card and back, compared.
    pub fn works(self, guest: &mut Guest) -> Result<()> {
        guest
            .expect(&self.command("exercise stream --seconds 0 2>&1"), COMMAND)
            .context("the card is not usable")
            .map(drop)
    }

    /// Starts a stream of frames in the background and waits until the first is through.
    pub fn start_stream(self, guest: &mut Guest) -> Result<()> {
        let stream = self.command("exercise stream --seconds 1000");
        guest.expect(
            &format!(
                "rm -f {STREAM}*; ({stream} >{STREAM} 2>&1; echo $? >{STREAM}.status) & \
                 echo $! >{STREAM}.shell"
            ),
            QUICK,
        )?;
        let seen = guest.wait_until(
            &format!("grep -q ^streaming {STREAM} || [ -e {STREAM}.status ]"),
            FIRST_FRAME_SECONDS,
        );
        let said = guest.run(&format!("cat {STREAM}"), QUICK)?.text;
        seen.with_context(|| said.clone())?;
        if !said.contains("streaming") {
            bail!("the stream did not start:\n{said}");
        }
        Ok(())
    }
}

/// Sends a signal to the stream's program.
pub fn signal_stream(guest: &mut Guest, signal: &str) -> Result<()> {
    guest
        .expect(&format!("killall -{signal} lumenport"), QUICK)
        .map(drop)
}

/// Whether the stream still runs.
pub fn stream_runs(guest: &mut Guest) -> Result<bool> {
    let answer = guest.run(&format!("[ ! -e {STREAM}.status ]"), QUICK)?;
    Ok(answer.status == 0)
}

/// Waits for the stream's end; its exit status and what it said last.
pub fn stream_end(guest: &mut Guest) -> Result<(i32, String)> {
    guest
        .wait_until(&format!("[ -e {STREAM}.status ]"), END_SECONDS)
        .context("the driver's program does not end")?;
    let status = guest.expect(&format!("cat {STREAM}.status"), QUICK)?;
    let said = guest.expect(&format!("tail -n 1 {STREAM}"), QUICK)?;
    let status = status.trim().parse().context("no exit status")?;
    Ok((status, said.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_device_and_column() {
        assert!(
            Way::Vfio
                .command("info")
                .contains("--device vfio:0000:01:00.0 info")
        );
        let with_bench = Way::Uio.command_on_bench("flows");
        assert!(with_bench.contains("uio:0000:01:00.0 --bench-link /dev/"));
        assert_ne!(Way::Vfio.label(), Way::Uio.label());
    }
}
