//! The table of checks, filled while they run.

use super::interrupt;
use crate::table;
use anyhow::Result;
use std::time::Instant;

/// One row a check.
pub struct Rows {
    rows: Vec<Vec<String>>,
    failed: Vec<String>,
}

impl Rows {
    /// An empty table.
    pub fn new() -> Self {
        let heading = ["check", "result", "seconds", ""].map(str::to_owned);
        Self {
            rows: vec![heading.to_vec()],
            failed: Vec::new(),
        }
    }

    /// Runs one check and prints how it ended. `check` returns what it made and a note for the table; `None` when it failed.
    pub fn check<T>(
        &mut self,
        name: &str,
        check: impl FnOnce() -> Result<(T, String)>,
    ) -> Option<T> {
        println!("vm: {name}");
        let start = Instant::now();
        let result = interrupt::check().and_then(|()| check());
        let seconds = format!("{:.1}", start.elapsed().as_secs_f64());
        let (word, note, made) = match result {
            Ok((made, note)) => ("ok", note, Some(made)),
            Err(error) => {
                println!("vm: {name} FAILED: {error:#}");
                self.failed.push(name.to_owned());
                ("FAILED", first_line(&error.root_cause().to_string()), None)
            }
        };
        self.rows
            .push(vec![name.to_owned(), word.to_owned(), seconds, note]);
        made
    }

    /// Names of the checks that failed.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }

    /// The table as text.
    pub fn render(&self) -> String {
        table::render(&self.rows)
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_is_a_row_and_the_next_check_still_runs() {
        let mut rows = Rows::new();
        let failed: Option<()> = rows.check("one", || anyhow::bail!("broken\nin detail"));
        let passed = rows.check("two", || Ok((5, "fine".to_owned())));
        assert_eq!((failed, passed), (None, Some(5)));
        assert_eq!(rows.failed(), ["one"]);
        let table = rows.render();
        assert!(table.contains("broken") && !table.contains("in detail"));
        assert!(table.contains("fine"));
    }
}
