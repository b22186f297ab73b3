//! `Logic::update` of a register file.
//!
//! Only forms that rust-hdl's `#[hdl_gen]` translates are used: assignments, `if`, `match` on a number, and the operators;
//! every compound expression is in parentheses, since rust-hdl keeps the source's grouping only where it is explicit.

use super::plan::{
    Plan, Register, Storage, flip_flops, has_registers, index_width, is_constant, read_port,
    reads_from_outside, window_port, word_bits, word_width,
};
use super::source::put;
use lumenport_regmap::{Access, BlockMeta, FieldMeta, HwAccess, WindowMeta};
use std::fmt::Write as _;

pub fn logic(out: &mut String, plan: &Plan) {
    put!(
        out,
        "impl Logic for {} {{\n#[hdl_gen]\nfn update(&mut self) {{",
        plan.type_name
    );
    let names: Vec<_> = flip_flops(plan).into_iter().map(|(name, _)| name).collect();
    put!(out, "dff_setup!(self, clock, {});", names.join(", "));
    put!(out, "self.dff_rdata.d.next = 0.into();");
    put!(out, "self.bus_rdata.next = self.dff_rdata.q.val();");
    for register in &plan.registers {
        register_defaults(out, register);
    }
    outputs(out, plan);
    if has_registers(plan.meta) {
        decode(out, plan.meta);
        write_side(out, plan);
        if plan.registers.iter().any(|r| r.storage == Storage::Events) {
            put!(
                out,
                "self.dff_intr_state.d.next = (self.dff_intr_state.q.val() & (!self.cleared.val())) | self.events.val();"
            );
        }
        read_side(out, plan);
    }
    for each in plan.meta.windows {
        window(out, plan.meta, each);
    }
    put!(out, "if self.reset.val() {{");
    for name in &names {
        let zero = if name.ends_with("_strobe") {
            "false"
        } else {
            "0.into()"
        };
        put!(out, "self.{name}.d.next = {zero};");
    }
    put!(out, "}}\n}}\n}}\n");
}

fn register_defaults(out: &mut String, register: &Register) {
    if register.has_nonzero_reset() {
        put!(
            out,
            "self.value_{0}.next = self.{1}.q.val() ^ self.reset_{0}.val();",
            register.name,
            register.dff()
        );
    }
    if register.storage == Storage::Pulse {
        put!(out, "self.{}.d.next = 0.into();", register.dff());
    }
    if register.meta.strobe {
        put!(
            out,
            "self.{0}_strobe.next = self.{1}_strobe.q.val();\nself.{1}_strobe.d.next = false;",
            register.name,
            register.dff()
        );
    }
    if register.storage == Storage::Events {
        let fields = register.meta.fields.iter();
        let sets = fields.map(|f| {
            shifted(
                &format!("bit_cast::<32, 1>(self.{}.val().into())", register.port(f)),
                f.lsb,
            )
        });
        put!(out, "self.cleared.next = 0.into();");
        put!(out, "self.events.next = {};", or(sets.collect()));
    }
}

fn outputs(out: &mut String, plan: &Plan) {
    for register in &plan.registers {
        for field in register.meta.fields {
            let is_out = matches!(
                (field.access, field.hw),
                (Access::ReadWrite | Access::WriteOnly, HwAccess::Read)
                    | (Access::ReadWrite, HwAccess::ReadWrite)
            );
            if !is_out {
                continue;
            }
            let value = register.value();
            let slice = match field.width() {
                32 => value,
                1 => format!("{value}.get_bit({})", field.lsb),
                width => format!("{value}.get_bits::<{width}>({})", field.lsb),
            };
            put!(out, "self.{}.next = {slice};", register.port(field));
        }
    }
    if plan.meta.has_head() {
        if plan.registers.iter().any(|r| r.storage == Storage::Events) {
            put!(
                out,
                "self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();"
            );
        } else {
            put!(out, "self.interrupt.next = false;");
        }
    }
}

fn decode(out: &mut String, meta: &BlockMeta) {
    let shift = meta.instance.span.trailing_zeros();
    put!(
        out,
        "self.selected.next = self.bus_address.val().get_bits::<{}>({shift}) == {};",
        16 - shift,
        meta.instance.base >> shift
    );
    put!(
        out,
        "self.word.next = self.bus_address.val().get_bits::<{}>(2);",
        word_bits(meta)
    );
    put!(
        out,
        "self.write.next = self.selected.val() && self.bus_write.val();"
    );
    put!(
        out,
        "self.mask.next = 0.into();\nself.written.next = 0.into();"
    );
}

