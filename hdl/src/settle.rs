//! Verilog that event-driven simulators can run: combinational blocks that show only settled values.
//!
//! Context: rust-hdl writes one `always @(*)` block a module, which gives an output its default and then overrides it.
//! Verilator orders such blocks; a simulator that runs them event by event (Icarus) shows the default to the other
//! modules in between. Where a module computes an output from an input and its parent that input from another output
//! (ready of one stream, valid of the next), each run of one block wakes the other, at one simulation time, for ever:
//! a loop of the text, not of the circuit. IEEE 1364-2005 allows that order of events (11.4).
//!
//! [`settled`] rewrites the text, with the same circuit:
//!
//! - An output, or an input of a module with combinational logic, that is assigned more than once is assigned to a signal
//!   `<name>$early`, which is copied to it as the last step of the block. It changes at most once a run.
//! - An input that is only handed down to another module (every clock is) becomes a continuous assignment, so that a clock
//!   edge wakes no combinational block. Under Icarus the card runs four times as fast for it. Not so an input that is
//!   handed back as an output: a block would miss what its own last step changes, since it does not wait yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const BLOCK: &str = "    always @(*) begin";
const BLOCK_END: &str = "    end";
/// Indentation of a statement that stands in no condition.
const PLAIN: &str = "        ";

/// The same modules with settled blocks; expects text as rust-hdl writes it.
pub fn settled(verilog: &str) -> String {
    let modules = modules(verilog);
    let combinational: BTreeSet<&str> = modules
        .iter()
        .filter(|lines| lines.contains(&BLOCK))
        .filter_map(|lines| module_name(lines[0]))
        .collect();
    let mut text = String::new();
    for lines in &modules {
        match Rewrite::new(lines, &combinational) {
            Some(rewrite) => rewrite.write(&mut text),
            None => push_lines(&mut text, lines),
        }
    }
    text
}

/// Lines from one `module` to the next; what stands before the first is a part of its own.
fn modules(verilog: &str) -> Vec<Vec<&str>> {
    let mut modules = vec![Vec::new()];
    for line in verilog.lines() {
        if line.starts_with("module ") {
            modules.push(Vec::new());
        }
        if let Some(module) = modules.last_mut() {
            module.push(line);
        }
    }
    modules.retain(|lines| !lines.is_empty());
    modules
}

fn module_name(line: &str) -> Option<&str> {
    line.strip_prefix("module ")?.split('(').next()
}

fn push_lines(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

/// One module, and what becomes of its signals.
struct Rewrite<'a> {
    before: &'a [&'a str],
    body: &'a [&'a str],
    after: &'a [&'a str],
    /// Signals that are only handed on, with what they are.
    direct: BTreeMap<&'a str, &'a str>,
    early: BTreeSet<&'a str>,
}

