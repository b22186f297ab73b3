//! The card's SG tables, read back from its registers: after every lock and unlock they are exactly the locked pages.

mod common;

use std::collections::BTreeMap;

use common::*;
use lumenport_hal::reg::RegisterBus as _;
use lumenport_hal::regmap::blocks::{elements, sgl};
use lumenport_hal::sgl::Handle;
use lumenport_videoport::testing::{Layout, Rig};
use lumenport_videoport::{
    DeviceDescription, DmaAdapter, LockOperation, Mdl, Options, Platform, ScatterGatherList,
    VirtAddr, VpStatus,
};

/// What one valid slot of the card says.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Slot {
    generation: u32,
    card_reads: bool,
    card_writes: bool,
    /// First bus address and bytes of each element.
    runs: Vec<(u64, u32)>,
}

/// The dump: every valid slot by its number. Checks on the way what must hold of any dump.
fn dump(rig: &Rig) -> BTreeMap<u8, Slot> {
    let bus = rig.port.register_bus(rig.miniport.registers());
    let mut slots = BTreeMap::new();
    let mut used: Vec<std::ops::Range<u32>> = Vec::new();
    for idx in 0..32 {
        let control: sgl::Control = bus.load_entry(idx).unwrap();
        if !control.is_set(sgl::Control::VALID) {
            continue;
        }
        let table: sgl::Table = bus.load_entry(idx).unwrap();
        let total: sgl::Total = bus.load_entry(idx).unwrap();
        let first = table.get(sgl::Table::FIRST);
        let count = table.get(sgl::Table::COUNT);
        assert_ne!(count, 0);
        assert!(
            used.iter()
                .all(|other| other.end <= first || first + count <= other.start),
            "two slots share elements"
        );
        used.push(first..first + count);
        let runs: Vec<_> = (first..first + count)
            .map(|at| {
                let low: elements::AddressLo = bus.load_entry(at).unwrap();
                let high: elements::AddressHi = bus.load_entry(at).unwrap();
                let length: elements::Length = bus.load_entry(at).unwrap();
                let flags: elements::Flags = bus.load_entry(at).unwrap();
                assert_eq!(flags.bits(), 0);
                (
                    u64::from(high.bits()) << 32 | u64::from(low.bits()),
                    length.bits(),
                )
            })
            .collect();
        let sum: u64 = runs.iter().map(|run| u64::from(run.1)).sum();
        assert_eq!(sum, u64::from(total.bits()), "the total is the sum");
        slots.insert(
            idx as u8,
            Slot {
                generation: control.get(sgl::Control::GENERATION),
                card_reads: control.is_set(sgl::Control::CARD_READ),
                card_writes: control.is_set(sgl::Control::CARD_WRITE),
                runs,
            },
        );
    }
    slots
}

/// What a locked buffer must look like: pages in order, neighbours joined.
fn expected_runs(rig: &Rig, base: VirtAddr, length: u32) -> Vec<(u64, u32)> {
    let mut runs: Vec<(u64, u32)> = Vec::new();
    let mut done = 0;
    while done < length {
        let at = base.checked_add(done as usize).unwrap();
        let count = (PAGE - at.page_offset() as u32).min(length - done);
        let address = rig
            .machine
            .bus_address(at)
            .expect("the page is pinned")
            .raw();
        match runs.last_mut() {
            Some(last) if last.0 + u64::from(last.1) == address => last.1 += count,
            _ => runs.push((address, count)),
        }
        done += count;
    }
    runs
}

struct Buffer {
    base: VirtAddr,
    length: u32,
    operation: LockOperation,
    mdl: Mdl,
}

/// The card's tables are those of exactly these buffers, in any order, with the right rights.
fn assert_tables(rig: &Rig, buffers: &[Buffer]) {
    let key = |slot: &Slot| (slot.runs.clone(), slot.card_reads, slot.card_writes);
    let mut seen: Vec<_> = dump(rig).values().map(key).collect();
    let mut wanted: Vec<_> = buffers
        .iter()
        .map(|buffer| {
            let writes = buffer.operation != LockOperation::Read;
            (expected_runs(rig, buffer.base, buffer.length), true, writes)
        })
        .collect();
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted);
    assert_eq!(rig.port.hardware_slots_in_use(), buffers.len());
}

