//! The pointer driver against the fake card, whose arithmetic is written as fractions.

use lumenport_hal::bus::Bus;
use lumenport_hal::crtc::Crtc;
use lumenport_hal::cursor::{Config, Cursor, CursorError, Format, and_xor};
use lumenport_hal::error::{ErrorKind, Kind};
use lumenport_hal::fake::FakeCard;
use lumenport_hal::mode::by_name;
use lumenport_hal::palette::Rgb;
use lumenport_hal::regmap::blocks::cursor;
use lumenport_hal::wait::Bound;

const WHITE: Rgb = Rgb {
    r: 255,
    g: 255,
    b: 255,
};

fn running() -> FakeCard {
    let card = FakeCard::default();
    let crtc = Crtc::new(&card);
    let mode = by_name("64x48").unwrap();
    let clock = mode.choose_clock(&crtc.clocks_khz()).unwrap();
    crtc.set_mode(mode, clock, &mut card.delay(), Bound::frame())
        .unwrap();
    card
}

fn pixel(card: &FakeCard, x: u32, y: u32) -> [u8; 3] {
    let frame = card.render().unwrap();
    let at = ((y * frame.width_px + x) * 3) as usize;
    frame.rgb[at..at + 3].try_into().unwrap()
}

#[test]
fn an_image_shows_after_vblank_where_it_was_put() {
    let card = running();
    let pointer = Cursor::new(&card);
    pointer
        .write_image(2, [0xFF11_2233, 0x8040_2010, 0, 0xFF00_00FF])
        .unwrap();
    let config = Config {
        enabled: true,
        width_px: 2,
        height_lines: 2,
        x_px: 10,
        y_lines: -1,
        ..Config::default()
    };
    pointer.commit(&config, true).unwrap();
    assert_eq!(pixel(&card, 10, 0), [0; 3], "not before vertical blanking");
    assert_eq!(pointer.pending(), Ok(true));
    assert_eq!(pointer.write_image(1, [0]), Err(CursorError::Pending));
    assert_eq!(CursorError::Pending.kind(), ErrorKind::Busy);
    pointer.wait(&mut card.delay(), Bound::frame()).unwrap();
    assert!(pointer.take_taken() && !pointer.take_taken());
    assert_eq!(pixel(&card, 10, 0), [0; 3], "transparent");
    assert_eq!(pixel(&card, 11, 0), [0, 0, 255], "the second row");
    pointer.move_to(0, 0);
    pointer.wait(&mut card.delay(), Bound::frame()).unwrap();
    assert_eq!(pixel(&card, 0, 0), [0x11, 0x22, 0x33]);
    assert_eq!(pixel(&card, 1, 0), [0x40, 0x20, 0x10], "over black");
    pointer.hide();
    pointer.wait(&mut card.delay(), Bound::frame()).unwrap();
    assert_eq!(pixel(&card, 0, 0), [0; 3]);
}

#[test]
fn and_xor_words_invert_and_keep() {
    let card = running();
    let pointer = Cursor::new(&card);
    let black = Rgb::default();
    let words = [
        and_xor(false, black),
        and_xor(false, WHITE),
        and_xor(true, black),
        and_xor(true, WHITE),
    ];
    pointer.write_image(4, words).unwrap();
    let config = Config {
        enabled: true,
        format: Format::AndXor,
        width_px: 4,
        height_lines: 1,
        ..Config::default()
    };
    pointer.commit(&config, true).unwrap();
    pointer.wait(&mut card.delay(), Bound::frame()).unwrap();
    let row = [0, 1, 2, 3].map(|x| pixel(&card, x, 0)[0]);
    assert_eq!(
        row,
        [0, 255, 0, 255],
        "black, white, kept black, inverted black"
    );
}

#[test]
fn too_large_pointers_are_refused() {
    let card = running();
    let pointer = Cursor::new(&card);
    let size = |width_px, height_lines| Config {
        width_px,
        height_lines,
        ..Config::default()
    };
    for (width, height) in [(65, 1), (1, 65), (u32::MAX, 1)] {
        assert!(pointer.commit(&size(width, height), false).is_err());
    }
    assert_eq!(pointer.pending(), Ok(false), "nothing was committed");
    assert!(pointer.write_image(0, [1]).is_err());
    assert!(pointer.write_image(65, [1]).is_err());
    assert!(
        pointer
            .write_image(64, core::iter::repeat_n(1, 4096))
            .is_ok()
    );
    assert_eq!(
        pointer
            .write_image(64, core::iter::repeat_n(1, 4097))
            .unwrap_err()
            .kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn a_stopped_raster_takes_a_commit_at_once_and_a_card_that_left_is_gone() {
    let card = FakeCard::default();
    let pointer = Cursor::new(&card);
    pointer.commit(&Config::default(), true).unwrap();
    assert_eq!(pointer.pending(), Ok(false));
    assert_eq!(
        card.read32(cursor::Status::OFFSET),
        cursor::Status::BANK.mask()
    );
    card.set_gone(true);
    assert_eq!(pointer.pending(), Err(CursorError::Gone));
    assert_eq!(pointer.write_image(1, [0]), Err(CursorError::Gone));
    assert_eq!(
        pointer.wait(&mut card.delay(), Bound::short()),
        Err(CursorError::Gone)
    );
}
