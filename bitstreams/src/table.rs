//! Plain-text tables with aligned columns.

/// Rows of equal length, the first being the heading, as lines with two blanks between columns. A column whose cells, but
/// the heading, are all numbers is aligned right.
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .map(|row| cell(row, column).chars().count())
            .max()
            .unwrap_or(0)
    };
    let is_number = |column: usize| {
        rows.iter()
            .skip(1)
            .map(|row| cell(row, column))
            .all(|text| text.parse::<f64>().is_ok() || text.is_empty())
    };
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = (0..columns).map(|column| {
            let (text, width) = (cell(row, column), width(column));
            if is_number(column) {
                format!("{text:>width$}")
            } else {
                format!("{text:<width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        out.push_str(line.trim_end());
        out.push('\n');
        if number == 0 {
            let rule: Vec<_> = (0..columns)
                .map(|column| "-".repeat(width(column)))
                .collect();
            out.push_str(rule.join("  ").trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn numbers_align_right_and_words_left() {
        let rows = [["step", "s"], ["fmt", "1.5"], ["clippy", "10.0"]];
        let rows: Vec<_> = rows.iter().map(|r| r.map(str::to_owned).to_vec()).collect();
        assert_eq!(
            render(&rows),
            "step       s\n------  ----\nfmt      1.5\nclippy  10.0\n"
        );
    }
}
