//! Commands on a card that another process or the kernel gives access to: `--device`.
//!
//! | file | what it is |
//! |---|---|
//! | `spec.rs` | what a person may write after `--device` |
//! | `pace.rs` | how much slower than a real card this one runs, measured |
//! | `heartbeat.rs` | the driver's time on a simulated card elsewhere: the card's own |
//! | `board.rs` | one opened card with its bench, as the flow suite wants it |
//! | `show.rs`, `bench.rs` | what these commands mean without a simulated monitor at hand |
//! | `in_process.rs` | the simulated card behind the interface of a PCI function, for tests of all that lies above it |
//! | `exercise.rs` | keeping the card busy, transfers that must be refused |

mod bench;
mod board;
mod exercise;
mod heartbeat;
#[cfg(feature = "sim")]
mod in_process;
mod pace;
mod show;
mod spec;

pub use board::DeviceTarget;
pub use spec::DeviceSpec;

use crate::args::{Cli, Command};
use crate::bench_link::BenchLink;
use crate::inspect::Inspection;
use crate::{driver_session, flows};
use anyhow::{Result, bail};
use std::sync::Arc;

/// Runs the command.
pub fn run(cli: &Cli) -> Result<()> {
    let link = match &cli.bench_link {
        Some(path) => Some(Arc::new(BenchLink::open(path)?)),
        None => None,
    };
    let target = DeviceTarget::new(&cli.device, link, cli.slowness)?;
    match &cli.command {
        Command::Modes(args) if args.edid.is_none() => inspect(&target, Inspection::Modes),
        Command::Info(args) if args.edid.is_none() => inspect(&target, Inspection::Info),
        Command::Modes(_) | Command::Info(_) => {
            bail!(
                "--edid chooses the simulated monitor; {} has its own",
                cli.device
            )
        }
        Command::Regs => inspect(&target, Inspection::Regs),
        Command::Flows(args) => flows::run_device(&target.called(args.label.as_deref()), args),
        Command::Show(args) => show::run(&target, args),
        Command::Bench(args) => bench::run(&target, args),
        Command::Exercise(args) => exercise::run(&target, args),
        #[cfg(feature = "sim")]
        Command::RunMiniport(_) | Command::Conformance(_) | Command::Serve(_) => {
            bail!("this command works on the simulated card only, leave out --device")
        }
    }
}

fn inspect(target: &DeviceTarget, what: Inspection) -> Result<()> {
    let board = target.open()?;
    let carrier = target.describe(&board);
    driver_session::with_driver(&board, None, |session| what.tell(session, &carrier))
}
