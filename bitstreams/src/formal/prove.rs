//! Running the prover on a graph.

use super::block::{Engine, Property};
use super::model::{Model, Start};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// The prover: Debian's build of Berkeley ABC.
pub const ABC: &str = "berkeley-abc";

/// Longest run of one proof, in seconds.
const LIMIT_SECONDS: u32 = 120;

/// Clocks that the search for a planted bug looks at.
const BUG_CLOCKS: u32 = 60;

/// How a proof ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It holds, within its reach.
    Proved,
    /// A run of the block breaks it; so many clocks from reset.
    Refuted(u32),
    /// The step of the induction fails: it may hold, but not by this induction.
    NotInductive,
    /// The prover gave up.
    Undecided,
}

/// Proves `property` of `model`.
///
/// # Errors
/// When the prover cannot be run.
pub fn prove(model: &Model, property: &Property) -> Result<Verdict> {
    let clocks = property.clocks();
    let reset = model.graph(Start::Reset, &property.name);
    match property.engine {
        Engine::Pdr => abc(&reset, None),
        Engine::Bmc => abc(&reset, Some(clocks)),
        Engine::Induction => {
            let base = abc(&reset, Some(clocks))?;
            if base != Verdict::Proved {
                return Ok(base);
            }
            let step = model.graph(Start::Anywhere(clocks), &property.name);
            Ok(match abc(&step, Some(clocks + 1))? {
                Verdict::Refuted(_) => Verdict::NotInductive,
                verdict => verdict,
            })
        }
    }
}

/// Searches a run from reset that breaks `property`.
///
/// # Errors
/// When the prover cannot be run.
pub fn search(model: &Model, property: &Property) -> Result<Verdict> {
    let graph = model.graph(Start::Reset, &property.name);
    abc(&graph, Some(BUG_CLOCKS))
}

/// One run of ABC: a search over `clocks` clocks, or a proof. A counterexample goes to `.cex` beside the graph, the
/// output to `.txt`.
fn abc(graph: &Path, clocks: Option<u32>) -> Result<Verdict> {
    let folder = graph.parent().context("a graph lies in a folder")?;
    let name = graph.file_name().context("a graph has a name")?;
    let name = name.to_string_lossy();
    let _ = std::fs::remove_file(folder.join(format!("{name}.cex"))); // of an earlier run
    let solve = clocks.map_or_else(
        || format!("scorr; dc2; pdr -T {LIMIT_SECONDS}"),
        |clocks| format!("bmc3 -g -F {clocks} -T {LIMIT_SECONDS}"),
    );
    let script =
        format!("read_aiger {name}.aig; fold; orpos; strash; {solve}; write_cex -a {name}.cex");
    let output = Command::new(ABC)
        .args(["-q", &script])
        .current_dir(folder)
        .output()
        .with_context(|| format!("cannot start {ABC}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    std::fs::write(folder.join(format!("{name}.txt")), &text)?;
    Ok(verdict(&text, clocks))
}

/// What ABC's output says about a proof, or about a search over `clocks` clocks.
fn verdict(text: &str, clocks: Option<u32>) -> Verdict {
    if let Some(frame) = number_after(text, "was asserted in frame ") {
        return Verdict::Refuted(frame + 1);
    }
    let proved = match clocks {
        // A search that ran out of time says the same, of fewer clocks.
        Some(clocks) => number_after(text, "No output asserted in ").is_some_and(|n| n >= clocks),
        None => text.contains("Property proved"),
    };
    if proved {
        Verdict::Proved
    } else {
        Verdict::Undecided
    }
}

fn number_after(text: &str, words: &str) -> Option<u32> {
    let (_, rest) = text.split_once(words)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_from_the_provers_lines() {
        let refuted = "Output 0 of miter \"x\" was asserted in frame 7. Time = 0.1 sec";
        assert_eq!(verdict(refuted, None), Verdict::Refuted(8));
        assert_eq!(verdict(refuted, Some(9)), Verdict::Refuted(8));
        let proved = "Property proved.  Time = 0.01 sec";
        assert_eq!(verdict(proved, None), Verdict::Proved);
        assert_eq!(verdict("Property UNDECIDED.", None), Verdict::Undecided);
        assert_eq!(verdict("", None), Verdict::Undecided);
    }

    #[test]
    fn search_that_ended_early_proves_nothing() {
        let bounded = "No output asserted in 20 frames. Resource limit reached";
        assert_eq!(verdict(bounded, Some(20)), Verdict::Proved);
        assert_eq!(verdict(bounded, Some(21)), Verdict::Undecided);
        assert_eq!(verdict(bounded, None), Verdict::Undecided);
    }
}
