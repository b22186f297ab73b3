//! Reader: memory-read requests out, completions in (host to card).
//!
//! Purpose: sends one memory read a chunk with one of 32 tags, remembers per tag where the next byte
//! comes from and goes to, checks every completion against that and hands its payload to the landing.
//! Clock domain: `sys`. TLP DWs have their first wire byte in bits 31:24.
//! Throughput: a request in 5 clocks (6 with a 64-bit address); completions without a wait clock.
//!
//! A completion is written only when all of this holds: it is a Cpl or CplD for our requester id, its
//! tag's request is outstanding and was not given up, the transfer still runs, the status is Successful,
//! traffic class and attributes are the request's, it has data, Byte Count equals the bytes missing,
//! Lower Address is the next byte's, its length is not more than what is missing, it ends at a multiple
//! of 64 bytes unless it is the last of its request, and it is not poisoned. Anything else is dropped:
//! - for no outstanding request: `unexpected_strobe`, the transfer goes on;
//! - for a request that was given up (its transfer ended, or it expired): `late_strobe`;
//! - for a request of the running transfer: `error_strobe` with a code and the address.
//!
//! A mismatched completion moves nothing on, so its tag stays live until proper completions or its
//! deadline come (see [`super::tags`]). A poisoned one that fits moves on without being written.
//! Not supported: extended tags, relaxed ordering, completions for other requesters (dropped).
//! Source: PCI Express Base Specification 2.0, sections 2.2.9, 2.3.1.1, 2.3.2 and 2.8.

use super::completion::Completion;
use super::read_request::ReadRequest;
use super::result;
use super::tags::Tags;
use crate::mem::SyncRam;
use crate::prelude::*;

/// Read requester and completion checker.
#[derive(LogicBlock, Default)]
pub struct Reader {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Our requester id: bus, device, function.
    pub requester_id: Signal<In, Bits<16>>,
    /// Tags below this one are used.
    pub tag_limit: Signal<In, Bits<6>>,
    /// Completion timeout in clocks from the last DW of a request.
    pub timeout_cycles: Signal<In, Bits<32>>,
    /// Longest quarantine of a tag in clocks.
    pub quarantine_cycles: Signal<In, Bits<32>>,

    /// New requests may start.
    pub allow: Signal<In, Bit>,
    /// A transfer runs and wants its data; otherwise completions only retire their tags.
    pub accept: Signal<In, Bit>,

    /// A chunk is offered.
    pub chunk_valid: Signal<In, Bit>,
    /// The chunk is taken in this clock.
    pub chunk_ready: Signal<Out, Bit>,
    /// Bus address of the chunk, low half.
    pub chunk_host_lo: Signal<In, Bits<32>>,
    /// Bus address of the chunk, high half.
    pub chunk_host_hi: Signal<In, Bits<32>>,
    /// Card address of the chunk.
    pub chunk_card: Signal<In, Bits<32>>,
    /// Bytes in the chunk.
    pub chunk_bytes: Signal<In, Bits<13>>,
    /// Length field of the request.
    pub chunk_dws: Signal<In, Bits<10>>,
    /// Byte enables of the request, last DW in bits 7:4.
    pub chunk_be: Signal<In, Bits<8>>,

    /// A request DW is offered; never withdrawn.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW moves in this clock.
    pub tx_ready: Signal<In, Bit>,
    /// Last DW of the request.
    pub tx_last: Signal<Out, Bit>,
    /// The DW.
    pub tx_data: Signal<Out, Bits<32>>,

    /// A completion DW is offered.
    pub cpl_valid: Signal<In, Bit>,
    /// The DW moves in this clock; waits for card memory, and one clock after a request expired.
    pub cpl_ready: Signal<Out, Bit>,
    /// Last DW of the completion.
    pub cpl_last: Signal<In, Bit>,
    /// The DW: three header DWs, then payload.
    pub cpl_data: Signal<In, Bits<32>>,

    /// The landing has room.
    pub landing_ready: Signal<In, Bit>,
    /// To the landing: a part begins.
    pub part_strobe: Signal<Out, Bit>,
    /// To the landing: card address of lane 0 of the first DW.
    pub part_card: Signal<Out, Bits<32>>,
    /// To the landing: first lane in use.
    pub part_lane: Signal<Out, Bits<2>>,
    /// To the landing: bytes from lane 0 to the end.
    pub part_span: Signal<Out, Bits<13>>,
    /// To the landing: a payload DW moves.
    pub beat_valid: Signal<Out, Bit>,

