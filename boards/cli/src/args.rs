//! The command line.

use crate::picture::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};
use lumenport_sim::engine::EngineChoice;
use std::path::PathBuf;

/// An open PCIe display card, simulated from the video-port call to the pixels on the connector.
#[derive(Debug, Parser)]
#[command(name = "lumenport", version, about, max_term_width = 110)]
pub struct Cli {
    /// Which engine runs the card.
    #[arg(long, global = true, value_enum, default_value_t = EngineArg::Auto)]
    pub engine: EngineArg,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// `--engine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// The verilated engine where it can be had, else the native one.
    Auto,
    /// rust-hdl in this process; needs nothing, downloads nothing.
    Native,
    /// Verilator's translation; made on first use.
    Verilated,
}

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
    /// Runs the flow suite.
    Flows(Flows),
    /// Offers the simulated card as a PCI function over vfio-user: to QEMU, or to a driver without any machine around it.
    Serve(Serve),
    /// Measures, prints a table with the bar beside each figure, and can save it.
    Bench(Bench),
}

/// Which monitor hangs on the simulated card.
#[derive(Debug, Args)]
pub struct MonitorChoice {
    /// The monitor's EDID: a file of its bytes, or `good`, `none`, or the name of a flaw; an unknown name lists them.
    #[arg(long, default_value = "good")]
    pub edid: String,
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

/// `flows`.
#[derive(Debug, Args)]
pub struct Flows {
    /// Targets to run, comma separated: fake, native, verilated, verilated-hostile. Default: all that this machine has.
    #[arg(long, value_delimiter = ',')]
    pub target: Vec<String>,
    /// Run only flows whose name contains this.
    #[arg(long)]
    pub only: Option<String>,
    /// Save the results as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the socket is to be made.
    #[arg(long)]
    pub socket: PathBuf,
    /// End when the first client has left.
    #[arg(long)]
    pub once: bool,
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
