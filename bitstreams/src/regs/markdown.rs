//! The register map as a Markdown document.

use super::names::{one_line, paragraphs};
use crate::generated::MADE_BY;
use lumenport_regmap::{Access, BlockMeta, FieldMeta, MAP_DIGEST, RegMeta, WindowMeta};
use std::fmt::Write as _;

/// The whole document.
pub fn text(blocks: &[BlockMeta]) -> String {
    let mut out = format!(
        "<!-- {MADE_BY} -->\n\n# Register map\n\n\
         Offsets are bytes in BAR2; registers are 32 bits wide, little endian. Map digest: `0x{MAP_DIGEST:08X}`.\n\n\
         Access: `ro` read only; `rw` read and write; `wo` a write acts once, reads zero; `rw1c` set by hardware, write one to \
         clear, an event in the clearing clock stays set; `rw1s` write one to set, cleared by hardware. \
         Reads have no side effects. Bits not listed read zero and ignore writes. \
         Reset `driven`: hardware gives the value at all times.\n\n\
         | block | base | bytes | type | version |\n|---|---|---|---|---|\n"
    );
    for block in blocks {
        let (kind, version) = if block.has_head() {
            (
                format!("0x{:04X}", block.type_id),
                block.version.to_string(),
            )
        } else if block.registers.is_empty() {
            ("window".to_owned(), String::new())
        } else {
            ("no head".to_owned(), String::new())
        };
        let _ = writeln!(
            out,
            "| [{0}](#{0}) | 0x{1:04X} | {2} | {kind} | {version} |",
            block.name, block.instance.base, block.instance.span
        );
    }
    for each in blocks {
        block(&mut out, each);
    }
    out
}

fn block(out: &mut String, block: &BlockMeta) {
    let _ = writeln!(out, "\n## {}\n", block.name);
    for paragraph in paragraphs(block.doc) {
        let _ = writeln!(out, "{paragraph}\n");
    }
    if !block.registers.is_empty() {
        out.push_str("| offset | register | bits | field | access | reset | meaning |\n|---|---|---|---|---|---|---|\n");
        for reg in block.registers {
            register(
                out,
                &format!("0x{:04X}", block.instance.base | reg.offset),
                reg,
            );
        }
    }
    for each in block.windows {
        window(out, block, each);
    }
    let registers = block
        .registers
        .iter()
        .chain(block.windows.iter().flat_map(|w| w.words));
    for reg in registers {
        for field in reg.fields.iter().filter(|f| !f.values.is_empty()) {
            values(out, reg, field);
        }
    }
}

fn register(out: &mut String, offset: &str, reg: &RegMeta) {
    let _ = writeln!(
        out,
        "| {offset} | **{}** | | | | | {} |",
        reg.name,
        one_line(reg.doc)
    );
    for field in reg.fields {
        let bits = if field.msb == field.lsb {
            field.msb.to_string()
        } else {
            format!("{}:{}", field.msb, field.lsb)
        };
        let reset = match field.reset {
            _ if field.access == Access::ReadOnly && field.is_volatile() => "driven".to_owned(),
            0..=9 => field.reset.to_string(),
            other => format!("0x{other:X}"),
        };
        let _ = writeln!(
            out,
            "| | | {bits} | {} | {} | {reset} | {} |",
            field.name,
            field.access.name(),
            one_line(field.doc)
        );
    }
}

fn window(out: &mut String, block: &BlockMeta, window: &WindowMeta) {
    let base = block.instance.base | window.offset;
    let _ = writeln!(
        out,
        "\nWindow **{}**: {} Entry i of {} at 0x{base:04X} + {} * i.\n",
        window.name,
        one_line(window.doc),
        window.count,
        window.stride
    );
    out.push_str("| in entry | word | bits | field | access | reset | meaning |\n|---|---|---|---|---|---|---|\n");
    for word in window.words {
        register(out, &format!("+0x{:X}", word.offset), word);
    }
}

fn values(out: &mut String, reg: &RegMeta, field: &FieldMeta) {
    let _ = writeln!(
        out,
        "\nValues of {}.{}:\n\n| value | name | meaning |\n|---|---|---|",
        reg.name, field.name
    );
    for value in field.values {
        let number = if value.value < 256 {
            value.value.to_string()
        } else {
            format!("0x{:X}", value.value)
        };
        let _ = writeln!(
            out,
            "| {number} | {} | {} |",
            value.name,
            one_line(value.doc)
        );
    }
}
