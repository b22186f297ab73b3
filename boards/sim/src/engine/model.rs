//! Building the compiled model, and the cache of built ones.
//!
//! Context: host side of the simulation. A model lives in `<home>/verilated/<digest>/`, where the digest
//! covers everything that goes into it. Verilator writes C++; the model and the shim are compiled as one
//! unit, next to it the start-up code and Verilator's run-time library, then linked to a shared
//! library. An entry appears by one rename when it is complete, so a broken build leaves none. The
//! folder may be deleted at any time; of its entries the newest few are kept.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Cxx, Verilator, find_cxx, find_verilator, project_cache_dir, run_logged};
use super::{Announcer, EngineError};

const SHIM: &str = include_str!("../../shim/card_shim.cpp");
const MEMORY: &str = include_str!("../../shim/card_memory.h");
const PINS: &str = include_str!("../../shim/card_pins.v");

const VERILATOR_FLAGS: &[&str] = &[
    "--cc",
    "--prefix",
    "Vcard",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "--no-timing",
    "-Wno-fatal",
    // Card memory is a file that others can map, see card_memory.h.
    "-DLUMENPORT_HOST_MEMORY",
    // rust-hdl writes Verilog 2005; newer keywords (`packed`, `before`) are names there.
    "--language",
    "1364-2005",
];

const CXX_FLAGS: &[&str] = &[
    "-std=c++17",
    "-fPIC",
    // Only the shim's functions leave the library; without this no call inside it could be inlined.
    "-fvisibility=hidden",
    "-include",
    "card_memory.h",
    "-w",
];
/// Entries kept in the cache; one takes a few megabytes.
const KEPT_ENTRIES: usize = 12;
const FAST: &str = "-O2";
const SLOW: &str = "-O1";

/// Waveform file formats of the verilated engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TraceFormat {
    Vcd,
    Fst,
}

impl TraceFormat {
    /// The format that a file name asks for.
    pub(super) fn of(path: &Path) -> Result<Self, EngineError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("vcd") => Ok(Self::Vcd),
            Some("fst") => Ok(Self::Fst),
            _ => Err(EngineError::Trace {
                path: path.to_owned(),
                reason: "name it .vcd or .fst".into(),
            }),
        }
    }
}

/// A model ready to be loaded.
pub(super) struct BuiltModel {
    pub library: PathBuf,
    /// Which Verilator made it.
    pub tool: String,
}

/// Takes the model from the cache or builds it.
pub(super) fn build(
    verilog: &str,
    trace: Option<TraceFormat>,
    announcer: Announcer,
) -> Result<BuiltModel, EngineError> {
    let home = project_cache_dir();
    let shelf = home.join("verilated");
    fs::create_dir_all(&shelf).map_err(cache_error(&shelf))?;
    // One build at a time on this machine: a second process waits and then finds the entry.
    let lock_path = home.join("build.lock");
    let lock = fs::File::create(&lock_path).map_err(cache_error(&lock_path))?;
    lock.lock().map_err(cache_error(&lock_path))?;

    let cxx = find_cxx()?;
    let verilator = find_verilator(&home, announcer)?;
    let recipe = Recipe {
        verilog,
        trace,
        cxx,
        verilator,
    };
    let entry = shelf.join(recipe.digest());
    let library = entry.join("libcard.so");
    if !library.is_file() {
        clear_shelf(&shelf);
        let workshop = shelf.join("build");
        recipe.build_in(&workshop, announcer)?;
        let _ = fs::remove_dir_all(&entry); // someone took the library out of it
        fs::rename(&workshop, &entry).map_err(cache_error(&entry))?;
    }
    Ok(BuiltModel {
        library,
        tool: recipe.verilator.version,
    })
}

struct Recipe<'a> {
    verilog: &'a str,
    trace: Option<TraceFormat>,
    cxx: Cxx,
    verilator: Verilator,
}

