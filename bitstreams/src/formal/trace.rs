//! From a counterexample to a waveform.

use super::aiger::{Frame, Graph};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A named value: the literal of each bit, bit 0 first.
type Signals = BTreeMap<String, BTreeMap<usize, u32>>;

/// Replays the counterexample beside `graph` and writes it as a value change dump, one clock every ten nanoseconds;
/// returns its path.
///
/// # Errors
/// When there is no counterexample, or when the replay breaks an assumption or does not break the property.
pub fn write(graph: &Path) -> Result<PathBuf> {
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", graph.display()));
    let logic = Graph::read(&std::fs::read(beside("aig"))?)?;
    let names = std::fs::read_to_string(beside("aim"))?;
    let example = std::fs::read_to_string(beside("cex")).context("no counterexample")?;
    let frames = logic.run(&stimulus(&example, logic.inputs)?);
    ensure!(
        frames.iter().all(|f| f.allowed) && frames.last().is_some_and(|f| f.bad),
        "the counterexample does not replay"
    );
    let signals = signals(&names, logic.inputs);
    let path = beside("vcd");
    std::fs::write(&path, dump(&signals, &frames))?;
    Ok(path)
}

/// Inputs of each clock from what ABC writes: a line with the first state, then one a clock; `x` may be anything.
fn stimulus(text: &str, inputs: usize) -> Result<Vec<Vec<bool>>> {
    let clocks: Vec<Vec<bool>> = text
        .lines()
        .skip(1)
        .map(|line| line.chars().take_while(|c| "01x".contains(*c)))
        .map(|bits| bits.take(inputs).map(|bit| bit == '1').collect())
        .filter(|bits: &Vec<bool>| bits.len() == inputs)
        .collect();
    ensure!(!clocks.is_empty(), "empty counterexample");
    Ok(clocks)
}

/// Named inputs and latches from yosys' map: lines of kind, number, bit, name.
fn signals(map: &str, inputs: usize) -> Signals {
    let mut signals = Signals::new();
    for line in map.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        let [kind, number, bit, name] = words[..] else {
            continue;
        };
        let (Ok(number), Ok(bit)) = (number.parse::<usize>(), bit.parse()) else {
            continue;
        };
        let literal = match kind {
            "input" => Graph::input(number),
            "latch" => Graph::input(inputs + number),
            "invlatch" => Graph::input(inputs + number) + 1,
            _ => continue,
        };
        let signal = signals.entry(name.trim().to_owned()).or_default();
        signal.insert(bit, literal);
    }
    signals
}

/// Value change dump; a dot in a name opens a scope.
fn dump(signals: &Signals, frames: &[Frame]) -> String {
    let mut text = String::from("$timescale 1ns $end\n");
    for (number, (name, bits)) in signals.iter().enumerate() {
        let mut scopes: Vec<_> = name.split('.').collect();
        let own = scopes.pop().unwrap_or_default();
        scopes.insert(0, "check");
        for scope in &scopes {
            let _ = writeln!(text, "$scope module {scope} $end"); // a String takes everything
        }
        let width = bits.keys().last().map_or(1, |bit| bit + 1);
        let _ = writeln!(text, "$var wire {width} s{number} {own} $end");
        text.push_str(&"$upscope $end\n".repeat(scopes.len()));
    }
    text.push_str("$enddefinitions $end\n");
    let mut last: Vec<String> = vec![String::new(); signals.len()];
    for (clock, frame) in frames.iter().enumerate() {
        let _ = writeln!(text, "#{}", clock * 10);
        for ((number, bits), old) in signals.values().enumerate().zip(&mut last) {
            let width = bits.keys().last().map_or(1, |bit| bit + 1);
            let value: String = (0..width)
                .rev()
                .map(|bit| match bits.get(&bit) {
                    Some(literal) if frame.value(*literal) => '1',
                    Some(_) => '0',
                    None => 'x', // the property does not depend on it
                })
                .collect();
            if value != *old {
                let _ = writeln!(text, "b{value} s{number}");
                *old = value;
            }
        }
    }
    let _ = writeln!(text, "#{}", frames.len() * 10);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stimulus_is_one_line_a_clock_behind_the_state() {
        let clocks = stimulus("000\n10x\n011# DONE\n", 3).expect("two clocks");
        assert_eq!(clocks, [[true, false, false], [false, true, true]]);
        assert!(stimulus("000\n", 3).is_err());
    }

    #[test]
    fn dump_has_scopes_vectors_and_changes_only() {
        let graph = Graph::read(b"aig 3 1 1 1 1\n6\n4\n\x01\x03").expect("good file");
        let map = "input 0 0 go\nlatch 0 1 uut.state\noutput 0 0 p\ninit 0 0 uut.state\n";
        let frames = graph.run(&[vec![true], vec![true]]);
        let text = dump(&signals(map, graph.inputs), &frames);
        assert!(text.contains("$scope module check $end\n$var wire 1 s0 go $end"));
        assert!(text.contains("$scope module uut $end\n$var wire 2 s1 state $end"));
        let changes = text.split_once("$enddefinitions $end\n").map(|(_, c)| c);
        assert_eq!(changes, Some("#0\nb1 s0\nb0x s1\n#10\nb1x s1\n#20\n"));
    }
}
