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
        Self {
            d: Signal::default(),
            q: Signal::default(),
            clock: Signal::default(),
        }
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

#[cfg(test)]
mod tests {
    use super::DFF;
    use crate::testbench::{Rng, settle};
    use rust_hdl::prelude::*;

    /// A shift register of three, once of each kind; stage 2 feeds back into stage 1.
    macro_rules! shift_register {
        ($Name:ident, $Dff:ty) => {
            #[derive(LogicBlock, Default)]
            struct $Name {
                clock: Signal<In, Clock>,
                data: Signal<In, Bit>,
                first: $Dff,
                second: $Dff,
                third: $Dff,
            }

            impl Logic for $Name {
                fn update(&mut self) {
                    dff_setup!(self, clock, first, second, third);
                    self.first.d.next = self.data.val() ^ self.third.q.val();
                    self.second.d.next = self.first.q.val();
                    self.third.d.next = self.second.q.val();
                }

                fn connect(&mut self) {
                    self.clock.connect();
                    self.data.connect();
                }
            }

            impl $Name {
                fn set(&mut self, clock: bool, data: bool) -> [bool; 3] {
                    self.clock.next = clock.into();
                    self.data.next = data;
                    settle(self);
                    [self.first.q.val(), self.second.q.val(), self.third.q.val()]
                }
            }
        };
    }

    shift_register!(Ours, DFF<Bit>);
    shift_register!(Upstream, rust_hdl::prelude::DFF<Bit>);

    #[test]
    fn outputs_follow_as_in_rust_hdl_for_any_order_of_events() {
        let mut rng = Rng::new(9);
        let (mut ours, mut upstream) = (Ours::default(), Upstream::default());
        for _ in 0..2000 {
            let (clock, data) = (rng.percent(50), rng.percent(50));
            assert_eq!(ours.set(clock, data), upstream.set(clock, data));
        }
    }
}
