//! `cargo xtask mutants`: deliberate bugs in a copy of the card's Verilog, and which test finds each.
//!
//! A mutant that no longer fits the card, or that no test finds, fails the command. Not part of `cargo xtask test`:
//! each mutant is a model of its own.

use super::DIRECTED;
use super::bench::{Bench, Job};
use crate::{section, workspace};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fmt::Write as _;

/// Failed tests after which a mutant's run ends.
const ENOUGH: usize = 4;
const README: &str = "hdl/tests/cocotb/README.md";

/// One bug: in the only line of a module that begins with `line`, `from` becomes `to`.
struct Mutant {
    name: &'static str,
    what: &'static str,
    /// The tests that run against it, as a regular expression: those that look at such things.
    tests: &'static str,
    /// End of the module's name.
    module: &'static str,
    line: &'static str,
    from: &'static str,
    to: &'static str,
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "byte-count",
        tests: "test_enumeration|test_windows",
        what: "Byte Count of our completions is not counted down",
        module: "endpoint$completer",
        line: "byte_count$d = byte_count$q - part_bytes",
        from: " - part_bytes",
        to: "",
    },
    Mutant {
        name: "byte-count-unchecked",
        tests: "one_bad_answer",
        what: "Byte Count of the host's completions is not looked at",
        module: "dma$reader",
        line: "fits = ",
        from: "(completion$byte_count == left)",
        to: "1'b1",
    },
    Mutant {
        name: "lower-address",
        tests: "test_windows",
        what: "Lower Address of our completions without its two lowest bits",
        module: "endpoint$completer",
        line: "tx_data$early = (((queue$dw1[(32'h8)+:(24)])",
        from: "((byte_offset$q) & 32'hffffffff)",
        to: "32'h0",
    },
    Mutant {
        name: "lower-address-unchecked",
        tests: "one_bad_answer",
        what: "Lower Address of the host's completions is not looked at",
        module: "dma$reader",
        line: "fits = ",
        from: "(completion$lower == context_lo$read_data[(32'h0)+:(7)])",
        to: "1'b1",
    },
    Mutant {
        name: "tag-reuse",
        tests: "test_dma",
        what: "a tag is given out while its request is outstanding",
        module: "dma$reader$tags",
        line: "free = ~busy$q[turn$q]",
        from: "~busy$q[turn$q] &",
        to: "",
    },
    Mutant {
        name: "page-split",
        tests: "test_dma",
        what: "requests that begin in the last 256 bytes of a page may cross its end",
        module: "dma$walker$chunk",
        line: "block_offset = ",
        from: "(block_bytes - one)",
        to: "((address[11:8] == 4'hf) ? 13'h3f : (block_bytes - one))",
    },
    Mutant {
        name: "payload-split",
        tests: "test_dma",
        what: "requests do not end at multiples of the payload limit",
        module: "dma$walker$chunk",
        line: "block_left = block_bytes",
        from: " - block_offset",
        to: "",
    },
    Mutant {
        name: "completion-split",
        tests: "test_windows",
        what: "our completions end anywhere",
        module: "endpoint$completer",
        line: "room = 32'h20 -",
        from: "((address$q[(32'h2)+:(5)]) & 11'h7ff)",
        to: "11'h0",
    },
    Mutant {
        name: "credit-nonposted",
        tests: "scarce_credits|completions_wait",
        what: "reads leave without header credit",
        module: "endpoint$arbiter",
        line: "nh_ok = ",
        from: "(left_nh <= 32'h80)",
        to: "1'b1",
    },
    Mutant {
        name: "credit-posted",
        tests: "scarce_credits|completions_wait",
        what: "posted data counts as one unit",
        module: "endpoint$arbiter",
        line: "used_pd$d = used_pd$q + dma_units",
        from: "dma_units",
        to: "12'h1",
    },
    Mutant {
        name: "credit-completion",
        tests: "scarce_credits|completions_wait",
        what: "completions leave without credit",
        module: "endpoint$arbiter",
        line: "cpl_ok = ",
        from: "(left_ch <= 32'h80)",
        to: "1'b1",
    },
    Mutant {
        name: "credit-given-twice",
        tests: "test_enumeration|zero_length",
        what: "the host gets a posted header credit back too often",
        module: "endpoint$rx_credits",
        line: "freed_ph$d = freed_ph$q + 32'h1",
        from: "32'h1",
        to: "32'h2",
    },
    Mutant {
        name: "credit-kept",
        tests: "test_enumeration|zero_length",
        what: "the credit of a non-posted request never comes back",
        module: "endpoint$rx_credits",
        line: "freed_nh$d = freed_nh$q + back_nh",
        from: " + back_nh",
        to: "",
    },
    Mutant {
        name: "poison",
        tests: "one_bad_answer",
        what: "poisoned data is written to card memory",
        module: "dma$reader",
        line: "if (completion$poisoned)",
        from: "completion$poisoned",
        to: "1'b0",
    },
];

