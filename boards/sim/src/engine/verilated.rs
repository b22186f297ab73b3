//! The verilated engine: Verilator's translation of the card, compiled and loaded.
//!
//! Context: host side of the simulation. The model and its inner loop are C++ (`boards/sim/shim`), so
//! a run of many clocks is one call. Building is in `model.rs`, finding the tools in `tools.rs`.

use std::collections::VecDeque;
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use lumenport_hdl::sim_card::SIM_MEMORY_BYTES;
use rust_hdl::prelude::{Block, check_all, generate_verilog_unchecked};

use super::ffi::{Buffers, Limits, Model, RawBeat, RawInputs, RawOutputs, RawTimeline};
use super::model::{self, TraceFormat};
use super::{
    Announcer, Capture, CardMemory, CreditLimits, Engine, EngineError, Inputs, Outputs, RunReport,
    RunRequest, RxBeat, StopReason, Tick, Timeline, TxBeat,
};

/// Lists handed to one call of the model hold at most so many entries; a longer run takes more calls.
const CHUNK: u64 = 1 << 16;

/// Runs the compiled model of a block with the card's pins.
pub struct VerilatedEngine {
    model: Model,
    description: String,
    tx: Vec<RawBeat>,
}

impl VerilatedEngine {
    /// Generates the block's Verilog, gets its compiled model from the project-local cache or builds
    /// it there, and makes one card. `trace` names a waveform file, `.vcd` or `.fst`.
    ///
    /// The first call on a machine installs Verilator into the project-local environment when the
    /// system has none, which `announcer` tells beforehand.
    ///
    /// # Errors
    /// [`EngineError::Gateware`] when rust-hdl's checks fail; [`EngineError::MissingTool`],
    /// [`EngineError::ToolFailed`], [`EngineError::Cache`] or [`EngineError::Load`] when the model
    /// cannot be had; [`EngineError::Trace`] when the waveform cannot be written.
    pub fn new<B: Block>(
        mut block: B,
        trace: Option<&Path>,
        announcer: Announcer,
    ) -> Result<Self, EngineError> {
        block.connect_all();
        check_all(&block).map_err(|error| EngineError::Gateware(format!("{error:?}")))?;
        Self::from_verilog(&generate_verilog_unchecked(&block), trace, announcer)
    }

    /// As [`Self::new`], from Verilog whose top module is `top` and has the card's pins.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_verilog(
        verilog: &str,
        trace: Option<&Path>,
        announcer: Announcer,
    ) -> Result<Self, EngineError> {
        let format = trace.map(TraceFormat::of).transpose()?;
        if let Some(path) = trace {
            // Verilator tells little about a file that it cannot open, so try before the long work.
            std::fs::File::create(path).map_err(|error| trace_error(path, error.to_string()))?;
        }
        let built = model::build(verilog, format, announcer)?;
        let memory =
            CardMemory::new(SIM_MEMORY_BYTES as usize).map_err(|error| EngineError::Load {
                path: built.library.clone(),
                reason: format!("no memory for the card: {error}"),
            })?;
        let mut model = Model::load(&built.library, Arc::new(memory))?;
        if let Some(path) = trace {
            let name = CString::new(path.as_os_str().as_encoded_bytes())
                .map_err(|_| trace_error(path, "its name contains a zero byte".into()))?;
            model
                .trace_open(&name)
                .map_err(|_| trace_error(path, "the model refused to open it".into()))?;
        }
        Ok(Self {
            model,
            description: format!("verilated ({})", built.tool),
            tx: Vec::new(),
        })
    }
}

impl Engine for VerilatedEngine {
    fn describe(&self) -> String {
        self.description.clone()
    }

    fn step(&mut self, inputs: &Inputs, tick: Tick) -> Result<Outputs, EngineError> {
        let raw = self
            .model
            .step(&raw_inputs(*inputs), tick.time_ps, tick.sys, tick.pix);
        Ok(outputs(&raw))
    }

