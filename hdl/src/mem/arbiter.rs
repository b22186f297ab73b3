//! Memory arbiter: three clients share the card memory port.
//!
//! Purpose: one command a clock goes to the memory; read data returns to the client that asked.
//! Clock domain: `sys`. Order of service: scanout when it is urgent, then the PCIe target, then
//! DMA, then scanout when it is not urgent. Scanout can therefore never starve (it becomes urgent
//! first), and it takes only what is left while it is comfortable.
//! Reads in flight: at most 32, over all clients; a further read waits.
//! Not supported: reordering (the memory answers in order), bursts.

use crate::prelude::*;

/// The arbiter. Latency: none for commands and for read data (both pass through in the same clock).
#[derive(LogicBlock)]
pub struct Arbiter {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Scanout asks for a word.
    pub scan_cmd_valid: Signal<In, Bit>,
    /// 64-bit word index.
    pub scan_cmd_address: Signal<In, Bits<24>>,
    /// Scanout's line FIFO is low: serve it first.
    pub scan_urgent: Signal<In, Bit>,
    /// The command of scanout is taken in this clock.
    pub scan_cmd_ready: Signal<Out, Bit>,
    /// `rdata` is scanout's.
    pub scan_rvalid: Signal<Out, Bit>,

    /// DMA has a command.
    pub dma_cmd_valid: Signal<In, Bit>,
    /// The command is a write.
    pub dma_cmd_write: Signal<In, Bit>,
    /// 64-bit word index.
    pub dma_cmd_address: Signal<In, Bits<24>>,
    /// Bytes 0 to 3 of the word, byte 0 in bits 7:0.
    pub dma_wdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 of the word.
    pub dma_wdata_hi: Signal<In, Bits<32>>,
    /// Byte enables, bit i for byte i.
    pub dma_be: Signal<In, Bits<8>>,
    /// The command of DMA is taken in this clock.
    pub dma_cmd_ready: Signal<Out, Bit>,
    /// `rdata` is DMA's.
    pub dma_rvalid: Signal<Out, Bit>,

    /// The PCIe target has a command.
    pub target_cmd_valid: Signal<In, Bit>,
    /// The command is a write.
    pub target_cmd_write: Signal<In, Bit>,
    /// 64-bit word index.
    pub target_cmd_address: Signal<In, Bits<24>>,
    /// Bytes 0 to 3 of the word.
    pub target_wdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 of the word.
    pub target_wdata_hi: Signal<In, Bits<32>>,
    /// Byte enables, bit i for byte i.
    pub target_be: Signal<In, Bits<8>>,
    /// The command of the target is taken in this clock.
    pub target_cmd_ready: Signal<Out, Bit>,
    /// `rdata` is the target's.
    pub target_rvalid: Signal<Out, Bit>,

    /// Read data for whoever has its `rvalid` high: bytes 0 to 3.
    pub rdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7.
    pub rdata_hi: Signal<Out, Bits<32>>,

    /// A command for the memory.
    pub mem_cmd_valid: Signal<Out, Bit>,
    /// The memory takes the command in this clock.
    pub mem_cmd_ready: Signal<In, Bit>,
    /// The command is a write.
    pub mem_cmd_write: Signal<Out, Bit>,
    /// 64-bit word index.
    pub mem_cmd_address: Signal<Out, Bits<24>>,
    /// Bytes 0 to 3 of the word to write.
    pub mem_wdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7 of the word to write.
    pub mem_wdata_hi: Signal<Out, Bits<32>>,
    /// Byte enables of the write.
    pub mem_be: Signal<Out, Bits<8>>,
    /// Read data is here; answers come in the order of the read commands.
    pub mem_rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3 read.
    pub mem_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub mem_rdata_hi: Signal<In, Bits<32>>,

    /// Ring of 32 entries: the read in that slot is DMA's.
    owner_is_dma: DFF<Bits<32>>,
    /// Ring of 32 entries: the read in that slot is the target's. Neither bit set: scanout's.
    owner_is_target: DFF<Bits<32>>,
    issue_idx: DFF<Bits<5>>,
    answer_idx: DFF<Bits<5>>,
    in_flight_count: DFF<Bits<6>>,
    ring_size: Constant<Bits<6>>,

    grant_scan: Signal<Local, Bit>,
    grant_dma: Signal<Local, Bit>,
    grant_target: Signal<Local, Bit>,
    read_slot_free: Signal<Local, Bit>,
    read_issued: Signal<Local, Bit>,
}

