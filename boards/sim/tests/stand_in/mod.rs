//! A small block with the pins of the card, for tests of the engines themselves.
//!
//! Host DWs pass a 16-entry FIFO back to the host, changed by a running sum, so that order, loss and
//! duplication show. A packet whose only DW has 0xC5 in its top byte sets `clock_select` and `display_on`. The pixel
//! side is a counter pair and a shift register: its outputs differ at every clock. The cable's pins go through, one at
//! once and two registered.

use lumenport_sim::card_pins;
use rust_hdl::prelude::*;

#[derive(LogicBlock)]
pub struct StandIn {
    pub sys_clock: Signal<In, Clock>,
    pub pix_clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub rx_data: Signal<In, Bits<32>>,
    pub rx_last: Signal<In, Bit>,
    pub rx_valid: Signal<In, Bit>,
    pub tx_ready: Signal<In, Bit>,
    pub credit_limit_posted: Signal<In, Bits<20>>,
    pub credit_limit_nonposted: Signal<In, Bits<20>>,
    pub credit_limit_completion: Signal<In, Bits<20>>,
    pub credit_infinite: Signal<In, Bits<6>>,
    pub rx_ready: Signal<Out, Bit>,
    pub tx_data: Signal<Out, Bits<32>>,
    pub tx_last: Signal<Out, Bit>,
    pub tx_valid: Signal<Out, Bit>,
    pub credit_allocated_posted: Signal<Out, Bits<20>>,
    pub credit_allocated_nonposted: Signal<Out, Bits<20>>,
    pub tmds_blue: Signal<Out, Bits<10>>,
    pub tmds_green: Signal<Out, Bits<10>>,
    pub tmds_red: Signal<Out, Bits<10>>,
    pub rgb: Signal<Out, Bits<24>>,
    pub de: Signal<Out, Bit>,
    pub hsync: Signal<Out, Bit>,
    pub vsync: Signal<Out, Bit>,
    pub clock_select: Signal<Out, Bits<3>>,
    pub display_on: Signal<Out, Bit>,
    pub ddc_scl: Signal<In, Bit>,
    pub ddc_sda: Signal<In, Bit>,
    pub hotplug: Signal<In, Bit>,
    pub ddc_scl_low: Signal<Out, Bit>,
    pub ddc_sda_low: Signal<Out, Bit>,
    fifo: RAM<Bits<33>, 4>,
    write_index: DFF<Bits<4>>,
    read_index: DFF<Bits<4>>,
    count: DFF<Bits<5>>,
    sum: DFF<Bits<32>>,
    head: DFF<Bits<33>>,
    head_full: DFF<Bit>,
    loading: DFF<Bit>,
    select: DFF<Bits<3>>,
    on: DFF<Bit>,
    cable: DFF<Bit>,
    take: Signal<Local, Bit>,
    fetch: Signal<Local, Bit>,
    give: Signal<Local, Bit>,
    feedback: Signal<Local, Bit>,
    h: DFF<Bits<10>>,
    v: DFF<Bits<10>>,
    shift: DFF<Bits<32>>,
}

impl Default for StandIn {
    fn default() -> Self {
        Self {
            sys_clock: Signal::default(),
            pix_clock: Signal::default(),
            reset: Signal::default(),
            rx_data: Signal::default(),
            rx_last: Signal::default(),
            rx_valid: Signal::default(),
            tx_ready: Signal::default(),
            credit_limit_posted: Signal::default(),
            credit_limit_nonposted: Signal::default(),
            credit_limit_completion: Signal::default(),
            credit_infinite: Signal::default(),
            credit_allocated_posted: Signal::default(),
            credit_allocated_nonposted: Signal::default(),
            rx_ready: Signal::default(),
            tx_data: Signal::default(),
            tx_last: Signal::default(),
            tx_valid: Signal::default(),
            tmds_blue: Signal::default(),
            tmds_green: Signal::default(),
            tmds_red: Signal::default(),
            rgb: Signal::default(),
            de: Signal::default(),
            hsync: Signal::default(),
            vsync: Signal::default(),
            clock_select: Signal::default(),
            display_on: Signal::default(),
            ddc_scl: Signal::default(),
            ddc_sda: Signal::default(),
            hotplug: Signal::default(),
            ddc_scl_low: Signal::default(),
            ddc_sda_low: Signal::default(),
            fifo: RAM::new(std::collections::BTreeMap::new()),
            write_index: DFF::default(),
            read_index: DFF::default(),
            count: DFF::default(),
            sum: DFF::default(),
            head: DFF::default(),
            head_full: DFF::default(),
            loading: DFF::default(),
            select: DFF::default(),
            on: DFF::default(),
            cable: DFF::default(),
            take: Signal::default(),
            fetch: Signal::default(),
            give: Signal::default(),
            feedback: Signal::default(),
            h: DFF::default(),
            v: DFF::default(),
            shift: DFF::default(),
        }
    }
}