    fn run(
        &mut self,
        timeline: &mut Timeline,
        request: &RunRequest,
        rx: &mut VecDeque<RxBeat>,
        capture: &mut Capture,
    ) -> Result<RunReport, EngineError> {
        // At most one DW moves per clock; one more keeps "the last was taken" true only of the last.
        let reach = request.max_sys_clocks.saturating_add(1);
        let reach = usize::try_from(reach).unwrap_or(usize::MAX);
        let queue: Vec<RawBeat> = rx.iter().take(reach).map(raw_beat).collect();
        let mut raw = raw_timeline(timeline);
        let (mut sys_clocks, mut pix_clocks, mut taken) = (0, 0, 0);
        let stop = loop {
            let limits = Limits {
                max_sys_clocks: request.max_sys_clocks - sys_clocks,
                max_pix_clocks: request.max_pix_clocks - pix_clocks,
                tx_pattern: request.tx_pattern,
                rx_pattern: request.rx_pattern,
                reset: request.reset,
                stop_on_tx_packet: request.stop_on_tx_packet,
                stop_on_rx_empty: request.stop_on_rx_empty,
                stop_on_control: request.stop_on_control,
                credits: request.credits,
            };
            let pix = pix_bound(timeline, &limits);
            let tx = limits.max_sys_clocks.clamp(1, CHUNK) as usize;
            self.tx.resize(self.tx.len().max(tx), RawBeat::default());
            let symbols = grow(&mut capture.symbols, capture.want_symbols, pix);
            let video = grow(&mut capture.video, capture.want_video, pix);
            let report = self.model.run(
                &mut raw,
                &limits,
                &mut Buffers {
                    rx: &queue[taken..],
                    tx: &mut self.tx,
                    symbols: &mut capture.symbols[symbols..],
                    video: &mut capture.video[video..],
                },
            );
            sys_clocks += report.sys_clocks;
            pix_clocks += report.pix_clocks;
            taken += report.rx_taken as usize;
            let fresh = &self.tx[..report.tx_count as usize];
            capture.tx.extend(fresh.iter().map(tx_beat));
            capture
                .symbols
                .truncate(symbols + report.symbol_count as usize);
            capture.video.truncate(video + report.video_count as usize);
            if let Some(stop) = stop_reason(report.stop) {
                break stop;
            }
        };
        rx.drain(..taken);
        restore(timeline, &raw);
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

    fn bare_loop(&mut self, timeline: &mut Timeline, sys_clocks: u64) -> Result<(), EngineError> {
        let mut raw = raw_timeline(timeline);
        self.model.bare_loop(&mut raw, sys_clocks);
        restore(timeline, &raw);
        Ok(())
    }

    fn card_memory(&self) -> Option<&Arc<CardMemory>> {
        Some(self.model.memory())
    }

    fn finish_trace(&mut self) -> Result<(), EngineError> {
        self.model.trace_close();
        Ok(())
    }
}

impl std::fmt::Debug for VerilatedEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerilatedEngine")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

fn trace_error(path: &Path, reason: String) -> EngineError {
    EngineError::Trace {
        path: path.to_owned(),
        reason,
    }
}

/// Entries that the symbol lists need for the rest of a run.
fn pix_bound(timeline: &Timeline, limits: &Limits) -> usize {
    let span_ps = limits.max_sys_clocks.saturating_mul(timeline.sys_period_ps);
    // A standing pixel clock yields nothing; one entry keeps the list from counting as unwanted.
    let spanned = span_ps.checked_div(timeline.pix_period_ps).unwrap_or(0) + 2;
    spanned.min(limits.max_pix_clocks).clamp(1, CHUNK) as usize
}

/// Makes room behind the present entries when wanted; returns where the room starts.
fn grow(list: &mut Vec<u32>, wanted: bool, room: usize) -> usize {
    let start = list.len();
    if wanted {
        list.resize(start + room, 0);
    }
    start
}

fn stop_reason(code: u32) -> Option<StopReason> {
    match code {
        0 => Some(StopReason::TxPacket),
        1 => Some(StopReason::Control),
        2 => Some(StopReason::RxEmpty),
        3 => Some(StopReason::SysClocks),
        4 => Some(StopReason::PixClocks),
        _ => None, // a list is full
    }
}

fn raw_inputs(inputs: Inputs) -> RawInputs {
    RawInputs {
        rx_data: inputs.rx_data,
        reset: inputs.reset.into(),
        rx_last: inputs.rx_last.into(),
        rx_valid: inputs.rx_valid.into(),
        tx_ready: inputs.tx_ready.into(),
        ddc_scl: inputs.ddc_scl.into(),
        ddc_sda: inputs.ddc_sda.into(),
        hotplug: inputs.hotplug.into(),
        credit_limit_posted: inputs.credits.posted,
        credit_limit_nonposted: inputs.credits.nonposted,
        credit_limit_completion: inputs.credits.completion,
        credit_infinite: inputs.credits.infinite,
    }
}

fn outputs(raw: &RawOutputs) -> Outputs {
    Outputs {
        rx_ready: raw.rx_ready != 0,
        tx_data: raw.tx_data,
        tx_last: raw.tx_last != 0,
        tx_valid: raw.tx_valid != 0,
        credit_allocated_posted: raw.credit_allocated_posted,
        credit_allocated_nonposted: raw.credit_allocated_nonposted,
        tmds_blue: raw.tmds_blue,
        tmds_green: raw.tmds_green,
        tmds_red: raw.tmds_red,
        rgb: raw.rgb,
        de: raw.de != 0,
        hsync: raw.hsync != 0,
        vsync: raw.vsync != 0,
        clock_select: raw.clock_select,
        display_on: raw.display_on != 0,
        ddc_scl_low: raw.ddc_scl_low != 0,
        ddc_sda_low: raw.ddc_sda_low != 0,
    }
}

fn raw_beat(beat: &RxBeat) -> RawBeat {
    RawBeat {
        cycle: beat.earliest_cycle,
        data: beat.data,
        last: beat.last.into(),
    }
}

fn tx_beat(raw: &RawBeat) -> TxBeat {
    TxBeat {
        cycle: raw.cycle,
        data: raw.data,
        last: raw.last != 0,
    }
}

fn raw_timeline(timeline: &Timeline) -> RawTimeline {
    RawTimeline {
        now_ps: timeline.now_ps,
        sys_period_ps: timeline.sys_period_ps,
        pix_period_ps: timeline.pix_period_ps,
        next_sys_ps: timeline.next_sys_ps,
        next_pix_ps: timeline.next_pix_ps,
        sys_cycles: timeline.sys_cycles,
        pix_cycles: timeline.pix_cycles,
        held: raw_inputs(timeline.held),
        control: timeline.control,
        rx_pending: timeline.rx_pending.into(),
        allocated_posted: timeline.allocated[0],
        allocated_nonposted: timeline.allocated[1],
    }
}

fn restore(timeline: &mut Timeline, raw: &RawTimeline) {
    *timeline = Timeline {
        now_ps: raw.now_ps,
        sys_period_ps: raw.sys_period_ps,
        pix_period_ps: raw.pix_period_ps,
        next_sys_ps: raw.next_sys_ps,
        next_pix_ps: raw.next_pix_ps,
        sys_cycles: raw.sys_cycles,
        pix_cycles: raw.pix_cycles,
        held: Inputs {
            reset: raw.held.reset != 0,
            rx_data: raw.held.rx_data,
            rx_last: raw.held.rx_last != 0,
            rx_valid: raw.held.rx_valid != 0,
            tx_ready: raw.held.tx_ready != 0,
            ddc_scl: raw.held.ddc_scl != 0,
            ddc_sda: raw.held.ddc_sda != 0,
            hotplug: raw.held.hotplug != 0,
            credits: CreditLimits {
                posted: raw.held.credit_limit_posted,
                nonposted: raw.held.credit_limit_nonposted,
                completion: raw.held.credit_limit_completion,
                infinite: raw.held.credit_infinite,
            },
        },
        control: raw.control,
        rx_pending: raw.rx_pending != 0,
        allocated: [raw.allocated_posted, raw.allocated_nonposted],
    };
}
