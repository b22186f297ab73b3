//! One run of the test bench: simulator, environment, verdict, waveforms of what failed.

use super::Simulator;
use super::model::Parts;
use super::verdict::{self, Failed, Verdict};
use crate::{process, python, workspace};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Failed tests that are run again for their waveforms.
const TRACED_TESTS: usize = 2;
/// The end of a failed test that its waveform shows, in nanoseconds of simulated time.
const TRACED_NS: u64 = 1_000_000;

/// What to run.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Which simulator.
    pub sim: Simulator,
    /// Test modules, separated by commas.
    pub modules: &'a str,
    /// Regular expression that a test's name must match.
    pub filter: Option<&'a str>,
    /// Seed of everything that is random.
    pub seed: u32,
    /// DWs of the random run.
    pub beats: u64,
    /// Empty cells of the coverage table fail the run.
    pub coverage: bool,
    /// The run ends after so many failed tests; 0: after all tests.
    pub failures: usize,
    /// Where tests that measure write their figures.
    pub figures: Option<&'a Path>,
    /// Prints nothing.
    pub quiet: bool,
}

impl Default for Job<'_> {
    fn default() -> Self {
        Self {
            sim: Simulator::Verilator,
            modules: "",
            filter: None,
            seed: 1,
            beats: 0,
            coverage: false,
            failures: 0,
            figures: None,
            quiet: false,
        }
    }
}

/// Everything a simulator needs, for one card.
pub struct Bench {
    environment: python::Environment,
    /// Value of `GPI_USERS`: the Python library and cocotb's entry into it.
    entry: String,
    sources: PathBuf,
    folder: PathBuf,
    /// See [`Parts::library`].
    library: Option<PathBuf>,
    /// Verilog of the card.
    pub card: String,
}

