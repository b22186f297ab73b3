//! Reader: memory-read requests out, completions in (host to card).
//!
//! Purpose: sends one MRd32/MRd64 a chunk with one of 32 tags, remembers per tag where the next
//! byte comes from and goes to, checks every completion against that and hands its payload to the
//! landing. Clock domain: `sys`. TLP DWs have their first wire byte in bits 31:24.
//! Throughput: a request in 5 clocks (6 with a 64-bit address); completions without a wait clock.
//!
//! A completion is taken only when its tag is outstanding, the requester id is ours, the status is
//! Successful, Byte Count equals the bytes still missing, Lower Address is the next byte's, and its
//! length does not exceed what is missing. Anything else is dropped, never written: without such a
//! tag it counts as unexpected, otherwise it ends the transfer. Tags of requests that were given up
//! stay out of use (`quarantine`) until their completions came, or all 32 tags are in that state.
//! Not supported: extended tags, completions for other requesters (dropped), relaxed ordering.
//! Source: PCI Express Base Specification 1.1, sections 2.2.7, 2.2.9, 2.3.1.1 and 2.3.2.

use crate::mem::SyncRam;
use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum SendState {
    Idle,
    Head0,
    Head1,
    AddressHi,
    AddressLo,
}

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum TakeState {
    Head0,
    Head1,
    Head2,
    Payload,
}

/// Read requester and completion checker.
#[derive(LogicBlock)]
pub struct Reader {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Our requester id: bus, device, function.
    pub requester_id: Signal<In, Bits<16>>,

    /// New requests may start.
    pub allow: Signal<In, Bit>,
    /// A transfer runs and wants its data; otherwise completions only retire their tags.
    pub accept: Signal<In, Bit>,
    /// Gives up every outstanding request: late completions are dropped. One clock.
    pub quarantine_strobe: Signal<In, Bit>,
    /// A transfer begins: if every tag is in quarantine, all are released. One clock.
    pub begin_strobe: Signal<In, Bit>,

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
    /// The DW moves in this clock; waits only for card memory.
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

    /// A request that was not given up waits for completions.
    pub in_flight: Signal<Out, Bit>,
    /// No request is being sent.
    pub tx_idle: Signal<Out, Bit>,
    /// A request was sent or a completion was accepted in this clock.
    pub progress: Signal<Out, Bit>,
    /// A request started in this clock.
    pub request_strobe: Signal<Out, Bit>,
    /// A completion of an outstanding request came in this clock.
    pub completion_strobe: Signal<Out, Bit>,
    /// A completion nobody waits for was dropped in this clock.
    pub unexpected_strobe: Signal<Out, Bit>,
    /// A completion ends the transfer with `error_code`; one clock.
    pub error_strobe: Signal<Out, Bit>,
    /// RESULT code of the error.
    pub error_code: Signal<Out, Bits<8>>,
    /// With `error_strobe` or `located`: bus address at which the request should have continued, low half.
    pub error_lo: Signal<Out, Bits<32>>,
    /// Bus address of the error, high half.
    pub error_hi: Signal<Out, Bits<32>>,
    /// Level: look for a request that waits for completions, the oldest as a rule. Holds the completion stream.
    pub locate: Signal<In, Bit>,
    /// Such a request is found, at most 34 clocks after `locate` rose.
    pub located: Signal<Out, Bit>,

