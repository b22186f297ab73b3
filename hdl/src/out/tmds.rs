//! TMDS encoder of one channel (DVI 1.0, section 3.2 and figure 3-5).
//!
//! Clock domain: `pix`. One 10-bit symbol a clock, bit 0 is sent first. Four register stages:
//! choice of the operation, transition-minimised byte, its weight, running disparity.
//! The disparity is kept in halves (-4..=4), since it is always even.
//! Not supported: TERC4 symbols and guard bands of HDMI.

use crate::prelude::*;

/// The encoder. Latency: four clocks from the inputs to `symbol`.
#[derive(LogicBlock)]
pub struct TmdsEncoder {
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,
    /// Pixel byte; used while `de` is high.
    pub data: Signal<In, Bits<8>>,
    /// High: the symbol carries `data`; low: it is the control token of `c1`, `c0`.
    pub de: Signal<In, Bit>,
    /// Control bit 0 (horizontal sync on the blue channel).
    pub c0: Signal<In, Bit>,
    /// Control bit 1 (vertical sync on the blue channel).
    pub c1: Signal<In, Bit>,
    /// The symbol, registered.
    pub symbol: Signal<Out, Bits<10>>,

    byte1: DFF<Bits<8>>,
    xnor1: DFF<Bit>,
    ctl1: DFF<Bits<3>>,
    byte2: DFF<Bits<8>>,
    xor2: DFF<Bit>,
    ctl2: DFF<Bits<3>>,
    byte3: DFF<Bits<8>>,
    xor3: DFF<Bit>,
    weight3: DFF<Bits<4>>,
    ctl3: DFF<Bits<3>>,
    out: DFF<Bits<10>>,
    disparity: DFF<Bits<4>>,

    ones_in: Signal<Local, Bits<4>>,
    ctl_in: Signal<Local, Bits<3>>,
    parity1: Signal<Local, Bits<8>>,
    parity2: Signal<Local, Bits<8>>,
    parity4: Signal<Local, Bits<8>>,
    ones_out: Signal<Local, Bits<4>>,
    balanced: Signal<Local, Bit>,
    invert: Signal<Local, Bit>,
    head: Signal<Local, Bits<10>>,
    four: Constant<Bits<4>>,
    odd_bits: Constant<Bits<8>>,
    all_ones: Constant<Bits<8>>,
    token0: Constant<Bits<10>>,
    token1: Constant<Bits<10>>,
    token2: Constant<Bits<10>>,
    token3: Constant<Bits<10>>,
    head_plain: Constant<Bits<10>>,
    head_xor: Constant<Bits<10>>,
    head_inverted: Constant<Bits<10>>,
    head_both: Constant<Bits<10>>,
}

impl Default for TmdsEncoder {
    fn default() -> Self {
        Self {
            pix_clock: Signal::default(),
            data: Signal::default(),
            de: Signal::default(),
            c0: Signal::default(),
            c1: Signal::default(),
            symbol: Signal::default(),
            byte1: DFF::default(),
            xnor1: DFF::default(),
            ctl1: DFF::default(),
            byte2: DFF::default(),
            xor2: DFF::default(),
            ctl2: DFF::default(),
            byte3: DFF::default(),
            xor3: DFF::default(),
            weight3: DFF::default(),
            ctl3: DFF::default(),
            out: DFF::default(),
            disparity: DFF::default(),
            ones_in: Signal::default(),
            ctl_in: Signal::default(),
            parity1: Signal::default(),
            parity2: Signal::default(),
            parity4: Signal::default(),
            ones_out: Signal::default(),
            balanced: Signal::default(),
            invert: Signal::default(),
            head: Signal::default(),
            four: Constant::new(4.into()),
            odd_bits: Constant::new(0b1010_1010.into()),
            all_ones: Constant::new(0xFF.into()),
            token0: Constant::new(0b11_0101_0100.into()),
            token1: Constant::new(0b00_1010_1011.into()),
            token2: Constant::new(0b01_0101_0100.into()),
            token3: Constant::new(0b10_1010_1011.into()),
            head_plain: Constant::new(0.into()),
            head_xor: Constant::new(0b01_0000_0000.into()),
            head_inverted: Constant::new(0b10_0000_0000.into()),
            head_both: Constant::new(0b11_0000_0000.into()),
        }
    }
}

