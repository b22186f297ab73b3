//! Simulators of the test bench: Verilator's model compiled and linked with cocotb, Icarus' program.

use crate::python;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the parts of a model lie.
pub struct Parts<'a> {
    /// Site packages with cocotb and Verilator.
    pub packages: &'a Path,
    /// `hdl/tests/cocotb`.
    pub sources: &'a Path,
    /// The card's Verilog.
    pub card: &'a Path,
    /// Where the model is made.
    pub folder: &'a Path,
    /// A model without waveforms whose objects of Verilator's library are taken over.
    pub library: Option<&'a Path>,
}

impl Parts<'_> {
    /// Makes Icarus' program; returns the command that runs it.
    ///
    /// # Errors
    /// When Icarus refuses the source.
    pub fn icarus(&self) -> Result<Command> {
        let model = self.folder.join("bench.vvp");
        python::quiet(
            Command::new("iverilog")
                .args(["-g2005", "-s", "bench", "-o"])
                .arg(&model)
                .arg(self.card)
                .arg(self.sources.join("bench.v")),
        )?;
        let mut command = Command::new("vvp");
        command
            .arg("-m")
            .arg(self.packages.join("cocotb/libs/libcocotbvpi_icarus.so"))
            .arg(&model)
            .arg("-none");
        Ok(command)
    }

    /// Makes Verilator's model; returns the command that runs it. With `traced` it can write waveforms, and is slower.
    ///
    /// # Errors
    /// When Verilator or the compiler refuses something.
    pub fn verilator(&self, traced: bool) -> Result<Command> {
        let root = self.packages.join("verilator");
        let model = self
            .folder
            .join(if traced { "traced" } else { "verilated" });
        let _ = std::fs::remove_dir_all(&model);
        std::fs::create_dir_all(&model)?;
        let mut command = Command::new(root.join("bin/verilator_bin"));
        command.env("VERILATOR_ROOT", &root);
        command.args(["--cc", "--exe", "--vpi", "--prefix", "Vtop"]);
        command.args(["--top-module", "bench", "-O3", "--x-assign", "fast"]);
        command.args(["--x-initial", "fast", "--no-assert", "--no-timing"]);
        command.args(["-Wno-fatal", "--language", "1364-2005"]);
        if traced {
            command.arg("--trace");
        }
        command.arg("--Mdir").arg(&model);
        command.arg(self.card).arg(self.sources.join("bench.v"));
        command.arg(self.sources.join("visible.vlt"));
        python::quiet(&mut command)?;
        self.compile(&model, &root, traced)?;
        let mut command = Command::new(model.join("bench"));
        command.env("COCOTB_TRUST_INERTIAL_WRITES", "1");
        Ok(command)
    }

    /// Compiles what Verilator wrote, the rarely used parts with less effort, and links it with cocotb.
    fn compile(&self, model: &Path, root: &Path, traced: bool) -> Result<()> {
        let include = root.join("include");
        let (mut fast, slow) = units(model)?;
        std::fs::write(model.join("main.cpp"), main(self.packages)?)?;
        fast.push_str("#include \"main.cpp\"\n");
        std::fs::write(model.join("fast.cc"), fast)?;
        std::fs::write(model.join("slow.cc"), slow)?;
        let mut jobs: Vec<(PathBuf, &str)> = vec![
            ("fast.cc".into(), "-O2"),
            ("slow.cc".into(), "-O1"),
            (include.join("verilated.cpp"), "-O1"),
            (include.join("verilated_threads.cpp"), "-O1"),
            (include.join("verilated_vpi.cpp"), "-O2"),
        ];
        if traced {
            jobs.push((include.join("verilated_vcd_c.cpp"), "-O2"));
        }
        let trace = u8::from(traced);
        let cxx = std::env::var("CXX").unwrap_or_else(|_| "g++".to_owned());
        std::thread::scope(|scope| -> Result<()> {
            let mut running = Vec::new();
            let own = if self.library.is_some() {
                2
            } else {
                jobs.len()
            };
            for (number, (source, level)) in jobs.iter().enumerate().take(own) {
                let mut command = Command::new(&cxx);
                command
                    .current_dir(model)
                    .args(["-std=c++17", "-w", "-c", "-I.", level])
                    .arg(format!("-I{}", include.display()))
                    .arg(format!("-I{}", include.join("vltstd").display()))
                    .args(["-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0"])
                    .args(["-DVM_TIMING=0", "-DVM_TRACE_FST=0", "-DVM_TRACE_SAIF=0"])
                    .arg(format!("-DVM_TRACE={trace}"))
                    .arg(format!("-DVM_TRACE_VCD={trace}"))
                    .args(["-o", &format!("{number}.o")])
                    .arg(source);
                running.push(scope.spawn(move || python::quiet(&mut command)));
            }
            for job in running {
                job.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok(())
        })?;
        let libraries = self.packages.join("cocotb/libs");
        python::quiet(
            Command::new(&cxx)
                .current_dir(model)
                .args((0..jobs.len()).map(|number| {
                    let folder = self.library.filter(|_| number >= 2).unwrap_or(model);
                    folder.join(format!("{number}.o"))
                }))
                .args(["-o", "bench"])
                .arg(format!("-Wl,-rpath,{}", libraries.display()))
                .arg(format!("-L{}", libraries.display()))
                .args(["-lcocotbvpi_verilator", "-lpthread"]),
        )
        .context("linking the model")?;
        Ok(())
    }
}

/// Two units that include what Verilator wrote: what runs each clock, and the rest.
fn units(model: &Path) -> Result<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(model)?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "cpp"))
        .collect();
    files.sort();
    let (mut fast, mut slow) = (String::new(), String::new());
    for name in files {
        let rare = name.contains("__Slow") || name.contains("__Syms");
        let unit = if rare { &mut slow } else { &mut fast };
        let _ = writeln!(unit, "#include \"{name}\""); // a String takes everything
    }
    Ok((fast, slow))
}

/// cocotb's main program, made to write waveforms only from the time (ps) in `LUMENPORT_TRACE_FROM` on.
fn main(packages: &Path) -> Result<String> {
    const DUMP: &str = "tfp->dump(main_time);";
    let path = packages.join("cocotb/share/lib/verilator/verilator.cpp");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    if text.matches(DUMP).count() != 1 {
        bail!("{} is not the file that was expected", path.display());
    }
    let late = format!(
        "static const vluint64_t from = \
         getenv(\"LUMENPORT_TRACE_FROM\") ? strtoull(getenv(\"LUMENPORT_TRACE_FROM\"), 0, 10) : 0;\n\
         if (main_time >= from) {DUMP}"
    );
    Ok(format!("#include <cstdlib>\n{}", text.replace(DUMP, &late)))
}