    // Tags.
    tag_busy: DFF<Bits<32>>,
    /// The tag's last bytes are arriving.
    retire_later: DFF<Bit>,
    payload_over: Signal<Local, Bit>,
    tag_stale: DFF<Bits<32>>,
    next_tag: DFF<Bits<5>>,
    seek_tag: DFF<Bits<5>>,
    found: DFF<Bit>,
    context_lo: SyncRam<32, 5>,
    context_hi: SyncRam<32, 5>,
    context_card: SyncRam<32, 5>,
    context_left: SyncRam<13, 5>,
    // The request being sent.
    send: DFF<SendState>,
    send_lo: DFF<Bits<32>>,
    send_hi: DFF<Bits<32>>,
    send_dws: DFF<Bits<10>>,
    send_be: DFF<Bits<8>>,
    send_tag: DFF<Bits<5>>,
    // The completion being taken.
    take: DFF<TakeState>,
    check: DFF<Bit>,
    is_completion: DFF<Bit>,
    has_data: DFF<Bit>,
    has_digest: DFF<Bit>,
    poisoned: DFF<Bit>,
    dws: DFF<Bits<10>>,
    status: DFF<Bits<3>>,
    byte_count: DFF<Bits<12>>,
    for_us: DFF<Bit>,
    tag: DFF<Bits<8>>,
    lower: DFF<Bits<7>>,
    ended: DFF<Bit>,
    beats_left: DFF<Bits<11>>,
    landing_part: DFF<Bit>,

    cpl_beat: Signal<Local, Bit>,
    known: Signal<Local, Bit>,
    given_up: Signal<Local, Bit>,
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
    count: Signal<Local, Bits<13>>,
    lane: Signal<Local, Bits<13>>,
    live: Signal<Local, Bits<32>>,
    tag_mask: Signal<Local, Bits<32>>,
    start_mask: Signal<Local, Bits<32>>,
    read_tag: Signal<Local, Bits<5>>,
    type_cpl: Constant<Bits<5>>,
    fmt_cpl: Constant<Bits<3>>,
    fmt_cpld: Constant<Bits<3>>,
    status_ur: Constant<Bits<3>>,
    status_ca: Constant<Bits<3>>,
    code_ur: Constant<Bits<8>>,
    code_ca: Constant<Bits<8>>,
    code_poisoned: Constant<Bits<8>>,
    code_bad: Constant<Bits<8>>,
    page: Constant<Bits<13>>,
    four: Constant<Bits<13>>,
    one: Constant<Bits<32>>,
    one_beat: Constant<Bits<11>>,
    page_beats: Constant<Bits<11>>,
    fmt_4dw: Constant<Bits<32>>,
}

/// TLP type of completions.
const TYPE_CPL: u64 = 0b01010;
/// TLP format: 3-DW header without data.
const FMT_3DW: u64 = 0b000;
/// TLP format: 3-DW header with data.
const FMT_3DW_DATA: u64 = 0b010;
/// DW 0 of a memory read with a 64-bit address, length zero.
const MRD64: u64 = 0x2000_0000;

