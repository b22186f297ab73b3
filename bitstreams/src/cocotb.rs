//! `cargo xtask cocotb`: the endpoint against an independent host model, under Verilator and Icarus.
//!
//! Context: the tests are in `hdl/tests/cocotb`. Here the card's Verilog is generated and the simulators are built
//! and run. Models are compiled without make; a run takes its seed from the command line and prints it.

use crate::{process, python, workspace};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// DWs of the random run of a check.
const CHECK_BEATS: u64 = 2_000_000;
/// The same under Icarus, which is some hundred times slower.
const ICARUS_BEATS: u64 = 8_000;
const DIRECTED: &str =
    "test_enumeration,test_windows,test_dma,test_faults,test_errors,test_interrupts";
/// Directed tests that Icarus repeats: one of each kind.
const ICARUS_FILTER: &str =
    "behind_a_root_port|zero_length|every_byte_enable|one_vector|messages|malformed|random_traffic";

/// A Verilog simulator.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Simulator {
    /// Compiled, from the project-local environment.
    Verilator,
    /// Interpreted.
    Icarus,
}

/// Options of `cargo xtask cocotb`.
#[derive(Args)]
pub struct Options {
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// DWs that the random run moves; 0 leaves it out.
    #[arg(long, default_value_t = CHECK_BEATS)]
    beats: u64,
    /// Which simulator.
    #[arg(long, value_enum, default_value = "verilator")]
    sim: Simulator,
    /// Only tests whose name matches this regular expression.
    #[arg(long)]
    test: Option<String>,
}

/// Runs the tests as asked.
///
/// # Errors
/// When a tool is missing, or a test fails.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::new()?;
    let modules = if options.beats == 0 {
        DIRECTED.to_owned()
    } else {
        format!("{DIRECTED},test_random")
    };
    let full = options.beats >= 1_000_000;
    bench.simulate(&Job {
        sim: options.sim,
        modules: &modules,
        filter: options.test.as_deref(),
        seed: options.seed,
        beats: options.beats,
        coverage: full,
    })
}

/// The step of `cargo xtask test`: all tests and the long random run under Verilator, some of them under Icarus.
///
/// # Errors
/// When a test fails, or with `require` when a tool is missing.
pub fn check(require: bool) -> Result<Vec<String>> {
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(error) if !require => return Ok(vec![format!("cocotb: {error:#}")]),
        Err(error) => return Err(error),
    };
    let seed = std::env::var("LUMENPORT_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    bench.simulate(&Job {
        sim: Simulator::Verilator,
        modules: &format!("{DIRECTED},test_random"),
        filter: None,
        seed,
        beats: CHECK_BEATS,
        coverage: true,
    })?;
    if !available("iverilog") {
        if require {
            bail!("iverilog is missing (package iverilog)");
        }
        return Ok(vec!["cocotb under Icarus: iverilog is missing".to_owned()]);
    }
    bench.simulate(&Job {
        sim: Simulator::Icarus,
        modules: &format!("{DIRECTED},test_random"),
        filter: Some(ICARUS_FILTER),
        seed,
        beats: ICARUS_BEATS,
        coverage: false,
    })?;
    Ok(Vec::new())
}

fn available(program: &str) -> bool {
    Command::new(program).arg("-V").output().is_ok()
}

/// One run of one simulator.
struct Job<'a> {
    sim: Simulator,
    modules: &'a str,
    filter: Option<&'a str>,
    seed: u32,
    beats: u64,
    /// Empty cells of the coverage table fail the run.
    coverage: bool,
}

/// Everything a simulator needs.
struct Bench {
    environment: python::Environment,
    /// Value of `GPI_USERS`: the Python library and cocotb's entry into it.
    entry: String,
    sources: PathBuf,
    folder: PathBuf,
    defines: Vec<String>,
}

impl Bench {
    fn new() -> Result<Self> {
        let environment = python::cocotb()?;
        let library = python::quiet(Command::new(&environment.python).args([
            "-c",
            "import find_libpython as f, cocotb.simulator as s; print(f.find_libpython(), s.__file__)",
        ]))?;
        let mut words = library.split_whitespace();
        let (Some(shared), Some(simulator)) = (words.next(), words.next()) else {
            bail!("cannot read {library:?}");
        };
        if shared == "None" {
            bail!("Python's shared library is missing (package libpython3-dev or libpython3.11)");
        }
        let entry = format!("{shared};{simulator},initialize");
        let folder = workspace::output_folder()?.join("cocotb");
        std::fs::create_dir_all(&folder)?;
        let defines = write_card(&folder)?;
        Ok(Self {
            environment,
            entry,
            sources: workspace::root().join("hdl/tests/cocotb"),
            folder,
            defines,
        })
    }

