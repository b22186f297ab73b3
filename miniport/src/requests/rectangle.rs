//! The rectangle request: the caller's buffer to a frame in card memory or back, by DMA.
//!
//! The buffer is locked in bands of whole rows, so that the card's SG tables need not hold a whole large frame. A band
//! is one two-dimensional transfer, unless the port shortens the operation: then whole rows go first and a row that is
//! cut goes in pieces.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::dma::Mdl;
use lumenport_videoport::miniport::RequestPacket;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::{LockOperation, PoolTag, PoolType};
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::modes::CardMode;
use crate::private_ioctl::{RectangleResult, UpdateRectangle};
use crate::transfer::Piece;

/// Most bytes locked at once. With 4 KiB pages that is at most 1025 of the card's 2048 SG elements.
const BAND_BYTES: u32 = 4 << 20;
/// Bytes of zeros that clearing the frame sends again and again.
const ZERO_BYTES: u32 = 64 << 10;

/// Band of bytes in memory and on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Band {
    row_bytes: u32,
    rows: u32,
    buffer_pitch: u32,
    card: u32,
    card_pitch: u32,
}

impl Band {
    /// Checks a request against the mode and card memory; `None` when any part lies outside.
    fn of(request: &UpdateRectangle, mode: &CardMode, memory: ByteLen) -> Option<Self> {
        let px_bytes = mode.format.bytes_per_pixel();
        let right = request.x_px.checked_add(request.width_px)?;
        let bottom = request.y_lines.checked_add(request.height_lines)?;
        let fits = right <= u32::from(mode.timing.h_active_px)
            && bottom <= u32::from(mode.timing.v_active_lines);
        let frame_end = request
            .frame_base_bytes
            .checked_add(mode.frame_bytes().raw())?;
        if !fits || request.width_px == 0 || request.height_lines == 0 || frame_end > memory.raw() {
            return None;
        }
        let row_bytes = request.width_px.checked_mul(px_bytes)?;
        let buffer_pitch = if request.height_lines == 1 {
            row_bytes
        } else {
            request.buffer_pitch_bytes
        };
        let span = buffer_pitch
            .checked_mul(request.height_lines - 1)?
            .checked_add(row_bytes)?;
        if buffer_pitch < row_bytes || span > request.buffer_length_bytes {
            return None;
        }
        let card_pitch = mode.pitch.raw();
        let inside = request
            .y_lines
            .checked_mul(card_pitch)?
            .checked_add(request.x_px.checked_mul(px_bytes)?)?;
        let card = request.frame_base_bytes.checked_add(inside)?;
        Some(
            Self {
                row_bytes,
                rows: request.height_lines,
                buffer_pitch,
                card,
                card_pitch,
            }
            .joined(),
        )
    }

    /// Band without gaps on both sides are one long row.
    fn joined(self) -> Self {
        match self.row_bytes.checked_mul(self.rows) {
            Some(row_bytes)
                if self.buffer_pitch == self.row_bytes && self.card_pitch == self.row_bytes =>
            {
                Self {
                    row_bytes,
                    rows: 1,
                    buffer_pitch: row_bytes,
                    card_pitch: row_bytes,
                    ..self
                }
            }
            _ => self,
        }
    }

    /// Bytes from the first to the last one in memory.
    fn span(&self) -> u32 {
        self.buffer_pitch
            .saturating_mul(self.rows.saturating_sub(1))
            .saturating_add(self.row_bytes)
    }

    /// The first band, at most [`BAND_BYTES`] of memory, and what comes after it with its distance in memory.
    fn split(self) -> (Self, Option<(u32, Self)>) {
        if self.span() <= BAND_BYTES {
            return (self, None);
        }
        if self.row_bytes > BAND_BYTES {
            // Only a joined row is that long (a line of a mode is at most 32 KiB): cut it where it is.
            let first = Self {
                row_bytes: BAND_BYTES,
                rows: 1,
                ..self
            };
            let rest = Self {
                row_bytes: self.row_bytes - BAND_BYTES,
                rows: 1,
                card: self.card.saturating_add(BAND_BYTES),
                ..self
            };
            return (first, Some((BAND_BYTES, rest)));
        }
        let count = (BAND_BYTES - self.row_bytes)
            .checked_div(self.buffer_pitch)
            .unwrap_or(0)
            .saturating_add(1);
        let count = count.min(self.rows);
        let rest = Self {
            rows: self.rows - count,
            card: self
                .card
                .saturating_add(self.card_pitch.saturating_mul(count)),
            ..self
        };
        (
            Self {
                rows: count,
                ..self
            },
            (rest.rows > 0).then_some((self.buffer_pitch.saturating_mul(count), rest)),
        )
    }

