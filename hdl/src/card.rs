//! The card: every block of the gateware wired together, without pins and without memory.
//!
//! Purpose: the top assembly that all boards share. It ends at three boundaries: the TLP streams
//! towards the link (`rx_*`, `tx_*`, in `sys`), the card memory port towards a DRAM controller or
//! block RAM (`mem_*`, in `sys`), and the display output (TMDS symbols and parallel RGB, in `pix`).
//! Clock domains: `sys` and `pix`; crossings live in [`crate::cdc`].
//! Not supported yet: management core, link and PHY layers.
//!
//! ```text
//!  rx ─► Endpoint ─► register bus ─► Id Irq Sem Mem Dma Ddc Display
//!        │  ▲  └──── completions ──► Dma ─┐
//!        ▼  └── MSI (Irq), requests (Dma) │
//!  tx ◄──┘           Arbiter ◄── BAR0 ────┤
//!                    │  ▲ └◄── scanout ── Display ─► tmds_*, rgb
//!                    ▼  │
//!                   mem_* (DRAM controller or block RAM)
//! ```

use crate::ddc::Ddc;
use crate::dma::Dma;
use crate::id::{CardIdentity, CardInfo};
use crate::irq::Interrupts;
use crate::mem::Arbiter;
use crate::pcie::{Endpoint, Identity};
use crate::prelude::*;
use crate::regs::MemRegs;
use crate::scanout::Display;
use crate::sem::Semaphores;

/// Address bits of the line FIFO: 1024 words of 64 bits, 8 KiB.
pub const LINE_FIFO_ADDRESS_BITS: usize = 10;
/// Pointer bits of the line FIFO.
const LINE_FIFO_POINTER_BITS: usize = LINE_FIFO_ADDRESS_BITS + 1;

/// What distinguishes one card from another.
#[derive(Clone, Debug)]
pub struct CardConfig {
    /// Configuration space.
    pub pci: Identity,
    /// Identity block.
    pub identity: CardInfo,
    /// Card memory in bytes, a power of two; equals the size of BAR0.
    pub memory_bytes: u32,
    /// Pixel clocks the board can make, in kHz, at most eight; `clock_select` is an index into it.
    pub pixel_clocks_khz: Vec<u32>,
}

/// The card. Every stream is one DW a `sys` clock, first byte on the wire in bits 31:24.
#[derive(LogicBlock)]
pub struct Card {
    /// Free-running system clock.
    pub clock: Signal<In, Clock>,
    /// Pixel clock.
    pub pix_clock: Signal<In, Clock>,
    /// Synchronous reset of the `sys` domain, active high.
    pub reset: Signal<In, Bit>,

    /// Link to card: one DW of a TLP.
    pub rx_data: Signal<In, Bits<32>>,
    /// This DW ends its TLP.
    pub rx_last: Signal<In, Bit>,
    /// A DW is offered.
    pub rx_valid: Signal<In, Bit>,
    /// The DW is taken in this clock.
    pub rx_ready: Signal<Out, Bit>,
    /// Card to link: one DW of a TLP.
    pub tx_data: Signal<Out, Bits<32>>,
    /// This DW ends its TLP.
    pub tx_last: Signal<Out, Bit>,
    /// A DW is offered.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW is taken in this clock.
    pub tx_ready: Signal<In, Bit>,
    /// Posted credit limit as the link layer received it: headers in 19:12, data in 11:0.
    pub credit_limit_posted: Signal<In, Bits<20>>,
    /// Non-posted credit limit, same shape.
    pub credit_limit_nonposted: Signal<In, Bits<20>>,
    /// Completion credit limit, same shape.
    pub credit_limit_completion: Signal<In, Bits<20>>,
    /// Which limits are infinite: PH 0, PD 1, NPH 2, NPD 3, CPLH 4, CPLD 5.
    pub credit_infinite: Signal<In, Bits<6>>,
    /// Posted credits allocated to the host, for the link layer's InitFC and UpdateFC.
    pub credit_allocated_posted: Signal<Out, Bits<20>>,
    /// Non-posted credits allocated to the host. Completions are infinite.
    pub credit_allocated_nonposted: Signal<Out, Bits<20>>,

