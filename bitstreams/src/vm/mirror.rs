//! Where this machine gets its Debian packages from: read from apt's own configuration, never written anywhere.

use anyhow::{Context, Result};
use std::path::Path;

/// Overrides what apt's configuration says: base address of a Debian archive, up to and with `/debian`.
const OVERRIDE: &str = "LUMENPORT_DEBIAN_MIRROR";

/// Base address of the Debian archive that apt uses here.
///
/// # Errors
/// When apt's configuration names none.
pub fn find() -> Result<String> {
    if let Ok(mirror) = std::env::var(OVERRIDE) {
        return Ok(mirror);
    }
    let mut files = vec![Path::new("/etc/apt/sources.list").to_path_buf()];
    if let Ok(folder) = Path::new("/etc/apt/sources.list.d").read_dir() {
        let mut more: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .find_map(|text| in_text(&text))
        .with_context(|| {
            format!("no Debian archive in apt's configuration (set {OVERRIDE} to one)")
        })
}

/// The first Debian archive in a source list of either format (`deb ADDRESS …`, `URIs: ADDRESS …`).
fn in_text(text: &str) -> Option<String> {
    let words = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("URIs:")
            .or_else(|| line.strip_prefix("deb "))
    });
    words
        .flat_map(str::split_whitespace)
        .filter(|word| word.contains("://"))
        .map(|word| word.trim_end_matches('/'))
        .find(|word| word.ends_with("/debian"))
        .map(str::to_owned)
}

/// The three suites of `mirror`, for apt. `keyring`: file with the archive's keys; apt's trusted ones when there is none.
pub fn source_list(mirror: &str, keyring: Option<&Path>) -> String {
    let option = keyring.map_or_else(String::new, |path| {
        format!("[signed-by={}] ", path.display())
    });
    ["trixie", "trixie-backports", "bookworm"]
        .map(|suite| format!("deb {option}{mirror} {suite} main\n"))
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_read() {
        let new = "Types: deb\n# http://old.example/debian\nURIs: http://a.example/debian/\nSuites: bookworm\n";
        assert_eq!(in_text(new).as_deref(), Some("http://a.example/debian"));
        let old =
            "# comment\ndeb [arch=amd64 signed-by=/k] https://b.example/x/debian trixie main\n";
        assert_eq!(in_text(old).as_deref(), Some("https://b.example/x/debian"));
    }

    #[test]
    fn security_and_other_archives_are_passed_over() {
        let text =
            "URIs: http://a.example/debian-security\ndeb https://c.example/apt stable main\n";
        assert_eq!(in_text(text), None);
    }

    #[test]
    fn keyring_is_named_when_there_is_one() {
        let list = source_list("http://a/debian", Some(Path::new("/k.gpg")));
        assert_eq!(list.lines().count(), 3);
        assert!(list.starts_with("deb [signed-by=/k.gpg] http://a/debian trixie main\n"));
        assert!(source_list("m", None).starts_with("deb m trixie main\n"));
    }
}
