//! The conformance miniport as a shared object of this machine, with gcc and with clang, in two variants.

use super::{driver_sources, includes, is_there, run, text};
use anyhow::Result;
use std::path::Path;

const FLAGS: [&str; 9] = [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-O2",
    "-fPIC",
    "-fshort-wchar",
    "-shared",
    "-fvisibility=default",
];

/// Builds it; returns the compilers that are not here.
pub fn check(folder: &Path) -> Result<Vec<String>> {
    let mut skips = Vec::new();
    let sources = driver_sources()?;
    for compiler in ["gcc", "clang"] {
        if !is_there(compiler) {
            skips.push(format!(
                "conformance miniport with {compiler}: not installed"
            ));
            continue;
        }
        for (variant, define) in [
            ("lumenport", None),
            (
                "lumenport-without-interrupt",
                Some("-DLP_WITHOUT_INTERRUPT"),
            ),
        ] {
            let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
            arguments.extend(define.map(str::to_owned));
            arguments.extend(includes());
            arguments.extend(sources.iter().map(|source| text(source)));
            arguments.extend([
                "-o".to_owned(),
                text(&folder.join(format!("{variant}-{compiler}.so"))),
            ]);
            run(compiler, &arguments)?;
        }
        println!("conformance miniport: {compiler} builds it without a warning");
    }
    Ok(skips)
}
