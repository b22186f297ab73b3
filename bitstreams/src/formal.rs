//! `cargo xtask formal`: proofs about the generated Verilog.
//!
//! Each folder below `hdl/formal` with a `block.toml` is one block: `check.sv` wraps the generated Verilog and states the
//! properties, `block.toml` says how each is proved and with which planted bug the proof must fail. Verilog goes through
//! yosys (the pinned `YoWASP` build of `tools.toml`) to an and-inverter graph, and that to ABC (Debian's `berkeley-abc`).
//! A counterexample is replayed and kept as a waveform.

mod aiger;
mod block;
mod model;
mod prove;
mod trace;

use crate::{process, python, table, workspace};
use anyhow::{Context, Result, bail, ensure};
use block::{Block, Engine, Property};
use clap::Args;
use model::{Model, Start};
use prove::{ABC, Verdict};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Options of `cargo xtask formal`.
#[derive(Args)]
pub struct Options {
    /// Blocks; all when none is named.
    blocks: Vec<String>,
    /// Plants the bugs, one after the other, instead: each must be found.
    #[arg(long)]
    planted: bool,
    /// Searches so many clocks from reset for a counterexample to every property, instead of proving it its own way.
    #[arg(long, conflicts_with = "planted")]
    depth: Option<u32>,
    /// Only properties whose name contains this.
    #[arg(long)]
    property: Option<String>,
}

/// Runs the proofs as asked.
///
/// # Errors
/// When a property does not hold, a planted bug is not found, or a tool is missing.
pub fn run(options: &Options) -> Result<()> {
    let mut blocks = block::read(&options.blocks)?;
    for property in blocks.iter_mut().flat_map(|b| &mut b.property) {
        if options.depth.is_some() {
            property.engine = Engine::Bmc;
            property.depth = options.depth;
        }
    }
    if let Some(part) = &options.property {
        for block in &mut blocks {
            // An induction needs the others: they stay in the graph as assumptions.
            block.property.retain(|p| p.name.contains(part));
        }
        blocks.retain(|block| !block.property.is_empty());
    }
    let kind = if options.planted {
        Kind::Bugs
    } else {
        Kind::Proofs
    };
    report(&blocks, &[kind])
}

/// The step of `cargo xtask test`: all proofs, and all planted bugs.
///
/// # Errors
/// When a property does not hold or a planted bug is not found; with `require` when a tool is missing.
pub fn check(require: bool) -> Result<Vec<String>> {
    let tools = abc_is_there().and_then(|()| python::yosys());
    match tools {
        Err(error) if !require => return Ok(vec![format!("formal: {error:#}")]),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let blocks = block::read(&[])?;
    for block in &blocks {
        ensure!(
            block.property.iter().any(|p| !p.mutant.is_empty()),
            "{} has no planted bug: nobody knows whether its proofs can fail",
            block.name
        );
    }
    report(&blocks, &[Kind::Proofs, Kind::Bugs])?;
    Ok(Vec::new())
}

/// What is done with the properties.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Each is proved.
    Proofs,
    /// The bug of each, if it has one, is planted and must be found.
    Bugs,
}

fn abc_is_there() -> Result<()> {
    let found = Command::new(ABC).args(["-q", "version"]).output().is_ok();
    ensure!(found, "{ABC} is missing (package berkeley-abc)");
    Ok(())
}

/// Does it all, prints the table, fails when a row is bad.
fn report(blocks: &[Block], kinds: &[Kind]) -> Result<()> {
    abc_is_there()?;
    let yosys = python::yosys()?;
    let folder = workspace::output_folder()?.join("formal");
    std::fs::create_dir_all(&folder)?;
    generate(&folder)?;
    let mut units = Vec::new();
    for block in blocks {
        for kind in kinds {
            units.extend(Unit::all(block, *kind, &folder, &yosys)?);
        }
    }
    // Graphs: one run of yosys each. A proof needs its graph, so they all come first.
    let translations: Vec<_> = units.iter().flat_map(Unit::translations).collect();
    for result in parallel(&translations, |(unit, start, names)| {
        unit.model
            .translate(*start, names)
            .with_context(|| unit.block.name.clone())
    }) {
        result?;
    }
    let proofs: Vec<_> = units
        .iter()
        .flat_map(|unit| unit.properties.iter().map(move |p| (unit, p)))
        .collect();
    let mut rows = vec![
        ["block", "property", "reach", "result", "seconds"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut bad = 0;
    for result in parallel(&proofs, |(unit, property)| unit.prove(property)) {
        let (row, good) = result?;
        bad += usize::from(!good);
        rows.push(row);
    }
    print!("{}", table::render(&rows));
    let all = proofs.len();
    println!("formal: {} of {all} as expected", all - bad);
    if bad > 0 {
        bail!("formal: {bad} of {all} failed");
    }
    Ok(())
}

/// Generates the Verilog of the blocks.
fn generate(folder: &Path) -> Result<()> {
    let log = folder.join("generate.log");
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "-p", "lumenport-hdl"]);
    command.args(["--example", "formal_tops", "--"]).arg(folder);
    command.current_dir(workspace::root());
    let good = process::run("formal", &mut command, &log, |_| {})?;
    ensure!(
        good,
        "cannot generate Verilog:\n{}",
        process::tail(&log, 20)
    );
    Ok(())
}

