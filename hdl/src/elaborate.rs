//! Checks that the Verilog generated from a block is legal.
//!
//! A hand-written `hdl()` body can simulate in Rust and still be illegal Verilog, and a
//! module-level constant used in generated code becomes an undeclared name. Only a Verilog tool
//! finds either, so each block's test hands its Verilog to Icarus (`iverilog -t null`) and, when
//! there is no Icarus, to `verilator --lint-only`.

use crate::prelude::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Set to `1` to turn a missing Verilog tool from a visible skip into a failure (CI does).
pub const REQUIRE_TOOLS: &str = "LUMENPORT_REQUIRE_TOOLS";

/// Generates Verilog for `uut` and has a Verilog tool elaborate it.
///
/// `name` must be unique among the tests, since it names the temporary file. `uut` must have
/// been connected (`connect_all`). Prints a `SKIP` line when no tool is installed.
///
/// # Panics
/// When the tool rejects the text, or no tool is found while [`REQUIRE_TOOLS`] is `1`.
pub fn check<B: Block>(name: &str, uut: &B) {
    check_text(name, &generate_verilog(uut));
}

/// [`check`] for Verilog text that is already at hand. The top module is `top`.
///
/// # Panics
/// As [`check`].
pub fn check_text(name: &str, verilog: &str) {
    let file = write_temporary(name, verilog);
    let outcome = run(
        Path::new("iverilog"),
        &["-g2005", "-t", "null", "-s", "top"],
        &file,
    )
    .or_else(|| {
        run(
            Path::new("verilator"),
            &["--lint-only", "-Wno-fatal", "--top-module", "top"],
            &file,
        )
    });
    let Some(output) = outcome else {
        assert!(
            std::env::var(REQUIRE_TOOLS).as_deref() != Ok("1"),
            "{name}: neither iverilog nor verilator is installed, and {REQUIRE_TOOLS}=1 asks for one"
        );
        println!("SKIP elaboration: {name}: neither iverilog nor verilator is installed");
        return;
    };
    assert!(
        output.status.success(),
        "{name}: generated Verilog {} was rejected:\n{}{}",
        file.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Runs one tool; `None` when it is not installed.
fn run(tool: &Path, arguments: &[&str], file: &Path) -> Option<Output> {
    Command::new(tool).args(arguments).arg(file).output().ok()
}

fn write_temporary(name: &str, verilog: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("lumenport-elaborate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be created");
    let file = folder.join(format!("{name}.v"));
    std::fs::write(&file, verilog).expect("the temporary file can be written");
    file
}