    /// A request that was not given up waits for completions, or is being sent.
    pub in_flight: Signal<Out, Bit>,
    /// A request that was not given up has been sent and waits for completions.
    pub waiting: Signal<Out, Bit>,
    /// A tag within the limit is free.
    pub usable: Signal<Out, Bit>,
    /// No request is being sent.
    pub tx_idle: Signal<Out, Bit>,
    /// A request DW moved or a completion was accepted in this clock.
    pub progress: Signal<Out, Bit>,
    /// A request started in this clock.
    pub request_strobe: Signal<Out, Bit>,
    /// A completion for a request of the running transfer came in this clock.
    pub completion_strobe: Signal<Out, Bit>,
    /// A completion nobody waits for was dropped in this clock.
    pub unexpected_strobe: Signal<Out, Bit>,
    /// A completion of a request that was given up was dropped in this clock.
    pub late_strobe: Signal<Out, Bit>,
    /// A completion does not belong to an outstanding request, or does not fit it.
    pub stray_strobe: Signal<Out, Bit>,
    /// A request expired in this clock.
    pub timeout_strobe: Signal<Out, Bit>,
    /// The running transfer fails with `error_code`; one clock.
    pub error_strobe: Signal<Out, Bit>,
    /// RESULT code of the error.
    pub error_code: Signal<Out, Bits<8>>,
    /// With `error_strobe`: bus address of the byte that should have come, low half.
    pub error_lo: Signal<Out, Bits<32>>,
    /// Bus address of the error, high half.
    pub error_hi: Signal<Out, Bits<32>>,
    /// Tags in quarantine.
    pub quarantine: Signal<Out, Bits<32>>,

    tags: Tags,
    request: ReadRequest,
    completion: Completion,
    // Per tag: next bus address, next card address, bytes missing.
    context_lo: SyncRam<32, 5>,
    context_hi: SyncRam<32, 5>,
    context_card: SyncRam<32, 5>,
    context_left: SyncRam<13, 5>,
    /// The tag's last bytes are arriving.
    retire_later: DFF<Bit>,
    landing_part: DFF<Bit>,
    // After an expiry: read the tag's context, then report.
    look_up: DFF<Bit>,
    report: DFF<Bit>,

    cpl_beat: Signal<Local, Bit>,
    known: Signal<Local, Bit>,
    wanted: Signal<Local, Bit>,
    fits: Signal<Local, Bit>,
    retire: Signal<Local, Bit>,
    progressed: Signal<Local, Bit>,
    start: Signal<Local, Bit>,
    left: Signal<Local, Bits<13>>,
    left_and_dw: Signal<Local, Bits<13>>,
    dw_bytes: Signal<Local, Bits<13>>,
    span: Signal<Local, Bits<13>>,
    part: Signal<Local, Bits<13>>,
    lane: Signal<Local, Bits<13>>,
    finishes: Signal<Local, Bit>,
    boundary_dw: Signal<Local, Bits<4>>,
    tag: Signal<Local, Bits<5>>,
    read_tag: Signal<Local, Bits<5>>,

    status_ur: Const<3, 0b001>,
    status_ca: Const<3, 0b100>,
    code_ur: Const<8, { result::UNSUPPORTED_REQUEST }>,
    code_ca: Const<8, { result::COMPLETER_ABORT }>,
    code_timeout: Const<8, { result::TIMEOUT }>,
    code_poisoned: Const<8, { result::POISONED }>,
    code_bad: Const<8, { result::BAD_COMPLETION }>,
    page: Const<13, 4096>,
    four: Const<13, 4>,
}

