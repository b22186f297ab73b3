//! From Verilog to one and-inverter graph for each assertion, by yosys.

use super::block::{self, Block, Engine, Property};
use crate::process;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which graph a proof needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Start {
    /// From reset.
    Reset,
    /// From any state in which the properties held for so many clocks.
    Anywhere(u32),
}

impl Start {
    fn tag(self) -> String {
        match self {
            Self::Reset => "reset".to_owned(),
            Self::Anywhere(clocks) => format!("step{clocks}"),
        }
    }

    /// The graphs that `property` needs.
    pub fn of(property: &Property) -> Vec<Self> {
        match property.engine {
            Engine::Pdr | Engine::Bmc => vec![Self::Reset],
            Engine::Induction => vec![Self::Reset, Self::Anywhere(property.clocks())],
        }
    }
}

/// One version of a block's Verilog, and the folder with what becomes of it.
pub struct Model {
    /// Program to run.
    yosys: PathBuf,
    /// Where all files are.
    pub folder: PathBuf,
    /// Begin of all file names: `good`, or that of a bug.
    tag: String,
    /// Modules whose outputs may be anything.
    cut: Vec<String>,
}

impl Model {
    /// Writes the files that yosys reads.
    ///
    /// # Errors
    /// When that fails.
    pub fn new(
        output: &Path,
        block: &Block,
        tag: &str,
        verilog: &str,
        yosys: &Path,
    ) -> Result<Self> {
        let folder = output.join(&block.name);
        std::fs::create_dir_all(&folder)?;
        let sources = block::folder();
        for (from, to) in [
            (sources.join("macros.sv"), format!("{tag}.macros.sv")),
            (sources.join("lib.sv"), format!("{tag}.lib.sv")),
            (
                sources.join(&block.name).join("check.sv"),
                format!("{tag}.check.sv"),
            ),
        ] {
            std::fs::copy(from, folder.join(to))?;
        }
        std::fs::write(folder.join(format!("{tag}.v")), verilog)?;
        Ok(Self {
            yosys: yosys.to_owned(),
            folder,
            tag: tag.to_owned(),
            cut: block.cut.clone(),
        })
    }

    /// Path of a graph without its ending; `.aig` has the logic, `.aim` the names.
    pub fn graph(&self, start: Start, property: &str) -> PathBuf {
        let name = format!("{}.{}.{property}", self.tag, start.tag());
        self.folder.join(name)
    }

    /// Makes the graph of each assertion in `names` from `start`.
    ///
    /// # Errors
    /// When yosys fails, for instance because there is no such assertion.
    pub fn translate(&self, start: Start, names: &[&str]) -> Result<()> {
        let base = format!("{}.{}", self.tag, start.tag());
        std::fs::write(
            self.folder.join(format!("{base}.ys")),
            script(&self.tag, &self.cut, start, names),
        )?;
        let log = self.folder.join(format!("{base}.log"));
        let mut command = Command::new(&self.yosys);
        command.args(["-q", &format!("{base}.ys")]);
        command.current_dir(&self.folder); // YoWASP sees nothing outside
        let good = process::run("yosys", &mut command, &log, |_| {})?;
        ensure!(good, "yosys failed:\n{}", process::tail(&log, 20));
        Ok(())
    }
}

/// What yosys does. A module in `check.sv` replaces one of that name in the block's Verilog. All assertions but one become assumptions of no graph: they are deleted.
fn script(tag: &str, cut: &[String], start: Start, names: &[&str]) -> String {
    let (define, step) = match start {
        Start::Reset => (String::new(), ""),
        // Registers lose their reset value, but for the counter of the step's clocks.
        Start::Anywhere(clocks) => (
            format!("-DSTEP={clocks} "),
            "setattr -unset init w:* w:induction_clock %d\n",
        ),
    };
    let cuts = cut.iter().fold(String::new(), |mut text, module| {
        let _ = writeln!(text, "cutpoint */t:{module}");
        text
    });
    let mut text = format!(
        "read_verilog -sv -formal -overwrite {define}{tag}.macros.sv {tag}.v {tag}.lib.sv {tag}.check.sv\n\
         hierarchy -top check\nproc\n{cuts}flatten\nopt_clean\nasync2sync\nchformal -lower\nopt -full\n\
         memory -nomap\nmemory_map -formal\nopt -full\n{step}\
         setundef -undriven -anyseq\nformalff -clk2ff -ff2anyinit\nopt_clean\ntechmap\nopt -fast\n\
         simplemap\ndffunmap\nopt -fast\naigmap\nopt_clean -purge\ndesign -save all\n"
    );
    for name in names {
        let graph = format!("{tag}.{}.{name}", start.tag());
        let _ = writeln!(
            text,
            "design -load all\nselect -assert-count 1 c:{name}\nselect -set others t:$assert c:{name} %d\n\
             delete @others\nopt_clean -purge\n\
             write_aiger -zinit -no-startoffset -map {graph}.aim {graph}.aig"
        ); // a String takes everything
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_step_forgets_reset_values() {
        let reset = script("good", &[], Start::Reset, &["a", "b"]);
        assert!(!reset.contains("setattr") && !reset.contains("STEP"));
        assert_eq!(reset.matches("write_aiger").count(), 2);
        let step = script("good", &["top$x".to_owned()], Start::Anywhere(3), &["a"]);
        assert!(step.contains("proc\ncutpoint */t:top$x\nflatten"));
        assert!(step.contains("-DSTEP=3 ") && step.contains("setattr -unset init"));
    }
}
