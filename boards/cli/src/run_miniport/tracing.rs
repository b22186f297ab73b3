//! The printed calls. A driver that polls makes thousands of equal lines; those are counted.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use videoport::trace;

/// The line printed last, and how often it came again.
#[derive(Default)]
struct Last {
    line: String,
    again: u64,
}

impl Last {
    /// What to print for one more line.
    fn next(&mut self, line: &str) -> Vec<String> {
        if self.line == line {
            self.again += 1;
            return Vec::new();
        }
        let mut print = self.flush();
        line.clone_into(&mut self.line);
        print.push(line.to_owned());
        print
    }

    /// The count of what was held back.
    fn flush(&mut self) -> Vec<String> {
        let again = std::mem::take(&mut self.again);
        let indent = self.line.len() - self.line.trim_start().len();
        let text = match again {
            0 => return Vec::new(),
            1 => "the same once more".to_owned(),
            _ => format!("the same {again} times more"),
        };
        vec![format!("{:indent$}... {text}", "")]
    }
}

/// Prints a line. A reader that went away is no reason to stop inside a driver's call.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "  {text}");
}

static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// Prints calls from now on.
pub fn start() {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Last::default());
    trace::set_sink(Some(Arc::new(|line: &str| {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        for text in last.iter_mut().flat_map(|last| last.next(line)) {
            say(&text);
        }
    })));
}

/// No longer.
pub fn stop() {
    trace::set_sink(None);
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    for text in last.into_iter().flat_map(|mut last| last.flush()) {
        say(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_counted() {
        let mut last = Last::default();
        let mut printed = Vec::new();
        for line in ["a", "  b", "  b", "  b", "c", "c", "d"] {
            printed.extend(last.next(line));
        }
        printed.extend(last.flush());
        let expected = [
            "a",
            "  b",
            "  ... the same 2 times more",
            "c",
            "... the same once more",
            "d",
        ];
        assert_eq!(printed, expected);
    }
}