    /// Card memory: a command is offered.
    pub mem_cmd_valid: Signal<Out, Bit>,
    /// The memory takes the command in this clock.
    pub mem_cmd_ready: Signal<In, Bit>,
    /// The command writes.
    pub mem_cmd_write: Signal<Out, Bit>,
    /// 64-bit word index.
    pub mem_cmd_address: Signal<Out, Bits<24>>,
    /// Bytes 0 to 3 to write, byte 0 in bits 7:0.
    pub mem_wdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7 to write.
    pub mem_wdata_hi: Signal<Out, Bits<32>>,
    /// Byte enables of the write.
    pub mem_be: Signal<Out, Bits<8>>,
    /// Read data is here, in the order of the commands.
    pub mem_rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3 read.
    pub mem_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub mem_rdata_hi: Signal<In, Bits<32>>,
    /// Extra read latency that the driver asks of a simulated memory, in clocks.
    pub mem_latency_cycles: Signal<Out, Bits<8>>,

    /// DDC clock line, level; asynchronous.
    pub ddc_scl: Signal<In, Bit>,
    /// DDC data line, level; asynchronous.
    pub ddc_sda: Signal<In, Bit>,
    /// A monitor is connected; asynchronous.
    pub hotplug: Signal<In, Bit>,
    /// Pull the DDC clock line low.
    pub ddc_scl_low: Signal<Out, Bit>,
    /// Pull the DDC data line low.
    pub ddc_sda_low: Signal<Out, Bit>,

    /// Index of the pixel clock the card asks the board for.
    pub clock_select: Signal<Out, Bits<3>>,
    /// The timing generator runs.
    pub display_on: Signal<Out, Bit>,
    /// TMDS channel 0 with the syncs, bit 0 first on the wire.
    pub tmds_blue: Signal<Out, Bits<10>>,
    /// TMDS channel 1.
    pub tmds_green: Signal<Out, Bits<10>>,
    /// TMDS channel 2.
    pub tmds_red: Signal<Out, Bits<10>>,
    /// Parallel output: R in 23:16, G in 15:8, B in 7:0.
    pub rgb: Signal<Out, Bits<24>>,
    /// Data enable of the parallel output.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync at its programmed polarity.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync at its programmed polarity.
    pub vsync: Signal<Out, Bit>,

    endpoint: Endpoint,
    dma: Dma,
    display: Display<LINE_FIFO_ADDRESS_BITS, LINE_FIFO_POINTER_BITS>,
    arbiter: Arbiter,
    id: CardIdentity,
    irq: Interrupts,
    sem: Semaphores,
    ddc: Ddc,
    mem_regs: MemRegs,
    memory_bytes: Constant<Bits<32>>,
    bus_rdata: Signal<Local, Bits<32>>,
}

impl Card {
    /// A card as `config` says.
    ///
    /// # Panics
    /// When the memory size is not a power of two or does not match BAR0, or a list is too long.
    #[must_use]
    pub fn new(config: &CardConfig) -> Self {
        assert!(
            config.memory_bytes.is_power_of_two(),
            "card memory is a power of two"
        );
        assert_eq!(
            config.memory_bytes.trailing_zeros(),
            config.pci.bar0_address_bits,
            "BAR0 shows all of card memory and nothing else"
        );
        Self {
            clock: Signal::default(),
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
            mem_cmd_valid: Signal::default(),
            mem_cmd_ready: Signal::default(),
            mem_cmd_write: Signal::default(),
            mem_cmd_address: Signal::default(),
            mem_wdata_lo: Signal::default(),
            mem_wdata_hi: Signal::default(),
            mem_be: Signal::default(),
            mem_rvalid: Signal::default(),
            mem_rdata_lo: Signal::default(),
            mem_rdata_hi: Signal::default(),
            mem_latency_cycles: Signal::default(),
            ddc_scl: Signal::default(),
            ddc_sda: Signal::default(),
            hotplug: Signal::default(),
            ddc_scl_low: Signal::default(),
            ddc_sda_low: Signal::default(),
            clock_select: Signal::default(),
            display_on: Signal::default(),
            tmds_blue: Signal::default(),
            tmds_green: Signal::default(),
            tmds_red: Signal::default(),
            rgb: Signal::default(),
            de: Signal::default(),
            hsync: Signal::default(),
            vsync: Signal::default(),
            endpoint: Endpoint::new(&config.pci),
            dma: Dma::new(config.memory_bytes),
            display: Display::new(&config.pixel_clocks_khz, config.memory_bytes),
            arbiter: Arbiter::default(),
            id: CardIdentity::new(&config.identity),
            irq: Interrupts::default(),
            sem: Semaphores::default(),
            ddc: Ddc::default(),
            mem_regs: MemRegs::default(),
            memory_bytes: Constant::new(u64::from(config.memory_bytes).into()),
            bus_rdata: Signal::default(),
        }
    }
}

