//! What the binary interface itself promises: argument widths, addresses by name, memory that is not written after its time.

#[path = "bad_input/fixture.rs"]
#[expect(dead_code, reason = "the bad arguments are another test's")]
mod fixture;
#[path = "bad_input/table.rs"]
#[expect(dead_code, reason = "the table is another test's")]
mod table;

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::ptr::{null_mut, with_exposed_provenance_mut};

use fixture::{Fixture, Moment};
use table::Kind;
use videoport::abi::ScatterGatherHeader;
use videoport::services::{dma, memory};

type Pointer = *mut c_void;

fn pointer(fixture: &Fixture, kind: Kind) -> Pointer {
    with_exposed_provenance_mut(fixture.good(kind))
}

/// POOL-11: a ULONG comes in the lower half of a register, whose upper half may hold anything; a SIZE_T is all of it.
#[test]
fn sizes_have_the_width_of_their_type() {
    type AllocateBuffer = unsafe extern "C" fn(Pointer, u64, *mut Pointer) -> u32;
    type AllocatePool = unsafe extern "C" fn(Pointer, u64, u64, u64) -> Pointer;
    Fixture::with(Moment::Outside, |fixture| {
        let hde = pointer(fixture, Kind::Extension);
        let narrow = memory::VideoPortAllocateBuffer as *const c_void;
        // SAFETY: the same registers, with more of the second one filled.
        let allocate = unsafe { std::mem::transmute::<*const c_void, AllocateBuffer>(narrow) };
        let mut block = null_mut();
        // SAFETY: services take any arguments.
        let status = unsafe { allocate(hde, 0xDEAD_BEEF_0000_0040, &raw mut block) };
        assert_eq!(status, 0, "64 bytes");
        // SAFETY: as above.
        unsafe { memory::VideoPortReleaseBuffer(hde, block) };
        let wide = memory::VideoPortAllocatePool as *const c_void;
        // SAFETY: as for the buffer.
        let allocate = unsafe { std::mem::transmute::<*const c_void, AllocatePool>(wide) };
        let garbage = 0xDEAD_BEEF_0000_0000;
        // SAFETY: services take any arguments.
        let refused = unsafe { allocate(hde, 0, 0x1_0000_0040, garbage) };
        assert!(refused.is_null(), "4 GiB and 64 bytes");
        // SAFETY: as above.
        let block = unsafe { allocate(hde, garbage, 0x40, garbage) };
        assert!(!block.is_null(), "pool type 0, 64 bytes");
        // SAFETY: as above.
        unsafe { memory::VideoPortFreePool(hde, block) };
    });
}

/// DMA-20: the address of every name is that of the exported function, so both behave the same.
#[test]
fn get_proc_address_answers_the_exported_functions() {
    Fixture::with(Moment::Outside, |fixture| {
        let hde = pointer(fixture, Kind::Extension);
        let ask = Fixture::get_proc_address();
        for export in videoport::exports() {
            let name = CString::new(export.name).expect("names have no zero");
            // SAFETY: a live device and a terminated name.
            let found = unsafe { ask(hde, name.as_ptr().cast()) };
            assert_eq!(found.addr(), export.address.addr(), "{}", export.name);
        }
        for wrong in [
            c"videoportstartdma",
            c"VideoPortStartDm",
            c"VideoPortUnLockBuffer",
            c"",
        ] {
            // SAFETY: as above.
            let found = unsafe { ask(hde, wrong.as_ptr().cast()) };
            assert!(found.is_null(), "{wrong:?}");
        }
    });
    let unknown = videoport::unknown_names();
    assert!(unknown.contains(&"VideoPortUnLockBuffer".to_owned()));
}

thread_local! {
    static LIST: Cell<*mut ScatterGatherHeader> = const { Cell::new(null_mut()) };
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

unsafe extern "C" fn keep(
    _extension: Pointer,
    _adapter: Pointer,
    list: *mut ScatterGatherHeader,
    length: Pointer,
) {
    LIST.set(list);
    // SAFETY: the test passes the address of its length as context.
    SEEN.set(unsafe { length.cast::<u32>().read_volatile() });
}

/// DMA-13: the length's memory is the caller's again when `VideoPortStartDma` returned; the completion does not write to it.
#[test]
fn the_completion_leaves_the_length_alone() {
    const ANOTHER_USE: u32 = 0x5157_4F52;
    Fixture::with(Moment::Outside, |fixture| {
        let hde = pointer(fixture, Kind::Extension);
        let (adapter, mdl) = (pointer(fixture, Kind::Adapter), pointer(fixture, Kind::Mdl));
        let mut length = Box::new(64_u32);
        let at: *mut u32 = &raw mut *length;
        // SAFETY: `keep` is such a routine; the length lives on.
        let status =
            unsafe { dma::VideoPortStartDma(hde, adapter, mdl, 0, at, Some(keep), at.cast(), 1) };
        assert_eq!((status, *length, SEEN.get()), (0, 64, 64));
        *length = ANOTHER_USE;
        // SAFETY: the list of the transfer.
        let status = unsafe { dma::VideoPortCompleteDma(hde, adapter, LIST.get().cast(), 1) };
        assert_eq!((status, *length), (0, ANOTHER_USE));
    });
}
