//! The simulated card: [`Card`] with block RAM as card memory and a board's constants.
//!
//! Purpose: the top block of both simulation engines. Its ports are the pins that an engine drives
//! and samples. Clock domains: `sys` (`sys_clock`) and `pix` (`pix_clock`).
//! Not for synthesis: 4 MiB do not fit the block RAM of the FPGAs this project is made for.

use crate::card::{Card, CardConfig};
use crate::id::CardInfo;
use crate::mem::BlockRam;
use crate::pcie::Identity;
use crate::prelude::*;

/// Card memory of the simulated card in bytes.
pub const SIM_MEMORY_BYTES: u32 = lumenport_regmap::card::SIM_MEMORY_BYTES;
/// Index bits of its 64-bit words.
const WORD_ADDRESS_BITS: usize = SIM_MEMORY_BYTES.trailing_zeros() as usize - 3;
/// System clock of the simulated card in kHz.
pub const SIM_SYS_CLOCK_KHZ: u32 = 62_500;
/// Board id of the simulated card: "SIM1".
pub const SIM_BOARD_ID: u32 = 0x5349_4D31;
/// Pixel clocks that the simulated board can make, in kHz. The last one is there for tests of mode filtering.
pub const SIM_PIXEL_CLOCKS_KHZ: [u32; 8] = [
    25_175, 27_000, 36_000, 40_000, 65_000, 71_000, 74_250, 108_000,
];

/// Top block of the simulation.
#[derive(LogicBlock)]
pub struct SimCard {
    /// System clock.
    pub sys_clock: Signal<In, Clock>,
    /// Pixel clock.
    pub pix_clock: Signal<In, Clock>,
    /// Synchronous reset of the `sys` domain, active high.
    pub reset: Signal<In, Bit>,
    /// Host to card: one DW of a TLP, first byte on the wire in bits 31:24.
    pub rx_data: Signal<In, Bits<32>>,
    /// This DW ends its TLP.
    pub rx_last: Signal<In, Bit>,
    /// A DW is offered.
    pub rx_valid: Signal<In, Bit>,
    /// The card takes the DW.
    pub rx_ready: Signal<Out, Bit>,
    /// Card to host: one DW of a TLP.
    pub tx_data: Signal<Out, Bits<32>>,
    /// This DW ends its TLP.
    pub tx_last: Signal<Out, Bit>,
    /// A DW is offered.
    pub tx_valid: Signal<Out, Bit>,
    /// The host takes the DW.
    pub tx_ready: Signal<In, Bit>,
    /// Posted credit limit, a modulo counter: headers in 19:12, data in 11:0.
    pub credit_limit_posted: Signal<In, Bits<20>>,
    /// Non-posted credit limit, same shape.
    pub credit_limit_nonposted: Signal<In, Bits<20>>,
    /// Completion credit limit, same shape.
    pub credit_limit_completion: Signal<In, Bits<20>>,
    /// Which limits are infinite: PH 0, PD 1, NPH 2, NPD 3, CPLH 4, CPLD 5.
    pub credit_infinite: Signal<In, Bits<6>>,
    /// Posted credits allocated to the host, a modulo counter: headers in 19:12, data in 11:0.
    pub credit_allocated_posted: Signal<Out, Bits<20>>,
    /// Non-posted credits allocated to the host, same shape. Completions are infinite.
    pub credit_allocated_nonposted: Signal<Out, Bits<20>>,
    /// TMDS channel 0.
    pub tmds_blue: Signal<Out, Bits<10>>,
    /// TMDS channel 1.
    pub tmds_green: Signal<Out, Bits<10>>,
    /// TMDS channel 2.
    pub tmds_red: Signal<Out, Bits<10>>,
    /// Parallel output.
    pub rgb: Signal<Out, Bits<24>>,
    /// Data enable.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync.
    pub vsync: Signal<Out, Bit>,
    /// DDC clock line.
    pub ddc_scl: Signal<In, Bit>,
    /// DDC data line.
    pub ddc_sda: Signal<In, Bit>,
    /// A monitor is connected.
    pub hotplug: Signal<In, Bit>,
    /// Pull the DDC clock line low.
    pub ddc_scl_low: Signal<Out, Bit>,
    /// Pull the DDC data line low.
    pub ddc_sda_low: Signal<Out, Bit>,
    /// Index into [`SIM_PIXEL_CLOCKS_KHZ`] that the card asks for.
    pub clock_select: Signal<Out, Bits<3>>,
    /// The timing generator runs.
    pub display_on: Signal<Out, Bit>,
    card: Card,
    ram: BlockRam<WORD_ADDRESS_BITS>,
}

impl SimCard {
    /// The standard simulated card; `build_commit` and `dirty` go to the identity block.
    #[must_use]
    pub fn new(build_commit: u32, dirty: bool) -> Self {
        Self::with_digest(build_commit, dirty, lumenport_regmap::card::MAP_DIGEST)
    }