fn write_side(out: &mut String, plan: &Plan) {
    let mut cases = String::new();
    for register in &plan.registers {
        let mut body = String::new();
        let dff = register.dff();
        let implemented = format!("self.implemented_{}.val()", register.name);
        match register.storage {
            Storage::Value => {
                let merged = format!(
                    "(({} & (!self.mask.val())) | self.written.val()) & {implemented}",
                    register.value()
                );
                if register.has_nonzero_reset() {
                    put!(
                        body,
                        "self.{dff}.d.next = ({merged}) ^ self.reset_{}.val();",
                        register.name
                    );
                } else {
                    put!(body, "self.{dff}.d.next = {merged};");
                }
            }
            Storage::Pulse => {
                put!(
                    body,
                    "self.{dff}.d.next = self.written.val() & {implemented};"
                );
            }
            Storage::Events => {
                put!(body, "self.cleared.next = self.written.val();");
            }
            Storage::None => {}
        }
        if register.meta.name == "INTR_TEST" && !register.meta.fields.is_empty() {
            put!(
                body,
                "self.events.next = self.events.val() | (self.written.val() & self.implemented_intr_state.val());"
            );
        }
        if register.meta.strobe {
            put!(body, "self.{dff}_strobe.d.next = true;");
        }
        if !body.is_empty() {
            put!(cases, "{} => {{\n{body}}}", register.meta.offset / 4);
        }
    }
    if cases.is_empty() {
        return;
    }
    put!(out, "if self.write.val() {{");
    for (lane, mask) in ["0xFF", "0xFF00", "0xFF_0000"].iter().enumerate() {
        put!(
            out,
            "if self.bus_be.val().get_bit({lane}) {{\nself.mask.next = self.mask.val() | {mask};\n}}"
        );
    }
    put!(
        out,
        "if self.bus_be.val().get_bit(3) {{\nself.mask.next = self.mask.val() | (bit_cast::<32, 8>(255.into()) << 24);\n}}"
    );
    put!(
        out,
        "self.written.next = self.bus_wdata.val() & self.mask.val();"
    );
    put!(
        out,
        "match self.word.val().index() {{\n{cases}_ => {{}}\n}}\n}}"
    );
}

fn read_side(out: &mut String, plan: &Plan) {
    put!(
        out,
        "if self.selected.val() {{\nmatch self.word.val().index() {{"
    );
    for register in plan.registers.iter().filter(|r| r.is_readable()) {
        let mut parts = Vec::new();
        let outside = |f: &&FieldMeta| reads_from_outside(f);
        if register.meta.fields.iter().any(|f| outside(&f)) {
            let kept = register.meta.fields.iter().filter(|f| !outside(f));
            assert!(
                kept.map(|f| f.access)
                    .all(|access| access == Access::ReadOnly),
                "{}: either all rw fields are read from outside or none",
                register.meta.name
            );
        } else if matches!(register.storage, Storage::Value | Storage::Events) {
            parts.push(register.value());
        }
        for field in register
            .meta
            .fields
            .iter()
            .filter(|f| f.access == Access::ReadOnly || outside(f))
        {
            let value = if is_constant(field.access, field.hw) {
                format!(
                    "self.constant_{}_{}.val()",
                    register.name,
                    field.name.to_lowercase()
                )
            } else {
                let port = if outside(&field) {
                    read_port(register, field)
                } else {
                    register.port(field)
                };
                match field.width() {
                    32 => format!("self.{port}.val()"),
                    1 => format!("bit_cast::<32, 1>(self.{port}.val().into())"),
                    width => format!("bit_cast::<32, {width}>(self.{port}.val())"),
                }
            };
            parts.push(shifted(&value, field.lsb));
        }
        put!(
            out,
            "{} => {{\nself.dff_rdata.d.next = {};\n}}",
            register.meta.offset / 4,
            or(parts)
        );
    }
    put!(out, "_ => {{}}\n}}\n}}");
}

fn window(out: &mut String, meta: &BlockMeta, window: &WindowMeta) {
    let shift = window.span().trailing_zeros();
    let base = (meta.instance.base | window.offset) >> shift;
    let port = |part: &str| window_port(window, part);
    put!(
        out,
        "self.{}.next = self.bus_address.val().get_bits::<{}>({shift}) == {base};",
        port("selected"),
        16 - shift
    );
    put!(
        out,
        "self.{}.next = self.bus_address.val().get_bits::<{}>({});",
        port("index"),
        index_width(window),
        window.stride.trailing_zeros()
    );
    if word_width(window) > 0 {
        put!(
            out,
            "self.{}.next = self.bus_address.val().get_bits::<{}>(2);",
            port("word"),
            word_width(window)
        );
    }
    if window.is_writable() {
        put!(
            out,
            "self.{}.next = (self.{}.val() && self.bus_write.val()) && self.bus_be.val().all();",
            port("write"),
            port("selected")
        );
        put!(out, "self.{}.next = self.bus_wdata.val();", port("wdata"));
    }
    put!(
        out,
        "if self.{}.val() {{\nself.dff_rdata.d.next = self.{}.val();\n}}",
        port("selected"),
        port("rdata")
    );
}

/// `value` moved up by `lsb`; in parentheses when it is an expression.
fn shifted(value: &str, lsb: u8) -> String {
    if lsb == 0 {
        value.to_owned()
    } else {
        format!("({value} << {lsb})")
    }
}

/// All of `parts`, or-ed pairwise with the grouping explicit.
fn or(parts: Vec<String>) -> String {
    let mut parts = parts.into_iter();
    let Some(mut all) = parts.next() else {
        return "0.into()".to_owned();
    };
    for (i, part) in parts.enumerate() {
        all = if i == 0 {
            format!("{all} | {part}")
        } else {
            format!("({all}) | {part}")
        };
    }
    all
}
