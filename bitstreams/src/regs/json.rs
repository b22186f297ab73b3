//! The register map as JSON, for tools in other languages.

use super::names::one_line;
use crate::generated::MADE_BY;
use anyhow::Result;
use lumenport_regmap::{BlockMeta, MAP_DIGEST, RegMeta};
use serde::Serialize;

#[derive(Serialize)]
struct Document {
    made_by: &'static str,
    map_digest: u32,
    blocks: Vec<Block>,
}

#[derive(Serialize)]
struct Block {
    name: &'static str,
    base: u32,
    span: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    type_id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u16>,
    doc: String,
    registers: Vec<Register>,
    windows: Vec<Window>,
}

#[derive(Serialize)]
struct Window {
    name: &'static str,
    offset: u32,
    count: u32,
    stride: u32,
    doc: String,
    words: Vec<Register>,
}

#[derive(Serialize)]
struct Register {
    name: &'static str,
    offset: u32,
    doc: String,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: &'static str,
    msb: u8,
    lsb: u8,
    access: &'static str,
    hw: &'static str,
    reset: u32,
    doc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    value: u32,
    doc: String,
}

/// The whole document. Offsets of registers and windows are from the start of their block.
///
/// # Errors
/// None in practice; passes on what the serialiser says.
pub fn text(blocks: &[BlockMeta]) -> Result<String> {
    let document = Document {
        made_by: MADE_BY,
        map_digest: MAP_DIGEST,
        blocks: blocks.iter().map(block).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn block(block: &BlockMeta) -> Block {
    Block {
        name: block.name,
        base: block.instance.base,
        span: block.instance.span,
        type_id: block.has_head().then_some(block.type_id),
        version: block.has_head().then_some(block.version),
        doc: one_line(block.doc),
        registers: block.registers.iter().map(register).collect(),
        windows: block
            .windows
            .iter()
            .map(|w| Window {
                name: w.name,
                offset: w.offset,
                count: w.count,
                stride: w.stride,
                doc: one_line(w.doc),
                words: w.words.iter().map(register).collect(),
            })
            .collect(),
    }
}

fn register(reg: &RegMeta) -> Register {
    let fields = reg.fields.iter().map(|f| Field {
        name: f.name,
        msb: f.msb,
        lsb: f.lsb,
        access: f.access.name(),
        hw: f.hw.name(),
        reset: f.reset,
        doc: one_line(f.doc),
        values: f
            .values
            .iter()
            .map(|v| Named {
                name: v.name,
                value: v.value,
                doc: one_line(v.doc),
            })
            .collect(),
    });
    Register {
        name: reg.name,
        offset: reg.offset,
        doc: one_line(reg.doc),
        fields: fields.collect(),
    }
}
