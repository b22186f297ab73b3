//! `cargo xtask env`: the programs that the checks can use, and which of them this machine has.

use crate::{table, workspace};
use std::path::PathBuf;
use std::process::Command;

/// Tests that need a tool fail without it when this variable is `1`; else they say that they were skipped.
pub const REQUIRE_TOOLS: &str = "LUMENPORT_REQUIRE_TOOLS";

/// A program, or one of several that do the same job.
struct Tool {
    name: &'static str,
    /// What it is for, and what happens without it.
    purpose: &'static str,
    /// Debian packages that bring it.
    package: &'static str,
    /// Full runs fail without it.
    required: bool,
    /// Command lines that print a version, tried in order.
    probes: &'static [&'static [&'static str]],
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "rustfmt",
        purpose: "layout check",
        package: "rustup component rustfmt",
        required: true,
        probes: &[&["rustfmt", "--version"]],
    },
    Tool {
        name: "clippy",
        purpose: "lints",
        package: "rustup component clippy",
        required: true,
        probes: &[&["cargo", "clippy", "--version"]],
    },
    Tool {
        name: "git",
        purpose: "revision in build records",
        package: "git",
        required: false,
        probes: &[&["git", "--version"]],
    },
    Tool {
        name: "iverilog",
        purpose: "elaboration of generated Verilog",
        package: "iverilog",
        required: true,
        probes: &[&["iverilog", "-V"]],
    },
    Tool {
        name: "berkeley-abc",
        purpose: "proofs about the generated Verilog",
        package: "berkeley-abc",
        required: true,
        probes: &[&["berkeley-abc", "-q", "version"]],
    },
    Tool {
        name: "chromium",
        purpose: "test of the page that shows the monitor",
        package: "chromium",
        required: true,
        probes: &[
            &["chromium", "--version"],
            &["chromium-headless-shell", "--version"],
            &["chromium-browser", "--version"],
            &["google-chrome", "--version"],
        ],
    },
    Tool {
        name: "python3",
        purpose: "project-local tools (verilated engine)",
        package: "python3",
        required: true,
        probes: &[&["python3", "--version"]],
    },
    Tool {
        name: "venv",
        purpose: "project-local tools (verilated engine)",
        package: "python3-venv",
        required: true,
        probes: &[&[
            "python3",
            "-c",
            "import ensurepip; print('ensurepip', ensurepip.version())",
        ]],
    },
    Tool {
        name: "libpython",
        purpose: "cocotb: Python inside a simulator",
        package: "libpython3-dev",
        required: true,
        probes: &[&[
            "python3",
            "-c",
            "import ctypes, sysconfig as s; n = s.get_config_var('INSTSONAME'); ctypes.CDLL(n); print(n)",
        ]],
    },
    Tool {
        name: "c++",
        purpose: "verilated engine",
        package: "g++",
        required: true,
        probes: &[
            &["g++", "--version"],
            &["clang++", "--version"],
            &["c++", "--version"],
        ],
    },
    Tool {
        name: "make",
        purpose: "verilated engine",
        package: "make",
        required: true,
        probes: &[&["make", "--version"]],
    },
    Tool {
        name: "perl",
        purpose: "verilated engine (Verilator's front script)",
        package: "perl",
        required: true,
        probes: &[&["perl", "-e", "print \"perl $^V\n\""]],
    },
    Tool {
        name: "apt-get",
        purpose: "virtual machine: its parts, unpacked, not installed",
        package: "apt",
        required: true,
        probes: &[&["apt-get", "--version"]],
    },
    Tool {
        name: "dpkg-deb",
        purpose: "virtual machine: its parts, unpacked, not installed",
        package: "dpkg",
        required: true,
        probes: &[&["dpkg-deb", "--version"]],
    },
    Tool {
        name: "verilator",
        purpose: "verilated engine; made project-local on first need",
        package: "verilator",
        required: false,
        probes: &[&["verilator", "--version"]],
    },
];

/// First line that the first working probe prints.
fn version(tool: &Tool) -> Option<String> {
    tool.probes.iter().find_map(|probe| {
        let (program, arguments) = probe.split_first()?;
        let output = Command::new(program).args(arguments).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some(text.lines().next().unwrap_or_default().trim().to_owned())
    })
}

/// The project-local environment, when it was made.
fn local_environment() -> Option<PathBuf> {
    let folder = workspace::root().join(".lumenport/venv");
    folder.is_dir().then_some(folder)
}

/// Prints every tool with its version or the package that brings it.
pub fn print() {
    let mut rows = vec![["tool", "found", "for"].map(str::to_owned).to_vec()];
    for tool in TOOLS {
        let found = version(tool).unwrap_or_else(|| format!("no (package {})", tool.package));
        rows.push(vec![tool.name.to_owned(), found, tool.purpose.to_owned()]);
    }
    let local = local_environment().map_or_else(
        || "not made yet".to_owned(),
        |folder| folder.display().to_string(),
    );
    rows.push(vec![
        "environment".to_owned(),
        local,
        "project-local Verilator".to_owned(),
    ]);
    print!("{}", table::render(&rows));
}

/// Names of the missing required tools with the package that brings each.
pub fn missing() -> Vec<String> {
    let absent = TOOLS.iter().filter(|t| t.required && version(t).is_none());
    absent
        .map(|t| format!("{} (package {}): {}", t.name, t.package, t.purpose))
        .collect()
}
