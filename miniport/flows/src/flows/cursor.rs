//! The pointer, from the request to the monitor.

use lumenport_videoport::VpStatus;
use lumenport_videoport::ioctl::{
    DISABLE_POINTER, ENABLE_POINTER, POINTER_COLOR, POINTER_MONO, PointerAttributes,
    PointerCapabilities, PointerPosition, QUERY_POINTER_ATTR, QUERY_POINTER_CAPABILITIES,
    QUERY_POINTER_POSITION, SET_POINTER_ATTR, SET_POINTER_POSITION,
};

use super::rectangle::picture;
use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::Raster;
use crate::session::{Session, with_driver};
use crate::target::{Board, Setup, Target};

/// An arrow with a soft shadow: enough shapes and alphas to see any slip.
/// Shape: rows of alpha, red, green, blue, premultiplied.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Columns.
    pub width_px: u32,
    /// Rows.
    pub height_lines: u32,
    /// The pixels.
    pub argb: Vec<[u8; 4]>,
}

impl Arrow {
    /// The arrow.
    #[must_use]
    pub fn new() -> Self {
        let (width_px, height_lines) = (20, 28);
        let pixel = |x: u32, y: u32| {
            let inside = |x: i64, y: i64| x >= 0 && y >= 0 && x <= y * 2 / 3 && x + y * 3 / 4 <= 20;
            let (x, y) = (i64::from(x), i64::from(y));
            let rim = !(inside(x - 1, y) && inside(x + 1, y + 1) && inside(x, y - 2));
            if inside(x, y) {
                return if rim {
                    [255, 0, 0, 0]
                } else {
                    [255, 255, 255, 255]
                };
            }
            let near = (0..6_u8).find(|d| inside(x - 2 - i64::from(*d), y - 2 - i64::from(*d)));
            [near.map_or(0, |d| 150 - 25 * d), 0, 0, 0]
        };
        let rows = (0..height_lines).flat_map(|y| (0..width_px).map(move |x| pixel(x, y)));
        Self {
            width_px,
            height_lines,
            argb: rows.collect(),
        }
    }

    /// The input of `SET_POINTER_ATTR`, shown with the upper left corner there.
    #[must_use]
    pub fn request(&self, column: i16, row: i16) -> Vec<u8> {
        let attributes = PointerAttributes {
            flags: POINTER_COLOR,
            width_px: self.width_px,
            height_lines: self.height_lines,
            width_in_bytes: self.width_px * 4,
            enabled: true,
            position: PointerPosition { column, row },
        };
        let pixels = self.argb.iter().flat_map(|[a, r, g, b]| [*b, *g, *r, *a]);
        let mut bytes = attributes.emit()[..PointerAttributes::PIXELS].to_vec();
        bytes.extend(pixels);
        bytes
    }

    /// The picture with the arrow, worked out in fractions.
    #[must_use]
    pub fn over(&self, picture: &Raster, column: i16, row: i16) -> Raster {
        draw(
            picture,
            (column, row),
            self.width_px,
            &self.argb,
            |below, [a, ink @ ..]| {
                // Rounded to nearest; at most 255, so the cast keeps it.
                let kept = |c: u8| ((u32::from(c) * u32::from(255 - a) * 2 + 255) / 510) as u8;
                [0, 1, 2].map(|c| ink[c] + kept(below[c]))
            },
        )
    }
}

impl Default for Arrow {
    fn default() -> Self {
        Self::new()
    }
}

/// Combines a shape with the part of the picture that it covers.
fn draw<T: Copy>(
    picture: &Raster,
    (column, row): (i16, i16),
    width_px: u32,
    shape: &[T],
    combine: impl Fn([u8; 3], T) -> [u8; 3],
) -> Raster {
    let mut out = picture.clone();
    let on_screen = |start: i16, offset: u32, end: u32| {
        let at = u32::try_from(i64::from(start) + i64::from(offset)).ok();
        at.filter(|at| *at < end)
    };
    for (idx, pixel) in (0..).zip(shape) {
        let x = on_screen(column, idx % width_px, picture.width_px);
        let y = on_screen(row, idx / width_px, picture.height_lines);
        if let Some((x, y)) = x.zip(y) {
            let at = (y * picture.width_px + x) as usize * 3;
            let below = [out.rgb[at], out.rgb[at + 1], out.rgb[at + 2]];
            out.rgb[at..at + 3].copy_from_slice(&combine(below, *pixel));
        }
    }
    out
}

/// A monochrome shape of 10 x 6 in which all four pairs of bits occur: its request, and its pairs.
fn mono(column: i16, row: i16) -> (Vec<u8>, Vec<(bool, bool)>) {
    let attributes = PointerAttributes {
        flags: POINTER_MONO,
        width_px: 10,
        height_lines: 6,
        width_in_bytes: 2,
        enabled: true,
        position: PointerPosition { column, row },
    };
    let pair = |x: usize, y: usize| ((x / 2 + y) % 2 == 1, (x + y / 2).is_multiple_of(3));
    let pairs: Vec<_> = (0..60).map(|idx| pair(idx % 10, idx / 10)).collect();
    let mask = |bit: fn(&(bool, bool)) -> bool| {
        let rows = pairs.chunks(10).flat_map(move |row| {
            let word = row
                .iter()
                .enumerate()
                .filter(|(_, pair)| bit(pair))
                .fold(0_u16, |word, (x, _)| word | 0x8000 >> x);
            word.to_be_bytes()
        });
        rows.collect::<Vec<u8>>()
    };
    let mut bytes = attributes.emit()[..PointerAttributes::PIXELS].to_vec();
    bytes.extend(mask(|pair| pair.0));
    bytes.extend(mask(|pair| pair.1));
    (bytes, pairs)
}

