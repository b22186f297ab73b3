//! Prints the Verilog of the simulated card: the text that Verilog simulators and other tools are given.
//!
//! Context: the cocotb test bench calls it. The top module is `top`. The text is settled for event-driven simulators.

use lumenport_hdl::settle::settled;
use lumenport_hdl::sim_card::SimCard;
use rust_hdl::prelude::{Block, check_all, generate_verilog_unchecked};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut card = SimCard::new(0, false);
    card.connect_all();
    check_all(&card).map_err(|error| format!("the card does not hold together: {error:?}"))?;
    println!("{}", settled(&generate_verilog_unchecked(&card)));
    Ok(())
}
