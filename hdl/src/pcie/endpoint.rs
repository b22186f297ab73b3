//! The transaction layer as one block: receiver, completer, configuration space, arbiter.
//!
//! Purpose: what the card needs from PCI Express above the link layer. Clock domain: `sys`.
//! Besides its children this block holds two multiplexers: card memory (posted writes and
//! completer reads share one port) and the register bus (posted writes and completer reads).

use super::aer::ErrorLog;
use super::completer::Completer;
use super::config::{ConfigSpace, Identity};
use super::flow_check::FlowCheck;
use super::ingress::Ingress;
use super::messages::Messages;
use super::receiver::Receiver;
use super::rx_credits::RxCredits;
use super::tx::TxArbiter;
use crate::prelude::*;

/// PCI Express endpoint at the TLP boundary. Streams carry one DW a clock, first byte on the wire
/// in bits 31:24, and move when valid and ready are both high at the clock edge.
#[derive(LogicBlock)]
pub struct Endpoint {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset (fundamental or hot reset): configuration to its defaults, queues empty.
    pub reset: Signal<In, Bit>,

    /// TLPs from the link.
    pub rx_data: Signal<In, Bits<32>>,
    /// Last DW of a received TLP.
    pub rx_last: Signal<In, Bit>,
    /// `rx_data` and `rx_last` hold a DW.
    pub rx_valid: Signal<In, Bit>,
    /// The DW is taken. Low only when the ingress buffer is full.
    pub rx_ready: Signal<Out, Bit>,
    /// TLPs to the link.
    pub tx_data: Signal<Out, Bits<32>>,
    /// Last DW of a TLP.
    pub tx_last: Signal<Out, Bit>,
    /// `tx_data` and `tx_last` hold a DW and stay until taken.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW is taken.
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

    /// Completions for the DMA engine: whole and well-formed TLPs, digest stripped.
    pub cpl_data: Signal<Out, Bits<32>>,
    /// Last DW of a completion.
    pub cpl_last: Signal<Out, Bit>,
    /// `cpl_data` holds a DW.
    pub cpl_valid: Signal<Out, Bit>,
    /// The DW is taken. Must not wait for the transmit side.
    pub cpl_ready: Signal<In, Bit>,
    /// Whole TLPs of the DMA engine.
    pub dma_data: Signal<In, Bits<32>>,
    /// Last DW of a DMA TLP.
    pub dma_last: Signal<In, Bit>,
    /// `dma_data` holds a DW.
    pub dma_valid: Signal<In, Bit>,
    /// The DW is taken (combinational from `tx_ready`).
    pub dma_ready: Signal<Out, Bit>,
    /// The host has credit for a read request.
    pub dma_read_credit: Signal<Out, Bit>,
    /// The host has credit for a write of the payload limit's size.
    pub dma_write_credit: Signal<Out, Bit>,
    /// Interrupt messages.
    pub msi_data: Signal<In, Bits<32>>,
    /// Last DW of a message.
    pub msi_last: Signal<In, Bit>,
    /// `msi_data` holds a DW.
    pub msi_valid: Signal<In, Bit>,
    /// The DW is taken.
    pub msi_ready: Signal<Out, Bit>,
    /// Requests of the DMA engine wait for completions (device status, transactions pending).
    pub transactions_pending: Signal<In, Bit>,
    /// One clock: a request of the DMA engine was not answered in time.
    pub completion_timeout_strobe: Signal<In, Bit>,
    /// One clock: the DMA engine dropped a completion; not later than two clocks after its third DW.
    pub unexpected_strobe: Signal<In, Bit>,
    /// Requests of the card have no completion timeout while they are wanted.
    pub timeout_disable: Signal<Out, Bit>,

    /// Card memory: a command is offered and stays until taken.
    pub memory_cmd_valid: Signal<Out, Bit>,
    /// It writes (else reads).
    pub memory_cmd_write: Signal<Out, Bit>,
    /// Index of the 64-bit word.
    pub memory_cmd_address: Signal<Out, Bits<24>>,
    /// Bytes 0..3, byte 0 in bits 7:0.
    pub memory_wdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4..7.
    pub memory_wdata_hi: Signal<Out, Bits<32>>,
    /// Byte enables of the write.
    pub memory_be: Signal<Out, Bits<8>>,
    /// The command is taken.
    pub memory_cmd_ready: Signal<In, Bit>,
    /// A word that was read comes back, in order.
    pub memory_rvalid: Signal<In, Bit>,
    /// Bytes 0..3.
    pub memory_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4..7.
    pub memory_rdata_hi: Signal<In, Bits<32>>,

