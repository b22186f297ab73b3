//! Two engines in step: every output of every step must be equal.
//!
//! Context: host side of the simulation, for tests: whatever runs on one engine runs on this pair, and
//! the first difference ends it.

use super::{Engine, EngineError, Inputs, Outputs, Tick};

/// Runs two engines with the same inputs and compares their outputs.
#[derive(Debug)]
pub struct LockstepEngine<A: Engine, B: Engine> {
    first: A,
    second: B,
    steps: u64,
}

impl<A: Engine, B: Engine> LockstepEngine<A, B> {
    /// Pairs two engines that have not run yet.
    pub fn new(first: A, second: B) -> Self {
        Self {
            first,
            second,
            steps: 0,
        }
    }

    /// Steps that were compared and equal.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

impl<A: Engine, B: Engine> Engine for LockstepEngine<A, B> {
    fn describe(&self) -> String {
        format!(
            "lockstep of {} and {}",
            self.first.describe(),
            self.second.describe()
        )
    }

    /// # Errors
    /// [`EngineError::Differ`] names the first pins that differ; else that of either engine.
    fn step(&mut self, inputs: &Inputs, tick: Tick) -> Result<Outputs, EngineError> {
        let first = self.first.step(inputs, tick)?;
        let second = self.second.step(inputs, tick)?;
        if first != second {
            return Err(EngineError::Differ {
                step: self.steps,
                time_ps: tick.time_ps,
                pins: first.differences(&second),
            });
        }
        self.steps += 1;
        Ok(first)
    }

    fn finish_trace(&mut self) -> Result<(), EngineError> {
        self.first.finish_trace()?;
        self.second.finish_trace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Raises `vsync` at one step.
    struct Scripted {
        until_pulse: u32,
    }

    impl Engine for Scripted {
        fn describe(&self) -> String {
            "scripted".into()
        }

        fn step(&mut self, _: &Inputs, _: Tick) -> Result<Outputs, EngineError> {
            let vsync = self.until_pulse == 0;
            self.until_pulse = self.until_pulse.wrapping_sub(1);
            Ok(Outputs {
                vsync,
                ..Outputs::default()
            })
        }
    }

    #[test]
    fn first_difference_ends_the_run_and_names_the_pin() {
        let mut pair =
            LockstepEngine::new(Scripted { until_pulse: 3 }, Scripted { until_pulse: 4 });
        let tick = Tick {
            time_ps: 0,
            sys: true,
            pix: false,
        };
        for _ in 0..3 {
            pair.step(&Inputs::default(), tick).expect("still equal");
        }
        let error = pair.step(&Inputs::default(), tick).expect_err("one pulses");
        let text = error.to_string();
        assert!(text.contains("step 3: vsync 0x1 against 0x0"), "{text}");
    }
}
