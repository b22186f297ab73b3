use super::*;
use crate::modes::card_modes;
use std::vec::Vec;
extern crate std;

fn mode() -> CardMode {
    card_modes(&[25_175], ByteLen::new(4 << 20)).next().unwrap()
}

fn request() -> UpdateRectangle {
    UpdateRectangle {
        buffer: VirtAddr::new(0x1000),
        buffer_length_bytes: 1 << 30,
        buffer_pitch_bytes: 64,
        frame_base_bytes: 0,
        x_px: 3,
        y_lines: 2,
        width_px: 10,
        height_lines: 5,
        read_back: false,
    }
}

fn rows(request: &UpdateRectangle) -> Option<Band> {
    Band::of(request, &mode(), ByteLen::new(4 << 20))
}

#[test]
fn rectangle_becomes_rows() {
    let expected = Band {
        row_bytes: 40,
        rows: 5,
        buffer_pitch: 64,
        card: 2 * 2560 + 12,
        card_pitch: 2560,
    };
    assert_eq!(rows(&request()), Some(expected));
    let whole = UpdateRectangle {
        x_px: 0,
        y_lines: 0,
        width_px: 640,
        height_lines: 480,
        buffer_pitch_bytes: 2560,
        ..request()
    };
    let joined = rows(&whole).unwrap();
    assert_eq!((joined.row_bytes, joined.rows), (2560 * 480, 1));
}

#[test]
fn everything_outside_is_refused() {
    for bad in [
        UpdateRectangle {
            x_px: 631,
            ..request()
        },
        UpdateRectangle {
            y_lines: 476,
            ..request()
        },
        UpdateRectangle {
            width_px: 0,
            ..request()
        },
        UpdateRectangle {
            height_lines: 0,
            ..request()
        },
        UpdateRectangle {
            x_px: u32::MAX,
            ..request()
        },
        UpdateRectangle {
            height_lines: u32::MAX,
            ..request()
        },
        UpdateRectangle {
            buffer_pitch_bytes: 39,
            ..request()
        },
        UpdateRectangle {
            buffer_pitch_bytes: u32::MAX,
            ..request()
        },
        UpdateRectangle {
            buffer_length_bytes: 4 * 64 + 39,
            ..request()
        },
        UpdateRectangle {
            frame_base_bytes: (4 << 20) - 2560 * 480 + 64,
            ..request()
        },
    ] {
        assert_eq!(rows(&bad), None, "{bad:?}");
    }
    assert!(
        rows(&UpdateRectangle {
            buffer_length_bytes: 4 * 64 + 40,
            ..request()
        })
        .is_some()
    );
    assert!(
        rows(&UpdateRectangle {
            x_px: 630,
            y_lines: 475,
            ..request()
        })
        .is_some()
    );
}

/// Copies by the pieces that a stingy port grants, and gives the bytes that each card address got.
fn run(all: Band, mut grant: impl FnMut(u32) -> u32) -> Vec<(u32, u32)> {
    let mut moved = Vec::new();
    let mut next = Some((0, all));
    while let Some((start, rows)) = next {
        let (band, rest) = rows.split();
        assert!(band.span() <= BAND_BYTES);
        let mut at = Cursor::default();
        while at.row < band.rows {
            let wanted = at.wanted(&band);
            let granted = grant(wanted).clamp(1, wanted);
            let piece = band.piece(at, granted);
            let reach = piece.host_pitch.raw() * u32::from(piece.rows - 1) + piece.length.raw();
            assert!(reach <= granted, "the piece leaves what was granted");
            for row in 0..u32::from(piece.rows) {
                for byte in 0..piece.length.raw() {
                    let host = start + at.offset(&band) + row * piece.host_pitch.raw() + byte;
                    moved.push((piece.card.raw() + row * piece.card_pitch.raw() + byte, host));
                }
            }
            at = at.advanced(&band, &piece);
        }
        next = rest.map(|(skip, rest)| (start + skip, rest));
    }
    moved
}

fn expected(all: &Band) -> Vec<(u32, u32)> {
    (0..all.rows)
        .flat_map(|row| (0..all.row_bytes).map(move |byte| (row, byte)))
        .map(|(row, byte)| {
            (
                all.card + row * all.card_pitch + byte,
                row * all.buffer_pitch + byte,
            )
        })
        .collect()
}

#[test]
fn every_byte_moves_once_however_little_is_granted() {
    let all = Band {
        row_bytes: 100,
        rows: 37,
        buffer_pitch: 130,
        card: 77,
        card_pitch: 256,
    };
    let mut state = 1_u32;
    for limit in [1, 7, 99, 100, 101, 250, 4096, u32::MAX] {
        assert_eq!(run(all, |_| limit), expected(&all), "limit {limit}");
    }
    let random = run(all, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (state >> 16) % 600
    });
    assert_eq!(random, expected(&all));
}

#[test]
fn large_rectangles_go_in_bands_of_whole_rows() {
    let all = Band {
        row_bytes: 8,
        rows: 60,
        buffer_pitch: 100_000,
        card: 0,
        card_pitch: 8192,
    };
    assert!(all.span() > BAND_BYTES);
    assert_eq!(run(all, |wanted| wanted), expected(&all));
    let long = Band {
        row_bytes: BAND_BYTES + 5,
        rows: 1,
        buffer_pitch: 0,
        card: 9,
        card_pitch: 0,
    };
    let (first, rest) = long.split();
    assert_eq!(first.row_bytes, BAND_BYTES);
    let (skip, rest) = rest.unwrap();
    assert_eq!(
        (skip, rest.row_bytes, rest.card),
        (BAND_BYTES, 5, 9 + BAND_BYTES)
    );
}
