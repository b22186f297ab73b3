//! Struct and `Default` of a register file.

use super::plan::{Direction, Plan, constants, flip_flops, locals, port_type};
use super::source::put;
use crate::regs::names::paragraphs;
use std::fmt::Write as _;

pub fn structure(out: &mut String, plan: &Plan) {
    for (i, paragraph) in paragraphs(plan.meta.doc).iter().enumerate() {
        if i > 0 {
            put!(out, "///");
        }
        put!(out, "/// {paragraph}");
    }
    put!(
        out,
        "///\n/// Answers at 0x{:04X}, {} bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].",
        plan.meta.instance.base,
        plan.meta.instance.span
    );
    put!(
        out,
        "#[derive(LogicBlock)]\npub struct {} {{",
        plan.type_name
    );
    put!(out, "/// System clock.\npub clock: Signal<In, Clock>,");
    put!(
        out,
        "/// Synchronous reset, active high.\npub reset: Signal<In, Bit>,"
    );
    put!(
        out,
        "/// Byte address in BAR2; held until the answer is taken.\npub bus_address: Signal<In, Bits<16>>,"
    );
    put!(
        out,
        "/// Value to write, valid with `bus_write`.\npub bus_wdata: Signal<In, Bits<32>>,"
    );
    put!(
        out,
        "/// Byte enables of the write, bit 0 for bits 7:0.\npub bus_be: Signal<In, Bits<4>>,"
    );
    put!(
        out,
        "/// Write now, one clock.\npub bus_write: Signal<In, Bit>,"
    );
    put!(
        out,
        "/// Value read, in the third clock of a held address; zero unless addressed.\npub bus_rdata: Signal<Out, Bits<32>>,"
    );
    for port in &plan.ports {
        let direction = if port.direction == Direction::In {
            "In"
        } else {
            "Out"
        };
        put!(
            out,
            "/// {}\npub {}: Signal<{direction}, {}>,",
            port.doc,
            port.name,
            port_type(port)
        );
    }
    for (name, kind) in locals(plan) {
        put!(out, "{name}: Signal<Local, {kind}>,");
    }
    for (name, bit) in flip_flops(plan) {
        put!(
            out,
            "{name}: DFF<{}>,",
            if bit { "Bit" } else { "Bits<32>" }
        );
    }
    for (name, _) in constants(plan) {
        put!(out, "{name}: Constant<Bits<32>>,");
    }
    put!(out, "}}\n");
}

pub fn defaults(out: &mut String, plan: &Plan) {
    put!(
        out,
        "impl Default for {} {{\nfn default() -> Self {{\nSelf {{",
        plan.type_name
    );
    for name in [
        "clock",
        "reset",
        "bus_address",
        "bus_wdata",
        "bus_be",
        "bus_write",
        "bus_rdata",
    ] {
        put!(out, "{name}: Signal::default(),");
    }
    for port in &plan.ports {
        put!(out, "{}: Signal::default(),", port.name);
    }
    for (name, _) in locals(plan) {
        put!(out, "{name}: Signal::default(),");
    }
    for (name, _) in flip_flops(plan) {
        put!(out, "{name}: DFF::default(),");
    }
    for (name, value) in constants(plan) {
        put!(out, "{name}: Constant::new(0x{value:X}.into()),");
    }
    put!(out, "}}\n}}\n}}\n");
}