impl Logic for StandIn {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            sys_clock,
            write_index,
            read_index,
            count,
            sum,
            head,
            head_full,
            loading,
            select,
            on,
            cable
        );
        dff_setup!(self, pix_clock, h, v, shift);
        self.fifo.read_clock.next = self.sys_clock.val();
        self.fifo.write_clock.next = self.sys_clock.val();
        self.fifo.write_address.next = self.write_index.q.val();
        self.fifo.read_address.next = self.read_index.q.val();

        self.rx_ready.next = self.count.q.val() != 16;
        self.take.next = self.rx_valid.val() & (self.count.q.val() != 16);
        self.give.next = self.head_full.q.val() & self.tx_ready.val();
        self.fetch.next =
            !self.head_full.q.val() & !self.loading.q.val() & (self.count.q.val() != 0);

        self.fifo.write_enable.next = self.take.val();
        self.fifo.write_data.next = (bit_cast::<33, 32>(self.rx_data.val() + self.sum.q.val())
            << 1)
            | bit_cast::<33, 1>(self.rx_last.val().into());
        if self.take.val() {
            self.write_index.d.next = self.write_index.q.val() + 1;
            self.sum.d.next = self.sum.q.val() + self.rx_data.val();
            if self.rx_data.val().get_bits::<8>(24) == 0xC5 {
                self.select.d.next = self.rx_data.val().get_bits::<3>(0);
                self.on.d.next = self.rx_data.val().get_bit(3);
            }
        }
        if self.fetch.val() {
            self.read_index.d.next = self.read_index.q.val() + 1;
            self.loading.d.next = true;
        }
        if self.loading.q.val() {
            self.head.d.next = self.fifo.read_data.val();
            self.loading.d.next = false;
            self.head_full.d.next = true;
        }
        if self.give.val() {
            self.head_full.d.next = false;
        }
        if self.take.val() & !self.fetch.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.fetch.val() & !self.take.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        if self.reset.val() {
            self.write_index.d.next = 0.into();
            self.read_index.d.next = 0.into();
            self.count.d.next = 0.into();
            self.sum.d.next = 0.into();
            self.head_full.d.next = false;
            self.loading.d.next = false;
            self.select.d.next = 0.into();
            self.on.d.next = false;
        }
        self.tx_valid.next = self.head_full.q.val();
        self.tx_data.next = self.head.q.val().get_bits::<32>(1);
        self.tx_last.next = self.head.q.val().get_bit(0);
        self.clock_select.next = self.select.q.val();
        self.display_on.next = self.on.q.val();
        self.cable.d.next = !self.ddc_sda.val() | self.hotplug.val();
        self.ddc_scl_low.next = self.cable.q.val();
        self.ddc_sda_low.next = !self.ddc_scl.val();

        // All credit inputs show in the credit outputs.
        self.credit_allocated_posted.next =
            self.credit_limit_posted.val() ^ self.sum.q.val().get_bits::<20>(0);
        self.credit_allocated_nonposted.next = self.credit_limit_nonposted.val()
            ^ (self.credit_limit_completion.val() + bit_cast::<20, 6>(self.credit_infinite.val()));

        self.h.d.next = self.h.q.val() + 1;
        if self.h.q.val() == 99 {
            self.h.d.next = 0.into();
            self.v.d.next = self.v.q.val() + 1;
        }
        // Not inverted in place: Verilog would invert after widening to the width of the cast.
        self.feedback.next = !(self.shift.q.val().get_bit(31) ^ self.shift.q.val().get_bit(21));
        self.shift.d.next =
            (self.shift.q.val() << 1) | bit_cast::<32, 1>(self.feedback.val().into());
        self.tmds_blue.next = self.shift.q.val().get_bits::<10>(0);
        self.tmds_green.next = self.shift.q.val().get_bits::<10>(10) ^ self.h.q.val();
        self.tmds_red.next = self.shift.q.val().get_bits::<10>(20) ^ self.v.q.val();
        self.rgb.next = self.shift.q.val().get_bits::<24>(4);
        self.de.next = self.h.q.val() < 80;
        self.hsync.next = self.h.q.val() > 90;
        self.vsync.next = self.v.q.val() == 0;
    }
}

card_pins!(StandIn);