impl Logic for Reader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, retire_later, landing_part, look_up, report);
        self.tags.clock.next = self.clock.val();
        self.tags.reset.next = self.reset.val();
        self.request.clock.next = self.clock.val();
        self.request.reset.next = self.reset.val();
        self.completion.clock.next = self.clock.val();
        self.completion.reset.next = self.reset.val();
        self.context_lo.clock.next = self.clock.val();
        self.context_hi.clock.next = self.clock.val();
        self.context_card.clock.next = self.clock.val();
        self.context_left.clock.next = self.clock.val();

        // Completion stream: while the header is registered, the tag's context is read.
        self.cpl_beat.next =
            self.cpl_valid.val() & self.landing_ready.val() & !self.look_up.q.val();
        self.cpl_ready.next = self.landing_ready.val() & !self.look_up.q.val();
        self.completion.requester_id.next = self.requester_id.val();
        self.completion.beat.next = self.cpl_beat.val();
        self.completion.last.next = self.cpl_last.val();
        self.completion.data.next = self.cpl_data.val();
        self.beat_valid.next = self.completion.payload.val();
        self.tag.next = self.completion.tag.val();

        // What the completion brings: `part` bytes, of `left` missing ones.
        self.left.next = self.context_left.read_data.val();
        self.left_and_dw.next = self.left.val() + self.four.val();
        self.lane.next = bit_cast::<13, 2>(self.context_lo.read_data.val().get_bits::<2>(0));
        self.dw_bytes.next = bit_cast::<13, 10>(self.completion.dws.val()) << 2;
        if !self.completion.dws.val().any() {
            self.dw_bytes.next = self.page.val();
        }
        self.span.next = self.dw_bytes.val() - self.lane.val();
        self.part.next = self.span.val();
        if self.left.val() < self.span.val() {
            self.part.next = self.left.val();
        }
        self.finishes.next = self.part.val() == self.left.val();

        // Does it belong to a request, is it wanted, does it fit?
        self.tags.ask.next = self.tag.val();
        self.known.next = self.completion.ours.val() & self.tags.known.val();
        self.wanted.next = self.accept.val() & !self.tags.given_up.val();
        self.boundary_dw.next = self.completion.lower.val().get_bits::<4>(2)
            + self.completion.dws.val().get_bits::<4>(0);
        self.fits.next = self.completion.has_data.val()
            & self.completion.plain.val()
            & (self.completion.byte_count.val() == self.left.val())
            & (self.completion.lower.val() == self.context_lo.read_data.val().get_bits::<7>(0))
            & (self.span.val() < self.left_and_dw.val())
            & (self.finishes.val() | !self.boundary_dw.val().any());

        self.retire.next = self.retire_later.q.val() & self.completion.over.val();
        self.retire_later.d.next = self.retire_later.q.val() & !self.completion.over.val();
        self.progressed.next = false;
        self.part_strobe.next = false;
        self.completion_strobe.next = false;
        self.unexpected_strobe.next = false;
        self.late_strobe.next = false;
        self.stray_strobe.next = false;
        self.error_strobe.next = false;
        self.error_code.next = self.code_bad.val();
        if self.completion.check_strobe.val() {
            self.landing_part.d.next = false;
            if self.known.val() {
                self.completion_strobe.next = self.wanted.val();
                self.late_strobe.next = !self.wanted.val();
                self.stray_strobe.next = self.tags.given_up.val();
                if self.completion.status.val().any() {
                    self.retire.next = true;
                    self.error_strobe.next = self.wanted.val();
                    if self.completion.status.val() == self.status_ur.val() {
                        self.error_code.next = self.code_ur.val();
                    } else if self.completion.status.val() == self.status_ca.val() {
                        self.error_code.next = self.code_ca.val();
                    }
                } else if !self.fits.val() {
                    self.stray_strobe.next = true;
                    self.error_strobe.next = self.wanted.val();
                } else {
                    self.progressed.next = true;
                    // The tag is free when the payload has arrived, not when its header has.
                    if self.finishes.val() {
                        self.retire.next = self.completion.over.val();
                        self.retire_later.d.next = !self.completion.over.val();
                    }
                    if self.completion.poisoned.val() {
                        self.error_strobe.next = self.wanted.val();
                        self.error_code.next = self.code_poisoned.val();
                    } else {
                        self.part_strobe.next = self.wanted.val();
                        self.landing_part.d.next = self.wanted.val();
                    }
                }
            } else {
                self.unexpected_strobe.next = true;
                self.stray_strobe.next = true;
            }
        }
        // A completion whose payload has another length than its header says.
        if self.completion.length_wrong.val()
            & self.accept.val()
            & (self.part_strobe.val()
                | (self.landing_part.q.val() & !self.completion.check_strobe.val()))
        {
            self.error_strobe.next = true;
        }
        // A request that expired: its context is on the RAM's output now.
        self.look_up.d.next = self.tags.expired_strobe.val() & self.accept.val();
        self.report.d.next = self.look_up.q.val();
        if self.report.q.val() & self.accept.val() {
            self.error_strobe.next = true;
            self.error_code.next = self.code_timeout.val();
        }
        self.part_card.next =
            self.context_card.read_data.val() - bit_cast::<32, 13>(self.lane.val());
        self.part_lane.next = self.context_lo.read_data.val().get_bits::<2>(0);
        self.part_span.next = self.part.val() + self.lane.val();
        self.error_lo.next = self.context_lo.read_data.val();
        self.error_hi.next = self.context_hi.read_data.val();

        // Requests: a chunk and a free tag make one.
        self.start.next = self.allow.val()
            & self.chunk_valid.val()
            & self.request.idle.val()
            & self.tags.free.val()
            & !self.progressed.val();
        self.chunk_ready.next = self.start.val();
        self.request_strobe.next = self.start.val();
        self.request.requester_id.next = self.requester_id.val();
        self.request.start_strobe.next = self.start.val();
        self.request.tag.next = self.tags.offered.val();
        self.request.host_lo.next = self.chunk_host_lo.val();
        self.request.host_hi.next = self.chunk_host_hi.val();
        self.request.dws.next = self.chunk_dws.val();
        self.request.be.next = self.chunk_be.val();
        self.tx_valid.next = self.request.tx_valid.val();
        self.tx_last.next = self.request.tx_last.val();
        self.tx_data.next = self.request.tx_data.val();
        self.request.tx_ready.next = self.tx_ready.val();

        // Tags.
        self.tags.limit.next = self.tag_limit.val();
        self.tags.timeout_cycles.next = self.timeout_cycles.val();
        self.tags.quarantine_cycles.next = self.quarantine_cycles.val();
        self.tags.take_strobe.next = self.start.val();
        self.tags.sending.next = !self.request.idle.val();
        self.tags.sent_strobe.next = self.request.sent_strobe.val();
        self.tags.sent_tag.next = self.request.sent_tag.val();
        self.tags.retire_strobe.next = self.retire.val();
        self.tags.retire_tag.next = self.tag.val();
        self.tags.hold.next = self.completion.check_strobe.val() | self.retire_later.q.val();

        // Context RAM: one write port, a completion's progress goes before a new request.
        self.read_tag.next = self.completion.tag_ahead.val();
        if self.look_up.q.val() {
            self.read_tag.next = self.tags.expired_tag.val();
        }
        self.context_lo.read_address.next = self.read_tag.val();
        self.context_hi.read_address.next = self.read_tag.val();
        self.context_card.read_address.next = self.read_tag.val();
        self.context_left.read_address.next = self.read_tag.val();
        self.context_lo.write_enable.next = self.progressed.val() | self.start.val();
        self.context_hi.write_enable.next = self.start.val();
        self.context_card.write_enable.next = self.progressed.val() | self.start.val();
        self.context_left.write_enable.next = self.progressed.val() | self.start.val();
        self.context_hi.write_address.next = self.tags.offered.val();
        self.context_hi.write_data.next = self.chunk_host_hi.val();
        if self.progressed.val() {
            self.context_lo.write_address.next = self.tag.val();
            self.context_card.write_address.next = self.tag.val();
            self.context_left.write_address.next = self.tag.val();
            self.context_lo.write_data.next =
                self.context_lo.read_data.val() + bit_cast::<32, 13>(self.part.val());
            self.context_card.write_data.next =
                self.context_card.read_data.val() + bit_cast::<32, 13>(self.part.val());
            self.context_left.write_data.next = self.left.val() - self.part.val();
        } else {
            self.context_lo.write_address.next = self.tags.offered.val();
            self.context_card.write_address.next = self.tags.offered.val();
            self.context_left.write_address.next = self.tags.offered.val();
            self.context_lo.write_data.next = self.chunk_host_lo.val();
            self.context_card.write_data.next = self.chunk_card.val();
            self.context_left.write_data.next = self.chunk_bytes.val();
        }

        // An expired request counts until it is reported: its transfer must not look complete.
        self.in_flight.next = self.tags.live.val() | self.look_up.q.val() | self.report.q.val();
        self.waiting.next = self.tags.waiting.val();
        self.usable.next = self.tags.usable.val();
        self.quarantine.next = self.tags.quarantine.val();
        self.timeout_strobe.next = self.tags.expired_strobe.val();
        self.tx_idle.next = self.request.idle.val();
        self.progress.next = self.start.val()
            | (self.request.tx_valid.val() & self.tx_ready.val())
            | self.part_strobe.val();

        if self.reset.val() {
            self.retire_later.d.next = false;
            self.landing_part.d.next = false;
            self.look_up.d.next = false;
            self.report.d.next = false;
        }
    }
}
