//! Calls into the compiled model: the only unsafe code of this crate.
//!
//! Context: host side of the simulation. The other side is `boards/sim/shim/card_shim.cpp`, whose
//! structures are mirrored here. [`Model`] is safe to use; it is not meant to be shared between
//! threads, but may move from one to another.

use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;

use libloading::Library;

use super::{CardMemory, CreditLimits, EngineError};

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct RawInputs {
    pub rx_data: u32,
    pub credit_limit_posted: u32,
    pub credit_limit_nonposted: u32,
    pub credit_limit_completion: u32,
    // no padding: the shim compares all bytes
    pub credit_infinite: u8,
    pub reset: u8,
    pub rx_last: u8,
    pub rx_valid: u8,
    pub tx_ready: u8,
    pub ddc_scl: u8,
    pub ddc_sda: u8,
    pub hotplug: u8,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct RawOutputs {
    pub tx_data: u32,
    pub rgb: u32,
    pub credit_allocated_posted: u32,
    pub credit_allocated_nonposted: u32,
    pub tmds_blue: u16,
    pub tmds_green: u16,
    pub tmds_red: u16,
    pub rx_ready: u8,
    pub tx_last: u8,
    pub tx_valid: u8,
    pub de: u8,
    pub hsync: u8,
    pub vsync: u8,
    pub clock_select: u8,
    pub display_on: u8,
    pub ddc_scl_low: u8,
    pub ddc_sda_low: u8,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct RawTimeline {
    pub now_ps: u64,
    pub sys_period_ps: u64,
    pub pix_period_ps: u64,
    pub next_sys_ps: u64,
    pub next_pix_ps: u64,
    pub sys_cycles: u64,
    pub pix_cycles: u64,
    pub held: RawInputs,
    pub control: u32,
    pub rx_pending: u32,
    pub allocated_posted: u32,
    pub allocated_nonposted: u32,
}

/// A DW as the shim writes it; `last` is 0 or 1.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct RawBeat {
    pub cycle: u64,
    pub data: u32,
    pub last: u8,
}

#[repr(C)]
struct RawRequest {
    max_sys_clocks: u64,
    max_pix_clocks: u64,
    tx_pattern: u64,
    rx_pattern: u64,
    rx: *const RawBeat,
    rx_count: u64,
    tx: *mut RawBeat,
    tx_capacity: u64,
    symbols: *mut u32,
    symbol_capacity: u64,
    video: *mut u32,
    video_capacity: u64,
    reset: u32,
    stop_on_tx_packet: u32,
    stop_on_rx_empty: u32,
    stop_on_control: u32,
    credit_limit_posted: u32,
    credit_limit_nonposted: u32,
    credit_limit_completion: u32,
    credit_infinite: u32,
}

/// Limits, patterns and stop conditions of one call of [`Model::run`].
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub max_sys_clocks: u64,
    pub max_pix_clocks: u64,
    pub tx_pattern: u64,
    pub rx_pattern: u64,
    pub reset: bool,
    pub stop_on_tx_packet: bool,
    pub stop_on_rx_empty: bool,
    pub stop_on_control: bool,
    pub credits: CreditLimits,
}

/// Lists that one call of [`Model::run`] reads and fills; an empty video or symbol list is not wanted.
pub(super) struct Buffers<'a> {
    pub rx: &'a [RawBeat],
    pub tx: &'a mut [RawBeat],
    pub symbols: &'a mut [u32],
    pub video: &'a mut [u32],
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct RawReport {
    pub sys_clocks: u64,
    pub pix_clocks: u64,
    pub rx_taken: u64,
    pub tx_count: u64,
    pub symbol_count: u64,
    pub video_count: u64,
    pub stop: u32,
    pub unused: u32,
}

const fn layout() -> u64 {
    size_of::<RawInputs>() as u64
        | (size_of::<RawOutputs>() as u64) << 8
        | (size_of::<RawTimeline>() as u64) << 16
        | (size_of::<RawBeat>() as u64) << 24
        | (size_of::<RawBeat>() as u64) << 32
        | (size_of::<RawRequest>() as u64) << 40
        | (size_of::<RawReport>() as u64) << 48
}

