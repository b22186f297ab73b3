//! `run-miniport`: a video miniport in C on the card, driven through its whole life.
//!
//! The program plays the operating system and the display driver: it loads the shared object, calls `DriverEntry`, finds and
//! initialises the adapter, asks for modes, sets one, maps the frame buffer, draws a test picture through the mapping, reads
//! the picture back from the monitor, makes the optional requests, and removes the device. What the driver leaves behind and
//! what it misused is told at the end; a crash of its code is told by [`videoport::crash`].
//!
//! `target` is the card and the PC, `life` the steps, `modes` and `painting` the picture, `requests` what is optional, `tracing` the
//! printed calls, `report` the end.

mod life;
mod modes;
mod painting;
mod report;
mod requests;
mod target;
mod tracing;

use crate::args::RunMiniport;
use anyhow::{Context, Result, bail};
use lumenport_sim::engine::EngineChoice;
use lumenport_videoport::Options;
use std::time::Duration;
use target::Rig;
use videoport::crash;
use videoport::loader::Driver;

/// Runs the command.
///
/// # Errors
/// When the driver cannot be loaded, a step that every miniport must manage fails, the monitor shows something else than was
/// drawn, or something is left behind; with `--strict` also after any misuse.
pub fn run(args: &RunMiniport, engine: EngineChoice) -> Result<()> {
    let wanted = args.mode.as_deref().map(modes::Wanted::parse).transpose()?;
    let extra = args.request.iter().map(|text| requests::Extra::parse(text));
    let extra: Vec<_> = extra.collect::<Result<_>>()?;
    // SAFETY: the user named this file to be run, as with any program.
    let driver = unsafe { Driver::load(&args.driver) }
        .with_context(|| format!("{} cannot be run", args.driver.display()))?;
    let rig = Rig::open(args.target, engine)?;
    let services = driver.file().services.len();
    println!(
        "driver   {}, imports {services} services",
        args.driver.display()
    );
    println!("card     {}", rig.describe());
    crash::guard(&driver, Duration::from_secs(args.patience));
    if args.trace_calls {
        tracing::start();
    }
    let options = Options::new().strict(args.strict);
    let device = driver.device(rig.platform(), rig.slot(), options);
    let mut picture = None;
    let lived = if args.start_only {
        life::start(&device)
    } else {
        life::live(&device, &rig, wanted.as_ref(), &extra, &mut picture)
    };
    let left = device.close();
    tracing::stop();
    let verdict = report::print(&device, &driver, &rig, &left);
    if let (Some(path), Some(picture)) = (&args.out, &picture) {
        crate::picture::write(picture, path)?;
        println!("picture  {}", path.display());
    }
    lived?;
    if !verdict.complaints.is_empty() {
        bail!("{}", verdict.complaints.join("; "));
    }
    if args.strict && verdict.findings != 0 {
        bail!("the driver misused services, see the findings");
    }
    Ok(())
}