    /// Builds the model and runs the tests in it; prints cocotb's closing table.
    fn simulate(&self, job: &Job) -> Result<()> {
        let mut command = match job.sim {
            Simulator::Verilator => self.verilator()?,
            Simulator::Icarus => self.icarus()?,
        };
        let name = match job.sim {
            Simulator::Verilator => "verilator",
            Simulator::Icarus => "icarus",
        };
        let results = self.folder.join(format!("{name}.xml"));
        let _ = std::fs::remove_file(&results); // an old verdict must not be taken for this run's
        command
            .current_dir(&self.folder)
            .env("PYTHONPATH", &self.sources)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONWARNINGS", "ignore")
            .env("PYGPI_PYTHON_BIN", &self.environment.python)
            .env("GPI_USERS", &self.entry)
            .env("COCOTB_TOPLEVEL", "bench")
            .env("TOPLEVEL_LANG", "verilog")
            .env("COCOTB_TEST_MODULES", job.modules)
            .env("COCOTB_RESULTS_FILE", &results)
            .env("COCOTB_RANDOM_SEED", job.seed.to_string())
            .env("LUMENPORT_SEED", job.seed.to_string())
            .env("LUMENPORT_BEATS", job.beats.to_string())
            .env("LUMENPORT_COVERAGE", if job.coverage { "1" } else { "0" });
        if let Some(filter) = job.filter {
            command.env("COCOTB_TEST_FILTER", filter);
        }
        println!(
            "cocotb under {name}, seed {}, {} random DWs",
            job.seed, job.beats
        );
        let log = self.folder.join(format!("{name}.log"));
        let mut shown = false;
        let good = process::run(name, &mut command, &log, |line| {
            shown |= line.contains("coverage of ");
            if shown || line.trim_start().starts_with("**") {
                println!("{}", line.trim_start());
            }
        })?;
        let verdict = std::fs::read_to_string(&results).unwrap_or_default();
        let failed = verdict.matches("<failure").count() + verdict.matches("<error").count();
        if good && failed == 0 && verdict.contains("<testcase") {
            return Ok(());
        }
        println!("{}", failures(&log));
        bail!(
            "cocotb under {name}: {failed} tests failed; repeat with `cargo xtask cocotb --sim {name} --seed {}`; log {}",
            job.seed,
            log.display()
        )
    }

    fn icarus(&self) -> Result<Command> {
        let model = self.folder.join("bench.vvp");
        python::quiet(
            Command::new("iverilog")
                .args(["-g2005", "-s", "bench", "-o"])
                .arg(&model)
                .args(&self.defines)
                .arg(self.folder.join("card.v"))
                .arg(self.sources.join("bench.v")),
        )?;
        let mut command = Command::new("vvp");
        command
            .arg("-m")
            .arg(
                self.environment
                    .packages
                    .join("cocotb/libs/libcocotbvpi_icarus.so"),
            )
            .arg(&model)
            .arg("-none");
        Ok(command)
    }

    fn verilator(&self) -> Result<Command> {
        let packages = &self.environment.packages;
        let root = packages.join("verilator");
        let model = self.folder.join("verilated");
        let _ = std::fs::remove_dir_all(&model);
        std::fs::create_dir_all(&model)?;
        println!("building the model");
        python::quiet(
            Command::new(root.join("bin/verilator_bin"))
                .env("VERILATOR_ROOT", &root)
                .args([
                    "--cc",
                    "--exe",
                    "--vpi",
                    "--prefix",
                    "Vtop",
                    "--top-module",
                    "bench",
                ])
                .args([
                    "-O3",
                    "--x-assign",
                    "fast",
                    "--x-initial",
                    "fast",
                    "--no-assert",
                ])
                .args([
                    "--no-timing",
                    "-Wno-fatal",
                    "--language",
                    "1364-2005",
                    "--Mdir",
                ])
                .arg(&model)
                .args(&self.defines)
                .arg(self.folder.join("card.v"))
                .arg(self.sources.join("bench.v"))
                .arg(self.sources.join("visible.vlt")),
        )?;
        compile(&model, &root, packages)?;
        let mut command = Command::new(model.join("bench"));
        command.env("COCOTB_TRUST_INERTIAL_WRITES", "1");
        Ok(command)
    }
}

