//! `RegisterFile` of a register file: its ports by name, for tests.

use super::plan::{Direction, Plan, Port};
use super::source::put;
use std::fmt::Write as _;

/// Ports by name, for tests that walk the map.
pub fn access_by_name(out: &mut String, plan: &Plan) {
    let bus = |name: &str, width, direction| Port {
        name: name.to_owned(),
        direction,
        width,
        doc: String::new(),
    };
    let mut ports = vec![
        bus("reset", 1, Direction::In),
        bus("bus_address", 16, Direction::In),
        bus("bus_wdata", 32, Direction::In),
        bus("bus_be", 4, Direction::In),
        bus("bus_write", 1, Direction::In),
        bus("bus_rdata", 32, Direction::Out),
    ];
    ports.extend(
        plan.ports
            .iter()
            .map(|p| bus(&p.name, p.width, p.direction)),
    );
    put!(
        out,
        "impl RegisterFile for {} {{\nconst NAME: &'static str = {:?};",
        plan.type_name,
        plan.meta.name
    );
    put!(
        out,
        "fn set_clock(&mut self, high: bool) {{\nself.clock.next = high.into();\n}}"
    );
    put!(
        out,
        "fn drive(&mut self, port: &str, value: u32) -> bool {{\nmatch port {{"
    );
    for port in ports.iter().filter(|p| p.direction == Direction::In) {
        let value = match port.width {
            1 => "value & 1 != 0".to_owned(),
            32 => "u64::from(value).into()".to_owned(),
            width => format!("u64::from(value & 0x{:X}).into()", u32::MAX >> (32 - width)),
        };
        put!(out, "{:?} => self.{}.next = {value},", port.name, port.name);
    }
    put!(out, "_ => return false,\n}}\ntrue\n}}");
    put!(
        out,
        "fn sample(&self, port: &str) -> Option<u32> {{\nSome(match port {{"
    );
    for port in ports.iter().filter(|p| p.direction == Direction::Out) {
        let value = if port.width == 1 {
            "val().into()"
        } else {
            "val().to_u32()"
        };
        put!(out, "{:?} => self.{}.{value},", port.name, port.name);
    }
    put!(out, "_ => return None,\n}})\n}}");
    put!(
        out,
        "fn connect_inputs(&mut self) {{\nself.clock.connect();"
    );
    for port in ports.iter().filter(|p| p.direction == Direction::In) {
        put!(out, "self.{}.connect();", port.name);
    }
    put!(out, "}}\n}}");
}
