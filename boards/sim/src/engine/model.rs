//! Building the compiled model, and the cache of built ones.
//!
//! Context: host side of the simulation. A model lives in `<home>/verilated/<digest>/`, where the digest
//! covers everything that goes into it. Verilator writes C++; the model and the shim are compiled as one
//! unit, next to it the start-up code and Verilator's run-time library, then linked to a shared
//! library. An entry appears by one rename when it is complete, so a broken build leaves none. Not
//! supported: removing old entries (the folder may be deleted at any time).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Cxx, Verilator, find_cxx, find_verilator, project_cache_dir, run_logged};
use super::{Announcer, EngineError};

const SHIM: &str = include_str!("../../shim/card_shim.cpp");

const VERILATOR_FLAGS: &[&str] = &[
    "--cc",
    "--prefix",
    "Vcard",
    "--top-module",
    "top",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "--no-timing",
    "-Wno-fatal",
];

const CXX_FLAGS: &[&str] = &["-std=c++17", "-fPIC", "-fvisibility-inlines-hidden", "-w"];
const FAST: &str = "-O3";
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
        let workshop = shelf.join(format!("build-{}", std::process::id()));
        recipe.build_in(&workshop, announcer)?;
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
        let _ = fs::remove_dir_all(workshop); // left over from a crash of a process with our id
        fs::create_dir_all(workshop).map_err(cache_error(workshop))?;
        write(&workshop.join("top.v"), self.verilog)?;
        write(&workshop.join("card_shim.cpp"), SHIM)?;
        {
            let _step = announcer.begin("translating the card to C++ with Verilator");
            self.translate(workshop)?;
        }
        let _step = announcer.begin("compiling the card's model (once per change of the gateware)");
        self.compile(workshop)
    }

    fn translate(&self, workshop: &Path) -> Result<(), EngineError> {
        let mut command = self.verilator.command();
        command.current_dir(workshop).args(VERILATOR_FLAGS);
        match self.trace {
            Some(TraceFormat::Vcd) => drop(command.arg("--trace")),
            Some(TraceFormat::Fst) => drop(command.arg("--trace-fst")),
            None => {}
        }
        command.args(["--Mdir", ".", "top.v"]);
        let log = workshop.with_extension("verilator.log");
        run_logged(&mut command, "Verilator", &log)?;
        let _ = fs::rename(&log, workshop.join("verilator.log"));
        Ok(())
    }

    fn compile(&self, workshop: &Path) -> Result<(), EngineError> {
        let (slow, fast) = generated_sources(workshop)?;
        unit(workshop, "model.cpp", &fast, &["card_shim.cpp"])?;
        unit(workshop, "start.cpp", &slow, &[])?;
        let mut runtime = vec!["verilated.cpp", "verilated_threads.cpp"];
        match self.trace {
            Some(TraceFormat::Vcd) => runtime.push("verilated_vcd_c.cpp"),
            Some(TraceFormat::Fst) => runtime.push("verilated_fst_c.cpp"),
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
                .map(|name| (include.join(name).display().to_string(), FAST)),
        );
        let objects = self.compile_all(workshop, &jobs)?;
        let mut link = Command::new(&self.cxx.program);
        link.current_dir(workshop)
            .args(["-shared", "-o", "libcard.so"])
            .args(objects)
            .args(["-lpthread"]);
        if self.trace == Some(TraceFormat::Fst) {
            link.args(["-lz", "-llz4"]);
        }
        run_logged(
            &mut link,
            "linking the model",
            &workshop.with_extension("log"),
        )?;
        let _ = fs::remove_file(workshop.with_extension("log"));
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
                        let log = workshop.with_extension(format!("{index}.log"));
                        let mut command = Command::new(&self.cxx.program);
                        command
                            .current_dir(workshop)
                            .args(CXX_FLAGS)
                            .arg(level)
                            .args(self.definitions())
                            .args(["-c", "-o", &object, source]);
                        run_logged(&mut command, &format!("compiling {source}"), &log)?;
                        let _ = fs::remove_file(&log);
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
