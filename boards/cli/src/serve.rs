//! `serve`: the simulated card as a PCI function of another process.

use crate::args::Serve;
use crate::bench_link::BenchServer;
use crate::view;
use anyhow::Result;
use lumenport_sim::BoardConfig;
use lumenport_sim::engine::{Announcer, EngineChoice};
use lumenport_sim::serve::{CardServer, Event, ServeOptions};
use std::sync::Arc;

/// Opens the socket, says so on standard output, and serves until killed (or, with `--once`, until the first client has left).
pub fn run(args: &Serve, engine: EngineChoice) -> Result<()> {
    let mut config = BoardConfig::default();
    config.engine.choice = engine;
    config.engine.announcer = Announcer::Stderr;
    config.root_complex.max_payload_bytes = 256;
    let options = ServeOptions {
        slowness: args.pace.max(1),
        mmap: !args.no_mmap,
        ..ServeOptions::default()
    };
    let server = CardServer::new(&config, &options, &args.socket)?;
    if let Some(path) = &args.bench {
        BenchServer::start(path, Arc::clone(server.board()))?;
    }
    let path = args.socket.display();
    if let Some(address) = args.view {
        let url = view::start(address, server.board(), server.activity())?;
        println!("watch at {url}");
    }
    server.run(args.once, |event| match event {
        Event::Listening { engine, card } => {
            println!(
                "card {:04x}:{:04x}, {engine}",
                card.vendor_id, card.device_id
            );
            for bar in &card.bars {
                println!(
                    "BAR{} {:?} {} KiB",
                    bar.index,
                    bar.kind,
                    bar.size_bytes >> 10
                );
            }
            println!("waiting for a vfio-user client at {path}");
        }
        Event::Ended {
            trouble,
            sys_clocks,
        } => match trouble {
            None => println!("client left; {sys_clocks} clocks simulated so far"),
            Some(trouble) => {
                println!("client's session ended: {trouble}; {sys_clocks} clocks simulated so far");
            }
        },
        _ => {}
    })?;
    Ok(())
}
