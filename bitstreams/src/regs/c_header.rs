//! The register map as a C header.

use super::names::{one_line, upper_snake};
use crate::generated::MADE_BY;
use lumenport_regmap::{BlockMeta, MAP_DIGEST, RegMeta};
use std::fmt::Write as _;

/// The whole header: offsets, shifts, masks, named values; no types, no code.
pub fn text(blocks: &[BlockMeta]) -> String {
    let mut out = format!(
        "/* {MADE_BY} */\n/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n#ifndef LUMENPORT_CARD_REGS_H\n\
         #define LUMENPORT_CARD_REGS_H\n\n/* Offsets are bytes in BAR2. A field's value is (register & MASK) >> SHIFT. */\n\n\
         #define LP_MAP_DIGEST 0x{MAP_DIGEST:08X}u\n"
    );
    for block in blocks {
        let prefix = format!("LP_{}", block.name.to_uppercase());
        let _ = writeln!(out, "\n/* {} */", one_line(block.doc));
        let _ = writeln!(
            out,
            "#define {prefix}_BLOCK_OFFSET 0x{:04X}u",
            block.instance.base
        );
        let _ = writeln!(
            out,
            "#define {prefix}_BLOCK_BYTES 0x{:X}u",
            block.instance.span
        );
        for reg in block.registers {
            let name = format!("{prefix}_{}", reg.name);
            let _ = writeln!(out, "\n/* {} */", one_line(reg.doc));
            let _ = writeln!(
                out,
                "#define {name} 0x{:04X}u",
                block.instance.base | reg.offset
            );
            fields(&mut out, &name, reg);
        }
        for window in block.windows {
            let base = block.instance.base | window.offset;
            let name = format!("{prefix}_{}", window.name);
            let _ = writeln!(out, "\n/* {} */", one_line(window.doc));
            let _ = writeln!(out, "#define {name}_COUNT {}u", window.count);
            for word in window.words {
                let name = if word.name == window.name {
                    name.clone()
                } else {
                    format!("{name}_{}", word.name)
                };
                let _ = writeln!(out, "\n/* {} */", one_line(word.doc));
                let _ = writeln!(
                    out,
                    "#define {name}(i) (0x{:04X}u + {}u * (i))",
                    base | word.offset,
                    window.stride
                );
                fields(&mut out, &name, word);
            }
        }
    }
    out.push_str("\n#endif /* LUMENPORT_CARD_REGS_H */\n");
    out
}

fn fields(out: &mut String, register: &str, reg: &RegMeta) {
    for field in reg.fields {
        let name = format!("{register}_{}", field.name);
        let _ = writeln!(
            out,
            "#define {name}_SHIFT {}u /* {}: {} */",
            field.lsb,
            field.access.name(),
            one_line(field.doc)
        );
        let _ = writeln!(out, "#define {name}_MASK 0x{:08X}u", field.mask());
        if field.reset != 0 {
            let _ = writeln!(out, "#define {name}_RESET 0x{:X}u", field.reset);
        }
        for value in field.values {
            let _ = writeln!(
                out,
                "#define {name}_IS_{} {}u /* {} */",
                upper_snake(value.name),
                value.value,
                one_line(value.doc)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use lumenport_regmap::card::BLOCKS;
    use std::collections::BTreeSet;

    #[test]
    fn every_macro_name_is_defined_once() {
        let mut seen = BTreeSet::new();
        for line in super::text(BLOCKS).lines() {
            let Some(rest) = line.strip_prefix("#define ") else {
                continue;
            };
            let name = rest.split([' ', '(']).next().unwrap_or_default().to_owned();
            assert!(seen.insert(name.clone()), "{name} is defined twice");
        }
    }
}