/// A block as it is, or with one bug.
struct Unit<'a> {
    block: &'a Block,
    kind: Kind,
    properties: Vec<&'a Property>,
    model: Model,
}

impl<'a> Unit<'a> {
    /// What there is to do about `block`.
    fn all(block: &'a Block, kind: Kind, output: &Path, yosys: &Path) -> Result<Vec<Self>> {
        let path = output.join(format!("{}.v", block.source));
        let good = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let unit = |tag: &str, verilog: &str, properties| -> Result<Self> {
            Ok(Self {
                block,
                kind,
                properties,
                model: Model::new(output, block, tag, &block.part(verilog), yosys)?,
            })
        };
        if kind == Kind::Proofs {
            return Ok(vec![unit("good", &good, block.property.iter().collect())?]);
        }
        let mut units = Vec::new();
        for property in &block.property {
            if property.mutant.is_empty() {
                continue;
            }
            let mut bad = good.clone();
            for change in &property.mutant {
                bad = change
                    .plant(&bad)
                    .with_context(|| format!("{} {}", block.name, property.name))?;
            }
            units.push(unit(
                &format!("bug-{}", property.name),
                &bad,
                vec![property],
            )?);
        }
        Ok(units)
    }

    /// The graphs that are needed, each with its properties.
    fn translations(&self) -> Vec<(&Self, Start, Vec<&'a str>)> {
        let mut graphs: BTreeMap<Start, Vec<&str>> = BTreeMap::new();
        for property in &self.properties {
            let starts = match self.kind {
                Kind::Proofs => Start::of(property),
                Kind::Bugs => vec![Start::Reset],
            };
            for start in starts {
                graphs.entry(start).or_default().push(&property.name);
            }
        }
        graphs
            .into_iter()
            .map(|(start, names)| (self, start, names))
            .collect()
    }

    /// One row of the table, and whether it is as it should be.
    fn prove(&self, property: &Property) -> Result<(Vec<String>, bool)> {
        let begin = Instant::now();
        let verdict = match self.kind {
            Kind::Proofs => prove::prove(&self.model, property)?,
            Kind::Bugs => prove::search(&self.model, property)?,
        };
        let seconds = format!("{:.1}", begin.elapsed().as_secs_f64());
        let mut good = match self.kind {
            Kind::Proofs => verdict == Verdict::Proved,
            Kind::Bugs => matches!(verdict, Verdict::Refuted(_)),
        };
        let mut result = match (self.kind, verdict) {
            (Kind::Proofs, Verdict::Proved) => "holds".to_owned(),
            (Kind::Bugs, Verdict::Proved) => "FAILED: planted bug not found".to_owned(),
            (Kind::Proofs, Verdict::Refuted(clocks)) => format!("FAILED in clock {clocks}"),
            (Kind::Bugs, Verdict::Refuted(clocks)) => {
                format!("planted bug found in clock {clocks}")
            }
            (_, Verdict::NotInductive) => "FAILED: not inductive".to_owned(),
            (_, Verdict::Undecided) => "FAILED: undecided".to_owned(),
        };
        let start = match verdict {
            Verdict::Refuted(_) => Some(Start::Reset),
            Verdict::NotInductive => Some(Start::Anywhere(property.clocks())),
            _ => None,
        };
        if let Some(start) = start {
            // The waveform of a planted bug is not shown, but it must replay.
            match trace::write(&self.model.graph(start, &property.name)) {
                Ok(path) if !good => result += &waveform(&path),
                Ok(_) => {}
                Err(error) => {
                    good = false;
                    result = format!("FAILED: {error:#}");
                }
            }
        }
        let reach = match self.kind {
            Kind::Proofs => property.reach(),
            Kind::Bugs => "planted bug".to_owned(),
        };
        let row = vec![
            self.block.name.clone(),
            property.name.clone(),
            reach,
            result,
            seconds,
        ];
        Ok((row, good))
    }
}

fn waveform(path: &Path) -> String {
    format!(", waveform {}", path.display())
}

/// Results of `work` on each of `items`, in their order, on all processors.
fn parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((number, item)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    items.get(number).map(|item| (number, item))
                } {
                    let result = work(item);
                    if let Ok(mut results) = results.lock() {
                        results.push((number, result));
                    }
                }
            });
        }
    });
    let mut results = results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u32> = (0..50).collect();
        let doubled = parallel(&items, |item| item * 2);
        assert_eq!(doubled, (0..50).map(|n| n * 2).collect::<Vec<_>>());
    }
}
