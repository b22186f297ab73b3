//! Pointer requests, on the card's hardware pointer.
//!
//! A shape is written to the image that is not shown and appears with the next vertical blanking, so a moving or animated
//! pointer never tears. Positions are of the shape's upper left corner: who has a hot spot has subtracted it.

use lumenport_hal::cursor::{self, Cursor, SIDE_MAX_PX};
use lumenport_hal::error::Kind;
use lumenport_hal::palette::Rgb;
use lumenport_videoport::ioctl::{
    POINTER_ANIMATE_START, POINTER_ANIMATE_UPDATE, POINTER_ASYNC, POINTER_COLOR, POINTER_MONO,
    PointerAttributes, PointerCapabilities, PointerPixel, PointerPosition, PointerShape,
    PointerShapeError,
};
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use super::FRAME_BOUND;
use crate::miniport::LumenportMiniport;
use crate::registers::PortBus;

/// The shape is not in the frame buffer.
const NOT_IN_FRAME_BUFFER: u32 = u32::MAX;
/// What XOR one does to a pixel of a monochrome pointer.
const WHITE: Rgb = Rgb {
    r: 255,
    g: 255,
    b: 255,
};

/// What was last asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PointerState {
    /// As `QUERY_POINTER_ATTR` answers.
    pub attributes: PointerAttributes,
}

impl PointerState {
    /// No shape, not shown.
    pub const NONE: Self = Self {
        attributes: PointerAttributes {
            flags: 0,
            width_px: 0,
            height_lines: 0,
            width_in_bytes: 0,
            enabled: false,
            position: PointerPosition { column: 0, row: 0 },
        },
    };

    fn config(&self) -> cursor::Config {
        let shown = &self.attributes;
        cursor::Config {
            enabled: shown.enabled,
            format: if shown.flags & POINTER_MONO != 0 {
                cursor::Format::AndXor
            } else {
                cursor::Format::Argb8888
            },
            width_px: shown.width_px,
            height_lines: shown.height_lines,
            x_px: shown.position.column,
            y_lines: shown.position.row,
        }
    }
}

/// Word of the card's image.
fn word(pixel: PointerPixel) -> u32 {
    match pixel {
        PointerPixel::Argb(word) => word,
        PointerPixel::Mask { and, xor } => {
            cursor::and_xor(and, if xor { WHITE } else { Rgb::default() })
        }
    }
}

impl LumenportMiniport {
    fn pointer(&self) -> PointerState {
        self.ext.with(|state| state.pointer)
    }

    pub(crate) fn query_pointer_capabilities(packet: &mut RequestPacket<'_>) {
        let capabilities = PointerCapabilities {
            flags: POINTER_ASYNC
                | POINTER_MONO
                | POINTER_COLOR
                | POINTER_ANIMATE_START
                | POINTER_ANIMATE_UPDATE,
            max_width_px: SIDE_MAX_PX,
            max_height_lines: SIDE_MAX_PX,
            bitmap_start: NOT_IN_FRAME_BUFFER,
            bitmap_end: NOT_IN_FRAME_BUFFER,
        };
        packet.reply(&capabilities.emit());
    }

    /// `VIDEO_POINTER_ATTRIBUTES` as last set, without pixels.
    pub(crate) fn query_pointer_attr(&self, packet: &mut RequestPacket<'_>) {
        packet.reply(&self.pointer().attributes.emit());
    }

    pub(crate) fn query_pointer_position(&self, packet: &mut RequestPacket<'_>) {
        packet.reply(&self.pointer().attributes.position.emit());
    }

    /// Waits, at most a frame, until the card has taken the shape before this one; the new one shows from the next vertical
    /// blanking on. Nothing changes when the shape is refused.
    pub(crate) fn set_pointer_attr<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let shape = PointerShape::parse(packet.input()).map_err(|error| match error {
            PointerShapeError::Short => VpStatus::ERROR_INSUFFICIENT_BUFFER,
            PointerShapeError::Malformed => VpStatus::ERROR_INVALID_PARAMETER,
        })?;
        let asked = PointerState {
            attributes: shape.attributes,
        };
        if shape.attributes.width_px > SIDE_MAX_PX || shape.attributes.height_lines > SIDE_MAX_PX {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let cursor = Cursor::new(&bus);
        cursor
            .wait(&mut port.delay(), FRAME_BOUND)
            .and_then(|()| cursor.write_image(shape.attributes.width_px, shape.pixels().map(word)))
            .and_then(|()| cursor.commit(&asked.config(), true))
            .map_err(|error| VpStatus::from(error.kind()))?;
        self.ext.with(|state| state.pointer = asked);
        packet.succeed(0);
        Ok(())
    }

    pub(crate) fn set_pointer_position<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let position =
            PointerPosition::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        Cursor::new(&bus).move_to(position.column, position.row);
        self.ext
            .with(|state| state.pointer.attributes.position = position);
        packet.succeed(0);
        Ok(())
    }

    /// Shows or hides the shape that was set last; without one there is nothing to see.
    pub(crate) fn show_pointer<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
        enabled: bool,
    ) -> Result<(), VpStatus> {
        let bus = self.bus(port).ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let mut asked = self.pointer();
        asked.attributes.enabled = enabled;
        Cursor::new(&bus)
            .commit(&asked.config(), false)
            .map_err(|error| VpStatus::from(error.kind()))?;
        self.ext.with(|state| state.pointer = asked);
        packet.succeed(0);
        Ok(())
    }

    /// No pointer, as after a reset. Register writes only.
    pub(crate) fn forget_pointer<P: Platform>(&self, bus: &PortBus<'_, '_, P>) {
        Cursor::new(bus).hide();
        self.ext.with(|state| state.pointer = PointerState::NONE);
    }
}
