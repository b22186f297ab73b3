//! Writes the Verilog of the blocks that `hdl/formal` proves things about, one file a block.
//!
//! `cargo run -p lumenport-hdl --example formal_tops -- FOLDER [BLOCK]...`. In each file the block is
//! the module `top`.

use lumenport_hdl::dma::Dma;
use lumenport_hdl::irq::Interrupts;
use lumenport_hdl::pcie::TxArbiter;
use lumenport_hdl::sem::Semaphores;
use rust_hdl::prelude::{Block, generate_verilog};
use std::path::Path;
use std::process::ExitCode;

type Generate = fn() -> String;

/// Every block by name.
const BLOCKS: &[(&str, Generate)] = &[
    ("arbiter", verilog::<TxArbiter>),
    ("dma", || connected(Dma::new(0x10_0000))),
    ("irq", verilog::<Interrupts>),
    ("sem", verilog::<Semaphores>),
];

fn verilog<B: Block + Default>() -> String {
    connected(B::default())
}

fn connected<B: Block>(mut block: B) -> String {
    block.connect_all();
    generate_verilog(&block)
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let Some((folder, wanted)) = arguments.split_first() else {
        eprintln!("usage: formal_tops FOLDER [BLOCK]...");
        return ExitCode::FAILURE;
    };
    for (name, generate) in BLOCKS {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == name) {
            continue;
        }
        let file = Path::new(folder).join(format!("{name}.v"));
        if let Err(error) = std::fs::write(&file, generate()) {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