/// Generates the card's Verilog; returns the switches of `bench.v` for the pins that this card has.
fn write_card(folder: &Path) -> Result<Vec<String>> {
    let text = python::quiet(
        Command::new(env!("CARGO"))
            .args([
                "run",
                "-q",
                "-p",
                "lumenport-hdl",
                "--example",
                "sim_card_verilog",
            ])
            .current_dir(workspace::root()),
    )?;
    let pins = [("credit_limit_posted", "-DCREDITS"), ("ddc_scl", "-DDDC")];
    let defines = pins
        .iter()
        .filter(|(pin, _)| text.contains(pin))
        .map(|(_, define)| (*define).to_owned())
        .collect();
    std::fs::write(folder.join("card.v"), text)?;
    Ok(defines)
}

/// Compiles what Verilator wrote, the rarely used parts with less effort, and links it with cocotb.
fn compile(model: &Path, root: &Path, packages: &Path) -> Result<()> {
    let include = root.join("include");
    let mut fast = String::new();
    let mut slow = String::new();
    let mut files: Vec<_> = std::fs::read_dir(model)?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "cpp"))
        .collect();
    files.sort();
    for name in files {
        let unit = if name.contains("__Slow") || name.contains("__Syms") {
            &mut slow
        } else {
            &mut fast
        };
        let _ = writeln!(unit, "#include \"{name}\""); // a String takes everything
    }
    let main = packages.join("cocotb/share/lib/verilator/verilator.cpp");
    let _ = writeln!(fast, "#include \"{}\"", main.display());
    std::fs::write(model.join("fast.cc"), fast)?;
    std::fs::write(model.join("slow.cc"), slow)?;
    let jobs = [
        ("fast.cc".into(), "-O2"),
        ("slow.cc".into(), "-O1"),
        (include.join("verilated.cpp"), "-O1"),
        (include.join("verilated_threads.cpp"), "-O1"),
        (include.join("verilated_vpi.cpp"), "-O2"),
    ];
    let cxx = std::env::var("CXX").unwrap_or_else(|_| "g++".to_owned());
    std::thread::scope(|scope| -> Result<()> {
        let mut running = Vec::new();
        for (number, (source, level)) in jobs.iter().enumerate() {
            let mut command = Command::new(&cxx);
            command
                .current_dir(model)
                .args(["-std=c++17", "-w", "-c", "-I.", level])
                .arg(format!("-I{}", include.display()))
                .arg(format!("-I{}", include.join("vltstd").display()))
                .args([
                    "-DVERILATOR=1",
                    "-DVM_COVERAGE=0",
                    "-DVM_SC=0",
                    "-DVM_TIMING=0",
                ])
                .args(["-DVM_TRACE=0", "-DVM_TRACE_FST=0", "-DVM_TRACE_VCD=0"])
                .args(["-DVM_TRACE_SAIF=0", "-o", &format!("{number}.o")])
                .arg(source);
            running.push(scope.spawn(move || python::quiet(&mut command)));
        }
        for job in running {
            job.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })?;
    let libraries = packages.join("cocotb/libs");
    python::quiet(
        Command::new(&cxx)
            .current_dir(model)
            .args((0..jobs.len()).map(|number| format!("{number}.o")))
            .args(["-o", "bench"])
            .arg(format!("-Wl,-rpath,{}", libraries.display()))
            .arg(format!("-L{}", libraries.display()))
            .args(["-lcocotbvpi_verilator", "-lpthread"]),
    )
    .context("linking the model")?;
    Ok(())
}

/// The reports of failed tests in a log.
fn failures(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim_end().ends_with(" failed") {
            out.extend(lines.iter().skip(at).take(30).map(|l| l.trim_start()));
        }
    }
    out.truncate(200);
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_failed_tests_are_found() {
        let log = std::env::temp_dir().join(format!("xtask-cocotb-{}.log", std::process::id()));
        std::fs::write(&log, "a passed\n  b failed\n  why\n").expect("temporary file");
        let text = failures(&log);
        let _ = std::fs::remove_file(&log);
        assert_eq!(text, "b failed\nwhy");
    }
}