impl Default for Reader {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            requester_id: Signal::default(),
            allow: Signal::default(),
            accept: Signal::default(),
            quarantine_strobe: Signal::default(),
            begin_strobe: Signal::default(),
            chunk_valid: Signal::default(),
            chunk_ready: Signal::default(),
            chunk_host_lo: Signal::default(),
            chunk_host_hi: Signal::default(),
            chunk_card: Signal::default(),
            chunk_bytes: Signal::default(),
            chunk_dws: Signal::default(),
            chunk_be: Signal::default(),
            tx_valid: Signal::default(),
            tx_ready: Signal::default(),
            tx_last: Signal::default(),
            tx_data: Signal::default(),
            cpl_valid: Signal::default(),
            cpl_ready: Signal::default(),
            cpl_last: Signal::default(),
            cpl_data: Signal::default(),
            landing_ready: Signal::default(),
            part_strobe: Signal::default(),
            part_card: Signal::default(),
            part_lane: Signal::default(),
            part_span: Signal::default(),
            beat_valid: Signal::default(),
            in_flight: Signal::default(),
            tx_idle: Signal::default(),
            progress: Signal::default(),
            request_strobe: Signal::default(),
            completion_strobe: Signal::default(),
            unexpected_strobe: Signal::default(),
            error_strobe: Signal::default(),
            error_code: Signal::default(),
            error_lo: Signal::default(),
            error_hi: Signal::default(),
            locate: Signal::default(),
            located: Signal::default(),
            tag_busy: DFF::default(),
            retire_later: DFF::default(),
            payload_over: Signal::default(),
            tag_stale: DFF::default(),
            next_tag: DFF::default(),
            seek_tag: DFF::default(),
            found: DFF::default(),
            context_lo: SyncRam::default(),
            context_hi: SyncRam::default(),
            context_card: SyncRam::default(),
            context_left: SyncRam::default(),
            send: DFF::default(),
            send_lo: DFF::default(),
            send_hi: DFF::default(),
            send_dws: DFF::default(),
            send_be: DFF::default(),
            send_tag: DFF::default(),
            take: DFF::default(),
            check: DFF::default(),
            is_completion: DFF::default(),
            has_data: DFF::default(),
            has_digest: DFF::default(),
            poisoned: DFF::default(),
            dws: DFF::default(),
            status: DFF::default(),
            byte_count: DFF::default(),
            for_us: DFF::default(),
            tag: DFF::default(),
            lower: DFF::default(),
            ended: DFF::default(),
            beats_left: DFF::default(),
            landing_part: DFF::default(),
            cpl_beat: Signal::default(),
            known: Signal::default(),
            given_up: Signal::default(),
            wanted: Signal::default(),
            fits: Signal::default(),
            retire: Signal::default(),
            progressed: Signal::default(),
            start: Signal::default(),
            left: Signal::default(),
            left_and_dw: Signal::default(),
            dw_bytes: Signal::default(),
            span: Signal::default(),
            part: Signal::default(),
            count: Signal::default(),
            lane: Signal::default(),
            live: Signal::default(),
            tag_mask: Signal::default(),
            start_mask: Signal::default(),
            read_tag: Signal::default(),
            type_cpl: Constant::new(TYPE_CPL.into()),
            fmt_cpl: Constant::new(FMT_3DW.into()),
            fmt_cpld: Constant::new(FMT_3DW_DATA.into()),
            status_ur: Constant::new(0b001.into()),
            status_ca: Constant::new(0b100.into()),
            code_ur: Constant::new(super::result::UNSUPPORTED_REQUEST.into()),
            code_ca: Constant::new(super::result::COMPLETER_ABORT.into()),
            code_poisoned: Constant::new(super::result::POISONED.into()),
            code_bad: Constant::new(super::result::BAD_COMPLETION.into()),
            page: Constant::new(4096.into()),
            four: Constant::new(4.into()),
            one: Constant::new(1.into()),
            one_beat: Constant::new(1.into()),
            page_beats: Constant::new(1024.into()),
            fmt_4dw: Constant::new(MRD64.into()),
        }
    }
}