impl Recipe<'_> {
    /// 128 bits over all that the library is made of.
    fn digest(&self) -> String {
        let flags = format!(
            "{VERILATOR_FLAGS:?}{CXX_FLAGS:?}{FAST}{SLOW}{:?}",
            self.trace
        );
        let parts = [
            self.verilog,
            SHIM,
            MEMORY,
            PINS,
            &flags,
            &self.cxx.program,
            &self.cxx.version,
            &self.verilator.version,
            &self.verilator.root.to_string_lossy(),
        ];
        // FNV-1a, each part closed by a byte that no text contains.
        let digest = parts
            .iter()
            .flat_map(|part| part.bytes().chain([0xff]))
            .fold(0x6c62272e07bb014262b821756295c58d_u128, |hash, byte| {
                (hash ^ u128::from(byte)).wrapping_mul(0x0000000001000000000000000000013b)
            });
        format!("{digest:032x}")
    }

    fn build_in(&self, workshop: &Path, announcer: Announcer) -> Result<(), EngineError> {
        fs::create_dir_all(workshop).map_err(cache_error(workshop))?;
        if self.trace == Some(TraceFormat::Fst) {
            self.check_compression(workshop)?;
        }
        write(&workshop.join("card.v"), &self.model_source())?;
        write(&workshop.join("card_shim.cpp"), SHIM)?;
        write(&workshop.join("card_memory.h"), MEMORY)?;
        {
            let _step = announcer.begin("translating the card to C++ with Verilator");
            self.translate(workshop)?;
        }
        let _step = announcer.begin("compiling the card's model (once per change of the gateware)");
        self.compile(workshop)
    }

    /// Verilator's FST writer needs zlib, since 5.04x also lz4.
    fn check_compression(&self, workshop: &Path) -> Result<(), EngineError> {
        let source = workshop.join("compression.cpp");
        let bundled = !self.verilator.root.join("include/fstcpp").is_dir();
        let lz4 = if bundled { "" } else { "#include <lz4.h>\n" };
        write(&source, &format!("#include <zlib.h>\n{lz4}"))?;
        let mut command = Command::new(&self.cxx.program);
        command.arg("-fsyntax-only").arg(&source);
        let log = workshop.join("compression.log");
        run_logged(&mut command, "looking for zlib and lz4", &log).map_err(|_| {
            EngineError::MissingTool {
                tool: "a header of zlib or lz4",
                remedy: "write a .vcd, or for .fst install both (Debian: apt-get install \
                         zlib1g-dev liblz4-dev)",
            }
        })
    }

    /// The Verilog to translate. For waveforms it is the card as it is; else each change of a clock
    /// becomes an active edge, behind registered input pins: see `card_pins.v`.
    fn model_source(&self) -> String {
        if self.trace.is_some() {
            self.verilog.to_owned()
        } else {
            format!("{}\n{PINS}", every_edge(self.verilog))
        }
    }

    fn translate(&self, workshop: &Path) -> Result<(), EngineError> {
        let mut command = self.verilator.command();
        command.current_dir(workshop).args(VERILATOR_FLAGS);
        match self.trace {
            Some(TraceFormat::Vcd) => drop(command.arg("--trace")),
            Some(TraceFormat::Fst) => drop(command.arg("--trace-fst")),
            None => {}
        }
        let top = if self.trace.is_some() {
            "top"
        } else {
            "card_pins"
        };
        command.args(["--top-module", top, "--Mdir", ".", "card.v"]);
        run_logged(&mut command, "Verilator", &workshop.join("verilator.log"))
    }

    fn compile(&self, workshop: &Path) -> Result<(), EngineError> {
        let (slow, fast) = generated_sources(workshop)?;
        unit(workshop, "model.cpp", &fast, &["card_shim.cpp"])?;
        unit(workshop, "start.cpp", &slow, &[])?;
        // Of Verilator's own library only the waveform writers matter for speed.
        let mut runtime = vec![("verilated.cpp", SLOW), ("verilated_threads.cpp", SLOW)];
        match self.trace {
            Some(TraceFormat::Vcd) => runtime.push(("verilated_vcd_c.cpp", FAST)),
            Some(TraceFormat::Fst) => runtime.push(("verilated_fst_c.cpp", FAST)),
            None => {}
        }
        let mut jobs = vec![
            ("model.cpp".to_owned(), FAST),
            ("start.cpp".to_owned(), SLOW),
        ];
        let include = self.verilator.root.join("include");
        jobs.extend(
            runtime
                .iter()
                .map(|&(name, level)| (include.join(name).display().to_string(), level)),
        );
        let objects = self.compile_all(workshop, &jobs)?;
        let mut link = Command::new(&self.cxx.program);
        link.current_dir(workshop)
            .args(["-shared", "-o", "libcard.so"])
            .args(&objects)
            .args(["-lpthread"]);
        if self.trace == Some(TraceFormat::Fst) {
            link.arg("-lz");
            if self.verilator.root.join("include/fstcpp").is_dir() {
                link.arg("-llz4");
            }
        }
        run_logged(&mut link, "linking the model", &workshop.join("link.log"))?;
        for object in objects {
            let _ = fs::remove_file(workshop.join(object)); // only saves space
        }
        Ok(())
    }

    /// Compiles all units at once; there are four or five.
    fn compile_all(
        &self,
        workshop: &Path,
        jobs: &[(String, &str)],
    ) -> Result<Vec<String>, EngineError> {
        std::thread::scope(|scope| {
            let running: Vec<_> = jobs
                .iter()
                .enumerate()
                .map(|(index, (source, level))| {
                    scope.spawn(move || {
                        let object = format!("unit{index}.o");
                        let log = workshop.join(format!("unit{index}.log"));
                        let mut command = Command::new(&self.cxx.program);
                        command
                            .current_dir(workshop)
                            .args(CXX_FLAGS)
                            .arg(level)
                            .args(self.definitions())
                            .args(["-c", "-o", &object, source]);
                        run_logged(&mut command, &format!("compiling {source}"), &log)?;
                        Ok(object)
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|job| {
                    job.join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        })
    }

    /// What Verilator's own makefile would define.
    fn definitions(&self) -> Vec<String> {
        let flag = |on: bool| u8::from(on);
        let include = self.verilator.root.join("include");
        vec![
            "-I.".into(),
            format!("-I{}", include.display()),
            format!("-I{}", include.join("vltstd").display()),
            "-DVERILATOR=1".into(),
            "-DVM_COVERAGE=0".into(),
            "-DVM_SC=0".into(),
            "-DVM_TIMING=0".into(),
            format!("-DVM_TRACE={}", flag(self.trace.is_some())),
            format!(
                "-DVM_TRACE_VCD={}",
                flag(self.trace == Some(TraceFormat::Vcd))
            ),
            format!(
                "-DVM_TRACE_FST={}",
                flag(self.trace == Some(TraceFormat::Fst))
            ),
            "-DVM_TRACE_SAIF=0".into(),
        ]
    }
}

/// Removes what a broken build left (the lock is held, so none is running) and the oldest entries.
/// Failures do not matter: they only cost space.
fn clear_shelf(shelf: &Path) {
    let _ = fs::remove_dir_all(shelf.join("build"));
    let mut entries: Vec<_> = fs::read_dir(shelf)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    entries.sort();
    let surplus = (entries.len() + 1).saturating_sub(KEPT_ENTRIES);
    for (_, path) in entries.into_iter().take(surplus) {
        let _ = fs::remove_dir_all(path);
    }
}

/// Replaces the word `posedge` by `edge`.
fn every_edge(verilog: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(verilog.len());
    let mut rest = verilog;
    while let Some(at) = rest.find("posedge") {
        let (before, found) = rest.split_at(at);
        let after = &found["posedge".len()..];
        let whole = !before.ends_with(word) && !after.starts_with(word);
        out.push_str(before);
        out.push_str(if whole { "edge" } else { "posedge" });
        rest = after;
    }
    out + rest
}

/// Verilator's C++ files: those that run once (start-up, tracing set-up), and the rest.
fn generated_sources(workshop: &Path) -> Result<(Vec<String>, Vec<String>), EngineError> {
    let entries = fs::read_dir(workshop).map_err(cache_error(workshop))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .filter(|name| name.starts_with("Vcard"))
        .collect();
    names.sort();
    let once = |name: &String| name.ends_with("__Slow.cpp") || name.ends_with("__Syms.cpp");
    Ok(names.into_iter().partition(once))
}

/// Writes a source file that includes others, so that they are compiled as one.
fn unit(workshop: &Path, name: &str, files: &[String], more: &[&str]) -> Result<(), EngineError> {
    let mut text = String::new();
    for file in files.iter().map(String::as_str).chain(more.iter().copied()) {
        let _ = writeln!(text, "#include \"{file}\""); // a String takes everything
    }
    write(&workshop.join(name), &text)
}

fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    fs::write(path, text).map_err(cache_error(path))
}

fn cache_error(path: &Path) -> impl FnOnce(std::io::Error) -> EngineError + use<> {
    let path = path.to_owned();
    move |source| EngineError::Cache { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_become_edges() {
        let verilog = "always @(posedge clock or posedge x) my_posedge <= posedge_count$posedge;";
        let expected = "always @(edge clock or edge x) my_posedge <= posedge_count$posedge;";
        assert_eq!(every_edge(verilog), expected);
    }
}
