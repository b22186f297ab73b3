//! The command line.

#[cfg(feature = "sim")]
use crate::conformance::Target;
use crate::device::DeviceSpec;
use crate::picture::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "sim")]
use lumenport_sim::engine::EngineChoice;
use std::path::PathBuf;

/// An open PCIe display card, simulated from the video-port call to the pixels on the connector.
#[derive(Debug, Parser)]
#[command(name = "lumenport", version, about, max_term_width = 110)]
pub struct Cli {
    /// Which engine runs the simulated card.
    #[cfg(feature = "sim")]
    #[arg(long, global = true, value_enum, default_value_t = EngineArg::Auto)]
    pub engine: EngineArg,
    /// Which card: sim, vfio:0000:01:00.0, uio:0000:01:00.0, or socket:PATH for one that `serve` offers. in-process is the simulated
    /// card behind the same interface as the others.
    #[arg(long, global = true, default_value = "sim")]
    pub device: DeviceSpec,
    /// The bench around the card, which sees the monitor and plays the host's faults: the path of a socket (`serve --bench`), or
    /// of the guest's end of a serial line to it.
    #[arg(long, global = true, value_name = "PATH")]
    pub bench_link: Option<PathBuf>,
    /// How many times slower than a real one the card of --device runs. Default: measured.
    #[arg(long, global = true, value_name = "FACTOR")]
    pub slowness: Option<u32>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// `--engine`.
#[cfg(feature = "sim")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// The verilated engine where it can be had, else the native one.
    Auto,
    /// rust-hdl in this process; needs nothing, downloads nothing.
    Native,
    /// Verilator's translation; made on first use.
    Verilated,
}

#[cfg(feature = "sim")]
impl From<EngineArg> for EngineChoice {
    fn from(arg: EngineArg) -> Self {
        match arg {
            EngineArg::Auto => Self::Auto,
            EngineArg::Native => Self::Native,
            EngineArg::Verilated => Self::Verilated,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sends a picture through the whole card and decodes it from the connector.
    Show(Show),
    /// Lists the modes that the card and its board can make and the monitor shows.
    Modes(MonitorChoice),
    /// Tells what enumeration and the identity block say about the card, and the EDID about the monitor.
    Info(MonitorChoice),
    /// Reads every register and names its fields.
    Regs,
    #[cfg(feature = "sim")]
    /// Runs a video miniport in C on the card: finds it, sets a mode, draws, reads the monitor, removes it.
    RunMiniport(RunMiniport),
    /// Runs the flow suite.
    Flows(Flows),
    #[cfg(feature = "sim")]
    /// Offers the simulated card as a PCI function over vfio-user: to QEMU, or to a driver without any machine around it.
    Serve(Serve),
    #[cfg(feature = "sim")]
    /// Runs the numbered checks of the video port's contract with a driver in C, and prints a table.
    Conformance(Conformance),
    /// Measures, prints a table with the bar beside each figure, and can save it.
    Bench(Bench),
    /// Keeps a card of --device busy, or has it do what must be refused; for tests of the machine around it.
    Exercise(Exercise),
}

/// Which monitor hangs on the simulated card.
#[derive(Debug, Args)]
pub struct MonitorChoice {
    /// The simulated monitor's EDID: a file of its bytes, or `good` (the default), `none`, or the name of a flaw; an unknown
    /// name lists them.
    #[arg(long)]
    pub edid: Option<String>,
}

/// `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// PNG or JPEG to show.
    pub picture: PathBuf,
    /// Mode: WIDTHxHEIGHT or WIDTHxHEIGHT@HZ; `modes` lists them. Default: 640x480, on the native engine 320x240.
    #[arg(long)]
    pub mode: Option<String>,
    /// How pixels lie in card memory.
    #[arg(long, value_enum, default_value_t = Format::Xrgb8888)]
    pub format: Format,
    /// Where the decoded frame goes, as PNG.
    #[arg(long, default_value = "frame.png")]
    pub out: PathBuf,
    /// Lay the hardware pointer, an arrow, over the picture: upper left corner X,Y in pixels; negative ones are cut off.
    #[arg(long, value_name = "X,Y", value_parser = corner, allow_hyphen_values = true)]
    pub pointer: Option<(i16, i16)>,
    /// The monitor's EDID, as for `info`; without it none is plugged in and every mode of the board is offered.
    #[arg(long)]
    pub edid: Option<String>,
    /// Write a waveform: `.vcd`, or `.fst` with the verilated engine.
    #[arg(long)]
    pub trace: Option<PathBuf>,
    /// Misbehaviour of the simulated host, to see how it is told.
    #[arg(long, value_enum, default_value_t = Fault::None)]
    pub fault: Fault,
}

/// A corner: two numbers with a comma.
fn corner(text: &str) -> Result<(i16, i16), String> {
    let parsed = text.split_once(',').and_then(|(x, y)| {
        let (x, y) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
        Some((x, y))
    });
    parsed.ok_or_else(|| {
        format!(
            "{text:?} is not X,Y with numbers from {} to {}",
            i16::MIN,
            i16::MAX
        )
    })
}

/// `--fault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The host behaves.
    None,
    /// The host answers the card's third read with "unsupported request".
    UnsupportedRequest,
    /// The host never answers the card's third read.
    NoAnswer,
    /// The card claims another register map than the driver's.
    MapDigest,
    /// The card is pulled out while the picture is on its way.
    Unplug,
}

