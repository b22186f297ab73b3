//! The drivers against the fake card: identity, semaphores, interrupts, raster, plane, palette, hot unplug.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::crtc::{Crtc, CrtcError};
use lumenport_hal::error::{ErrorKind, Kind};
use lumenport_hal::fake::{FakeCard, FakeConfig};
use lumenport_hal::id::{IdError, probe};
use lumenport_hal::irq::{Irq, Sources, Vectors};
use lumenport_hal::mode::{Mode, by_name};
use lumenport_hal::palette::{Palette, PaletteRange, Rgb};
use lumenport_hal::plane::{Config, Format, Plane, PlaneError};
use lumenport_hal::reg::RegisterBus as _;
use lumenport_hal::regmap::{MAP_DIGEST, blocks::crtc};
use lumenport_hal::sem::{Agent, Holder, OwnerId, SemError, SemIdx, Semaphores};
use lumenport_hal::wait::Bound;

const OWNER: OwnerId = OwnerId::new(0x1234).unwrap();
const OTHER: OwnerId = OwnerId::new(0x4321).unwrap();

#[test]
fn probe_tells_who_the_card_is() {
    let identity = probe(&FakeCard::default()).unwrap();
    assert_eq!(identity.memory, ByteLen::new(4 << 20));
    assert_eq!(identity.sys_clock.raw(), 62_500);
    assert!(identity.features.dma && identity.features.crtc && identity.features.sem);
}

#[test]
fn other_map_digest_is_refused_with_both_numbers() {
    let card = FakeCard::new(FakeConfig {
        map_digest: 0xDEAD_BEEF,
        ..FakeConfig::default()
    });
    let error = probe(&card).unwrap_err();
    assert_eq!(
        error,
        IdError::DigestMismatch {
            card: 0xDEAD_BEEF,
            driver: MAP_DIGEST
        }
    );
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("0xdeadbeef"));
}

#[test]
fn absent_card_is_gone() {
    let card = FakeCard::default();
    card.set_gone(true);
    assert_eq!(probe(&card), Err(IdError::Gone));
}

#[test]
fn guard_holds_and_releases() {
    let card = FakeCard::default();
    let sems = Semaphores::new(&card, Agent::Host);
    let guard = sems
        .claim(SemIdx::DEVICE, OWNER, &mut card.delay(), Bound::short())
        .unwrap();
    let holder = Holder {
        agent: Some(Agent::Host),
        owner: OWNER.raw(),
    };
    assert_eq!(sems.holder(SemIdx::DEVICE), Ok(Some(holder)));
    drop(guard);
    assert_eq!(sems.holder(SemIdx::DEVICE), Ok(None));
}

#[test]
fn other_agent_waits_bounded_and_cannot_release() {
    let card = FakeCard::default();
    let host = Semaphores::new(&card, Agent::Host);
    let core = Semaphores::new(card.as_agent(Agent::Management), Agent::Management);
    let guard = host
        .claim(SemIdx::DEVICE, OWNER, &mut card.delay(), Bound::short())
        .unwrap();
    let refused = core.claim_raw(
        SemIdx::DEVICE,
        OWNER,
        &mut card.delay(),
        Bound::new(10, 100),
    );
    let holder = Holder {
        agent: Some(Agent::Host),
        owner: OWNER.raw(),
    };
    assert_eq!(
        refused,
        Err(SemError::Held {
            holder,
            waited_us: 100
        }),
        "same owner id, other agent"
    );
    core.release_raw(SemIdx::DEVICE);
    assert_eq!(host.holder(SemIdx::DEVICE), Ok(Some(holder)));
    assert!(host.contention(SemIdx::DEVICE).unwrap() >= 10);
    drop(guard);
    assert!(
        core.claim_raw(SemIdx::DEVICE, OTHER, &mut card.delay(), Bound::short())
            .is_ok()
    );
}

#[test]
fn lease_can_be_broken_only_after_it_expired() {
    let card = FakeCard::default();
    let host = Semaphores::new(&card, Agent::Host);
    host.set_lease_cycles(62_500); // 1 ms
    host.claim_raw(SemIdx::DEVICE, OWNER, &mut card.delay(), Bound::short())
        .unwrap();
    assert!(matches!(
        host.break_lease(SemIdx::DEVICE),
        Err(SemError::LeaseRuns { .. })
    ));
    card.advance_ns(1_000_000);
    assert_eq!(host.break_lease(SemIdx::DEVICE), Ok(()));
    assert_eq!(host.holder(SemIdx::DEVICE), Ok(None));
}

