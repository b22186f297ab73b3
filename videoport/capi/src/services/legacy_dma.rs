//! The NT4 packet services: one acts, the others answer constants. A `PDMA` is the handle of a locked buffer.

use std::mem::offset_of;
use std::ptr::{null_mut, with_exposed_provenance, with_exposed_provenance_mut};

use lumenport_videoport::types::DmaFlags;
use lumenport_videoport::{Mdl, RequestPacket, VirtAddr};

use super::{address, device_services, handle};
use crate::abi::{Pointer, VideoRequestPacket};
use crate::process;

fn locked(dma: Pointer) -> Option<Mdl> {
    Mdl::from_raw(dma.addr())
}

fn flags(raw: u32) -> Option<DmaFlags> {
    Some(match raw {
        1 => DmaFlags::UnlockAfterDma,
        2 => DmaFlags::KeepPagesLocked,
        3 => DmaFlags::DmaInitOnly,
        _ => return None,
    })
}

fn raw(dma: Option<Mdl>) -> Pointer {
    dma.map_or(null_mut(), |mdl| handle(mdl.raw()))
}

fn field(request: *mut VideoRequestPacket, offset: usize) -> usize {
    request.expose_provenance().wrapping_add(offset)
}

/// The packet of the port for a packet of C. `None` when it cannot be read.
pub(crate) fn read_packet(request: *mut VideoRequestPacket) -> Option<RequestPacket<'static>> {
    if request.is_null() {
        return None;
    }
    let wide = |offset| process::get(with_exposed_provenance::<usize>(field(request, offset)));
    let word = |offset| process::get(with_exposed_provenance::<u32>(field(request, offset)));
    let mut packet = RequestPacket::new(
        word(offset_of!(VideoRequestPacket, io_control_code))?,
        &mut [],
        0,
    );
    packet.input_address = VirtAddr::new(wide(offset_of!(VideoRequestPacket, input_buffer))?);
    packet.input_length_bytes = word(offset_of!(VideoRequestPacket, input_buffer_length))? as usize;
    packet.output_address = VirtAddr::new(wide(offset_of!(VideoRequestPacket, output_buffer))?);
    packet.output_length_bytes =
        word(offset_of!(VideoRequestPacket, output_buffer_length))? as usize;
    Some(packet)
}

device_services! {
    /// `VideoPortLockPages`: TRUE only for `VideoPortDmaInitOnly`, and the packet's output is the handle then.
    fn VideoPortLockPages[LockPages](
        device, request: *mut VideoRequestPacket, user_event: Pointer, display_event: Pointer, dma_flags: u32,
    ) -> u8, else 0 => {
        let (Some(mut packet), Some(flags)) = (read_packet(request), flags(dma_flags)) else {
            return 0;
        };
        let locked = device.port().lock_pages(&mut packet, flags);
        if locked {
            let output = field(request, offset_of!(VideoRequestPacket, output_buffer));
            let length = field(request, offset_of!(VideoRequestPacket, output_buffer_length));
            process::put(with_exposed_provenance_mut(output), packet.output_address.raw());
            process::put(with_exposed_provenance_mut(length), packet.output_length_bytes as u32);
        }
        u8::from(locked)
    }

    /// `VideoPortUnlockPages`: always TRUE.
    fn VideoPortUnlockPages[UnlockPages](device, dma: Pointer) -> u8, else 1 => {
        u8::from(device.port().unlock_pages(locked(dma)))
    }

    /// `VideoPortDoDma`: always NULL.
    fn VideoPortDoDma[DoDma](device, dma: Pointer, dma_flags: u32) -> Pointer, else null_mut() => {
        let flags = flags(dma_flags).unwrap_or(DmaFlags::KeepPagesLocked);
        raw(device.port().do_dma(locked(dma), flags))
    }

    /// `VideoPortGetMdl`: its argument.
    fn VideoPortGetMdl[GetMdl](device, dma: Pointer) -> Pointer, else null_mut() => {
        let _ = device.port().get_mdl(locked(dma));
        dma
    }

    /// `VideoPortGetBytesUsed`: always 0.
    fn VideoPortGetBytesUsed[GetBytesUsed](device, dma: Pointer) -> u32, else 0 => {
        device.port().get_bytes_used(locked(dma))
    }

    /// `VideoPortSetBytesUsed`: nothing.
    fn VideoPortSetBytesUsed[SetBytesUsed](device, dma: Pointer, bytes_used: u32), else () => {
        device.port().set_bytes_used(locked(dma), bytes_used);
    }

    /// `VideoPortGetDmaContext`: always NULL.
    fn VideoPortGetDmaContext[GetDmaContext](device, dma: Pointer) -> Pointer, else null_mut() => {
        super::pointer(device.port().get_dma_context(locked(dma)))
    }

    /// `VideoPortSetDmaContext`: nothing.
    fn VideoPortSetDmaContext[SetDmaContext](device, dma: Pointer, context: Pointer), else () => {
        device.port().set_dma_context(locked(dma), address(context));
    }

    /// `VideoPortSignalDmaComplete`: always FALSE.
    fn VideoPortSignalDmaComplete[SignalDmaComplete](device, dma: Pointer) -> u8, else 0 => {
        u8::from(device.port().signal_dma_complete(locked(dma)))
    }

    /// `VideoPortAssociateEventsWithDmaHandle`: always NULL.
    fn VideoPortAssociateEventsWithDmaHandle[AssociateEventsWithDmaHandle](
        device, request: *mut VideoRequestPacket, user_event: Pointer, display_event: Pointer,
    ) -> Pointer, else null_mut() => {
        let mut packet = read_packet(request).unwrap_or_else(|| RequestPacket::new(0, &mut [], 0));
        raw(device.port().associate_events_with_dma_handle(&mut packet))
    }

    /// `VideoPortMapDmaMemory`: always NULL.
    fn VideoPortMapDmaMemory[MapDmaMemory](
        device, request: *mut VideoRequestPacket, board_address: u64, length: *mut u32, in_io_space: *mut u32,
        user_event: Pointer, display_event: Pointer, virtual_address: *mut Pointer,
    ) -> Pointer, else null_mut() => {
        let mut packet = read_packet(request).unwrap_or_else(|| RequestPacket::new(0, &mut [], 0));
        raw(device.port().map_dma_memory(&mut packet))
    }

    /// `VideoPortUnmapDmaMemory`: always FALSE.
    fn VideoPortUnmapDmaMemory[UnmapDmaMemory](
        device, virtual_address: Pointer, process_handle: Pointer, board_memory: Pointer,
    ) -> u8, else 0 => {
        u8::from(device.port().unmap_dma_memory(address(virtual_address)))
    }
}
