//! Names in the spellings of the generated languages, and documentation text in one line.

/// `StaleHandle` as `STALE_HANDLE`; a digit starts no new word.
pub fn upper_snake(camel: &str) -> String {
    let mut out = String::new();
    for (i, c) in camel.chars().enumerate() {
        if i > 0 && c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// `dma` as `Dma`, `clock_select` as `ClockSelect`.
pub fn upper_camel(snake: &str) -> String {
    snake
        .split('_')
        .map(|word| {
            let (head, tail) = word.split_at(word.len().min(1));
            head.to_ascii_uppercase() + &tail.to_ascii_lowercase()
        })
        .collect()
}

/// Documentation text as one line: lines joined, paragraphs too.
pub fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Documentation text as paragraphs, each in one line.
pub fn paragraphs(doc: &str) -> Vec<String> {
    let lines: Vec<_> = doc.lines().map(str::trim).collect();
    lines
        .split(|line| line.is_empty())
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join(" "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_snake_splits_at_capitals_only() {
        assert_eq!(upper_snake("StaleHandle"), "STALE_HANDLE");
        assert_eq!(upper_snake("Xrgb8888"), "XRGB8888");
    }

    #[test]
    fn upper_camel_joins_words() {
        assert_eq!(upper_camel("clock_select"), "ClockSelect");
        assert_eq!(upper_camel("dma"), "Dma");
    }

    #[test]
    fn paragraphs_split_at_empty_lines() {
        assert_eq!(paragraphs(" a\n b\n\n c\n"), ["a b", "c"]);
    }
}
