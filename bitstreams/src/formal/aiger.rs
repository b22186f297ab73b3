//! Binary AIGER: reading a graph and running it clock by clock.
//!
//! Purpose: a counterexample is replayed here, independently of the prover, before anybody is told about it. Reads what
//! yosys writes: latches start at zero, bad states are the outputs, assumptions the constraints.
//! Source: A. Biere, K. Heljanko, S. Wieringa, "AIGER 1.9 And Beyond", 2011.

use anyhow::{Context, Result, ensure};

/// An and-inverter graph. A literal is twice a variable's number, plus one when it is inverted.
pub struct Graph {
    /// Number of inputs; they are the variables 1 and up.
    pub inputs: usize,
    /// Next state of each latch; latches are the variables behind the inputs.
    latches: Vec<u32>,
    outputs: Vec<u32>,
    constraints: Vec<u32>,
    /// Both operands of each gate; gates are the variables behind the latches.
    gates: Vec<(u32, u32)>,
}

/// All variables of one clock, and what they say.
pub struct Frame {
    values: Vec<bool>,
    /// Every assumption holds.
    pub allowed: bool,
    /// The property fails.
    pub bad: bool,
}

impl Frame {
    /// Value of a literal.
    pub fn value(&self, literal: u32) -> bool {
        let variable = self.values.get((literal / 2) as usize);
        variable.copied().unwrap_or(false) != (literal % 2 == 1)
    }
}

impl Graph {
    /// Reads a binary file.
    ///
    /// # Errors
    /// When it is none, or has what yosys does not write.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut rest = bytes;
        let head = line(&mut rest)?;
        let words: Vec<_> = head.split_whitespace().collect();
        ensure!(words.first() == Some(&"aig"), "no binary AIGER file");
        let number = |at: usize| words.get(at).map_or(Ok(0), |w| w.parse::<usize>());
        let [inputs, latches, outputs, gates] = [number(2)?, number(3)?, number(4)?, number(5)?];
        let [bad, constraints] = [number(6)?, number(7)?];
        ensure!(number(8)? + number(9)? == 0, "liveness is not supported");
        let mut list = |count: usize| -> Result<Vec<u32>> {
            (0..count)
                .map(|_| {
                    let text = line(&mut rest)?;
                    let mut words = text.split_whitespace();
                    let literal = words.next().context("empty line")?.parse()?;
                    ensure!(words.next().is_none_or(|init| init == "0"), "initial value");
                    Ok(literal)
                })
                .collect()
        };
        let latches = list(latches)?;
        let mut outputs = list(outputs)?;
        outputs.extend(list(bad)?);
        let constraints = list(constraints)?;
        let first = u32::try_from(inputs + latches.len() + 1)?;
        let gates = (0..u32::try_from(gates)?)
            .map(|gate| {
                let own = 2 * (first + gate);
                let left = own.checked_sub(delta(&mut rest)?);
                let left = left.context("bad gate")?;
                let right = left.checked_sub(delta(&mut rest)?);
                Ok((left, right.context("bad gate")?))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            inputs,
            latches,
            outputs,
            constraints,
            gates,
        })
    }

    /// Literal of an input.
    pub fn input(index: usize) -> u32 {
        2 * u32::try_from(index + 1).unwrap_or(0)
    }

    /// Runs the graph from reset, one clock for each of `stimulus`.
    pub fn run(&self, stimulus: &[Vec<bool>]) -> Vec<Frame> {
        let mut state = vec![false; self.latches.len()];
        let mut frames = Vec::new();
        for inputs in stimulus {
            let mut values = vec![false];
            values.extend(
                inputs
                    .iter()
                    .copied()
                    .chain([false].into_iter().cycle())
                    .take(self.inputs),
            );
            values.extend(&state);
            let mut frame = Frame {
                values,
                allowed: true,
                bad: false,
            };
            for (left, right) in &self.gates {
                let value = frame.value(*left) && frame.value(*right);
                frame.values.push(value);
            }
            frame.allowed = self.constraints.iter().all(|c| frame.value(*c));
            frame.bad = self.outputs.iter().any(|o| frame.value(*o));
            state = self.latches.iter().map(|next| frame.value(*next)).collect();
            frames.push(frame);
        }
        frames
    }
}

/// Takes one line.
fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a str> {
    let end = rest.iter().position(|b| *b == b'\n').context("file ends")?;
    let (text, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    Ok(std::str::from_utf8(text)?)
}

/// Takes one number in groups of seven bits, low group first.
fn delta(rest: &mut &[u8]) -> Result<u32> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (byte, after) = rest.split_first().context("file ends")?;
        *rest = after;
        value |= u32::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    anyhow::bail!("number too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A latch that takes input AND latch inverted: it toggles while the input is up; bad while it is up.
    const TOGGLE: &[u8] = b"aig 3 1 1 1 1\n6\n4\n\x01\x03";

    #[test]
    fn graph_is_run_clock_by_clock() {
        let graph = Graph::read(TOGGLE).expect("good file");
        let frames = graph.run(&[vec![true], vec![true], vec![false]]);
        let bad: Vec<_> = frames.iter().map(|f| f.bad).collect();
        assert_eq!(bad, [false, true, false]);
        assert!(frames.iter().all(|f| f.allowed));
        assert!(frames.first().is_some_and(|f| f.value(Graph::input(0))));
    }

    #[test]
    fn cut_file_is_an_error() {
        for end in 0..TOGGLE.len() {
            assert!(
                Graph::read(TOGGLE.get(..end).unwrap_or_default()).is_err(),
                "{end}"
            );
        }
    }
}