impl Bench {
    /// The card as it is in the tree.
    ///
    /// # Errors
    /// When a tool is missing, or the card does not elaborate.
    pub fn new() -> Result<Self> {
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
            bail!("Python's shared library is missing (package libpython3-dev)");
        }
        Ok(Self {
            entry: format!("{shared};{simulator},initialize"),
            environment,
            sources: workspace::root().join("hdl/tests/cocotb"),
            folder: workspace::output_folder()?.join("cocotb"),
            library: None,
            card: card_verilog()?,
        })
    }

    /// The same bench around another card, with files of its own. A model of this one must have been made under Verilator.
    pub fn with_card(&self, card: String, folder: &str) -> Self {
        Self {
            environment: self.environment.clone(),
            entry: self.entry.clone(),
            sources: self.sources.clone(),
            folder: self.folder.join(folder),
            library: Some(self.folder.join("verilated")),
            card,
        }
    }

    /// Runs the tests, shows cocotb's closing table, and makes waveforms of what failed.
    ///
    /// # Errors
    /// When the simulator cannot be built, or a test fails.
    pub fn check(&self, job: &Job) -> Result<()> {
        let verdict = self.run(job)?;
        if verdict.good() {
            return Ok(());
        }
        let log = self.log(job.sim);
        println!("{}", verdict::reports(&log));
        for line in self.waveforms(job, &verdict.failed) {
            println!("{line}");
        }
        bail!(
            "cocotb under {}: {} of {} tests failed; repeat with `cargo xtask cocotb --sim {} --seed {}`; log {}",
            name(job.sim),
            verdict.failed.len(),
            verdict.tests,
            name(job.sim),
            job.seed,
            log.display()
        )
    }

    /// Builds the model and runs the tests in it.
    ///
    /// # Errors
    /// When the simulator cannot be built or started; failed tests are in the verdict.
    pub fn run(&self, job: &Job) -> Result<Verdict> {
        if !job.quiet {
            println!("building the model for {}", name(job.sim));
        }
        let mut command = self.parts(|parts| match job.sim {
            Simulator::Verilator => parts.verilator(false),
            Simulator::Icarus => parts.icarus(),
        })?;
        if !job.quiet {
            println!(
                "cocotb under {}, seed {}, {} random DWs",
                name(job.sim),
                job.seed,
                job.beats
            );
        }
        self.simulate(job, &mut command, name(job.sim))
    }

    fn parts<T>(&self, make: impl FnOnce(&Parts) -> Result<T>) -> Result<T> {
        std::fs::create_dir_all(&self.folder)?;
        let card = self.folder.join("card.v");
        std::fs::write(&card, &self.card)?;
        make(&Parts {
            packages: &self.environment.packages,
            sources: &self.sources,
            card: &card,
            folder: &self.folder,
            library: self.library.as_deref(),
        })
    }

    fn log(&self, sim: Simulator) -> PathBuf {
        self.folder.join(format!("{}.log", name(sim)))
    }

    /// Tests that failed in the latest run under Verilator.
    pub fn seen_failing(&self) -> Vec<String> {
        verdict::seen_failing(&self.log(Simulator::Verilator))
    }

    /// What the first failed test of the latest run under Verilator complained about, in one line of a Markdown table.
    pub fn first_complaint(&self) -> String {
        verdict::complaint(&self.log(Simulator::Verilator))
    }

    fn simulate(&self, job: &Job, command: &mut Command, stem: &str) -> Result<Verdict> {
        let results = self.folder.join(format!("{stem}.xml"));
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
            .env("COCOTB_MAX_FAILURES", job.failures.to_string())
            .env("LUMENPORT_SEED", job.seed.to_string())
            .env("LUMENPORT_BEATS", job.beats.to_string())
            .env("LUMENPORT_COVERAGE", if job.coverage { "1" } else { "0" });
        if let Some(filter) = job.filter {
            command.env("COCOTB_TEST_FILTER", filter);
        }
        if let Some(figures) = job.figures {
            command.env("LUMENPORT_FIGURES", figures);
        }
        let mut shown = false;
        let log = self.folder.join(format!("{stem}.log"));
        let good = process::run(stem, command, &log, |line| {
            shown |= line.contains("coverage of ");
            let line = line.trim_start();
            if !job.quiet && (shown || line.starts_with("**")) {
                println!("{line}");
            }
        })?;
        let verdict = Verdict::read(&results);
        if !good && verdict.good() || verdict.tests == 0 {
            bail!("{stem} ended badly; log {}", log.display());
        }
        Ok(verdict)
    }

    /// Runs failed tests once more, each alone, in a model that writes the end of its waveform; tells where it lies.
    fn waveforms(&self, job: &Job, failed: &[Failed]) -> Vec<String> {
        if job.sim != Simulator::Verilator {
            return vec!["waveforms: only under Verilator".to_owned()];
        }
        println!("building a model with waveforms");
        if let Err(error) = self.parts(|parts| parts.verilator(true)) {
            return vec![format!("no waveforms: {error:#}")];
        }
        let first = failed.iter().take(TRACED_TESTS);
        first.map(|test| self.waveform(job, test)).collect()
    }

    fn waveform(&self, job: &Job, test: &Failed) -> String {
        let stem = test.name.replace(['/', '='], "-");
        let file = self.folder.join(format!("{stem}.vcd"));
        let from_ps = test.duration_ns.saturating_sub(TRACED_NS) * 1000;
        let mut command = Command::new(self.folder.join("traced/bench"));
        command
            .args(["--trace", "--trace-file"])
            .arg(&file)
            .env("LUMENPORT_TRACE_FROM", from_ps.to_string())
            .env("COCOTB_TRUST_INERTIAL_WRITES", "1");
        let filter = format!("{}$", test.name.replace('.', "\\."));
        let job = Job {
            filter: Some(&filter),
            quiet: true,
            ..*job
        };
        match self.simulate(&job, &mut command, "traced") {
            Ok(verdict) if verdict.good() => {
                format!("waveform: {} passes when it runs alone", test.name)
            }
            Ok(_) => format!("waveform of {}: {}", test.name, file.display()),
            Err(error) => format!("no waveform of {}: {error:#}", test.name),
        }
    }
}

fn name(sim: Simulator) -> &'static str {
    match sim {
        Simulator::Verilator => "verilator",
        Simulator::Icarus => "icarus",
    }
}

fn card_verilog() -> Result<String> {
    python::quiet(
        Command::new(env!("CARGO"))
            .args(["run", "-q", "-p", "lumenport-hdl", "--example"])
            .arg("sim_card_verilog")
            .current_dir(workspace::root()),
    )
}