fn lock(rig: &Rig, length: u32, offset: usize, operation: LockOperation) -> Buffer {
    let base = rig
        .machine
        .memory()
        .map_user(length as usize, offset)
        .expect("memory");
    let mdl = rig.port.lock_buffer(base, length, operation).expect("lock");
    Buffer {
        base,
        length,
        operation,
        mdl,
    }
}

fn unlock(rig: &Rig, buffer: &Buffer) {
    rig.port.unlock_buffer(buffer.mdl);
    rig.machine.memory().unmap_user(buffer.base);
}

#[test]
fn hardware_table_is_exactly_the_locked_pages() {
    let rig = strict();
    assert_tables(&rig, &[]);
    let mut buffers = Vec::new();
    for (length, offset, operation) in [
        (1, 0, LockOperation::Read),
        (PAGE, 0, LockOperation::Write),
        (PAGE, 1, LockOperation::Modify),
        (5 * PAGE + 7, 4095, LockOperation::Read),
        (64 * PAGE, 0, LockOperation::Modify),
    ] {
        for layout in [Layout::Scattered, Layout::Adjacent, Layout::High] {
            rig.machine.memory().set_layout(layout);
            buffers.push(lock(&rig, length, offset, operation));
            assert_tables(&rig, &buffers);
        }
    }
    while let Some(buffer) = buffers.pop() {
        unlock(&rig, &buffer);
        assert_tables(&rig, &buffers);
    }
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn hardware_table_of_a_lock_that_failed_was_never_valid() {
    let rig = strict();
    let kept = lock(&rig, 3 * PAGE, 5, LockOperation::Read);
    let memory = rig.machine.memory();
    let base = memory.map_user(4 * PAGE as usize, 0).unwrap();
    let third = base.checked_add(2 * PAGE as usize).unwrap();
    for fail in 0..4 {
        memory.fail_pin_after(fail);
        let refused = rig.port.lock_buffer(base, 4 * PAGE, LockOperation::Read);
        assert_eq!(refused, None);
        assert_tables(&rig, std::slice::from_ref(&kept));
    }
    memory.set_writable(third, false);
    assert_eq!(
        rig.port.lock_buffer(base, 4 * PAGE, LockOperation::Write),
        None
    );
    memory.set_writable(third, true);
    memory.unmap_page(third);
    assert_eq!(
        rig.port.lock_buffer(base, 4 * PAGE, LockOperation::Read),
        None,
        "unreadable memory"
    );
    assert_tables(&rig, std::slice::from_ref(&kept));
    assert_eq!(memory.pins(), 4, "only the first buffer's pages");
    unlock(&rig, &kept);
    assert_tables(&rig, &[]);
    assert_eq!(memory.pins(), 0);
}

#[test]
fn hardware_table_handle_changes_with_every_lock() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let mut last = None;
    for _ in 0..5 {
        let buffer = lock(&rig, 100, 0, LockOperation::Read);
        let mut length = 100;
        let mut kept: Option<ScatterGatherList> = None;
        let status = rig
            .port
            .start_dma(adapter, buffer.mdl, 0, &mut length, true, |_, _, list| {
                kept = Some(*list);
            });
        assert_eq!(status, VpStatus::NO_ERROR);
        let list = kept.unwrap();
        let handle = Handle::from_raw(list.hardware_handle());
        let slots = dump(&rig);
        assert_eq!(
            slots[&handle.slot].generation,
            u32::from(handle.generation),
            "the list names the slot"
        );
        assert_ne!(last, Some(handle));
        last = Some(handle);
        complete(&rig, adapter, &list, true);
        unlock(&rig, &buffer);
    }
}