/// `run-miniport`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct RunMiniport {
    /// The driver: a shared object for this machine that exports DriverEntry.
    pub driver: PathBuf,
    /// What carries the card. Default: the simulated card, on the engine of `--engine`.
    #[arg(long, value_enum)]
    pub target: Option<CardTarget>,
    /// Print every service the driver calls and every routine of it that is called.
    #[arg(long)]
    pub trace_calls: bool,
    /// Mode: WIDTHxHEIGHT or WIDTHxHEIGHTxFORMAT, format one of xrgb8888, rgb565, c8. Default: 640x480 when the driver has it;
    /// on the native engine the smallest.
    #[arg(long)]
    pub mode: Option<String>,
    /// Where the picture on the monitor goes, as PNG.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Load, find and initialise only: for a driver that has no modes yet.
    #[arg(long)]
    pub start_only: bool,
    /// Refuse misuse of services, and fail when there was any.
    #[arg(long)]
    pub strict: bool,
    /// One more request, by name or number, with input bytes: IOCTL_VIDEO_GET_CHILD_STATE=00000000 or 0x00232000. Repeatable.
    #[arg(long, value_name = "CODE[=HEX]")]
    pub request: Vec<String>,
    /// Seconds that one routine of the driver may take.
    #[arg(long, default_value_t = 120)]
    pub patience: u64,
}

/// What carries the card.
#[cfg(feature = "sim")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CardTarget {
    /// The register-level card in memory.
    Fake,
    /// The gateware, run by rust-hdl in this process. Slow.
    Native,
    /// The gateware, translated by Verilator.
    Verilated,
}

/// `flows`.
#[derive(Debug, Args)]
pub struct Flows {
    /// Targets to run, comma separated: fake, native, verilated, verilated-hostile, socket. Default: all; with --device
    /// that card.
    #[arg(long, value_delimiter = ',')]
    pub target: Vec<String>,
    /// What the card of --device is called in the results. Default: vfio, uio or socket.
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    /// Run only flows whose name contains this.
    #[arg(long)]
    pub only: Option<String>,
    /// Leave out the flows of these names, comma separated.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub except: Vec<String>,
    /// Save the results as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// `serve`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the socket is to be made.
    #[arg(long)]
    pub socket: PathBuf,
    /// Make another socket here, where the driver's side asks for the monitor's picture, other monitors and faults.
    #[arg(long, value_name = "PATH")]
    pub bench: Option<PathBuf>,
    /// End when the first client has left.
    #[arg(long)]
    pub once: bool,
    /// Do not let the client map card memory: every access goes through the RTL.
    #[arg(long)]
    pub no_mmap: bool,
    /// Keep simulated time at least this many times slower than real time, for a client that was told the same number.
    #[arg(long, default_value_t = 1)]
    pub pace: u32,
    /// Show the monitor and what goes on live on a web page at this address, such as 127.0.0.1:8080; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub view: Option<std::net::SocketAddr>,
}

/// `conformance`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Conformance {
    /// The conformance miniport (`miniport/examples/c`) as a shared object.
    pub driver: PathBuf,
    /// The same, built with -DLP_WITHOUT_INTERRUPT. Without it SYNC-03 and a half of INT-01 do not apply.
    #[arg(long)]
    pub without_interrupt: Option<PathBuf>,
    /// What carries the card, comma separated.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "fake")]
    pub target: Vec<Target>,
    /// Run only tests whose id contains this.
    #[arg(long)]
    pub only: Option<String>,
    /// Save the results as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Print the tables of `videoport/README.md`.
    #[arg(long)]
    pub markdown: bool,
}

/// `bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// Save the figures as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Leave out the slow figures (native `show`).
    #[arg(long)]
    pub quick: bool,
}

/// `exercise`.
#[derive(Debug, Args)]
pub struct Exercise {
    /// What to do.
    #[arg(value_enum)]
    pub kind: ExerciseKind,
    /// How long `stream` goes on.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
}

/// What `exercise` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExerciseKind {
    /// Frames to the card and back, compared, until the time is over or the card is gone.
    Stream,
    /// Transfers at an address that nothing maps: they must end and be reported, and the card must work afterwards.
    Unmapped,
}
