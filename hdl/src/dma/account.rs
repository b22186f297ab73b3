//! Account: counters of the engine.
//!
//! Purpose: keeps what software reads to see what happened: packets, drops, transfers, bytes.
//! Clock domain: `sys`. Counters wrap at 2^32 and start at zero with a reset.

use crate::prelude::*;

/// Counters.
#[derive(LogicBlock, Default)]
pub struct Account {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// A request started.
    pub request_strobe: Signal<In, Bit>,
    /// A completion for the running transfer came.
    pub completion_strobe: Signal<In, Bit>,
    /// A completion for no outstanding request was dropped.
    pub unexpected_strobe: Signal<In, Bit>,
    /// A completion for a request that was given up was dropped.
    pub late_strobe: Signal<In, Bit>,
    /// A request expired.
    pub timeout_strobe: Signal<In, Bit>,
    /// A submit was ignored.
    pub rejected_strobe: Signal<In, Bit>,
    /// A transfer ended.
    pub finished_strobe: Signal<In, Bit>,
    /// A transfer begins: its bytes count from zero.
    pub begin_strobe: Signal<In, Bit>,
    /// Bytes delivered in this clock.
    pub bytes: Signal<In, Bits<10>>,

    /// Count of `request_strobe`.
    pub requests: Signal<Out, Bits<32>>,
    /// Count of `completion_strobe`.
    pub completions: Signal<Out, Bits<32>>,
    /// Count of `unexpected_strobe`.
    pub unexpected: Signal<Out, Bits<32>>,
    /// Count of `late_strobe`.
    pub late: Signal<Out, Bits<32>>,
    /// Count of `timeout_strobe`.
    pub timeouts: Signal<Out, Bits<32>>,
    /// Count of `rejected_strobe`.
    pub rejected: Signal<Out, Bits<32>>,
    /// Count of `finished_strobe`.
    pub completed: Signal<Out, Bits<32>>,
    /// Sum of `bytes` since `begin_strobe`.
    pub bytes_done: Signal<Out, Bits<32>>,

    count_requests: DFF<Bits<32>>,
    count_completions: DFF<Bits<32>>,
    count_unexpected: DFF<Bits<32>>,
    count_late: DFF<Bits<32>>,
    count_timeouts: DFF<Bits<32>>,
    count_rejected: DFF<Bits<32>>,
    count_completed: DFF<Bits<32>>,
    sum: DFF<Bits<32>>,
}

impl Logic for Account {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            count_requests,
            count_completions,
            count_unexpected,
            count_late,
            count_timeouts,
            count_rejected,
            count_completed,
            sum
        );
        if self.request_strobe.val() {
            self.count_requests.d.next = self.count_requests.q.val() + 1;
        }
        if self.completion_strobe.val() {
            self.count_completions.d.next = self.count_completions.q.val() + 1;
        }
        if self.unexpected_strobe.val() {
            self.count_unexpected.d.next = self.count_unexpected.q.val() + 1;
        }
        if self.late_strobe.val() {
            self.count_late.d.next = self.count_late.q.val() + 1;
        }
        if self.timeout_strobe.val() {
            self.count_timeouts.d.next = self.count_timeouts.q.val() + 1;
        }
        if self.rejected_strobe.val() {
            self.count_rejected.d.next = self.count_rejected.q.val() + 1;
        }
        if self.finished_strobe.val() {
            self.count_completed.d.next = self.count_completed.q.val() + 1;
        }
        self.sum.d.next = self.sum.q.val() + bit_cast::<32, 10>(self.bytes.val());
        if self.begin_strobe.val() {
            self.sum.d.next = 0.into();
        }

        self.requests.next = self.count_requests.q.val();
        self.completions.next = self.count_completions.q.val();
        self.unexpected.next = self.count_unexpected.q.val();
        self.late.next = self.count_late.q.val();
        self.timeouts.next = self.count_timeouts.q.val();
        self.rejected.next = self.count_rejected.q.val();
        self.completed.next = self.count_completed.q.val();
        self.bytes_done.next = self.sum.q.val();

        if self.reset.val() {
            self.count_requests.d.next = 0.into();
            self.count_completions.d.next = 0.into();
            self.count_unexpected.d.next = 0.into();
            self.count_late.d.next = 0.into();
            self.count_timeouts.d.next = 0.into();
            self.count_rejected.d.next = 0.into();
            self.count_completed.d.next = 0.into();
            self.sum.d.next = 0.into();
        }
    }
}