    /// A simulated card that claims the register map digest `map_digest`: for testing that a driver
    /// refuses a card it was not made for.
    #[must_use]
    pub fn with_digest(build_commit: u32, dirty: bool, map_digest: u32) -> Self {
        let config = CardConfig {
            pci: Identity {
                bar0_address_bits: SIM_MEMORY_BYTES.trailing_zeros(),
                ..Identity::default()
            },
            identity: CardInfo {
                map_digest,
                build_commit,
                dirty,
                board: SIM_BOARD_ID,
                memory_bytes: SIM_MEMORY_BYTES,
                sys_clock_khz: SIM_SYS_CLOCK_KHZ,
                ..CardInfo::default()
            },
            memory_bytes: SIM_MEMORY_BYTES,
            pixel_clocks_khz: SIM_PIXEL_CLOCKS_KHZ.to_vec(),
        };
        Self {
            sys_clock: Signal::default(),
            pix_clock: Signal::default(),
            reset: Signal::default(),
            rx_data: Signal::default(),
            rx_last: Signal::default(),
            rx_valid: Signal::default(),
            rx_ready: Signal::default(),
            tx_data: Signal::default(),
            tx_last: Signal::default(),
            tx_valid: Signal::default(),
            tx_ready: Signal::default(),
            credit_limit_posted: Signal::default(),
            credit_limit_nonposted: Signal::default(),
            credit_limit_completion: Signal::default(),
            credit_infinite: Signal::default(),
            credit_allocated_posted: Signal::default(),
            credit_allocated_nonposted: Signal::default(),
            tmds_blue: Signal::default(),
            tmds_green: Signal::default(),
            tmds_red: Signal::default(),
            rgb: Signal::default(),
            de: Signal::default(),
            hsync: Signal::default(),
            vsync: Signal::default(),
            ddc_scl: Signal::default(),
            ddc_sda: Signal::default(),
            hotplug: Signal::default(),
            ddc_scl_low: Signal::default(),
            ddc_sda_low: Signal::default(),
            clock_select: Signal::default(),
            display_on: Signal::default(),
            card: Card::new(&config),
            ram: BlockRam::default(),
        }
    }
}

impl Logic for SimCard {
    #[hdl_gen]
    fn update(&mut self) {
        self.card.clock.next = self.sys_clock.val();
        self.card.pix_clock.next = self.pix_clock.val();
        self.card.reset.next = self.reset.val();
        self.ram.clock.next = self.sys_clock.val();

        self.card.rx_data.next = self.rx_data.val();
        self.card.rx_last.next = self.rx_last.val();
        self.card.rx_valid.next = self.rx_valid.val();
        self.rx_ready.next = self.card.rx_ready.val();
        self.tx_data.next = self.card.tx_data.val();
        self.tx_last.next = self.card.tx_last.val();
        self.tx_valid.next = self.card.tx_valid.val();
        self.card.tx_ready.next = self.tx_ready.val();
        self.card.credit_limit_posted.next = self.credit_limit_posted.val();
        self.card.credit_limit_nonposted.next = self.credit_limit_nonposted.val();
        self.card.credit_limit_completion.next = self.credit_limit_completion.val();
        self.card.credit_infinite.next = self.credit_infinite.val();
        self.credit_allocated_posted.next = self.card.credit_allocated_posted.val();
        self.credit_allocated_nonposted.next = self.card.credit_allocated_nonposted.val();

        self.ram.latency_cycles.next = self.card.mem_latency_cycles.val();
        self.ram.cmd_valid.next = self.card.mem_cmd_valid.val();
        self.card.mem_cmd_ready.next = self.ram.cmd_ready.val();
        self.ram.cmd_write.next = self.card.mem_cmd_write.val();
        self.ram.cmd_address.next = self.card.mem_cmd_address.val();
        self.ram.wdata_lo.next = self.card.mem_wdata_lo.val();
        self.ram.wdata_hi.next = self.card.mem_wdata_hi.val();
        self.ram.be.next = self.card.mem_be.val();
        self.card.mem_rvalid.next = self.ram.rvalid.val();
        self.card.mem_rdata_lo.next = self.ram.rdata_lo.val();
        self.card.mem_rdata_hi.next = self.ram.rdata_hi.val();

        self.card.ddc_scl.next = self.ddc_scl.val();
        self.card.ddc_sda.next = self.ddc_sda.val();
        self.card.hotplug.next = self.hotplug.val();
        self.ddc_scl_low.next = self.card.ddc_scl_low.val();
        self.ddc_sda_low.next = self.card.ddc_sda_low.val();

        self.tmds_blue.next = self.card.tmds_blue.val();
        self.tmds_green.next = self.card.tmds_green.val();
        self.tmds_red.next = self.card.tmds_red.val();
        self.rgb.next = self.card.rgb.val();
        self.de.next = self.card.de.val();
        self.hsync.next = self.card.hsync.val();
        self.vsync.next = self.card.vsync.val();
        self.clock_select.next = self.card.clock_select.val();
        self.display_on.next = self.card.display_on.val();
    }
}
