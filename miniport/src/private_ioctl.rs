//! Requests of this driver's own: move a rectangle of the frame by DMA, flip, wait for vertical blanking.
//!
//! Codes follow the pattern of the published ones with function numbers from 0x800, which are free for private use. All
//! structures are little endian without padding; `parse` gives `None` for bytes that are too few.

use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::ioctl::{FIRST_PRIVATE_FUNCTION, code};

/// Moves a rectangle between the caller's buffer and a frame in card memory: in [`UpdateRectangle`], out
/// [`RectangleResult`].
pub const UPDATE_RECTANGLE: u32 = code(FIRST_PRIVATE_FUNCTION);
/// Shows another frame from the next vertical blanking on: in [`Flip`].
pub const FLIP: u32 = code(FIRST_PRIVATE_FUNCTION + 1);
/// Waits for the next vertical blanking, by interrupt: in [`WaitVblank`], out a `u32` frame count.
pub const WAIT_VBLANK: u32 = code(FIRST_PRIVATE_FUNCTION + 2);

fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array_at(bytes, offset).map(u32::from_le_bytes)
}

/// Joins parts that together are exactly `N` bytes.
fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    for (place, byte) in out.iter_mut().zip(parts.iter().copied().flatten()) {
        *place = *byte;
    }
    out
}

/// A rectangle and the memory it goes with. Pixels are in the current mode's format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateRectangle {
    /// First pixel of the rectangle's first row, in the caller's memory.
    pub buffer: VirtAddr,
    /// Bytes of the caller's buffer.
    pub buffer_length_bytes: u32,
    /// From one row to the next in the buffer; ignored for one row.
    pub buffer_pitch_bytes: u32,
    /// Where the frame begins in card memory, 0 for the frame that a mode set shows. Units: bytes.
    pub frame_base_bytes: u32,
    /// Left edge.
    pub x_px: u32,
    /// Top edge.
    pub y_lines: u32,
    /// Width, 1 or more.
    pub width_px: u32,
    /// Height, 1 or more.
    pub height_lines: u32,
    /// The card writes the buffer: reads the frame back instead of updating it.
    pub read_back: bool,
}

impl UpdateRectangle {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 40;

    /// Reads the wire form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            buffer: VirtAddr::new(usize::try_from(u64::from_le_bytes(array_at(bytes, 0)?)).ok()?),
            buffer_length_bytes: u32_at(bytes, 8)?,
            buffer_pitch_bytes: u32_at(bytes, 12)?,
            frame_base_bytes: u32_at(bytes, 16)?,
            x_px: u32_at(bytes, 20)?,
            y_lines: u32_at(bytes, 24)?,
            width_px: u32_at(bytes, 28)?,
            height_lines: u32_at(bytes, 32)?,
            read_back: u32_at(bytes, 36)? & 1 != 0,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        join(&[
            &(self.buffer.raw() as u64).to_le_bytes(),
            &self.buffer_length_bytes.to_le_bytes(),
            &self.buffer_pitch_bytes.to_le_bytes(),
            &self.frame_base_bytes.to_le_bytes(),
            &self.x_px.to_le_bytes(),
            &self.y_lines.to_le_bytes(),
            &self.width_px.to_le_bytes(),
            &self.height_lines.to_le_bytes(),
            &u32::from(self.read_back).to_le_bytes(),
        ])
    }
}

/// What moving a rectangle took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RectangleResult {
    /// Bytes of pixels moved.
    pub bytes: u32,
    /// Card transfers used.
    pub transfers: u32,
}

impl RectangleResult {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 8;

    /// Reads the wire form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            bytes: u32_at(bytes, 0)?,
            transfers: u32_at(bytes, 4)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        join(&[&self.bytes.to_le_bytes(), &self.transfers.to_le_bytes()])
    }
}

/// Which frame to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flip {
    /// Where the frame begins in card memory; a multiple of 64. Units: bytes.
    pub frame_base_bytes: u32,
    /// Return only when it is shown.
    pub wait: bool,
}

impl Flip {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 8;

    /// Reads the wire form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            frame_base_bytes: u32_at(bytes, 0)?,
            wait: u32_at(bytes, 4)? & 1 != 0,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        join(&[
            &self.frame_base_bytes.to_le_bytes(),
            &u32::from(self.wait).to_le_bytes(),
        ])
    }
}

/// How long to wait for vertical blanking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitVblank {
    /// Longest wait, cut at one second. Units: us.
    pub timeout_us: u32,
}

impl WaitVblank {
    /// Bytes of the wire form.
    pub const LENGTH: usize = 4;

    /// Reads the wire form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            timeout_us: u32_at(bytes, 0)?,
        })
    }

    /// The wire form.
    pub fn emit(&self) -> [u8; Self::LENGTH] {
        self.timeout_us.to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_forms_come_back_and_short_ones_are_refused() {
        let rectangle = UpdateRectangle {
            buffer: VirtAddr::new(0x1234_5678),
            buffer_length_bytes: 1,
            buffer_pitch_bytes: 2,
            frame_base_bytes: 3,
            x_px: 4,
            y_lines: 5,
            width_px: 6,
            height_lines: 7,
            read_back: true,
        };
        let wire = rectangle.emit();
        assert_eq!(UpdateRectangle::parse(&wire), Some(rectangle));
        assert_eq!(UpdateRectangle::parse(&wire[..39]), None);
        assert_eq!(wire[20..24], 4_u32.to_le_bytes());
        let flip = Flip {
            frame_base_bytes: 64,
            wait: true,
        };
        assert_eq!(Flip::parse(&flip.emit()), Some(flip));
        let result = RectangleResult {
            bytes: 9,
            transfers: 2,
        };
        assert_eq!(RectangleResult::parse(&result.emit()), Some(result));
        assert_eq!(UPDATE_RECTANGLE, 0x0023_2000);
    }
}
