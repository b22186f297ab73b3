//! Every command on the simulated card in this process.

use crate::args::{Cli, Command, MonitorChoice};
use crate::inspect::Inspection;
use crate::{bench, card_session, conformance, flows, monitor_choice, run_miniport, serve, show};
use anyhow::{Result, bail};
use lumenport_sim::engine::EngineChoice;

/// Runs the command.
pub fn run(cli: &Cli) -> Result<()> {
    let engine = cli.engine.into();
    match &cli.command {
        Command::Show(args) => show::run(args, engine),
        Command::Modes(args) => inspect(Inspection::Modes, Some(args), engine),
        Command::Info(args) => inspect(Inspection::Info, Some(args), engine),
        Command::Regs => inspect(Inspection::Regs, None, engine),
        Command::RunMiniport(args) => run_miniport::run(args, engine),
        Command::Flows(args) => flows::run(args),
        Command::Serve(args) => serve::run(args, engine),
        Command::Conformance(args) => conformance::run(args),
        Command::Bench(args) => bench::run(args, engine),
        Command::Exercise(_) => bail!("exercise is for a card that --device names"),
    }
}

/// Looks at a card with the chosen monitor; without a choice none is plugged in.
fn inspect(what: Inspection, monitor: Option<&MonitorChoice>, choice: EngineChoice) -> Result<()> {
    let mut config = card_session::board_config(choice, None);
    if let Some(monitor) = monitor {
        let wanted = monitor.edid.as_deref().unwrap_or("good");
        config.monitor = monitor_choice::choose(wanted)?;
    }
    let machine = card_session::machine(&config)?;
    let engine = format!("engine: {}", machine.board().engine_name());
    card_session::with_driver(&machine, |session| what.tell(session, &engine))
}
