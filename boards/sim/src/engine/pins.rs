//! Pins of the simulated card, as an engine drives and samples them.
//!
//! Context: host side of the simulation. The names are those of the top block's ports; the streams
//! carry one double word (DW) per `sys` clock, first byte on the wire in bits 31:24. Not supported:
//! more than the two clocks of the simulated card.

use std::fmt::Write as _;

use rust_hdl::prelude::Block;

/// The host's flow control credits, as the card's link layer knows them.
///
/// Each limit holds two modulo counters, headers in 19:12 and data (16 bytes each) in 11:0: the sum
/// of what the host granted since the link came up. The card sends nothing beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditLimits {
    /// Posted requests: memory writes and messages.
    pub posted: u32,
    /// Non-posted requests: reads.
    pub nonposted: u32,
    /// Completions.
    pub completion: u32,
    /// Limits that do not count: PH 0, PD 1, NPH 2, NPD 3, CPLH 4, CPLD 5.
    pub infinite: u8,
}

impl Default for CreditLimits {
    /// All infinite.
    fn default() -> Self {
        Self {
            posted: 0,
            nonposted: 0,
            completion: 0,
            infinite: 0x3F,
        }
    }
}

/// Levels that the host applies to the card's input pins (clocks excepted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Synchronous reset of the `sys` domain, active high.
    pub reset: bool,
    /// Host to card: one DW of a transaction layer packet.
    pub rx_data: u32,
    /// Host to card: this DW ends its packet.
    pub rx_last: bool,
    /// Host to card: the DW is offered; it moves when `rx_ready` is high at the same sample.
    pub rx_valid: bool,
    /// Card to host: the host takes a DW when `tx_valid` is high at the same sample.
    pub tx_ready: bool,
    /// Level of the DDC clock line: pulled up, low when anybody pulls it.
    pub ddc_scl: bool,
    /// Level of the DDC data line, as [`Self::ddc_scl`].
    pub ddc_sda: bool,
    /// A monitor is connected.
    pub hotplug: bool,
    /// Card to host: what the card may send.
    pub credits: CreditLimits,
}

impl Default for Inputs {
    /// No packets, no reset, infinite credits, idle DDC lines, no monitor.
    fn default() -> Self {
        Self {
            reset: false,
            rx_data: 0,
            rx_last: false,
            rx_valid: false,
            tx_ready: false,
            ddc_scl: true,
            ddc_sda: true,
            hotplug: false,
            credits: CreditLimits::default(),
        }
    }
}

/// Levels of the card's output pins, sampled just before the clocks rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The card takes the offered DW.
    pub rx_ready: bool,
    /// Card to host: one DW of a transaction layer packet.
    pub tx_data: u32,
    /// Card to host: this DW ends its packet.
    pub tx_last: bool,
    /// Card to host: the DW is offered.
    pub tx_valid: bool,
    /// Host to card: posted credits allocated so far, headers in 19:12, data in 11:0, both modulo.
    pub credit_allocated_posted: u32,
    /// Host to card: non-posted credits allocated so far, same shape. Completions are infinite.
    pub credit_allocated_nonposted: u32,
    /// 10-bit TMDS symbol of channel 0.
    pub tmds_blue: u16,
    /// 10-bit TMDS symbol of channel 1.
    pub tmds_green: u16,
    /// 10-bit TMDS symbol of channel 2.
    pub tmds_red: u16,
    /// Parallel output, R in 23:16, G in 15:8, B in 7:0.
    pub rgb: u32,
    /// Data enable of the parallel output.
    pub de: bool,
    /// Horizontal sync at its programmed polarity.
    pub hsync: bool,
    /// Vertical sync at its programmed polarity.
    pub vsync: bool,
    /// Index of the pixel clock that the card asks the board for, 0..=7.
    pub clock_select: u8,
    /// The timing engine runs.
    pub display_on: bool,
    /// The card pulls the DDC clock line low.
    pub ddc_scl_low: bool,
    /// The card pulls the DDC data line low.
    pub ddc_sda_low: bool,
}

impl Outputs {
    /// The three TMDS symbols in one word: blue 9:0, green 19:10, red 29:20.
    pub fn symbols(&self) -> u32 {
        u32::from(self.tmds_blue)
            | u32::from(self.tmds_green) << 10
            | u32::from(self.tmds_red) << 20
    }

    /// The parallel output in one word: RGB 23:0, data enable 24, hsync 25, vsync 26.
    pub fn video(&self) -> u32 {
        self.rgb
            | u32::from(self.de) << 24
            | u32::from(self.hsync) << 25
            | u32::from(self.vsync) << 26
    }

