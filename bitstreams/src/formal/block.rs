//! `block.toml`: the properties of one block, how each is proved, and the bug that its proof must find.

use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::path::PathBuf;

/// One folder below `hdl/formal`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Name of the folder.
    #[serde(skip)]
    pub name: String,
    /// Name of the generated file, see `hdl/examples/formal_tops.rs`.
    pub source: String,
    /// The module that is looked at; the file's top when it is not given.
    #[serde(default = "top")]
    module: String,
    /// What is proved.
    pub property: Vec<Property>,
    /// Modules whose outputs may be anything: what holds then holds with the real ones.
    #[serde(default)]
    pub cut: Vec<String>,
    /// Lemmas of the induction: proved like properties, of no interest by themselves.
    #[serde(default)]
    lemmas: Vec<String>,
}

fn top() -> String {
    "top".to_owned()
}

impl Block {
    /// The part of the generated Verilog that matters: the block's module and those below it, but for what lies inside
    /// modules that are cut. Reading the rest takes yosys longer than most proofs.
    pub fn part(&self, verilog: &str) -> String {
        let mut text = String::new();
        let mut keep = true;
        for line in verilog.lines() {
            if let Some((name, _)) = line.strip_prefix("module ").and_then(|l| l.split_once('(')) {
                let below = |module: &str| {
                    name.strip_prefix(module)
                        .is_some_and(|rest| rest.starts_with('$'))
                };
                keep = (name == self.module || below(&self.module))
                    && !self.cut.iter().any(|cut| below(cut));
            }
            if keep {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }
}

/// One assertion of `check.sv`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Its label.
    pub name: String,
    /// How it is proved.
    pub engine: Engine,
    /// Clocks: of a bounded search; of an induction step (1 when not given).
    pub depth: Option<u32>,
    /// The bug that must make it fail: changes that are made together; none when there is no bug.
    #[serde(default)]
    pub mutant: Vec<Mutant>,
}

/// A way to prove.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Property directed reachability from reset: unbounded.
    Pdr,
    /// Induction over all properties of the block that are proved this way, together: unbounded.
    Induction,
    /// Search from reset over so many clocks: bounded.
    Bmc,
}

/// A change: text of the generated Verilog, present once, and what it becomes.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Text as generated.
    pub from: String,
    /// Text with the bug.
    pub to: String,
}

impl Mutant {
    /// `verilog` with the bug in it.
    ///
    /// # Errors
    /// When the text to change is not there exactly once.
    pub fn plant(&self, verilog: &str) -> Result<String> {
        let count = verilog.matches(&self.from).count();
        ensure!(
            count == 1,
            "the text to change is there {count} times: {}",
            self.from
        );
        Ok(verilog.replace(&self.from, &self.to))
    }
}

impl Property {
    fn lemma(name: String) -> Self {
        Self {
            name,
            engine: Engine::Induction,
            depth: None,
            mutant: Vec::new(),
        }
    }

    /// Clocks of the search or of the step.
    pub fn clocks(&self) -> u32 {
        let usual = if self.engine == Engine::Bmc { 20 } else { 1 };
        self.depth.unwrap_or(usual)
    }

    /// How far the proof reaches, for the table.
    pub fn reach(&self) -> String {
        match self.engine {
            Engine::Pdr => "unbounded (pdr)".to_owned(),
            Engine::Induction => format!("unbounded (induction, {} clock)", self.clocks()),
            Engine::Bmc => format!("bounded ({} clocks)", self.clocks()),
        }
    }
}

/// Where the blocks lie.
pub fn folder() -> PathBuf {
    workspace::root().join("hdl/formal")
}

/// The blocks with the names in `wanted`, or all, in order.
///
/// # Errors
/// When a name is unknown or a table cannot be read.
pub fn read(wanted: &[String]) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let entry = entry?;
        let path = entry.path().join("block.toml");
        let name = entry.file_name().to_string_lossy().into_owned();
        if !path.is_file() || !(wanted.is_empty() || wanted.contains(&name)) {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let mut block: Block = toml::from_str(&text).with_context(|| path.display().to_string())?;
        block.name = name;
        let lemmas = std::mem::take(&mut block.lemmas);
        block
            .property
            .extend(lemmas.into_iter().map(Property::lemma));
        blocks.push(block);
    }
    blocks.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(unknown) = wanted.iter().find(|w| blocks.iter().all(|b| b.name != **w)) {
        bail!("no block {unknown} below hdl/formal");
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_table_can_be_read_and_has_a_bug_to_find() {
        let blocks = read(&[]).expect("the tables are good");
        assert!(!blocks.is_empty());
        for block in blocks {
            let bugs = block.property.iter().filter(|p| !p.mutant.is_empty());
            assert!(bugs.count() > 0, "{}", block.name);
        }
    }

    #[test]
    fn unknown_block_is_named() {
        let error = read(&["nosuch".to_owned()]).map(drop).expect_err("unknown");
        assert!(error.to_string().contains("nosuch"));
    }

    #[test]
    fn only_the_modules_of_the_block_are_read() {
        let mut block = read(&["tags".to_owned()]).expect("it is there").remove(0);
        block.module = "top$a".to_owned();
        block.cut = vec!["top$a$b".to_owned()];
        let verilog = "module top(x);\nendmodule\nmodule top$a(x);\nendmodule\nmodule top$ab(x);\nendmodule\n\
            module top$a$b(x);\nendmodule\nmodule top$a$b$c(x);\nendmodule\n";
        let part = "module top$a(x);\nendmodule\nmodule top$a$b(x);\nendmodule\n";
        assert_eq!(block.part(verilog), part);
    }

    #[test]
    fn bug_needs_its_text_once() {
        let bug = Mutant {
            from: "a+b".to_owned(),
            to: "a-b".to_owned(),
        };
        assert_eq!(bug.plant("x = a+b;").expect("once"), "x = a-b;");
        assert!(bug.plant("x = a+b; y = a+b;").is_err());
        assert!(bug.plant("x = a;").is_err());
    }
}