type Create = unsafe extern "C" fn(*mut u8, u64) -> *mut c_void;
type Destroy = unsafe extern "C" fn(*mut c_void);
type Step = unsafe extern "C" fn(*mut c_void, *const RawInputs, u64, u8, u8, *mut RawOutputs);
type Run = unsafe extern "C" fn(*mut c_void, *mut RawTimeline, *const RawRequest, *mut RawReport);
type BareLoop = unsafe extern "C" fn(*mut c_void, *mut RawTimeline, u64);
type TraceOpen = unsafe extern "C" fn(*mut c_void, *const c_char) -> u32;
type TraceClose = unsafe extern "C" fn(*mut c_void);

/// One instance of the compiled card.
///
/// # Invariants
/// `card` came from this library's `card_shim_create` and has not been destroyed; every function
/// pointer belongs to `library`, which stays loaded as long as this value lives, and has the
/// signature of the shim, as `card_shim_layout` confirmed.
pub(super) struct Model {
    card: NonNull<c_void>,
    destroy: Destroy,
    step: Step,
    run: Run,
    bare_loop: BareLoop,
    trace_open: TraceOpen,
    trace_close: TraceClose,
    /// Where the card keeps what is in its memory.
    memory: Arc<CardMemory>,
    // Last, so that it is unloaded after `Drop` has used the pointers above.
    _library: Library,
}

// SAFETY: a model owns its Verilator context and touches no thread-local state of its creator; the
// library is built for one thread, so a `&mut Model` on any thread is the only user at that time.
unsafe impl Send for Model {}

impl Model {
    /// Loads a library that was built from the shim, and makes one card.
    pub(super) fn load(path: &Path, memory: Arc<CardMemory>) -> Result<Self, EngineError> {
        let fail = |reason: String| EngineError::Load {
            path: path.to_owned(),
            reason,
        };
        // SAFETY: the library is one that this crate has just built or found in its own cache under a
        // digest of its sources; its only initialisers are those of the C++ runtime.
        let library = unsafe { Library::new(path) }.map_err(|error| fail(error.to_string()))?;
        let layout_of: unsafe extern "C" fn() -> u64 = symbol(&library, path, c"card_shim_layout")?;
        // SAFETY: takes nothing and only returns a constant.
        let found = unsafe { layout_of() };
        if found != layout() {
            return Err(fail(format!(
                "its structures differ ({found:#x}, expected {:#x})",
                layout()
            )));
        }
        let create: Create = symbol(&library, path, c"card_shim_create")?;
        let destroy = symbol(&library, path, c"card_shim_destroy")?;
        let step = symbol(&library, path, c"card_shim_step")?;
        let run = symbol(&library, path, c"card_shim_run")?;
        let bare_loop = symbol(&library, path, c"card_shim_bare_loop")?;
        let trace_open = symbol(&library, path, c"card_shim_trace_open")?;
        let trace_close = symbol(&library, path, c"card_shim_trace_close")?;
        // SAFETY:
        // - the memory is that long, lies at a page's start, and lives as long as the card (field `memory`);
        // - it is only ever touched by volatile accesses, here and in the model;
        // - the result is owned by us and given to `destroy` exactly once.
        let card = unsafe { create(memory.base(), memory.len_bytes() as u64) };
        let card =
            NonNull::new(card).ok_or_else(|| fail("its card memory is of another size".into()))?;
        // INVARIANT: all fields come from `library`, whose layout was checked above.
        Ok(Self {
            card,
            destroy,
            step,
            run,
            bare_loop,
            trace_open,
            trace_close,
            memory,
            _library: library,
        })
    }

    /// The card's memory.
    pub(super) fn memory(&self) -> &Arc<CardMemory> {
        &self.memory
    }