impl Default for Arbiter {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            scan_cmd_valid: Signal::default(),
            scan_cmd_address: Signal::default(),
            scan_urgent: Signal::default(),
            scan_cmd_ready: Signal::default(),
            scan_rvalid: Signal::default(),
            dma_cmd_valid: Signal::default(),
            dma_cmd_write: Signal::default(),
            dma_cmd_address: Signal::default(),
            dma_wdata_lo: Signal::default(),
            dma_wdata_hi: Signal::default(),
            dma_be: Signal::default(),
            dma_cmd_ready: Signal::default(),
            dma_rvalid: Signal::default(),
            target_cmd_valid: Signal::default(),
            target_cmd_write: Signal::default(),
            target_cmd_address: Signal::default(),
            target_wdata_lo: Signal::default(),
            target_wdata_hi: Signal::default(),
            target_be: Signal::default(),
            target_cmd_ready: Signal::default(),
            target_rvalid: Signal::default(),
            rdata_lo: Signal::default(),
            rdata_hi: Signal::default(),
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
            owner_is_dma: DFF::default(),
            owner_is_target: DFF::default(),
            issue_idx: DFF::default(),
            answer_idx: DFF::default(),
            in_flight_count: DFF::default(),
            ring_size: Constant::new(32.into()),
            grant_scan: Signal::default(),
            grant_dma: Signal::default(),
            grant_target: Signal::default(),
            read_slot_free: Signal::default(),
            read_issued: Signal::default(),
        }
    }
}

impl Logic for Arbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            owner_is_dma,
            owner_is_target,
            issue_idx,
            answer_idx,
            in_flight_count
        );

        // Choose one client. A read needs a free slot in the ring of owners.
        self.read_slot_free.next = self.in_flight_count.q.val() < self.ring_size.val();
        self.grant_scan.next = false;
        self.grant_dma.next = false;
        self.grant_target.next = false;
        if self.scan_cmd_valid.val() & self.scan_urgent.val() & self.read_slot_free.val() {
            self.grant_scan.next = true;
        } else if self.target_cmd_valid.val()
            & (self.target_cmd_write.val() | self.read_slot_free.val())
        {
            self.grant_target.next = true;
        } else if self.dma_cmd_valid.val() & (self.dma_cmd_write.val() | self.read_slot_free.val())
        {
            self.grant_dma.next = true;
        } else if self.scan_cmd_valid.val() & self.read_slot_free.val() {
            self.grant_scan.next = true;
        }

        // Pass the chosen command on.
        self.mem_cmd_valid.next =
            self.grant_scan.val() | self.grant_dma.val() | self.grant_target.val();
        self.mem_cmd_write.next = false;
        self.mem_cmd_address.next = self.scan_cmd_address.val();
        self.mem_wdata_lo.next = self.dma_wdata_lo.val();
        self.mem_wdata_hi.next = self.dma_wdata_hi.val();
        self.mem_be.next = self.dma_be.val();
        if self.grant_dma.val() {
            self.mem_cmd_write.next = self.dma_cmd_write.val();
            self.mem_cmd_address.next = self.dma_cmd_address.val();
        }
        if self.grant_target.val() {
            self.mem_cmd_write.next = self.target_cmd_write.val();
            self.mem_cmd_address.next = self.target_cmd_address.val();
            self.mem_wdata_lo.next = self.target_wdata_lo.val();
            self.mem_wdata_hi.next = self.target_wdata_hi.val();
            self.mem_be.next = self.target_be.val();
        }
        self.scan_cmd_ready.next = self.grant_scan.val() & self.mem_cmd_ready.val();
        self.dma_cmd_ready.next = self.grant_dma.val() & self.mem_cmd_ready.val();
        self.target_cmd_ready.next = self.grant_target.val() & self.mem_cmd_ready.val();

        // Remember who asked.
        self.read_issued.next = self.mem_cmd_ready.val()
            & (self.grant_scan.val()
                | (self.grant_dma.val() & !self.dma_cmd_write.val())
                | (self.grant_target.val() & !self.target_cmd_write.val()));
        if self.read_issued.val() {
            self.owner_is_dma.d.next = self
                .owner_is_dma
                .q
                .val()
                .replace_bit(self.issue_idx.q.val().index(), self.grant_dma.val());
            self.owner_is_target.d.next = self
                .owner_is_target
                .q
                .val()
                .replace_bit(self.issue_idx.q.val().index(), self.grant_target.val());
            self.issue_idx.d.next = self.issue_idx.q.val() + 1;
        }

        // Hand answers back in order.
        self.rdata_lo.next = self.mem_rdata_lo.val();
        self.rdata_hi.next = self.mem_rdata_hi.val();
        self.dma_rvalid.next = self.mem_rvalid.val()
            & self
                .owner_is_dma
                .q
                .val()
                .get_bit(self.answer_idx.q.val().index());
        self.target_rvalid.next = self.mem_rvalid.val()
            & self
                .owner_is_target
                .q
                .val()
                .get_bit(self.answer_idx.q.val().index());
        self.scan_rvalid.next = self.mem_rvalid.val()
            & !self
                .owner_is_dma
                .q
                .val()
                .get_bit(self.answer_idx.q.val().index())
            & !self
                .owner_is_target
                .q
                .val()
                .get_bit(self.answer_idx.q.val().index());
        if self.mem_rvalid.val() {
            self.answer_idx.d.next = self.answer_idx.q.val() + 1;
        }
        if self.read_issued.val() & !self.mem_rvalid.val() {
            self.in_flight_count.d.next = self.in_flight_count.q.val() + 1;
        } else if !self.read_issued.val() & self.mem_rvalid.val() {
            self.in_flight_count.d.next = self.in_flight_count.q.val() - 1;
        }

        if self.reset.val() {
            self.issue_idx.d.next = 0.into();
            self.answer_idx.d.next = 0.into();
            self.in_flight_count.d.next = 0.into();
        }
    }
}