/// Options of `cargo xtask mutants`.
#[derive(Args)]
pub struct Options {
    /// Only these; the README is written when all ran.
    names: Vec<String>,
}

/// Plants each bug and runs the directed tests; writes the table into the bench's README.
///
/// # Errors
/// When a mutant does not fit the card, is found by no test, or a tool is missing.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::new()?;
    let wanted =
        |m: &&Mutant| options.names.is_empty() || options.names.iter().any(|n| n == m.name);
    println!("the card without a bug");
    bench.check(&Job {
        modules: DIRECTED,
        filter: Some("behind_a_root_port"),
        quiet: true,
        ..Job::default()
    })?;
    let mut table = "| planted bug | found by | first complaint |\n|---|---|---|\n".to_owned();
    let mut survivors = Vec::new();
    for mutant in MUTANTS.iter().filter(wanted) {
        let card = plant(&bench.card, mutant).with_context(|| mutant.name)?;
        let mutated = bench.with_card(card, &format!("mutant-{}", mutant.name));
        mutated.run(&Job {
            modules: DIRECTED,
            filter: Some(mutant.tests),
            failures: ENOUGH,
            quiet: true,
            ..Job::default()
        })?;
        let tests = mutated.seen_failing();
        println!("{}: {}", mutant.name, tests.join(", "));
        if tests.is_empty() {
            survivors.push(mutant.name);
        }
        let short = tests.iter().map(|t| format!("`{}`", short_name(t)));
        let _ = writeln!(
            table,
            "| {} ({}) | {} | {} |",
            mutant.name,
            mutant.what,
            unique(short).join(", "),
            mutated.first_complaint()
        );
    }
    println!("{table}");
    if !survivors.is_empty() {
        bail!("not found by any test: {}", survivors.join(", "));
    }
    if options.names.is_empty() {
        let path = workspace::root().join(README);
        section::replace(&path, "mutants", &table)?;
    }
    Ok(())
}

/// The card with the bug in it.
fn plant(card: &str, mutant: &Mutant) -> Result<String> {
    let mut inside = false;
    let mut hits = 0;
    let mut out = String::with_capacity(card.len());
    let head = format!("{}(", mutant.module);
    for line in card.lines() {
        if line.starts_with("module ") {
            inside = line.contains(&head);
        }
        if inside && line.trim_start().starts_with(mutant.line) && line.contains(mutant.from) {
            hits += 1;
            out.push_str(&line.replacen(mutant.from, mutant.to, 1));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    if hits != 1 {
        bail!("the line is there {hits} times, not once");
    }
    Ok(out)
}

/// `test_dma.random_lists/payload=128` as `random_lists`.
fn short_name(test: &str) -> &str {
    let name = test.split('/').next().unwrap_or(test);
    name.rsplit('.').next().unwrap_or(name)
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str =
        "module a$x(p);\n  q = r - s;\nendmodule\nmodule a$y(p);\n  q = r - s;\nendmodule\n";

    fn mutant(line: &'static str) -> Mutant {
        Mutant {
            name: "m",
            what: "w",
            tests: "",
            module: "a$y",
            line,
            from: " - s",
            to: "",
        }
    }

    #[test]
    fn a_bug_is_planted_in_its_module_only() {
        let card = plant(CARD, &mutant("q = ")).expect("fits");
        assert_eq!(
            card,
            CARD.replacen(" - s", "#", 1)
                .replace(" - s", "")
                .replace('#', " - s")
        );
    }

    #[test]
    fn a_mutant_that_does_not_fit_is_an_error() {
        assert!(plant(CARD, &mutant("z = ")).is_err());
    }

    #[test]
    fn test_names_are_short_and_listed_once() {
        assert_eq!(
            short_name("test_dma.random_lists/payload=128"),
            "random_lists"
        );
        let names = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(unique(names.into_iter()), ["a", "b"]);
    }
}