    /// Register bus: byte address in BAR2, multiple of 4.
    pub bus_address: Signal<Out, Bits<16>>,
    /// Register value to write.
    pub bus_wdata: Signal<Out, Bits<32>>,
    /// Byte enables of the write.
    pub bus_be: Signal<Out, Bits<4>>,
    /// One clock: write.
    pub bus_write: Signal<Out, Bit>,
    /// Who uses the bus: 1, the host.
    pub bus_agent: Signal<Out, Bits<2>>,
    /// A read is going on: `bus_address` stays, nobody else may use the bus.
    pub bus_hold: Signal<Out, Bit>,
    /// OR of all blocks' read data; taken four clock edges after `bus_address` was presented.
    pub bus_rdata: Signal<In, Bits<32>>,

    /// The card may send requests.
    pub bus_master_enable: Signal<Out, Bit>,
    /// Payload limit: 0 = 128, 1 = 256, 2 = 512 bytes.
    pub max_payload: Signal<Out, Bits<3>>,
    /// Read request limit: 0 = 128 ... 5 = 4096 bytes.
    pub max_read_request: Signal<Out, Bits<3>>,
    /// The root complex splits completions at 128 bytes (else 64).
    pub rcb_128: Signal<Out, Bit>,
    /// Bus, device, function number.
    pub requester_id: Signal<Out, Bits<16>>,
    /// MSI is switched on.
    pub msi_enable: Signal<Out, Bit>,
    /// Message address, low half.
    pub msi_address_lo: Signal<Out, Bits<32>>,
    /// Message address, high half.
    pub msi_address_hi: Signal<Out, Bits<32>>,
    /// Message data. (The interrupt stream is `msi_data`.)
    pub msi_message: Signal<Out, Bits<16>>,
    /// MSI vectors enabled, as a power of two: 0, 1 or 2.
    pub msi_vectors: Signal<Out, Bits<3>>,
    /// INTA may be asserted: MSI is off, INTx is not disabled, power state D0.
    pub intx_enable: Signal<Out, Bit>,
    /// Level: something wants an interrupt; becomes Assert_INTA and Deassert_INTA.
    pub intx_level: Signal<In, Bit>,
    /// Level: an error is logged in device status.
    pub error_interrupt: Signal<Out, Bit>,

    ingress: Ingress,
    errors: ErrorLog,
    flow_check: FlowCheck,
    receiver: Receiver,
    completer: Completer,
    space: ConfigSpace,
    arbiter: TxArbiter,
    messages: Messages,
    rx_credits: RxCredits,

    // Card memory: a command that was offered is kept; after a write a waiting read goes first.
    kept: DFF<Bit>,
    read_kept: DFF<Bit>,
    read_turn: DFF<Bit>,
    choose_read: Signal<Local, Bit>,
}

impl Endpoint {
    /// An endpoint that shows `identity` to the host.
    ///
    /// # Panics
    /// When `identity` has a size outside its stated range.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            clock: Signal::default(),
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
            cpl_data: Signal::default(),
            cpl_last: Signal::default(),
            cpl_valid: Signal::default(),
            cpl_ready: Signal::default(),
            dma_data: Signal::default(),
            dma_last: Signal::default(),
            dma_valid: Signal::default(),
            dma_ready: Signal::default(),
            dma_read_credit: Signal::default(),
            dma_write_credit: Signal::default(),
            msi_data: Signal::default(),
            msi_last: Signal::default(),
            msi_valid: Signal::default(),
            msi_ready: Signal::default(),
            transactions_pending: Signal::default(),
            completion_timeout_strobe: Signal::default(),
            unexpected_strobe: Signal::default(),
            timeout_disable: Signal::default(),
            memory_cmd_valid: Signal::default(),
            memory_cmd_write: Signal::default(),
            memory_cmd_address: Signal::default(),
            memory_wdata_lo: Signal::default(),
            memory_wdata_hi: Signal::default(),
            memory_be: Signal::default(),
            memory_cmd_ready: Signal::default(),
            memory_rvalid: Signal::default(),
            memory_rdata_lo: Signal::default(),
            memory_rdata_hi: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_agent: Signal::default(),
            bus_hold: Signal::default(),
            bus_rdata: Signal::default(),
            bus_master_enable: Signal::default(),
            max_payload: Signal::default(),
            max_read_request: Signal::default(),
            rcb_128: Signal::default(),
            requester_id: Signal::default(),
            msi_enable: Signal::default(),
            msi_address_lo: Signal::default(),
            msi_address_hi: Signal::default(),
            msi_message: Signal::default(),
            msi_vectors: Signal::default(),
            intx_enable: Signal::default(),
            intx_level: Signal::default(),
            error_interrupt: Signal::default(),
            ingress: Ingress::default(),
            errors: ErrorLog::default(),
            flow_check: FlowCheck::default(),
            receiver: Receiver::default(),
            completer: Completer::default(),
            space: ConfigSpace::new(identity),
            arbiter: TxArbiter::default(),
            messages: Messages::default(),
            rx_credits: RxCredits::default(),
            kept: DFF::default(),
            read_kept: DFF::default(),
            read_turn: DFF::default(),
            choose_read: Signal::default(),
        }
    }
}

