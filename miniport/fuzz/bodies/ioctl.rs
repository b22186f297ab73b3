//! Bytes as requests to the reference miniport on the fake card, on a strict port.
//!
//! Shape: a sequence of `[selector, input length, buffer length, what to patch]` and as many bytes of input as it says and
//! there are. Low selectors name published codes, the next private ones, the last other things that happen to a device.
//! Whatever comes: nothing panics, `Information` fits the buffer, the status is a known one, the miniport uses no service
//! wrongly, nothing is left pinned between requests, and removal gives everything back.

use lumenport_hal::fake::FakeConfig;
use lumenport_miniport::LumenportMiniport;
use lumenport_videoport::services::Service;
use lumenport_videoport::testing::{CARD_SLOT, TestMachine};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{
    FindingKind, LeakReport, Options, Platform, VideoPort, VirtAddr, VpStatus,
};

/// Requests of one run.
const REQUESTS: usize = 24;
/// A user's buffer, for requests that name one.
const USER_BYTES: usize = 40_000;

/// Runs one input.
///
/// # Panics
/// When something is wrong.
pub fn run(bytes: &[u8]) {
    let machine = TestMachine::new(FakeConfig {
        memory_bytes: 1 << 20,
        ..FakeConfig::default()
    });
    machine.set_relax_ns(50_000);
    machine.set_irql(0);
    let miniport = LumenportMiniport::new();
    let port = VideoPort::new(&machine, &miniport, CARD_SLOT, Options::new().strict(true));
    assert!(port.load().is_success());
    assert!(port.start_device().is_success());
    assert!(port.open().is_success());
    let user = machine
        .memory()
        .map_user(USER_BYTES, 24)
        .expect("memory is left");
    let mut rest = bytes;
    for _ in 0..REQUESTS {
        let Some((head, tail)) = rest.split_first_chunk::<4>() else {
            break;
        };
        let [selector, input, length, patch] = *head;
        let (input, length) = (usize::from(input), usize::from(length) * 16);
        let (data, tail) = tail.split_at(input.min(tail.len()).min(length));
        rest = tail;
        let mut buffer = vec![0; length];
        buffer[..data.len()].copy_from_slice(data);
        if patch & 0x80 != 0 {
            let at = usize::from(patch & 7) * 4;
            if let Some(place) = buffer.get_mut(at..at + 8) {
                place.copy_from_slice(&(user.raw() as u64).to_le_bytes());
            }
        }
        one(&port, selector, &mut buffer, data.len());
    }
    // Views of card memory that the requester mapped and kept are his to lose.
    let report = LeakReport {
        mappings: 0,
        ..port.remove()
    };
    assert!(report.is_clean(), "{report:?}");
    machine.memory().unmap_user(user);
    let memory = machine.memory();
    assert_eq!(
        (memory.pins(), memory.live_pages(), memory.bad_frees()),
        (0, 0, 0)
    );
    assert_eq!((memory.stray_accesses(), machine.bad_accesses()), (0, 0));
}

fn one(port: &VideoPort<'_, TestMachine>, selector: u8, buffer: &mut [u8], input: usize) {
    let machine = port.platform();
    let code = |function: u32| 0x0023_0000 | function << 2;
    let code = match selector {
        0..64 => code(0x100 + u32::from(selector)),
        64..72 => code(0x800 + u32::from(selector - 64)),
        72..200 => buffer
            .first_chunk::<4>()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes)),
        200..210 => {
            let states = [PowerState::On, PowerState::Suspend, PowerState::Off];
            let _ = port.set_power(0xFFFF_FFFF, states[usize::from(selector % 3)]);
            code(0x101)
        }
        210..220 => {
            machine.card().advance_ns(20_000_000);
            port.poll();
            code(0x101)
        }
        220..230 => {
            machine.raise_interrupt();
            port.poll();
            code(0x101)
        }
        230..235 => {
            port.reset_hw(80, 25);
            code(0x101)
        }
        235..238 => {
            machine.set_gone(true);
            code(0x101)
        }
        _ => {
            // A machine that runs out of memory or pins in the middle of a request.
            let after = usize::from(selector & 7);
            machine.memory().fail_allocation_after(after);
            machine.memory().fail_pin_after(after);
            code(0x800)
        }
    };
    let length = buffer.len();
    let block = port.io_control(code, buffer, input);
    if block.status.is_success() {
        assert!(block.information <= length);
    }
    assert!(
        block.status.is_for_requests()
            || block.status == VpStatus::WAIT_TIMEOUT
            || block.status == VpStatus::ERROR_BUSY,
        "request {code:#x} ended with {}",
        block.status
    );
    assert_eq!(machine.irql(), 0);
    assert!(!port.holds_device_lock());
    let usage = port.dma_usage();
    assert_eq!((usage.lists, usage.mdls), (0, 0), "request {code:#x}");
    assert_eq!(port.device_extension(), VirtAddr::NULL);
    while let Some(finding) = port.take_finding() {
        // Memory that cannot be locked and views that are none are the requester's fault, a card that is gone nobody's.
        let innocent = match finding.kind {
            FindingKind::UnmappedMemory | FindingKind::CardGone | FindingKind::TableStuck => true,
            FindingKind::ForeignPointer => finding.service == Service::UnmapMemory,
            _ => false,
        };
        assert!(innocent, "request {code:#x}: {finding}");
    }
}
