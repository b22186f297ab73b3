//! The table of exports and what is made from it.

use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::path::PathBuf;

const TABLE: &str = "videoport/capi/mingw/services.txt";
/// Services that the driver documentation names. The others in the table are extras.
pub const DOCUMENTED: usize = 114;

/// One export.
#[derive(Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name in `videoprt.sys`.
    pub name: String,
    convention: Convention,
    argument_bytes: u32,
    /// One of the documented services.
    pub documented: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Convention {
    Stdcall,
    Fastcall,
    Cdecl,
}

impl Export {
    /// The symbol that i686 objects ask for, without the leading underscore that every symbol has there.
    fn decorated(&self) -> String {
        let Self {
            name,
            argument_bytes,
            ..
        } = self;
        match self.convention {
            Convention::Stdcall => format!("{name}@{argument_bytes}"),
            Convention::Fastcall => format!("@{name}@{argument_bytes}"),
            Convention::Cdecl => name.clone(),
        }
    }
}

/// Reads the table.
///
/// # Errors
/// When a line is none of it, or the number of documented services is wrong.
pub fn exports() -> Result<Vec<Export>> {
    let path = crate::workspace::root().join(TABLE);
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {TABLE}"))?;
    let exports = parse(&text)?;
    let documented = exports.iter().filter(|export| export.documented).count();
    if documented != DOCUMENTED {
        bail!("{TABLE} lists {documented} documented services, there are {DOCUMENTED}");
    }
    Ok(exports)
}

fn parse(text: &str) -> Result<Vec<Export>> {
    let mut documented = false;
    let mut exports: Vec<Export> = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            if let Some(group) = comment.trim().strip_prefix("group ") {
                documented = group.starts_with("documented");
            }
            continue;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, convention, bytes] = words[..] else {
            bail!("{TABLE}: not a line of the table: {line}");
        };
        let convention = match convention {
            "stdcall" => Convention::Stdcall,
            "fastcall" => Convention::Fastcall,
            "cdecl" => Convention::Cdecl,
            other => bail!("{TABLE}: no calling convention is called {other}"),
        };
        if exports.iter().any(|export| export.name == name) {
            bail!("{TABLE}: {name} is there twice");
        }
        exports.push(Export {
            name: name.to_owned(),
            convention,
            argument_bytes: bytes.parse().with_context(|| format!("{TABLE}: {line}"))?,
            documented,
        });
    }
    Ok(exports)
}

/// Every file that is made from the table, with its text.
///
/// # Errors
/// As [`exports`].
pub fn files() -> Result<Vec<(PathBuf, String)>> {
    let exports = exports()?;
    let root = crate::workspace::root();
    Ok(vec![
        (
            root.join("videoport/capi/mingw/videoprt-i686.def"),
            definition(&exports, Export::decorated),
        ),
        (
            root.join("videoport/capi/mingw/videoprt-x86_64.def"),
            definition(&exports, |export| export.name.clone()),
        ),
        (
            root.join("miniport/examples/c/conformance/service_names.h"),
            names(&exports),
        ),
    ])
}

fn definition(exports: &[Export], symbol: impl Fn(&Export) -> String) -> String {
    let mut text = "; Made by `cargo xtask conformance` from services.txt. Do not edit.\nLIBRARY videoprt.sys\nEXPORTS\n".to_owned();
    for export in exports {
        let _ = writeln!(text, "    {}", symbol(export));
    }
    text
}

fn names(exports: &[Export]) -> String {
    let mut text = format!(
        "/* Made by `cargo xtask conformance` from {TABLE}. Do not edit. */\n\
         #ifndef LUMENPORT_SERVICE_NAMES_H\n#define LUMENPORT_SERVICE_NAMES_H\n\n\
         static const CHAR *const LpServiceNames[] = {{\n"
    );
    for export in exports.iter().filter(|export| export.documented) {
        let _ = writeln!(text, "    \"{}\",", export.name);
    }
    text.push_str("};\n\n#endif /* LUMENPORT_SERVICE_NAMES_H */\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_convention_has_its_decoration() {
        let text =
            "# group documented: x\nA stdcall 8\nB fastcall 4\n# group extra: y\nC cdecl 0\n";
        let exports = parse(text).expect("a table");
        let symbols: Vec<_> = exports.iter().map(Export::decorated).collect();
        assert_eq!(symbols, ["A@8", "@B@4", "C"]);
        assert_eq!(exports.iter().filter(|export| export.documented).count(), 2);
    }

    #[test]
    fn mistakes_are_named() {
        for bad in [
            "A stdcall",
            "A pascal 4",
            "A stdcall x",
            "A cdecl 0\nA cdecl 0",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn real_table_has_all_documented_services() {
        let exports = exports().expect("the table");
        assert!(
            exports
                .iter()
                .any(|export| export.name == "VideoPortStartDma" && export.argument_bytes == 32)
        );
    }
}
