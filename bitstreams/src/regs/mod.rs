//! `cargo xtask regs`: every file that is made from the register map.

mod c_header;
mod gateware;
mod json;
mod markdown;
mod names;

use crate::generated::{Generated, write_or_check};
use anyhow::Result;
use lumenport_regmap::card::BLOCKS;

/// Writes or checks all files.
///
/// # Errors
/// With `check`: when a file differs. Else: when a file cannot be written.
pub fn run(check: bool) -> Result<()> {
    write_or_check(&files()?, check)
}

fn files() -> Result<Vec<Generated>> {
    let mut files = vec![
        Generated::new("hal/regmap/gen/registers.md", markdown::text(BLOCKS)),
        Generated::new("hal/regmap/gen/card_regs.h", c_header::text(BLOCKS)),
        Generated::new("hal/regmap/gen/regmap.json", json::text(BLOCKS)?),
        Generated::new(
            "hdl/src/regs/gen/mod.rs",
            crate::generated::rustfmt(&gateware::index(BLOCKS))?,
        ),
    ];
    for block in BLOCKS {
        let text = crate::generated::rustfmt(&gateware::block(block))?;
        files.push(Generated::new(
            format!("hdl/src/regs/gen/{}.rs", block.name),
            text,
        ));
    }
    Ok(files)
}
