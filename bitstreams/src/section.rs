//! Parts of hand-written files that a command makes, between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.

use anyhow::{Context, Result};
use std::path::Path;

/// Puts `text` between the marks of `name` in the file at `path`.
///
/// # Errors
/// When the file cannot be read or written, or has no such marks.
pub fn replace(path: &Path, name: &str, text: &str) -> Result<()> {
    let file = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let new = replaced(&file, name, text)
        .with_context(|| format!("{} has no marks {name}:begin and :end", path.display()))?;
    if new != file {
        std::fs::write(path, new).with_context(|| path.display().to_string())?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

fn replaced(file: &str, name: &str, text: &str) -> Option<String> {
    let begin = format!("<!-- {name}:begin -->\n");
    let (head, rest) = file.split_once(&begin)?;
    let at = rest.find(&format!("<!-- {name}:end -->"))?;
    Some(format!("{head}{begin}{text}{}", rest.get(at..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_part_changes() {
        let file = "a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n";
        let new = replaced(file, "t", "new\n").expect("marked");
        assert_eq!(new, "a\n<!-- t:begin -->\nnew\n<!-- t:end -->\nb\n");
        assert_eq!(replaced(file, "u", "new"), None);
    }
}
