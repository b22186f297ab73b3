//! Faults that tests put into the host's answers.

/// Which of the card's memory reads a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultWhen {
    /// Any.
    Always,
    /// The one with this index, counted from the rule's arrival; the first is 0.
    Nth(u64),
    /// Those whose first byte lies in this bus address range.
    Address {
        /// First address.
        start: u64,
        /// First address after the range.
        end: u64,
    },
}

/// What happens to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultAction {
    /// Completion with status Unsupported Request.
    UnsupportedRequest,
    /// Completion with status Completer Abort.
    CompleterAbort,
    /// Right data, marked as poisoned.
    Poison,
    /// No answer at all.
    Drop,
    /// Only the first completion of several (or none if there is but one).
    DropRest,
    /// This many clocks later than usual.
    Delay(u64),
    /// The last completion is sent twice.
    Duplicate,
    /// First a completion for this other tag, which the card may not have in use.
    ForeignTag(u8),
    /// First a completion that names another requester.
    ForeignRequester,
    /// The byte count of the first completion is this much too large (modulo its field).
    ByteCount(u16),
    /// The lower address of the first completion has these bits flipped.
    LowerAddress(u8),
}

/// One rule; the first that matches a read strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// Which reads.
    pub when: FaultWhen,
    /// What happens.
    pub action: FaultAction,
    /// How often it may still strike; afterwards the rule is gone.
    pub times: u32,
}

/// The rules in force.
#[derive(Default)]
pub(super) struct Faults {
    rules: Vec<(FaultRule, u64)>,
}

impl Faults {
    pub(super) fn add(&mut self, rule: FaultRule) {
        self.rules.push((rule, 0));
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Decides what happens to the read whose first byte is at `address`.
    pub(super) fn strike(&mut self, address: u64) -> Option<FaultAction> {
        let mut struck = None;
        for (rule, seen) in &mut self.rules {
            let matches = match rule.when {
                FaultWhen::Always => true,
                FaultWhen::Nth(index) => *seen == index,
                FaultWhen::Address { start, end } => (start..end).contains(&address),
            };
            *seen += 1;
            if matches && struck.is_none() && rule.times > 0 {
                rule.times -= 1;
                struck = Some(rule.action);
            }
        }
        self.rules.retain(|(rule, _)| rule.times > 0);
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(when: FaultWhen, times: u32) -> FaultRule {
        FaultRule {
            when,
            action: FaultAction::Drop,
            times,
        }
    }

    #[test]
    fn nth_strikes_once_at_its_index() {
        let mut faults = Faults::default();
        faults.add(rule(FaultWhen::Nth(2), 1));
        let struck: Vec<bool> = (0..5).map(|_| faults.strike(0).is_some()).collect();
        assert_eq!(struck, [false, false, true, false, false]);
    }

    #[test]
    fn address_rules_end_when_used_up() {
        let mut faults = Faults::default();
        faults.add(rule(
            FaultWhen::Address {
                start: 100,
                end: 200,
            },
            2,
        ));
        let struck: Vec<bool> = [99, 100, 200, 199, 150]
            .into_iter()
            .map(|at| faults.strike(at).is_some())
            .collect();
        assert_eq!(struck, [false, true, false, true, false]);
    }
}
