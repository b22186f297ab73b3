//! Results of flows and their JSON form.

use serde::{Deserialize, Serialize};

/// How a flow ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything was as it should be, and everything was given back.
    Passed,
    /// Something was not.
    Failed,
    /// The target cannot run it.
    Skipped,
}

/// One flow on one target.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FlowResult {
    /// Name of the flow.
    pub flow: String,
    /// Name of the target.
    pub target: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time. Units: s.
    pub seconds: f64,
    /// Why it failed or was skipped; for a pass a note, often empty.
    pub reason: String,
}

impl FlowResult {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// Results as a JSON array of objects with the keys `flow`, `target`, `outcome`, `seconds`, `reason`.
pub fn to_json(results: &[FlowResult]) -> String {
    // Strings, a number and an enum: nothing in it can fail to serialise.
    serde_json::to_string_pretty(results).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_promised_keys() {
        let result = FlowResult {
            flow: "pool".into(),
            target: "fake".into(),
            outcome: Outcome::Skipped,
            seconds: 0.5,
            reason: "not supported on this target: \"x\"".into(),
        };
        let value: serde_json::Value =
            serde_json::from_str(&to_json(std::slice::from_ref(&result))).unwrap();
        assert_eq!(value[0]["outcome"], "skipped");
        assert_eq!(value[0]["seconds"], 0.5);
        let back: Vec<FlowResult> =
            serde_json::from_str(&to_json(std::slice::from_ref(&result))).unwrap();
        assert_eq!(back, [result]);
    }
}