#[test]
fn semaphore_of_a_card_that_left_is_gone() {
    let card = FakeCard::default();
    let host = Semaphores::new(&card, Agent::Host);
    card.set_gone(true);
    let claim = host.claim_raw(SemIdx::DEVICE, OWNER, &mut card.delay(), Bound::short());
    assert_eq!(claim, Err(SemError::Gone));
    assert!(SemIdx::new(8).is_none());
}

fn start(card: &FakeCard, name: &str) -> Result<&'static Mode, CrtcError> {
    let crtc = Crtc::new(card);
    let mode = by_name(name).unwrap();
    let clock = mode
        .choose_clock(&crtc.clocks_khz())
        .map_err(CrtcError::Mode)?;
    crtc.set_mode(mode, clock, &mut card.delay(), Bound::frame())?;
    Ok(mode)
}

#[test]
fn frames_come_at_the_rate_of_the_mode() {
    let card = FakeCard::default();
    let mode = start(&card, "640x480").unwrap();
    let crtc = Crtc::new(&card);
    let first = crtc.frame_count();
    card.advance_ns(1_000_000_000);
    assert_eq!(crtc.frame_count() - first, mode.refresh_millihertz() / 1000);
    assert!(crtc.events().vblank);
    assert_eq!(crtc.underrun_count(), 0);
}

#[test]
fn mode_change_stops_and_restarts_the_raster() {
    let card = FakeCard::default();
    start(&card, "640x480").unwrap();
    let mode = start(&card, "1024x768").unwrap();
    let frame = card.render().unwrap();
    assert_eq!(
        (frame.width_px, frame.height_lines),
        (u32::from(mode.h_active_px), u32::from(mode.v_active_lines))
    );
    let crtc = Crtc::new(&card);
    crtc.disable(&mut card.delay(), Bound::frame()).unwrap();
    assert!(card.render().is_none());
}

/// VGA as the standard draws it, seen from the end of the last active line: horizontal front porch, then ten whole lines,
/// then vertical sync on the horizontal sync edge.
#[test]
fn vertical_sync_begins_on_the_edge_that_begins_its_line() {
    let card = FakeCard::default();
    let mode = start(&card, "640x480").unwrap();
    let h: crtc::HSync = card.load();
    let v: crtc::VSync = card.load();
    let clock = |line: u32, px: u32| line * mode.h_total_px() + px;
    let active_end = clock(479, 640);
    let sync_start = clock(v.get(crtc::VSync::START), h.get(crtc::HSync::START));
    let sync_end = clock(v.get(crtc::VSync::END), h.get(crtc::HSync::START));
    assert_eq!(sync_start - active_end, 16 + 10 * 800);
    assert_eq!(sync_end - sync_start, 2 * 800);
    // Vertical back porch, the first active line's horizontal sync and back porch.
    assert_eq!(clock(525, 0) - sync_end, 33 * 800 + 96 + 48);
}

#[test]
fn clock_the_board_lacks_is_refused_before_any_write() {
    let card = FakeCard::new(FakeConfig {
        clocks_khz: vec![25_175],
        ..FakeConfig::default()
    });
    let error = start(&card, "1920x1080").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(!Crtc::new(&card).status().unwrap().enabled);
}

#[test]
fn wait_for_frames_of_a_stopped_raster_times_out() {
    let card = FakeCard::default();
    let crtc = Crtc::new(&card);
    let waited = crtc.wait_frames(1, &mut card.delay(), Bound::frame());
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Timeout);
    card.set_gone(true);
    assert_eq!(
        crtc.wait_frames(1, &mut card.delay(), Bound::frame()),
        Err(CrtcError::Gone)
    );
}

#[test]
fn flip_waits_for_vblank() {
    let card = FakeCard::default();
    let mode = start(&card, "320x240").unwrap();
    let plane = Plane::new(&card);
    let pitch = Config::packed_pitch(Format::Xrgb8888, mode.h_active_px).unwrap();
    card.write_memory(0x10000, &[1, 2, 3, 0]);
    plane
        .apply(&Config::new().base(CardAddr::new(0x10000)).pitch(pitch))
        .unwrap();
    assert!(plane.flip_pending().unwrap());
    assert_eq!(plane.base_active(), CardAddr::new(0));
    plane.wait_flip(&mut card.delay(), Bound::frame()).unwrap();
    assert_eq!(plane.base_active(), CardAddr::new(0x10000));
    assert!(plane.take_flip_done());
    assert!(!plane.take_flip_done());
    assert_eq!(card.render().unwrap().rgb[..3], [3, 2, 1]);
}