impl Logic for TmdsEncoder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, pix_clock, byte1, xnor1, ctl1, byte2, xor2, ctl2, byte3, xor3, weight3, ctl3,
            out, disparity
        );

        // Stage 1: XNOR when the byte has more than four ones, or four and bit 0 is zero.
        self.ones_in.next = bit_cast::<4, 1>(self.data.val().get_bits::<1>(0))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(1))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(2))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(3))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(4))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(5))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(6))
            + bit_cast::<4, 1>(self.data.val().get_bits::<1>(7));
        self.ctl_in.next = 0.into();
        if self.c0.val() {
            self.ctl_in.next = 1.into();
        }
        if self.c1.val() {
            self.ctl_in.next = self.ctl_in.val() | 2;
        }
        if self.de.val() {
            self.ctl_in.next = 4.into();
        }
        self.byte1.d.next = self.data.val();
        self.xnor1.d.next = (self.ones_in.val() > self.four.val())
            | ((self.ones_in.val() == self.four.val()) & !self.data.val().get_bit(0));
        self.ctl1.d.next = self.ctl_in.val();

        // Stage 2: bit i is the parity of bits i..0; XNOR inverts every odd bit of that.
        self.parity1.next = self.byte1.q.val() ^ (self.byte1.q.val() << 1);
        self.parity2.next = self.parity1.val() ^ (self.parity1.val() << 2);
        self.parity4.next = self.parity2.val() ^ (self.parity2.val() << 4);
        self.byte2.d.next = self.parity4.val();
        if self.xnor1.q.val() {
            self.byte2.d.next = self.parity4.val() ^ self.odd_bits.val();
        }
        self.xor2.d.next = !self.xnor1.q.val();
        self.ctl2.d.next = self.ctl1.q.val();

        // Stage 3: ones minus four, which is half the difference of ones and zeros.
        self.ones_out.next = bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(0))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(1))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(2))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(3))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(4))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(5))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(6))
            + bit_cast::<4, 1>(self.byte2.q.val().get_bits::<1>(7));
        self.weight3.d.next = self.ones_out.val() - self.four.val();
        self.byte3.d.next = self.byte2.q.val();
        self.xor3.d.next = self.xor2.q.val();
        self.ctl3.d.next = self.ctl2.q.val();

        // Stage 4: invert when that takes the disparity towards zero. Without a preference
        // (either number is zero) bit 9 is the opposite of bit 8.
        self.balanced.next = (self.disparity.q.val() == 0) | (self.weight3.q.val() == 0);
        self.invert.next = self.disparity.q.val().get_bit(3) == self.weight3.q.val().get_bit(3);
        if self.balanced.val() {
            self.invert.next = !self.xor3.q.val();
        }
        self.head.next = self.head_plain.val();
        if self.xor3.q.val() & self.invert.val() {
            self.head.next = self.head_both.val();
        } else if self.xor3.q.val() {
            self.head.next = self.head_xor.val();
        } else if self.invert.val() {
            self.head.next = self.head_inverted.val();
        }
        if self.ctl3.q.val().get_bit(2) {
            if self.invert.val() {
                self.out.d.next =
                    self.head.val() | bit_cast::<10, 8>(self.byte3.q.val() ^ self.all_ones.val());
                self.disparity.d.next = self.disparity.q.val() - self.weight3.q.val();
                if self.xor3.q.val() & !self.balanced.val() {
                    self.disparity.d.next = self.disparity.q.val() - self.weight3.q.val() + 1;
                }
            } else {
                self.out.d.next = self.head.val() | bit_cast::<10, 8>(self.byte3.q.val());
                self.disparity.d.next = self.disparity.q.val() + self.weight3.q.val();
                if !self.xor3.q.val() & !self.balanced.val() {
                    self.disparity.d.next = self.disparity.q.val() + self.weight3.q.val() - 1;
                }
            }
        } else {
            self.disparity.d.next = 0.into();
            self.out.d.next = self.token0.val();
            if self.ctl3.q.val() == 1 {
                self.out.d.next = self.token1.val();
            }
            if self.ctl3.q.val() == 2 {
                self.out.d.next = self.token2.val();
            }
            if self.ctl3.q.val() == 3 {
                self.out.d.next = self.token3.val();
            }
        }
        self.symbol.next = self.out.q.val();
    }
}