impl Logic for Reader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            tag_busy,
            retire_later,
            tag_stale,
            next_tag,
            seek_tag,
            found,
            send,
            send_lo,
            send_hi,
            send_dws,
            send_be,
            send_tag,
            take,
            check,
            is_completion,
            has_data,
            has_digest,
            poisoned,
            dws,
            status,
            byte_count,
            for_us,
            tag,
            lower,
            ended,
            beats_left,
            landing_part
        );
        self.context_lo.clock.next = self.clock.val();
        self.context_hi.clock.next = self.clock.val();
        self.context_card.clock.next = self.clock.val();
        self.context_left.clock.next = self.clock.val();

        // Completion stream: collect the header, read the tag's context along with its third DW.
        self.cpl_ready.next = self.landing_ready.val() & !self.locate.val();
        self.cpl_beat.next = self.cpl_valid.val() & self.landing_ready.val() & !self.locate.val();
        self.beat_valid.next = self.cpl_beat.val() & (self.take.q.val() == TakeState::Payload);
        self.check.d.next = false;
        self.read_tag.next = self.tag.q.val().get_bits::<5>(0);
        if self.cpl_beat.val() {
            match self.take.q.val() {
                TakeState::Head0 => {
                    self.is_completion.d.next = (self.cpl_data.val().get_bits::<5>(24)
                        == self.type_cpl.val())
                        & ((self.cpl_data.val().get_bits::<3>(29) == self.fmt_cpl.val())
                            | (self.cpl_data.val().get_bits::<3>(29) == self.fmt_cpld.val()));
                    self.has_data.d.next = self.cpl_data.val().get_bit(30);
                    self.has_digest.d.next = self.cpl_data.val().get_bit(15);
                    self.poisoned.d.next = self.cpl_data.val().get_bit(14);
                    self.dws.d.next = self.cpl_data.val().get_bits::<10>(0);
                    self.take.d.next = TakeState::Head1;
                }
                TakeState::Head1 => {
                    self.status.d.next = self.cpl_data.val().get_bits::<3>(13);
                    self.byte_count.d.next = self.cpl_data.val().get_bits::<12>(0);
                    self.take.d.next = TakeState::Head2;
                }
                TakeState::Head2 => {
                    self.for_us.d.next =
                        self.cpl_data.val().get_bits::<16>(16) == self.requester_id.val();
                    self.tag.d.next = self.cpl_data.val().get_bits::<8>(8);
                    self.lower.d.next = self.cpl_data.val().get_bits::<7>(0);
                    self.read_tag.next = self.cpl_data.val().get_bits::<5>(8);
                    self.ended.d.next = self.cpl_last.val();
                    self.check.d.next = true;
                    self.take.d.next = TakeState::Payload;
                    self.beats_left.d.next = bit_cast::<11, 10>(self.dws.q.val());
                    if !self.dws.q.val().any() {
                        self.beats_left.d.next = self.page_beats.val();
                    }
                }
                TakeState::Payload => {
                    if self.beats_left.q.val().any() {
                        self.beats_left.d.next = self.beats_left.q.val() - 1;
                    }
                }
            }
            if self.cpl_last.val() {
                self.take.d.next = TakeState::Head0;
            }
        }

        // Check: the context is on the RAM's output, the header is registered.
        self.left.next = self.context_left.read_data.val();
        self.left_and_dw.next = self.left.val() + self.four.val();
        self.lane.next = bit_cast::<13, 2>(self.context_lo.read_data.val().get_bits::<2>(0));
        self.dw_bytes.next = bit_cast::<13, 10>(self.dws.q.val()) << 2;
        if !self.dws.q.val().any() {
            self.dw_bytes.next = self.page.val();
        }
        self.span.next = self.dw_bytes.val() - self.lane.val();
        self.part.next = self.span.val();
        if self.left.val() < self.span.val() {
            self.part.next = self.left.val();
        }
        self.count.next = bit_cast::<13, 12>(self.byte_count.q.val());
        if !self.byte_count.q.val().any() {
            self.count.next = self.page.val();
        }
        self.known.next = self.is_completion.q.val()
            & self.for_us.q.val()
            & !self.tag.q.val().get_bits::<3>(5).any()
            & self
                .tag_busy
                .q
                .val()
                .get_bit(self.tag.q.val().get_bits::<5>(0).index());
        self.given_up.next = self
            .tag_stale
            .q
            .val()
            .get_bit(self.tag.q.val().get_bits::<5>(0).index());
        self.wanted.next = self.accept.val() & !self.given_up.val();
        self.fits.next = self.has_data.q.val()
            & !self.ended.q.val()
            & (self.count.val() == self.left.val())
            & (self.lower.q.val() == self.context_lo.read_data.val().get_bits::<7>(0))
            & (self.span.val() < self.left_and_dw.val());

        self.payload_over.next =
            (self.take.q.val() == TakeState::Head0) | (self.beat_valid.val() & self.cpl_last.val());
        self.retire.next = self.retire_later.q.val() & self.payload_over.val();
        self.retire_later.d.next = self.retire_later.q.val() & !self.payload_over.val();
        self.progressed.next = false;
        self.part_strobe.next = false;
        self.completion_strobe.next = false;
        self.unexpected_strobe.next = false;
        self.error_strobe.next = false;
        self.error_code.next = self.code_bad.val();
        if self.check.q.val() {
            self.landing_part.d.next = false;
            if self.known.val() {
                self.unexpected_strobe.next = self.given_up.val();
                self.completion_strobe.next = !self.given_up.val();
                if self.status.q.val().any() {
                    self.retire.next = true;
                    self.error_strobe.next = self.wanted.val();
                    if self.status.q.val() == self.status_ur.val() {
                        self.error_code.next = self.code_ur.val();
                    } else if self.status.q.val() == self.status_ca.val() {
                        self.error_code.next = self.code_ca.val();
                    }
                } else if !self.fits.val() {
                    self.error_strobe.next = self.wanted.val();
                } else {
                    self.progressed.next = true;
                    // The tag is free when the payload has arrived, not when its header has.
                    if self.part.val() == self.left.val() {
                        self.retire.next = self.payload_over.val();
                        self.retire_later.d.next = !self.payload_over.val();
                    }
                    if self.poisoned.q.val() {
                        self.error_strobe.next = self.wanted.val();
                        self.error_code.next = self.code_poisoned.val();
                    } else {
                        self.part_strobe.next = self.wanted.val();
                        self.landing_part.d.next = self.wanted.val();
                    }
                }
            } else {
                self.unexpected_strobe.next = true;
            }
        }
        // A completion whose payload has another length than its header says.
        if self.beat_valid.val()
            & self.cpl_last.val()
            & self.accept.val()
            & (self.part_strobe.val() | (self.landing_part.q.val() & !self.check.q.val()))
            & ((self.beats_left.q.val() > self.one_beat.val())
                | (!self.beats_left.q.val().any() & !self.has_digest.q.val()))
        {
            self.error_strobe.next = true;
        }
        self.part_card.next =
            self.context_card.read_data.val() - bit_cast::<32, 13>(self.lane.val());
        self.part_lane.next = self.context_lo.read_data.val().get_bits::<2>(0);
        self.part_span.next = self.part.val() + self.lane.val();
        self.error_lo.next = self.context_lo.read_data.val();
        self.error_hi.next = self.context_hi.read_data.val();

        // Requests: take a chunk when the next tag is free, step over tags that are in use.
        self.start.next = self.allow.val()
            & self.chunk_valid.val()
            & (self.send.q.val() == SendState::Idle)
            & !self.progressed.val()
            & !self.tag_busy.q.val().get_bit(self.next_tag.q.val().index());
        self.chunk_ready.next = self.start.val();
        self.request_strobe.next = self.start.val();
        if self.start.val() | self.tag_busy.q.val().get_bit(self.next_tag.q.val().index()) {
            self.next_tag.d.next = self.next_tag.q.val() + 1;
        }
        self.tx_valid.next = true;
        self.tx_last.next = false;
        self.tx_data.next = self.send_lo.q.val();
        match self.send.q.val() {
            SendState::Idle => {
                self.tx_valid.next = false;
                if self.start.val() {
                    self.send_lo.d.next = self.chunk_host_lo.val();
                    self.send_hi.d.next = self.chunk_host_hi.val();
                    self.send_dws.d.next = self.chunk_dws.val();
                    self.send_be.d.next = self.chunk_be.val();
                    self.send_tag.d.next = self.next_tag.q.val();
                    self.send.d.next = SendState::Head0;
                }
            }
            SendState::Head0 => {
                self.tx_data.next = bit_cast::<32, 10>(self.send_dws.q.val());
                if self.send_hi.q.val().any() {
                    self.tx_data.next =
                        bit_cast::<32, 10>(self.send_dws.q.val()) | self.fmt_4dw.val();
                }
                if self.tx_ready.val() {
                    self.send.d.next = SendState::Head1;
                }
            }
            SendState::Head1 => {
                self.tx_data.next = (bit_cast::<32, 16>(self.requester_id.val()) << 16)
                    | (bit_cast::<32, 5>(self.send_tag.q.val()) << 8)
                    | bit_cast::<32, 8>(self.send_be.q.val());
                if self.tx_ready.val() {
                    self.send.d.next = SendState::AddressLo;
                    if self.send_hi.q.val().any() {
                        self.send.d.next = SendState::AddressHi;
                    }
                }
            }
            SendState::AddressHi => {
                self.tx_data.next = self.send_hi.q.val();
                if self.tx_ready.val() {
                    self.send.d.next = SendState::AddressLo;
                }
            }
            SendState::AddressLo => {
                self.tx_data.next = (self.send_lo.q.val() >> 2) << 2;
                self.tx_last.next = true;
                if self.tx_ready.val() {
                    self.send.d.next = SendState::Idle;
                }
            }
            _ => {
                self.send.d.next = SendState::Idle;
            }
        }

        // Look for a request without answer: tags are given out in turn, so begin at the next one.
        self.live.next = self.tag_busy.q.val() & !self.tag_stale.q.val();
        self.found.d.next =
            self.locate.val() & self.live.val().get_bit(self.seek_tag.q.val().index());
        self.located.next = self.found.q.val();
        if self.locate.val() {
            self.read_tag.next = self.seek_tag.q.val();
            if !self.live.val().get_bit(self.seek_tag.q.val().index()) {
                self.seek_tag.d.next = self.seek_tag.q.val() + 1;
            }
        } else {
            self.seek_tag.d.next = self.next_tag.q.val();
        }

        // Context RAM: one write port, a completion's progress goes before a new request.
        self.context_lo.read_address.next = self.read_tag.val();
        self.context_hi.read_address.next = self.read_tag.val();
        self.context_card.read_address.next = self.read_tag.val();
        self.context_left.read_address.next = self.read_tag.val();
        self.context_lo.write_enable.next = self.progressed.val() | self.start.val();
        self.context_hi.write_enable.next = self.start.val();
        self.context_card.write_enable.next = self.progressed.val() | self.start.val();
        self.context_left.write_enable.next = self.progressed.val() | self.start.val();
        self.context_hi.write_address.next = self.next_tag.q.val();
        self.context_hi.write_data.next = self.chunk_host_hi.val();
        if self.progressed.val() {
            self.context_lo.write_address.next = self.tag.q.val().get_bits::<5>(0);
            self.context_card.write_address.next = self.tag.q.val().get_bits::<5>(0);
            self.context_left.write_address.next = self.tag.q.val().get_bits::<5>(0);
            self.context_lo.write_data.next =
                self.context_lo.read_data.val() + bit_cast::<32, 13>(self.part.val());
            self.context_card.write_data.next =
                self.context_card.read_data.val() + bit_cast::<32, 13>(self.part.val());
            self.context_left.write_data.next = self.left.val() - self.part.val();
        } else {
            self.context_lo.write_address.next = self.next_tag.q.val();
            self.context_card.write_address.next = self.next_tag.q.val();
            self.context_left.write_address.next = self.next_tag.q.val();
            self.context_lo.write_data.next = self.chunk_host_lo.val();
            self.context_card.write_data.next = self.chunk_card.val();
            self.context_left.write_data.next = self.chunk_bytes.val();
        }

        // Tag states.
        self.tag_mask.next = 0.into();
        if self.retire.val() {
            self.tag_mask.next = self.one.val() << self.tag.q.val().get_bits::<5>(0);
        }
        self.start_mask.next = 0.into();
        if self.start.val() {
            self.start_mask.next = self.one.val() << self.next_tag.q.val();
        }
        self.tag_busy.d.next =
            (self.tag_busy.q.val() & !self.tag_mask.val()) | self.start_mask.val();
        self.tag_stale.d.next = self.tag_stale.q.val() & !self.tag_mask.val();
        if self.quarantine_strobe.val() {
            self.tag_stale.d.next = self.tag_busy.q.val() & !self.tag_mask.val();
        }
        if self.begin_strobe.val() & self.tag_busy.q.val().all() {
            self.tag_busy.d.next = 0.into();
            self.tag_stale.d.next = 0.into();
        }

        self.in_flight.next = self.live.val().any();
        self.tx_idle.next = self.send.q.val() == SendState::Idle;
        self.progress.next = self.start.val() | self.progressed.val() | self.retire.val();

        if self.reset.val() {
            self.tag_busy.d.next = 0.into();
            self.tag_stale.d.next = 0.into();
            self.next_tag.d.next = 0.into();
            self.send.d.next = SendState::Idle;
            self.take.d.next = TakeState::Head0;
            self.check.d.next = false;
            self.landing_part.d.next = false;
            self.retire_later.d.next = false;
        }
    }
}