#[test]
fn formats_widen_to_full_range() {
    let card = FakeCard::default();
    start(&card, "320x240").unwrap();
    let plane = Plane::new(&card);
    card.write_memory(0, &[0xFF, 0xFF, 0x00, 0xF8]);
    plane
        .apply(
            &Config::new()
                .format(Format::Rgb565)
                .pitch(ByteLen::new(640)),
        )
        .unwrap();
    plane.wait_flip(&mut card.delay(), Bound::frame()).unwrap();
    assert_eq!(card.render().unwrap().rgb[..6], [255, 255, 255, 255, 0, 0]);
    let colours = [Rgb { r: 9, g: 8, b: 7 }];
    Palette::new(&card).write(0xF8, colours).unwrap();
    plane
        .apply(&Config::new().format(Format::C8).pitch(ByteLen::new(320)))
        .unwrap();
    plane.wait_flip(&mut card.delay(), Bound::frame()).unwrap();
    assert_eq!(card.render().unwrap().rgb[9..12], [9, 8, 7]);
}

#[test]
fn crooked_base_pitch_and_palette_ranges_are_refused() {
    let card = FakeCard::default();
    let plane = Plane::new(&card);
    let base = CardAddr::new(32);
    assert_eq!(
        plane.apply(&Config::new().base(base)),
        Err(PlaneError::BaseAlign { base })
    );
    let pitch = ByteLen::new(12);
    assert_eq!(
        plane.apply(&Config::new().pitch(pitch)),
        Err(PlaneError::PitchAlign { pitch })
    );
    let palette = Palette::new(&card);
    assert_eq!(
        palette.write(255, [Rgb::default(); 2]),
        Err(PaletteRange {
            first: 255,
            count: 2
        })
    );
    assert_eq!(palette.read(256), None);
}

#[test]
fn message_is_sent_once_until_rearmed_and_nothing_is_lost() {
    let card = FakeCard::default();
    let irq = Irq::new(&card);
    let crtc = Crtc::new(&card);
    irq.enable(Sources {
        crtc: true,
        ..Sources::NONE
    });
    crtc.enable_interrupts(lumenport_hal::crtc::Events {
        vblank: true,
        underrun: false,
    });
    start(&card, "640x480").unwrap();
    card.advance_ns(100_000_000);
    assert!(card.take_msi());
    assert!(!card.take_msi(), "six frames, one message");
    assert_eq!(
        irq.pending(),
        Some(Sources {
            crtc: true,
            ..Sources::NONE
        })
    );
    irq.rearm();
    assert!(card.take_msi(), "still pending: fires at once");
    crtc.clear(crtc.events());
    irq.rearm();
    assert!(!card.take_msi());
    card.advance_ns(20_000_000);
    assert!(card.take_msi());
    assert_eq!(irq.msi_count(), 3);
    card.set_gone(true);
    assert_eq!(irq.pending(), None);
}

#[test]
fn vectors_are_written_and_the_mode_is_told() {
    let card = FakeCard::default();
    let irq = Irq::new(&card);
    irq.set_vectors(Vectors {
        dma: 1,
        plane: 2,
        pcie: 7,
        ..Vectors::default()
    });
    let map: lumenport_hal::regmap::blocks::irq::VectorMap = card.load();
    assert_eq!(map.bits(), 1 | 2 << 4 | 3 << 12);
    let mode = irq.mode().expect("the card is there");
    assert_eq!(mode.vectors, 1, "the fake card has one");
    assert_ne!(mode.msi, mode.intx);
    card.set_gone(true);
    assert_eq!(irq.mode(), None);
}

#[test]
fn injected_underrun_counts_once_a_frame() {
    let card = FakeCard::default();
    start(&card, "640x480").unwrap();
    card.inject_underrun();
    card.inject_underrun();
    let crtc = Crtc::new(&card);
    assert_eq!(crtc.underrun_count(), 1);
    assert!(crtc.events().underrun);
    card.advance_ns(17_000_000);
    card.inject_underrun();
    assert_eq!(crtc.underrun_count(), 2);
}