#[test]
fn hardware_table_of_bounced_and_common_memory_lies_within_reach() {
    let options = Options::new().strict(true).map_register_count(4);
    let rig = Rig::opened(options);
    rig.machine.memory().set_layout(Layout::High);
    let single = DeviceDescription {
        scatter_gather: false,
        ..REACHES_4G
    };
    let adapters: Vec<DmaAdapter> = [REACHES_4G, single]
        .iter()
        .map(|description| rig.port.get_dma_adapter(description).unwrap())
        .collect();
    let buffer = lock(&rig, 10 * PAGE, 3, LockOperation::Modify);
    let own = dump(&rig);
    // Both adapters at the same time, in both directions.
    let mut lists = Vec::new();
    for (adapter, to_device) in [(adapters[0], true), (adapters[1], false)] {
        let mut length = 10 * PAGE;
        let status = rig.port.start_dma(
            adapter,
            buffer.mdl,
            0,
            &mut length,
            to_device,
            |_, _, list| {
                lists.push((adapter, *list, to_device));
            },
        );
        assert_eq!(status, VpStatus::NO_ERROR);
        assert_eq!(length, 4 * PAGE, "clamped to the map registers");
    }
    let slots = dump(&rig);
    assert_eq!(slots.len(), 3);
    for (_, list, to_device) in &lists {
        assert_eq!(list.number_of_elements, 1);
        let slot = &slots[&Handle::from_raw(list.hardware_handle()).slot];
        assert_eq!(
            slot.runs,
            [(list.first().address.raw(), 4 * PAGE)],
            "the table is the list"
        );
        assert!(slot.runs[0].0 + u64::from(4 * PAGE) <= 1 << 32);
        assert_eq!(
            (slot.card_reads, slot.card_writes),
            (*to_device, !*to_device)
        );
    }
    for (adapter, list, to_device) in lists {
        complete(&rig, adapter, &list, to_device);
    }
    assert_eq!(dump(&rig), own, "only the locked buffer again");
    let common = rig
        .port
        .allocate_common_buffer(adapters[0], PAGE + 1, true)
        .unwrap();
    let handle = rig
        .port
        .common_buffer_hardware_handle(common.virtual_address)
        .unwrap();
    let slot = dump(&rig)[&Handle::from_raw(handle).slot].clone();
    assert_eq!(slot.runs, [(common.logical_address.raw(), PAGE + 1)]);
    assert!(slot.card_reads && slot.card_writes);
    rig.port.release_common_buffer(adapters[0], &common);
    unlock(&rig, &buffer);
    assert_tables(&rig, &[]);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn hardware_tables_follow_random_locks_and_unlocks() {
    for seed in 1..=4_u32 {
        let rig = strict();
        let mut state = seed.wrapping_mul(0x9E37_79B9);
        let mut random = |limit: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % limit
        };
        let mut buffers: Vec<Buffer> = Vec::new();
        for _ in 0..150 {
            let full = buffers.len() >= 20;
            if full || (!buffers.is_empty() && random(3) == 0) {
                let index = random(buffers.len() as u32) as usize;
                unlock(&rig, &buffers.swap_remove(index));
            } else {
                let layout =
                    [Layout::Scattered, Layout::Adjacent, Layout::High][random(3) as usize];
                rig.machine.memory().set_layout(layout);
                let operation = [
                    LockOperation::Read,
                    LockOperation::Write,
                    LockOperation::Modify,
                ][random(3) as usize];
                let length = 1 + random(12 * PAGE);
                buffers.push(lock(&rig, length, random(PAGE) as usize, operation));
            }
            assert_tables(&rig, &buffers);
        }
        for buffer in &buffers {
            unlock(&rig, buffer);
        }
        assert_tables(&rig, &[]);
        assert!(rig.port.remove().is_clean());
        rig.assert_no_leak();
    }
}

#[test]
fn hardware_tables_of_overlapping_locks_are_independent() {
    let rig = strict();
    let base = rig.machine.memory().map_user(4 * PAGE as usize, 0).unwrap();
    let part = |first: u32, pages: u32, operation| {
        let at = base.checked_add((first * PAGE) as usize).unwrap();
        let length = pages * PAGE;
        let mdl = rig.port.lock_buffer(at, length, operation).unwrap();
        Buffer {
            base: at,
            length,
            operation,
            mdl,
        }
    };
    let whole = part(0, 4, LockOperation::Read);
    let middle = part(1, 2, LockOperation::Write);
    let buffers = [whole, middle];
    assert_tables(&rig, &buffers);
    assert_eq!(rig.machine.memory().pins(), 6);
    let [whole, middle] = buffers;
    rig.port.unlock_buffer(whole.mdl);
    assert_tables(&rig, std::slice::from_ref(&middle));
    rig.port.unlock_buffer(middle.mdl);
    assert_tables(&rig, &[]);
    rig.machine.memory().unmap_user(base);
}