impl Logic for Card {
    #[hdl_gen]
    fn update(&mut self) {
        // Clocks and reset.
        self.endpoint.clock.next = self.clock.val();
        self.dma.clock.next = self.clock.val();
        self.display.clock.next = self.clock.val();
        self.display.pix_clock.next = self.pix_clock.val();
        self.arbiter.clock.next = self.clock.val();
        self.id.clock.next = self.clock.val();
        self.irq.clock.next = self.clock.val();
        self.sem.clock.next = self.clock.val();
        self.ddc.clock.next = self.clock.val();
        self.mem_regs.clock.next = self.clock.val();
        self.endpoint.reset.next = self.reset.val();
        self.dma.reset.next = self.reset.val();
        self.display.reset.next = self.reset.val();
        self.arbiter.reset.next = self.reset.val();
        self.id.reset.next = self.reset.val();
        self.irq.reset.next = self.reset.val();
        self.sem.reset.next = self.reset.val();
        self.ddc.reset.next = self.reset.val();
        self.mem_regs.reset.next = self.reset.val();

        // TLP streams.
        self.endpoint.rx_data.next = self.rx_data.val();
        self.endpoint.rx_last.next = self.rx_last.val();
        self.endpoint.rx_valid.next = self.rx_valid.val();
        self.rx_ready.next = self.endpoint.rx_ready.val();
        self.tx_data.next = self.endpoint.tx_data.val();
        self.tx_last.next = self.endpoint.tx_last.val();
        self.tx_valid.next = self.endpoint.tx_valid.val();
        self.endpoint.tx_ready.next = self.tx_ready.val();
        self.endpoint.credit_limit_posted.next = self.credit_limit_posted.val();
        self.endpoint.credit_limit_nonposted.next = self.credit_limit_nonposted.val();
        self.endpoint.credit_limit_completion.next = self.credit_limit_completion.val();
        self.endpoint.credit_infinite.next = self.credit_infinite.val();
        self.credit_allocated_posted.next = self.endpoint.credit_allocated_posted.val();
        self.credit_allocated_nonposted.next = self.endpoint.credit_allocated_nonposted.val();

        // Register bus: every block sees it, at most one answers, the answers are or-ed.
        self.id.bus_address.next = self.endpoint.bus_address.val();
        self.id.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.id.bus_be.next = self.endpoint.bus_be.val();
        self.id.bus_write.next = self.endpoint.bus_write.val();
        self.irq.bus_address.next = self.endpoint.bus_address.val();
        self.irq.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.irq.bus_be.next = self.endpoint.bus_be.val();
        self.irq.bus_write.next = self.endpoint.bus_write.val();
        self.sem.bus_address.next = self.endpoint.bus_address.val();
        self.sem.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.sem.bus_be.next = self.endpoint.bus_be.val();
        self.sem.bus_write.next = self.endpoint.bus_write.val();
        self.sem.bus_agent.next = self.endpoint.bus_agent.val();
        self.ddc.bus_address.next = self.endpoint.bus_address.val();
        self.ddc.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.ddc.bus_be.next = self.endpoint.bus_be.val();
        self.ddc.bus_write.next = self.endpoint.bus_write.val();
        self.mem_regs.bus_address.next = self.endpoint.bus_address.val();
        self.mem_regs.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.mem_regs.bus_be.next = self.endpoint.bus_be.val();
        self.mem_regs.bus_write.next = self.endpoint.bus_write.val();
        self.dma.bus_address.next = self.endpoint.bus_address.val();
        self.dma.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.dma.bus_be.next = self.endpoint.bus_be.val();
        self.dma.bus_write.next = self.endpoint.bus_write.val();
        self.display.bus_address.next = self.endpoint.bus_address.val();
        self.display.bus_wdata.next = self.endpoint.bus_wdata.val();
        self.display.bus_be.next = self.endpoint.bus_be.val();
        self.display.bus_write.next = self.endpoint.bus_write.val();
        self.bus_rdata.next = self.id.bus_rdata.val()
            | self.irq.bus_rdata.val()
            | self.sem.bus_rdata.val()
            | self.ddc.bus_rdata.val()
            | self.mem_regs.bus_rdata.val()
            | self.dma.bus_rdata.val()
            | self.display.bus_rdata.val();
        self.endpoint.bus_rdata.next = self.bus_rdata.val();

        // DMA: completions in, requests out, limits from configuration space.
        self.dma.cpl_data.next = self.endpoint.cpl_data.val();
        self.dma.cpl_last.next = self.endpoint.cpl_last.val();
        self.dma.cpl_valid.next = self.endpoint.cpl_valid.val();
        self.endpoint.cpl_ready.next = self.dma.cpl_ready.val();
        self.endpoint.dma_data.next = self.dma.tx_data.val();
        self.endpoint.dma_last.next = self.dma.tx_last.val();
        self.endpoint.dma_valid.next = self.dma.tx_valid.val();
        self.dma.tx_ready.next = self.endpoint.dma_ready.val();
        self.dma.max_payload.next = self.endpoint.max_payload.val();
        self.dma.max_read_request.next = self.endpoint.max_read_request.val();
        self.dma.requester_id.next = self.endpoint.requester_id.val();
        self.dma.bus_master_enable.next = self.endpoint.bus_master_enable.val();
        self.dma.read_credit.next = self.endpoint.dma_read_credit.val();
        self.dma.write_credit.next = self.endpoint.dma_write_credit.val();
        self.endpoint.transactions_pending.next = self.dma.transactions_pending.val();
        self.endpoint.completion_timeout_strobe.next = self.dma.completion_timeout_strobe.val();
        self.endpoint.unexpected_strobe.next = self.dma.unexpected_strobe.val();
        self.dma.timeout_disable.next = self.endpoint.timeout_disable.val();

        // Interrupts: levels in, one message stream out.
        self.irq.pending_dma.next = self.dma.interrupt.val();
        self.irq.pending_crtc.next = self.display.crtc_interrupt.val();
        self.irq.pending_plane.next = self.display.plane_interrupt.val();
        self.irq.pending_sem.next = self.sem.interrupt.val();
        self.irq.pending_mem.next = self.mem_regs.interrupt.val();
        self.irq.pending_ddc.next = self.ddc.interrupt.val();
        self.irq.pending_pcie.next = self.endpoint.error_interrupt.val();
        self.endpoint.intx_level.next = self.irq.intx_level.val();
        self.irq.intx_enable.next = self.endpoint.intx_enable.val();
        self.irq.msi_vectors.next = self.endpoint.msi_vectors.val();
        self.irq.msi_enable.next = self.endpoint.msi_enable.val();
        self.irq.bus_master_enable.next = self.endpoint.bus_master_enable.val();
        self.irq.msi_address_lo.next = self.endpoint.msi_address_lo.val();
        self.irq.msi_address_hi.next = self.endpoint.msi_address_hi.val();
        self.irq.msi_message.next = self.endpoint.msi_message.val();
        self.irq.requester_id.next = self.endpoint.requester_id.val();
        self.endpoint.msi_data.next = self.irq.msi_data.val();
        self.endpoint.msi_last.next = self.irq.msi_last.val();
        self.endpoint.msi_valid.next = self.irq.msi_valid.val();
        self.irq.msi_ready.next = self.endpoint.msi_ready.val();

        // Card memory: three clients, one port.
        self.arbiter.scan_cmd_valid.next = self.display.mem_cmd_valid.val();
        self.arbiter.scan_cmd_address.next = self.display.mem_cmd_address.val();
        self.arbiter.scan_urgent.next = self.display.mem_urgent.val();
        self.display.mem_cmd_ready.next = self.arbiter.scan_cmd_ready.val();
        self.display.mem_rvalid.next = self.arbiter.scan_rvalid.val();
        self.display.mem_rdata_lo.next = self.arbiter.rdata_lo.val();
        self.display.mem_rdata_hi.next = self.arbiter.rdata_hi.val();
        self.arbiter.dma_cmd_valid.next = self.dma.cmd_valid.val();
        self.arbiter.dma_cmd_write.next = self.dma.cmd_write.val();
        self.arbiter.dma_cmd_address.next = self.dma.cmd_address.val();
        self.arbiter.dma_wdata_lo.next = self.dma.wdata_lo.val();
        self.arbiter.dma_wdata_hi.next = self.dma.wdata_hi.val();
        self.arbiter.dma_be.next = self.dma.be.val();
        self.dma.cmd_ready.next = self.arbiter.dma_cmd_ready.val();
        self.dma.rvalid.next = self.arbiter.dma_rvalid.val();
        self.dma.rdata_lo.next = self.arbiter.rdata_lo.val();
        self.dma.rdata_hi.next = self.arbiter.rdata_hi.val();
        self.arbiter.target_cmd_valid.next = self.endpoint.memory_cmd_valid.val();
        self.arbiter.target_cmd_write.next = self.endpoint.memory_cmd_write.val();
        self.arbiter.target_cmd_address.next = self.endpoint.memory_cmd_address.val();
        self.arbiter.target_wdata_lo.next = self.endpoint.memory_wdata_lo.val();
        self.arbiter.target_wdata_hi.next = self.endpoint.memory_wdata_hi.val();
        self.arbiter.target_be.next = self.endpoint.memory_be.val();
        self.endpoint.memory_cmd_ready.next = self.arbiter.target_cmd_ready.val();
        self.endpoint.memory_rvalid.next = self.arbiter.target_rvalid.val();
        self.endpoint.memory_rdata_lo.next = self.arbiter.rdata_lo.val();
        self.endpoint.memory_rdata_hi.next = self.arbiter.rdata_hi.val();
        self.mem_cmd_valid.next = self.arbiter.mem_cmd_valid.val();
        self.arbiter.mem_cmd_ready.next = self.mem_cmd_ready.val();
        self.mem_cmd_write.next = self.arbiter.mem_cmd_write.val();
        self.mem_cmd_address.next = self.arbiter.mem_cmd_address.val();
        self.mem_wdata_lo.next = self.arbiter.mem_wdata_lo.val();
        self.mem_wdata_hi.next = self.arbiter.mem_wdata_hi.val();
        self.mem_be.next = self.arbiter.mem_be.val();
        self.arbiter.mem_rvalid.next = self.mem_rvalid.val();
        self.arbiter.mem_rdata_lo.next = self.mem_rdata_lo.val();
        self.arbiter.mem_rdata_hi.next = self.mem_rdata_hi.val();
        self.mem_regs.size_bytes.next = self.memory_bytes.val();
        self.mem_latency_cycles.next = self.mem_regs.model_latency_cycles.val();

        // Monitor: DDC lines and hot plug.
        self.ddc.scl.next = self.ddc_scl.val();
        self.ddc.sda.next = self.ddc_sda.val();
        self.ddc.hotplug.next = self.hotplug.val();
        self.ddc_scl_low.next = self.ddc.scl_low.val();
        self.ddc_sda_low.next = self.ddc.sda_low.val();

        // Display output.
        self.clock_select.next = self.display.clock_select.val();
        self.display_on.next = self.display.display_on.val();
        self.tmds_blue.next = self.display.tmds_blue.val();
        self.tmds_green.next = self.display.tmds_green.val();
        self.tmds_red.next = self.display.tmds_red.val();
        self.rgb.next = self.display.rgb.val();
        self.de.next = self.display.de.val();
        self.hsync.next = self.display.hsync.val();
        self.vsync.next = self.display.vsync.val();
    }
}