    /// What to transfer when the port grants `granted` bytes from `at` on.
    fn piece(&self, at: Cursor, granted: u32) -> Piece {
        let left_rows = self.rows.saturating_sub(at.row);
        let in_row = self.row_bytes.saturating_sub(at.column);
        let card = self
            .card
            .saturating_add(at.row.saturating_mul(self.card_pitch))
            .saturating_add(at.column);
        let card = CardAddr::new(card);
        if at.column != 0 || granted < self.row_bytes {
            let length = ByteLen::new(granted.min(in_row));
            return Piece {
                length,
                rows: 1,
                host_pitch: length,
                card,
                card_pitch: length,
            };
        }
        let whole = (granted - self.row_bytes)
            .checked_div(self.buffer_pitch)
            .unwrap_or(0)
            .saturating_add(1);
        Piece {
            length: ByteLen::new(self.row_bytes),
            rows: u16::try_from(whole.min(left_rows)).unwrap_or(u16::MAX),
            host_pitch: ByteLen::new(self.buffer_pitch),
            card,
            card_pitch: ByteLen::new(self.card_pitch),
        }
    }
}

/// Where in a band the next byte is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cursor {
    row: u32,
    column: u32,
}

impl Cursor {
    fn offset(self, rows: &Band) -> u32 {
        self.row
            .saturating_mul(rows.buffer_pitch)
            .saturating_add(self.column)
    }

    /// Bytes of memory from here to the end of what can go in one piece.
    fn wanted(self, rows: &Band) -> u32 {
        if self.column == 0 {
            rows.span().saturating_sub(self.offset(rows))
        } else {
            rows.row_bytes.saturating_sub(self.column)
        }
    }

    fn advanced(self, rows: &Band, piece: &Piece) -> Self {
        let column = self.column.saturating_add(piece.length.raw());
        if column >= rows.row_bytes {
            Self {
                row: self.row.saturating_add(u32::from(piece.rows)),
                column: 0,
            }
        } else {
            Self {
                row: self.row,
                column,
            }
        }
    }
}

impl LumenportMiniport {
    pub(crate) fn update_rectangle<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        packet: &mut RequestPacket<'_>,
    ) -> Result<(), VpStatus> {
        let request =
            UpdateRectangle::parse(packet.input()).ok_or(VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
        if packet.output().len() < RectangleResult::LENGTH {
            return Err(VpStatus::ERROR_INSUFFICIENT_BUFFER);
        }
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let mode = self
            .current_mode()
            .ok_or(VpStatus::ERROR_INVALID_FUNCTION)?;
        let rows = Band::of(&request, &mode, device.identity.memory)
            .ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
        let operation = if request.read_back {
            LockOperation::Write
        } else {
            LockOperation::Read
        };
        let mut result = RectangleResult::default();
        let mut next = Some((request.buffer, rows));
        while let Some((buffer, rows)) = next {
            let (band, rest) = rows.split();
            self.move_band(port, buffer, &band, operation, &mut result)?;
            next = match rest {
                Some((skip, rest)) => {
                    let buffer = buffer
                        .checked_add(skip as usize)
                        .ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
                    Some((buffer, rest))
                }
                None => None,
            };
        }
        packet.reply(&result.emit());
        Ok(())
    }

    /// Locks one band, moves it, unlocks it whatever happened.
    fn move_band<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        buffer: VirtAddr,
        band: &Band,
        operation: LockOperation,
        result: &mut RectangleResult,
    ) -> Result<(), VpStatus> {
        let mdl = port
            .lock_buffer(buffer, band.span(), operation)
            .ok_or(VpStatus::ERROR_NOT_ENOUGH_MEMORY)?;
        let moved = self.move_rows(port, mdl, band, operation == LockOperation::Read, result);
        port.unlock_buffer(mdl);
        moved
    }

    fn move_rows<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        mdl: Mdl,
        band: &Band,
        write_to_device: bool,
        result: &mut RectangleResult,
    ) -> Result<(), VpStatus> {
        let mut at = Cursor::default();
        while at.row < band.rows {
            let mut piece = None;
            let choose = |granted| {
                let chosen = band.piece(at, granted);
                piece = Some(chosen);
                chosen
            };
            let bytes = self.transfer(
                port,
                mdl,
                (at.offset(band), at.wanted(band)),
                write_to_device,
                choose,
            )?;
            let Some(piece) = piece else {
                return Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY);
            };
            result.bytes = result.bytes.wrapping_add(bytes.raw());
            result.transfers = result.transfers.wrapping_add(1);
            at = at.advanced(band, &piece);
        }
        Ok(())
    }

    /// Writes zeros to card memory by DMA: much faster than a processor writing over the bus.
    pub(crate) fn clear_card_memory<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        start: CardAddr,
        length: ByteLen,
    ) -> Result<(), VpStatus> {
        let block = ZERO_BYTES.min(length.raw());
        let zeros = port
            .allocate_pool(PoolType::NonPaged, block as usize, PoolTag::new(*b"Dlum"))
            .ok_or(VpStatus::ERROR_NOT_ENOUGH_MEMORY)?;
        port.zero_memory(zeros, block as usize);
        let mut cleared = Ok(());
        let mut done = 0;
        while cleared.is_ok() && done < length.raw() {
            let row_bytes = block.min(length.raw() - done);
            let card = start.raw().saturating_add(done);
            let rows = Band {
                row_bytes,
                rows: 1,
                buffer_pitch: row_bytes,
                card,
                card_pitch: row_bytes,
            };
            cleared = self.move_band(
                port,
                zeros,
                &rows,
                LockOperation::Read,
                &mut RectangleResult::default(),
            );
            done = done.saturating_add(row_bytes);
        }
        port.free_pool(zeros);
        cleared
    }
}

#[cfg(test)]
mod tests;