pub(super) fn cursor<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let capabilities = session.ask(QUERY_POINTER_CAPABILITIES, &[], 20)?;
        let capabilities = PointerCapabilities::parse(&capabilities)
            .ok_or_else(|| FlowError::failed("VIDEO_POINTER_CAPABILITIES is too short"))?;
        ensure_eq!(
            (capabilities.max_width_px, capabilities.max_height_lines),
            (64, 64),
            "largest pointer"
        );
        refusals(session)?;
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let plain = picture(&mode, 3);
        session.upload(&mode, 0, &plain.xrgb8888())?;
        session.show(0)?;

        let arrow = Arrow::new();
        session.ask(SET_POINTER_ATTR, &arrow.request(9, 11), 0)?;
        shows(session, &arrow.over(&plain, 9, 11), "the arrow")?;
        let (right, bottom) = (
            mode.vis_screen_width_px as i16,
            mode.vis_screen_height_lines as i16,
        );
        for (column, row) in [(-7, -5), (right - 4, bottom - 9), (right, 0)] {
            move_to(session, column, row)?;
            let wanted = arrow.over(&plain, column, row);
            shows(session, &wanted, &format!("the arrow at ({column}, {row})"))?;
        }
        let answer = session.ask(QUERY_POINTER_POSITION, &[], 4)?;
        let position = PointerPosition {
            column: right,
            row: 0,
        };
        ensure_eq!(PointerPosition::parse(&answer), Some(position), "position");

        let (request, pairs) = mono(30, 20);
        session.ask(SET_POINTER_ATTR, &request, 0)?;
        let inverted = draw(&plain, (30, 20), 10, &pairs, |below, (and, xor)| {
            below.map(|c| if and { c } else { 0 } ^ if xor { 255 } else { 0 })
        });
        shows(session, &inverted, "the monochrome pointer")?;
        let answer = session.ask(QUERY_POINTER_ATTR, &[], 28)?;
        ensure_eq!(answer[..24], request[..24], "attributes as they were set");

        session.ask(DISABLE_POINTER, &[], 0)?;
        shows(session, &plain, "without the pointer")?;
        session.ask(ENABLE_POINTER, &[], 0)?;
        shows(session, &inverted, "with the pointer again")?;
        Ok(String::new())
    })
}

/// What is no pointer is refused and changes nothing.
fn refusals<B: Board>(session: &Session<'_, '_, B>) -> Result<(), FlowError> {
    let arrow = Arrow::new().request(0, 0);
    let short = VpStatus::ERROR_INSUFFICIENT_BUFFER;
    session.refuse(SET_POINTER_ATTR, &arrow[..23], 0, short)?;
    session.refuse(SET_POINTER_ATTR, &arrow[..arrow.len() - 1], 0, short)?;
    let with_word = |at: usize, value: u32| {
        let mut bytes = arrow.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes.resize(4 * 65 * 65 + 24, 0);
        bytes
    };
    for (at, value) in [(0, 0), (0, 6), (4, 0), (4, 65), (8, 65), (8, 0), (12, 79)] {
        session.refuse(
            SET_POINTER_ATTR,
            &with_word(at, value),
            0,
            VpStatus::ERROR_INVALID_PARAMETER,
        )?;
    }
    session.refuse(SET_POINTER_POSITION, &[0; 3], 0, short)?;
    session.refuse(QUERY_POINTER_ATTR, &[], 27, short)?;
    session.refuse(QUERY_POINTER_POSITION, &[], 3, short)?;
    session.refuse(QUERY_POINTER_CAPABILITIES, &[], 19, short)?;
    let attributes = session.ask(QUERY_POINTER_ATTR, &[], 28)?;
    ensure!(
        attributes.iter().all(|byte| *byte == 0),
        "a refused pointer was remembered"
    );
    Ok(())
}

fn move_to<B: Board>(session: &Session<'_, '_, B>, column: i16, row: i16) -> Result<(), FlowError> {
    let position = PointerPosition { column, row };
    session
        .ask(SET_POINTER_POSITION, &position.emit(), 0)
        .map(|_| ())
}

/// The pointer's change shows with the next vertical blanking: wait for it, then look.
fn shows<B: Board>(
    session: &Session<'_, '_, B>,
    wanted: &Raster,
    what: &str,
) -> Result<(), FlowError> {
    let bus = session.registers()?;
    lumenport_hal::cursor::Cursor::new(&bus)
        .wait(&mut session.port.delay(), crate::session::FLOW_BOUND)
        .map_err(|error| FlowError::Failed(format!("{what}: {error}")))?;
    session
        .expect_picture(wanted)
        .map_err(|error| error.during(what))
}
