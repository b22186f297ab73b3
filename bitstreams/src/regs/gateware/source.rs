//! The generated files as a whole.

use super::plan::Plan;
use super::{by_name, logic, structure};
use crate::generated::MADE_BY;
use crate::regs::names::upper_camel;
use lumenport_regmap::BlockMeta;
use std::fmt::Write as _;

/// Appends formatted text; writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($args:tt)*) => {
        let _ = writeln!($out, $($args)*);
    };
}

/// Source of one block's file, not yet laid out.
pub fn block(meta: &'static BlockMeta) -> String {
    source(&Plan::new(meta))
}

/// Source of the module that names all blocks, not yet laid out.
pub fn index(blocks: &[BlockMeta]) -> String {
    let mut out = format!(
        "//! {MADE_BY}\n\n\
         #![allow(clippy::derivable_impls, clippy::single_match, reason = \"generated: one shape for every block\")]\n\n"
    );
    for block in blocks {
        let _ = writeln!(
            out,
            "/// Register file of block `{0}`.\npub mod {0};",
            block.name
        );
    }
    out.push('\n');
    for block in blocks {
        let _ = writeln!(
            out,
            "pub use {}::{}Regs;",
            block.name,
            upper_camel(block.name)
        );
    }
    out
}

/// The whole file, not yet laid out.
fn source(plan: &Plan) -> String {
    let mut out = String::new();
    put!(out, "//! {MADE_BY}\n//!");
    put!(out, "//! Register file of block `{}`.\n", plan.meta.name);
    put!(
        out,
        "use super::super::RegisterFile;\nuse crate::prelude::*;\n"
    );
    structure::structure(&mut out, plan);
    structure::defaults(&mut out, plan);
    logic::logic(&mut out, plan);
    by_name::access_by_name(&mut out, plan);
    out
}

pub(super) use put;