impl Logic for Endpoint {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept, read_kept, read_turn);
        clock!(
            self, clock, ingress, errors, flow_check, receiver, completer, space, arbiter,
            messages, rx_credits
        );
        self.ingress.reset.next = self.reset.val();
        self.errors.reset.next = self.reset.val();
        self.flow_check.reset.next = self.reset.val();
        self.receiver.reset.next = self.reset.val();
        self.completer.reset.next = self.reset.val();
        self.space.reset.next = self.reset.val();
        self.arbiter.reset.next = self.reset.val();
        self.messages.reset.next = self.reset.val();
        self.rx_credits.reset.next = self.reset.val();

        // Link.
        self.ingress.rx_data.next = self.rx_data.val();
        self.ingress.rx_last.next = self.rx_last.val();
        self.ingress.rx_valid.next = self.rx_valid.val();
        self.ingress.max_payload.next = self.space.max_payload.val();
        self.rx_ready.next = self.ingress.rx_ready.val();
        self.receiver.rx_data.next = self.ingress.data.val();
        self.receiver.rx_last.next = self.ingress.last.val();
        self.receiver.rx_valid.next = self.ingress.valid.val();
        self.ingress.ready.next = self.receiver.rx_ready.val();
        self.tx_data.next = self.arbiter.tx_data.val();
        self.tx_last.next = self.arbiter.tx_last.val();
        self.tx_valid.next = self.arbiter.tx_valid.val();
        self.arbiter.tx_ready.next = self.tx_ready.val();

        // Credits: what the host lets us send, what we let the host send.
        self.arbiter.credit_limit_posted.next = self.credit_limit_posted.val();
        self.arbiter.credit_limit_nonposted.next = self.credit_limit_nonposted.val();
        self.arbiter.credit_limit_completion.next = self.credit_limit_completion.val();
        self.arbiter.credit_infinite.next = self.credit_infinite.val();
        self.flow_check.posted.next = self.credit_limit_posted.val();
        self.flow_check.nonposted.next = self.credit_limit_nonposted.val();
        self.flow_check.completion.next = self.credit_limit_completion.val();
        self.flow_check.infinite.next = self.credit_infinite.val();
        self.arbiter.bus_master_enable.next = self.space.bus_master_enable.val();
        self.arbiter.msi_enable.next = self.space.msi_enable.val();
        self.arbiter.max_payload.next = self.space.max_payload.val();
        self.dma_read_credit.next = self.arbiter.read_credit.val();
        self.dma_write_credit.next = self.arbiter.write_credit.val();
        self.rx_credits.data.next = self.rx_data.val();
        self.rx_credits.last.next = self.rx_last.val();
        self.rx_credits.taken.next = self.rx_valid.val() && self.ingress.rx_ready.val();
        self.rx_credits.request_done.next = self.completer.request_done.val();
        self.rx_credits.request_units.next = self.completer.request_units.val();
        self.rx_credits.request_dropped.next = self.ingress.request_dropped.val();
        self.credit_allocated_posted.next = self.rx_credits.allocated_posted.val();
        self.credit_allocated_nonposted.next = self.rx_credits.allocated_nonposted.val();

        // Messages.
        self.messages.intx_wanted.next = self.intx_level.val() && self.space.intx_enable.val();
        self.messages.turn_off_strobe.next = self.receiver.turn_off_strobe.val();
        self.messages.correctable_strobe.next = self.errors.send_correctable.val();
        self.messages.nonfatal_strobe.next = self.errors.send_nonfatal.val();
        self.messages.fatal_strobe.next = self.errors.send_fatal.val();
        self.messages.requester_id.next = self.space.requester_id.val();
        self.arbiter.message_data.next = self.messages.data.val();
        self.arbiter.message_last.next = self.messages.last.val();
        self.arbiter.message_valid.next = self.messages.valid.val();
        self.messages.ready.next = self.arbiter.message_ready.val();
        self.space.intx_level.next = self.intx_level.val();
        self.intx_enable.next = self.space.intx_enable.val();
        self.msi_vectors.next = self.space.msi_vectors.val();
        self.error_interrupt.next = self.space.error_logged.val();
        self.completer.id_known.next = self.space.id_known.val();

        // Completions in and out, requests, interrupts.
        self.cpl_data.next = self.receiver.cpl_data.val();
        self.cpl_last.next = self.receiver.cpl_last.val();
        self.cpl_valid.next = self.receiver.cpl_valid.val();
        self.receiver.cpl_ready.next = self.cpl_ready.val();
        self.arbiter.cpl_data.next = self.completer.tx_data.val();
        self.arbiter.cpl_last.next = self.completer.tx_last.val();
        self.arbiter.cpl_valid.next = self.completer.tx_valid.val();
        self.completer.tx_ready.next = self.arbiter.cpl_ready.val();
        self.arbiter.dma_data.next = self.dma_data.val();
        self.arbiter.dma_last.next = self.dma_last.val();
        self.arbiter.dma_valid.next = self.dma_valid.val();
        self.dma_ready.next = self.arbiter.dma_ready.val();
        self.arbiter.msi_data.next = self.msi_data.val();
        self.arbiter.msi_last.next = self.msi_last.val();
        self.arbiter.msi_valid.next = self.msi_valid.val();
        self.msi_ready.next = self.arbiter.msi_ready.val();

        // Receiver to completer.
        self.completer.queue_write.next = self.receiver.queue_write.val();
        self.completer.queue_index.next = self.receiver.queue_index.val();
        self.completer.queue_data.next = self.receiver.queue_data.val();
        self.completer.queue_commit.next = self.receiver.queue_commit.val();
        self.receiver.queue_full.next = self.completer.queue_full.val();

        // Configuration space.
        self.space.access.next = self.completer.config_access.val();
        self.space.register.next = self.completer.config_register.val();
        self.space.write_strobe.next = self.completer.config_write_strobe.val();
        self.space.write_data.next = self.completer.config_write_data.val();
        self.space.write_be.next = self.completer.config_write_be.val();
        self.completer.config_read_data.next =
            self.space.read_data.val() | self.errors.read_data.val();
        self.space.id_strobe.next = self.completer.id_strobe.val();
        self.space.id_value.next = self.completer.id_value.val();
        self.space.device_set.next = self.errors.device_set.val();
        self.space.system_error_strobe.next =
            self.errors.send_nonfatal.val() || self.errors.send_fatal.val();
        self.space.poisoned_strobe.next =
            self.receiver.poisoned_strobe.val() || self.completer.poisoned_strobe.val();
        self.space.poisoned_completion_strobe.next = self.receiver.poisoned_completion_strobe.val();
        self.space.target_abort_strobe.next = self.receiver.target_abort_strobe.val();
        self.space.master_abort_strobe.next = self.receiver.master_abort_strobe.val();
        self.space.transactions_pending.next = self.transactions_pending.val();
        self.receiver.memory_enable.next = self.space.memory_enable.val();
        self.receiver.bar0_base.next = self.space.bar0_base.val();
        self.receiver.bar0_mask.next = self.space.bar0_select.val();
        self.receiver.bar2_base.next = self.space.bar2_base.val();
        self.timeout_disable.next = self.space.timeout_disable.val();

        // Errors.
        self.errors.access.next = self.completer.config_access.val();
        self.errors.register.next = self.completer.config_register.val();
        self.errors.write_strobe.next = self.completer.config_write_strobe.val();
        self.errors.write_ones.next = self.space.write_ones.val();
        self.errors.write_mask.next = self.space.write_mask.val();
        self.errors.report_enable.next = self.space.report_enable.val();
        self.errors.serr_enable.next = self.space.serr_enable.val();
        self.errors.malformed_strobe.next = self.ingress.malformed_strobe.val();
        self.errors.ingress_0.next = self.ingress.header_0.val();
        self.errors.ingress_1.next = self.ingress.header_1.val();
        self.errors.ingress_2.next = self.ingress.header_2.val();
        self.errors.ingress_3.next = self.ingress.header_3.val();
        self.errors.overflow_strobe.next = self.rx_credits.overflow_strobe.val();
        self.errors.flow_control_strobe.next = self.flow_check.error_strobe.val();
        self.errors.unsupported_posted_strobe.next = self.receiver.unsupported_strobe.val();
        self.errors.poisoned_strobe.next = self.receiver.poisoned_strobe.val();
        self.errors.posted_0.next = self.receiver.header_0.val();
        self.errors.posted_1.next = self.receiver.header_1.val();
        self.errors.posted_2.next = self.receiver.header_2.val();
        self.errors.posted_3.next = self.receiver.header_3.val();
        self.errors.unsupported_answered_strobe.next = self.completer.unsupported_strobe.val();
        self.errors.request_0.next = self.completer.header_0.val();
        self.errors.request_1.next = self.completer.header_1.val();
        self.errors.request_2.next = self.completer.header_2.val();
        self.errors.request_3.next = self.completer.header_3.val();
        self.errors.poisoned_completion_strobe.next =
            self.receiver.poisoned_completion_strobe.val();
        self.errors.unexpected_strobe.next =
            self.unexpected_strobe.val() || self.receiver.unexpected_strobe.val();
        self.errors.completion_0.next = self.receiver.completion_0.val();
        self.errors.completion_1.next = self.receiver.completion_1.val();
        self.errors.completion_2.next = self.receiver.completion_2.val();
        self.errors.timeout_strobe.next = self.completion_timeout_strobe.val();
        self.completer.memory_enable.next = self.space.memory_enable.val();
        self.completer.bar0_base.next = self.space.bar0_base.val();
        self.completer.bar0_mask.next = self.space.bar0_select.val();
        self.completer.bar2_base.next = self.space.bar2_base.val();
        self.completer.max_payload.next = self.space.max_payload.val();
        self.completer.requester_id.next = self.space.requester_id.val();
        self.bus_master_enable.next = self.space.bus_master_enable.val();
        self.max_payload.next = self.space.max_payload.val();
        self.max_read_request.next = self.space.max_read_request.val();
        self.rcb_128.next = self.space.rcb_128.val();
        self.requester_id.next = self.space.requester_id.val();
        self.msi_enable.next = self.space.msi_enable.val();
        self.msi_address_lo.next = self.space.msi_address_lo.val();
        self.msi_address_hi.next = self.space.msi_address_hi.val();
        self.msi_message.next = self.space.msi_data.val();

        // Register bus: a write owns it for its clock, else the completer's address stands.
        self.bus_address.next = self.completer.bus_address.val();
        if self.receiver.bus_write.val() {
            self.bus_address.next = self.receiver.bus_address.val();
        }
        self.bus_write.next = self.receiver.bus_write.val();
        self.bus_wdata.next = self.receiver.bus_wdata.val();
        self.bus_be.next = self.receiver.bus_be.val();
        self.bus_agent.next = 1.into();
        self.bus_hold.next = self.completer.bus_hold.val();
        self.receiver.bus_hold.next = self.completer.bus_hold.val();
        self.completer.bus_busy.next = self.receiver.bus_write.val();
        self.completer.bus_rdata.next = self.bus_rdata.val();

        // Card memory.
        self.choose_read.next = self.completer.read_valid.val()
            && ((!self.receiver.write_valid.val()) || self.read_turn.q.val());
        if self.kept.q.val() {
            self.choose_read.next = self.read_kept.q.val();
        }
        self.memory_cmd_valid.next =
            self.completer.read_valid.val() || self.receiver.write_valid.val();
        self.memory_cmd_write.next = !self.choose_read.val();
        self.memory_cmd_address.next = self.receiver.write_address.val();
        self.completer.read_ready.next = false;
        self.receiver.write_ready.next = false;
        if self.choose_read.val() {
            self.memory_cmd_address.next = self.completer.read_address.val();
            self.completer.read_ready.next = self.memory_cmd_ready.val();
        } else {
            self.receiver.write_ready.next = self.memory_cmd_ready.val();
        }
        self.memory_wdata_lo.next = self.receiver.write_lo.val();
        self.memory_wdata_hi.next = self.receiver.write_hi.val();
        self.memory_be.next = self.receiver.write_be.val();
        self.completer.rvalid.next = self.memory_rvalid.val();
        self.completer.rdata_lo.next = self.memory_rdata_lo.val();
        self.completer.rdata_hi.next = self.memory_rdata_hi.val();
        self.read_kept.d.next = self.choose_read.val();
        self.kept.d.next = self.memory_cmd_valid.val() && (!self.memory_cmd_ready.val());
        if self.memory_cmd_valid.val() && self.memory_cmd_ready.val() {
            self.read_turn.d.next = !self.choose_read.val();
        }

        if self.reset.val() {
            self.kept.d.next = false;
            self.read_turn.d.next = false;
        }
    }
}