impl<'a> Rewrite<'a> {
    /// `None` when the module has no combinational block.
    fn new(lines: &'a [&'a str], combinational: &BTreeSet<&str>) -> Option<Self> {
        let start = lines.iter().position(|line| *line == BLOCK)? + 1;
        let length = lines[start..].iter().position(|line| *line == BLOCK_END)?;
        let (before, body) = (&lines[..start - 1], &lines[start..start + length]);
        let instances: BTreeMap<&str, &str> = before.iter().filter_map(|l| instance(l)).collect();
        let inputs = declared(before, "    input wire ");
        let outputs = declared(before, "    output reg ");
        let child = |name: &str| {
            name.match_indices('$')
                .find_map(|(at, _)| instances.get(&name[..at]).copied())
        };

        let mut assignments = BTreeMap::<&str, usize>::new();
        for name in body.iter().filter_map(|line| target(line)) {
            *assignments.entry(name).or_default() += 1;
        }
        let direct: BTreeMap<&str, &str> = body
            .iter()
            .filter_map(|line| copy(line))
            .filter(|(to, from)| assignments[to] == 1 && inputs.contains(from))
            .filter(|(to, _)| child(to).is_some())
            .collect();
        let seen = |name: &str| {
            outputs.contains(name) || child(name).is_some_and(|c| combinational.contains(c))
        };
        let early = assignments
            .iter()
            .filter(|(name, count)| **count > 1 && seen(name))
            .map(|(name, _)| *name)
            .collect();
        Some(Self {
            before,
            body,
            after: &lines[start + length + 1..],
            direct,
            early,
        })
    }

    fn write(&self, text: &mut String) {
        for line in self.before {
            let name = declaration(line).unwrap_or_default();
            if self.direct.contains_key(name) {
                let _ = writeln!(text, "{}", line.replacen("reg ", "wire ", 1));
                continue;
            }
            let _ = writeln!(text, "{line}");
            if self.early.contains(name) {
                let range = line
                    .find('[')
                    .map_or("", |at| &line[at..line.len() - name.len() - 1]);
                let _ = writeln!(text, "    reg  {range}{name}$early;");
            }
        }
        for (to, from) in &self.direct {
            let _ = writeln!(text, "    assign {to} = {from};");
        }
        let kept: Vec<&&str> = self
            .body
            .iter()
            .filter(|line| copy(line).is_none_or(|(to, _)| !self.direct.contains_key(to)))
            .collect();
        if !kept.is_empty() {
            let _ = writeln!(text, "{BLOCK}");
            for line in kept {
                let _ = writeln!(text, "{}", self.renamed(line));
            }
            for name in &self.early {
                let _ = writeln!(text, "{PLAIN}{name} = {name}$early;");
            }
            let _ = writeln!(text, "{BLOCK_END}");
        }
        push_lines(text, self.after);
    }

    /// The line with every early signal under its early name.
    fn renamed(&self, line: &str) -> String {
        let mut text = String::with_capacity(line.len());
        let mut rest = line;
        while !rest.is_empty() {
            let word = identifier(rest);
            text.push_str(word);
            if self.early.contains(word) {
                text.push_str("$early");
            }
            rest = &rest[word.len()..];
            let gap = rest.find(in_identifier).unwrap_or(rest.len());
            text.push_str(&rest[..gap]);
            rest = &rest[gap..];
        }
        text
    }
}

fn in_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// The identifier or number that the text begins with.
fn identifier(text: &str) -> &str {
    &text[..text.find(|c| !in_identifier(c)).unwrap_or(text.len())]
}

/// Name that a declaration declares.
fn declaration(line: &str) -> Option<&str> {
    let words = line.trim_start();
    let known = ["input wire ", "output reg ", "reg ", "wire "];
    known.iter().find(|kind| words.starts_with(**kind))?;
    words.strip_suffix(';')?.rsplit(' ').next()
}

fn declared<'a>(lines: &[&'a str], kind: &str) -> BTreeSet<&'a str> {
    let of_kind = lines.iter().filter(|line| line.starts_with(kind));
    of_kind.filter_map(|line| declaration(line)).collect()
}

/// Instance and module of a line that opens an instance.
fn instance(line: &str) -> Option<(&str, &str)> {
    let (module, name) = line.trim_start().strip_suffix('(')?.split_once(' ')?;
    (identifier(module) == module && identifier(name) == name).then_some((name, module))
}

/// The signal that a statement assigns, whole or in part.
fn target(line: &str) -> Option<&str> {
    let statement = line.trim_start();
    let name = identifier(statement);
    let mut rest = &statement[name.len()..];
    if rest.starts_with('[') {
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth == 0
        })?;
        rest = &rest[end + 1..];
    }
    (!name.is_empty() && rest.starts_with(" = ")).then_some(name)
}

/// Both sides of a statement in no condition that copies one signal to another.
fn copy(line: &str) -> Option<(&str, &str)> {
    let (to, from) = line
        .strip_prefix(PLAIN)?
        .strip_suffix(';')?
        .split_once(" = ")?;
    let plain = |name: &str| !name.is_empty() && identifier(name) == name;
    (plain(to) && plain(from)).then_some((to, from))
}
