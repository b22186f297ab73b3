//! The tests: their ids, what each says, and the body that runs it.

use super::run::Run;
use super::{dma, life, lock, other, pool};
use anyhow::Result;

/// One test.
pub struct Test {
    /// Its number in the contract, or one of ours for what has none there.
    pub id: &'static str,
    /// What it proves, in one line.
    pub says: &'static str,
    /// Runs it.
    pub body: fn(&Run<'_>) -> Result<()>,
    /// The driver has a part in it; else it is all this program's.
    pub in_driver: bool,
}

const fn test(id: &'static str, says: &'static str, body: fn(&Run<'_>) -> Result<()>) -> Test {
    Test {
        id,
        says,
        body,
        in_driver: true,
    }
}

/// All of them. Up to INT-01 the numbers are the contract's.
pub const TESTS: &[Test] = &[
    test(
        "DMA-01",
        "StartDma calls back once, at DISPATCH_LEVEL, with its own arguments",
        other::plain,
    ),
    test(
        "DMA-02",
        "the length is final in the callback and is the sum of the elements",
        other::plain,
    ),
    test(
        "DMA-03",
        "the offset selects the bytes, inside pages and on their edges",
        other::plain,
    ),
    test(
        "DMA-04",
        "every length and alignment around a page and around MaximumLength",
        other::plain,
    ),
    test(
        "DMA-05",
        "few map registers force a loop that moves every byte",
        dma::few_map_registers,
    ),
    test(
        "DMA-06",
        "without scatter/gather there is one element",
        other::plain,
    ),
    test(
        "DMA-07",
        "memory out of a 32-bit engine's reach is bounced",
        dma::out_of_reach,
    ),
    test(
        "DMA-08",
        "data from the card is there after CompleteDma",
        dma::out_of_reach,
    ),
    test(
        "DMA-09",
        "StartDma with injected failures: code 8, no callback, no leak, retry works",
        dma::injected_failure,
    ),
    test(
        "DMA-10",
        "two adapters and many lists in flight at once",
        other::plain,
    ),
    test(
        "DMA-11",
        "CompleteDma from a DPC works, from the interrupt routine it is refused",
        dma::who_may_complete,
    ),
    test(
        "DMA-12",
        "completion on another thread before StartDma returned",
        dma::instant_engine,
    ),
    test(
        "DMA-13",
        "CompleteDma does not touch the length of StartDma",
        other::plain,
    ),
    test(
        "DMA-14",
        "overlapping locks, unlock at DISPATCH_LEVEL, pin counts come back",
        dma::overlapping_locks,
    ),
    test(
        "DMA-15",
        "memory that is missing or read-only gives NULL and leaks nothing",
        dma::unlockable_memory,
    ),
    test(
        "DMA-16",
        "LockPages acts for DmaInitOnly only",
        other::plain,
    ),
    test(
        "DMA-17",
        "the frozen services answer their constants",
        other::plain,
    ),
    test(
        "DMA-18",
        "common buffers are shared without flushes and come back",
        other::plain,
    ),
    test(
        "DMA-19",
        "GetCommonBuffer works without an adapter",
        other::plain,
    ),
    test("DMA-20", "the same by GetProcAddress", other::plain),
    test(
        "POOL-01",
        "every type is aligned and writable at every size",
        other::plain,
    ),
    test(
        "POOL-02",
        "blocks do not overlap and keep their bytes",
        other::plain,
    ),
    test(
        "POOL-03",
        "over the quota: 122, and again after a release",
        pool::quota,
    ),
    test("POOL-04", "no memory below the quota: 8", pool::no_memory),
    test(
        "POOL-05",
        "no memory and over the quota: 122",
        pool::no_memory_over_quota,
    ),
    test(
        "POOL-06",
        "levels of paged and non-paged memory",
        pool::levels,
    ),
    test(
        "POOL-07",
        "blocks can be freed by the other pair",
        other::plain,
    ),
    test("POOL-08", "zero, NULL and huge sizes", pool::odd_sizes),
    test(
        "POOL-09",
        "leaks are reported by tag at removal",
        pool::leaks,
    ),
    test(
        "POOL-10",
        "double, foreign and interior frees are named and harmless",
        pool::bad_pointers,
    ),
    test(
        "POOL-11",
        "SIZE_T and ULONG lengths in 64-bit registers",
        other::plain,
    ),
    test(
        "POOL-12",
        "eight threads and a DPC allocate and free",
        pool::many_threads,
    ),
    test(
        "LOCK-01",
        "eight threads exclude each other, none is forgotten",
        lock::threads_then_sum,
    ),
    test(
        "LOCK-02",
        "depth three needs three releases",
        lock::recursion,
    ),
    test(
        "LOCK-03",
        "a request blocks an acquire, and the reverse",
        lock::against_requests,
    ),
    test(
        "LOCK-04",
        "requests are served one by one in order of arrival",
        lock::request_order,
    ),
    test(
        "LOCK-05",
        "two devices do not block each other",
        lock::two_devices,
    ),
    test("LOCK-06", "misuse is named", lock::lock_misuse),
    test(
        "LOCK-07",
        "interrupt, DPC and timer run while it is held",
        lock::nobody_needs_it,
    ),
    test(
        "SYNC-01",
        "low priority: at DISPATCH_LEVEL, the interrupt still comes",
        other::plain,
    ),
    test(
        "SYNC-02",
        "medium and high never overlap the interrupt routine",
        other::plain,
    ),
    test(
        "SYNC-03",
        "without an interrupt routine they are low",
        lock::without_interrupt,
    ),
    test(
        "SYNC-04",
        "answers pass through, the level comes back",
        other::plain,
    ),
    test(
        "DPC-01",
        "once, at DISPATCH_LEVEL, after the interrupt routine; requeue, duplicate, two routines",
        other::plain,
    ),
    test(
        "EVT-01",
        "kinds, states, polls, timeouts of events",
        lock::events,
    ),
    test(
        "SPIN-01",
        "levels, contention of eight threads, delete where it is forbidden",
        lock::spin_locks,
    ),
    test(
        "INT-01",
        "Enable/DisableInterrupt: 1 without a routine, 0 with one",
        lock::with_and_without_interrupt,
    ),
    test(
        "ILK-01",
        "interlocked services return what the contract says, under contention",
        lock::threads_then_sum,
    ),
    test("MEM-01", "zero, move, compare", other::plain),
    test(
        "MEM-02",
        "device memory by accessors and ZeroDeviceMemory",
        other::plain,
    ),
    test(
        "MEM-03",
        "contiguous memory is one element below its limit",
        other::plain,
    ),
    test(
        "RES-01",
        "access ranges claimed, verified, reported too short",
        other::plain,
    ),
    test("RES-02", "mappings for requests", other::mappings),
    test(
        "RES-03",
        "configuration space, device existence",
        other::plain,
    ),
    test(
        "RES-04",
        "VGA, ROM, Int10, banks, trapped ports, firmware data",
        other::vga,
    ),
    test("ACC-01", "twelve register accessors", other::plain),
    test("ACC-02", "twelve port accessors", other::ports),
    test(
        "REG-01",
        "registry values, subkeys, refusals",
        other::registry,
    ),
    test(
        "SVC-01",
        "interfaces of QueryServices, AGP refused",
        other::interfaces,
    ),
    test(
        "SVC-02",
        "GetProcAddress knows 114 names and no others",
        other::plain,
    ),
    test(
        "CHD-01",
        "children, EDID by DDC, associated extension and id",
        life::children,
    ),
    test(
        "CHD-02",
        "secondary display and its flags",
        other::second_view,
    ),
    test(
        "TIM-01",
        "clocks, stalls, a timer that is stopped at once",
        other::plain,
    ),
    test("TIM-02", "the timer, about once a second", other::timer),
    test(
        "LOG-01",
        "log, debug text, version, last words",
        other::last_words,
    ),
    Test {
        id: "LIFE-01",
        says: "modes, mapping, palette, a rectangle by DMA and back, power, reset",
        body: life::life,
        in_driver: false,
    },
    Test {
        id: "LIFE-02",
        says: "unknown requests and short buffers get the documented codes",
        body: life::bad_requests,
        in_driver: false,
    },
];