    /// Names the pins whose levels differ, with both levels; empty when none does.
    pub fn differences(&self, other: &Self) -> String {
        let mut text = String::new();
        macro_rules! compare {
            ($($pin:ident),*) => {
                $(if self.$pin != other.$pin {
                    let _ = write!( // a String takes everything
                        text,
                        "{}{} {:#x} against {:#x}",
                        if text.is_empty() { "" } else { ", " },
                        stringify!($pin),
                        u32::from(self.$pin),
                        u32::from(other.$pin)
                    );
                })*
            };
        }
        compare!(
            rx_ready,
            tx_data,
            tx_last,
            tx_valid,
            credit_allocated_posted,
            credit_allocated_nonposted,
            tmds_blue,
            tmds_green,
            tmds_red,
            rgb,
            de,
            hsync,
            vsync,
            clock_select,
            display_on,
            ddc_scl_low,
            ddc_sda_low
        );
        text
    }

    /// What the board must react to: `clock_select` 2:0, `display_on` 3, `ddc_scl_low` 4, `ddc_sda_low` 5.
    pub(crate) fn control(&self) -> u32 {
        u32::from(self.clock_select)
            | u32::from(self.display_on) << 3
            | u32::from(self.ddc_scl_low) << 4
            | u32::from(self.ddc_sda_low) << 5
    }
}

/// One moment at which at least one clock rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Simulated time in picoseconds; only waveforms use it.
    pub time_ps: u64,
    /// The `sys` clock rises.
    pub sys: bool,
    /// The `pix` clock rises.
    pub pix: bool,
}

/// A rust-hdl block with the pins of the simulated card.
///
/// [`card_pins!`](crate::card_pins) implements it for any block whose ports have the card's names.
pub trait CardPins: Block + Send {
    /// Applies the input pins. They take effect when the block settles.
    fn drive(&mut self, inputs: &Inputs);
    /// Sets the level of the `sys` clock pin.
    fn set_sys_clock(&mut self, level: bool);
    /// Sets the level of the `pix` clock pin.
    fn set_pix_clock(&mut self, level: bool);
    /// Reads the output pins of the settled block.
    fn sample(&self) -> Outputs;
}

/// Implements [`CardPins`](crate::engine::CardPins) for a block whose ports carry the names of the
/// card's pins.
#[macro_export]
macro_rules! card_pins {
    ($block:ty) => {
        impl $crate::engine::CardPins for $block {
            fn drive(&mut self, inputs: &$crate::engine::Inputs) {
                self.reset.next = inputs.reset;
                self.rx_data.next = u64::from(inputs.rx_data).into();
                self.rx_last.next = inputs.rx_last;
                self.rx_valid.next = inputs.rx_valid;
                self.tx_ready.next = inputs.tx_ready;
                self.ddc_scl.next = inputs.ddc_scl;
                self.ddc_sda.next = inputs.ddc_sda;
                self.hotplug.next = inputs.hotplug;
                let credits = &inputs.credits;
                self.credit_limit_posted.next = u64::from(credits.posted).into();
                self.credit_limit_nonposted.next = u64::from(credits.nonposted).into();
                self.credit_limit_completion.next = u64::from(credits.completion).into();
                self.credit_infinite.next = u64::from(credits.infinite).into();
            }
            fn set_sys_clock(&mut self, level: bool) {
                self.sys_clock.next = level.into();
            }
            fn set_pix_clock(&mut self, level: bool) {
                self.pix_clock.next = level.into();
            }
            fn sample(&self) -> $crate::engine::Outputs {
                $crate::engine::Outputs {
                    rx_ready: self.rx_ready.val(),
                    tx_data: self.tx_data.val().to_u64() as u32,
                    tx_last: self.tx_last.val(),
                    tx_valid: self.tx_valid.val(),
                    credit_allocated_posted: self.credit_allocated_posted.val().to_u64() as u32,
                    credit_allocated_nonposted: self.credit_allocated_nonposted.val().to_u64()
                        as u32,
                    tmds_blue: self.tmds_blue.val().to_u64() as u16,
                    tmds_green: self.tmds_green.val().to_u64() as u16,
                    tmds_red: self.tmds_red.val().to_u64() as u16,
                    rgb: self.rgb.val().to_u64() as u32,
                    de: self.de.val(),
                    hsync: self.hsync.val(),
                    vsync: self.vsync.val(),
                    clock_select: self.clock_select.val().to_u64() as u8,
                    display_on: self.display_on.val(),
                    ddc_scl_low: self.ddc_scl_low.val(),
                    ddc_sda_low: self.ddc_sda_low.val(),
                }
            }
        }
    };
}