    /// Applies the pins, samples the outputs, raises the named clocks.
    pub(super) fn step(
        &mut self,
        pins: &RawInputs,
        time_ps: u64,
        sys: bool,
        pix: bool,
    ) -> RawOutputs {
        let mut outputs = RawOutputs::default();
        // SAFETY:
        // - `card` is live (type invariant) and borrowed exclusively;
        // - both pointers are to live values of the shim's layout, used only during the call.
        unsafe {
            (self.step)(
                self.card.as_ptr(),
                pins,
                time_ps,
                sys.into(),
                pix.into(),
                &raw mut outputs,
            );
        };
        outputs
    }

    /// Runs until a limit, a stop condition or a full list.
    pub(super) fn run(
        &mut self,
        timeline: &mut RawTimeline,
        limits: &Limits,
        buffers: &mut Buffers<'_>,
    ) -> RawReport {
        let list = |list: &mut [u32]| match list {
            [] => std::ptr::null_mut(),
            list => list.as_mut_ptr(),
        };
        let request = RawRequest {
            max_sys_clocks: limits.max_sys_clocks,
            max_pix_clocks: limits.max_pix_clocks,
            tx_pattern: limits.tx_pattern,
            rx_pattern: limits.rx_pattern,
            rx: buffers.rx.as_ptr(),
            rx_count: buffers.rx.len() as u64,
            tx: buffers.tx.as_mut_ptr(),
            tx_capacity: buffers.tx.len() as u64,
            symbols: list(buffers.symbols),
            symbol_capacity: buffers.symbols.len() as u64,
            video: list(buffers.video),
            video_capacity: buffers.video.len() as u64,
            reset: limits.reset.into(),
            stop_on_tx_packet: limits.stop_on_tx_packet.into(),
            stop_on_rx_empty: limits.stop_on_rx_empty.into(),
            stop_on_control: limits.stop_on_control.into(),
            credit_limit_posted: limits.credits.posted,
            credit_limit_nonposted: limits.credits.nonposted,
            credit_limit_completion: limits.credits.completion,
            credit_infinite: limits.credits.infinite.into(),
        };
        let mut report = RawReport::default();
        // SAFETY:
        // - `card` is live (type invariant) and borrowed exclusively;
        // - timeline, request and report are live values of the shim's layout;
        // - each list is valid for its stated length during the call (`buffers` is borrowed until
        //   the end of this function), the shim writes within the length and keeps no pointer.
        unsafe {
            (self.run)(
                self.card.as_ptr(),
                timeline,
                &raw const request,
                &raw mut report,
            );
        };
        report
    }

    /// Toggles the clocks and does nothing else.
    pub(super) fn bare_loop(&mut self, timeline: &mut RawTimeline, sys_clocks: u64) {
        // SAFETY:
        // - `card` is live (type invariant) and borrowed exclusively;
        // - the timeline is a live value of the shim's layout, used only during the call.
        unsafe { (self.bare_loop)(self.card.as_ptr(), timeline, sys_clocks) };
    }

    /// Starts a waveform; the error is the shim's code.
    pub(super) fn trace_open(&mut self, path: &CStr) -> Result<(), u32> {
        // SAFETY:
        // - `card` is live (type invariant) and borrowed exclusively;
        // - the path is a live string that ends with zero, copied by the callee.
        let code = unsafe { (self.trace_open)(self.card.as_ptr(), path.as_ptr()) };
        if code == 0 { Ok(()) } else { Err(code) }
    }

    /// Completes the waveform file; nothing happens without one.
    pub(super) fn trace_close(&mut self) {
        // SAFETY: `card` is live (type invariant) and borrowed exclusively.
        unsafe { (self.trace_close)(self.card.as_ptr()) };
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: `card` is live (type invariant), and nothing uses it after this.
        unsafe { (self.destroy)(self.card.as_ptr()) };
    }
}

/// Looks up a function of the shim. `T` must be its type; all callers are in [`Model::load`].
fn symbol<T: Copy>(library: &Library, path: &Path, name: &CStr) -> Result<T, EngineError> {
    // SAFETY: `T` is the type of the function in the shim's source, from which the library was built.
    unsafe { library.get::<T>(name.to_bytes_with_nul()) }
        .map(|found| *found)
        .map_err(|error| EngineError::Load {
            path: PathBuf::from(path),
            reason: error.to_string(),
        })
}
