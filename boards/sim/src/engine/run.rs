//! Batched running: many clocks in one call.
//!
//! Context: host side of the simulation. The host hands over what it wants to send, a limit and the
//! events it wants to hear of at once; the engine runs until one of them happens. [`run_by_steps`]
//! is the definition; an engine that does better must give the same results, which the lockstep test
//! checks.

use std::collections::VecDeque;

use super::{CreditLimits, Engine, EngineError, Timeline};

/// One DW from the host to the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RxBeat {
    /// Index of the first `sys` edge at which it may be offered.
    pub earliest_cycle: u64,
    /// The DW, first byte on the wire in bits 31:24.
    pub data: u32,
    /// It ends its packet.
    pub last: bool,
}

/// One DW from the card to the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct TxBeat {
    /// Index of the `sys` edge at which it moved.
    pub cycle: u64,
    /// The DW, first byte on the wire in bits 31:24.
    pub data: u32,
    /// It ends its packet.
    pub last: bool,
}

/// How far to run, how the host behaves meanwhile, and what ends the run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRequest {
    /// Holds the reset pin high; both streams rest.
    pub reset: bool,
    /// Upper bound in `sys` clocks.
    pub max_sys_clocks: u64,
    /// Upper bound in `pix` clocks.
    pub max_pix_clocks: u64,
    /// `tx_ready` at `sys` edge n is bit n mod 64: all ones never stalls the card.
    pub tx_pattern: u64,
    /// A new DW may first be offered at `sys` edge n when bit n mod 64 is set; once offered it stays.
    pub rx_pattern: u64,
    /// Credits that the host has granted the card, constant during the run.
    pub credits: CreditLimits,
    /// Return right after the edge at which a packet from the card ended.
    pub stop_on_tx_packet: bool,
    /// Return right after the edge at which the last queued DW was taken.
    pub stop_on_rx_empty: bool,
    /// Return right after `clock_select`, `display_on` or a pull on the DDC lines changed.
    pub stop_on_control: bool,
}

impl Default for RunRequest {
    /// 1024 `sys` clocks, no stalls, infinite credits, no early end.
    fn default() -> Self {
        Self {
            reset: false,
            max_sys_clocks: 1024,
            max_pix_clocks: u64::MAX,
            tx_pattern: u64::MAX,
            rx_pattern: u64::MAX,
            credits: CreditLimits::default(),
            stop_on_tx_packet: false,
            stop_on_rx_empty: false,
            stop_on_control: false,
        }
    }
}

/// Why a run ended. When several causes meet at one edge the first in this order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A packet from the card ended.
    TxPacket,
    /// `clock_select`, `display_on` or a pull on the DDC lines changed.
    Control,
    /// The card took the last queued DW.
    RxEmpty,
    /// `max_sys_clocks` reached.
    SysClocks,
    /// `max_pix_clocks` reached.
    PixClocks,
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// Why it ended.
    pub stop: StopReason,
    /// Rising `sys` edges in this run.
    pub sys_clocks: u64,
    /// Rising `pix` edges in this run.
    pub pix_clocks: u64,
    /// `clock_select` after the last edge's sample.
    pub clock_select: u8,
    /// `display_on` after the last edge's sample.
    pub display_on: bool,
    /// `ddc_scl_low` after the last edge's sample.
    pub ddc_scl_low: bool,
    /// `ddc_sda_low` after the last edge's sample.
    pub ddc_sda_low: bool,
    /// Posted credits that the card had allocated at the last `sys` edge: headers in 19:12, data in
    /// 11:0, both modulo.
    pub credit_allocated_posted: u32,
    /// Non-posted credits, same shape.
    pub credit_allocated_nonposted: u32,
}

/// Where a run puts what comes out of the card. The caller empties the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// DWs from the card, in order. Always filled.
    pub tx: Vec<TxBeat>,
    /// Fill [`Self::symbols`].
    pub want_symbols: bool,
    /// TMDS symbols, one word a `pix` clock: blue 9:0, green 19:10, red 29:20.
    pub symbols: Vec<u32>,
    /// Fill [`Self::video`].
    pub want_video: bool,
    /// Parallel output, one word a `pix` clock: RGB 23:0, data enable 24, hsync 25, vsync 26.
    pub video: Vec<u32>,
}

/// Runs an engine by its [`Engine::step`]: the definition of [`Engine::run`].
///
/// # Errors
/// Whatever a step yields; everything before it has been captured.
pub fn run_by_steps<E: Engine + ?Sized>(
    engine: &mut E,
    timeline: &mut Timeline,
    request: &RunRequest,
    rx: &mut VecDeque<RxBeat>,
    capture: &mut Capture,
) -> Result<RunReport, EngineError> {
    let (mut sys_clocks, mut pix_clocks) = (0, 0);
    let mut driven = false;
    let stop = loop {
        if sys_clocks >= request.max_sys_clocks {
            break StopReason::SysClocks;
        }
        if pix_clocks >= request.max_pix_clocks {
            break StopReason::PixClocks;
        }
        // Inputs change right after a `sys` edge, and where a run begins.
        if !driven {
            timeline.drive(request, rx.front());
            driven = true;
        }
        let tick = timeline.next_tick();
        let inputs = timeline.held;
        let outputs = engine.step(&inputs, tick)?;
        let mut packet_ended = false;
        let mut rx_emptied = false;
        if tick.sys {
            driven = false;
            sys_clocks += 1;
            timeline.allocated = [
                outputs.credit_allocated_posted,
                outputs.credit_allocated_nonposted,
            ];
            if inputs.rx_valid && outputs.rx_ready {
                rx.pop_front();
                timeline.rx_pending = false;
                rx_emptied = rx.is_empty();
            }
            if inputs.tx_ready && outputs.tx_valid {
                packet_ended = outputs.tx_last;
                capture.tx.push(TxBeat {
                    cycle: timeline.sys_cycles,
                    data: outputs.tx_data,
                    last: outputs.tx_last,
                });
            }
        }
        if tick.pix {
            pix_clocks += 1;
            if capture.want_symbols {
                capture.symbols.push(outputs.symbols());
            }
            if capture.want_video {
                capture.video.push(outputs.video());
            }
        }
        let control_changed = timeline.note_control(&outputs);
        timeline.advance(tick);
        if packet_ended && request.stop_on_tx_packet {
            break StopReason::TxPacket;
        }
        if control_changed && request.stop_on_control {
            break StopReason::Control;
        }
        if rx_emptied && request.stop_on_rx_empty {
            break StopReason::RxEmpty;
        }
    };
    Ok(RunReport {
        stop,
        sys_clocks,
        pix_clocks,
        clock_select: (timeline.control & 7) as u8,
        display_on: timeline.control & 8 != 0,
        ddc_scl_low: timeline.control & 16 != 0,
        ddc_sda_low: timeline.control & 32 != 0,
        credit_allocated_posted: timeline.allocated[0],
        credit_allocated_nonposted: timeline.allocated[1],
    })
}
