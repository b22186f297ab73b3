//! Memory services: pool, buffers, common buffers.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, Transfer};
use lumenport_hal::sgl::Handle;
use lumenport_videoport::{DeviceDescription, PoolTag, PoolType, VirtAddr, VpStatus};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::noise;
use crate::session::{BUFFER_QUOTA_BYTES, Session, with_driver};
use crate::target::{Board, Setup, Target};

const TAG: PoolTag = PoolTag::new(*b"Dflw");
const SIZES: [usize; 8] = [1, 15, 16, 17, 4095, 4096, 4097, 1 << 20];

pub(super) fn pool<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let types = [
            PoolType::NonPaged,
            PoolType::Paged,
            PoolType::NonPagedCacheAligned,
            PoolType::PagedCacheAligned,
        ];
        let mut blocks = Vec::new();
        for (seed, (kind, size)) in (1..).zip(
            types
                .into_iter()
                .flat_map(|kind| SIZES.map(|size| (kind, size))),
        ) {
            let block = session.port.allocate_pool(kind, size, TAG);
            let block = block
                .ok_or_else(|| FlowError::Failed(format!("no {kind:?} block of {size} bytes")))?;
            check_alignment(block, kind, size)?;
            write(session, block, &noise(seed, size))?;
            blocks.push((seed, block, size));
        }
        // Contents after all allocations: no two blocks share a byte.
        for (seed, block, size) in &blocks {
            let found = read(session, *block, *size)?;
            ensure!(
                found == noise(*seed, *size),
                "a block of {size} bytes was overwritten by another one"
            );
        }
        for (_, block, _) in blocks {
            session.port.free_pool(block);
        }
        let impossible = session
            .port
            .allocate_pool(PoolType::NonPaged, usize::MAX - 4096, TAG);
        ensure!(
            impossible.is_none(),
            "the pool handed out a block of the whole address space"
        );
        Ok(format!("{} blocks", types.len() * SIZES.len()))
    })
}

fn check_alignment(block: VirtAddr, kind: PoolType, size: usize) -> Result<(), FlowError> {
    let unit = 2 * size_of::<usize>();
    let expected = match size {
        4096.. => 4096,
        _ if kind.is_cache_aligned() => 64,
        _ => unit,
    };
    ensure!(
        block.raw().is_multiple_of(expected),
        "{kind:?} block of {size} bytes at {block}: not {expected}-aligned"
    );
    ensure!(
        size > 4096 || block.raw() % 4096 + size <= 4096,
        "{kind:?} block of {size} bytes at {block} crosses a page"
    );
    Ok(())
}

fn write<B: Board>(
    session: &Session<'_, '_, B>,
    at: VirtAddr,
    bytes: &[u8],
) -> Result<(), FlowError> {
    session
        .port
        .write_memory(at, bytes)
        .map_err(|fault| FlowError::Failed(fault.to_string()))
}

fn read<B: Board>(
    session: &Session<'_, '_, B>,
    at: VirtAddr,
    length: usize,
) -> Result<Vec<u8>, FlowError> {
    let mut bytes = vec![0; length];
    session
        .port
        .read_memory(at, &mut bytes)
        .map_err(|fault| FlowError::Failed(fault.to_string()))?;
    Ok(bytes)
}

pub(super) fn buffers<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let half = session.port.allocate_buffer(BUFFER_QUOTA_BYTES / 2)?;
        let rest = session.port.allocate_buffer(BUFFER_QUOTA_BYTES / 2)?;
        let over = session.port.allocate_buffer(1);
        ensure_eq!(
            over,
            Err(VpStatus::ERROR_INSUFFICIENT_BUFFER),
            "one byte over the quota"
        );
        write(session, half, b"still here")?;
        session.port.release_buffer(rest);
        ensure_eq!(
            read(session, half, 10)?,
            b"still here".to_vec(),
            "contents of a live buffer"
        );
        let again = session.port.allocate_buffer(4096)?;
        // Blocks of one service may be freed by the other.
        session.port.free_pool(again);
        session.port.release_buffer(half);
        Ok(String::new())
    })
}

const COMMON_DESCRIPTION: DeviceDescription = DeviceDescription {
    scatter_gather: true,
    dma_32bit_addresses: true,
    dma_64bit_addresses: true,
    maximum_length_bytes: u32::MAX,
};

pub(super) fn common_buffer<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let adapter = session.port.get_dma_adapter(&COMMON_DESCRIPTION);
        let adapter = adapter.ok_or_else(|| FlowError::failed("no DMA adapter"))?;
        for length in [1_u32, 4096, 4097, 64 << 10] {
            let buffer = session.port.allocate_common_buffer(adapter, length, true);
            let buffer = buffer
                .ok_or_else(|| FlowError::Failed(format!("no common buffer of {length} bytes")))?;
            let result = exchange(session, buffer.virtual_address, length);
            session.port.release_common_buffer(adapter, &buffer);
            result.map_err(|error| error.during(&format!("{length} bytes")))?;
        }
        session.port.put_dma_adapter(adapter);
        Ok(String::new())
    })
}

/// Processor writes, card reads; card writes, processor reads. No service is called in between.
fn exchange<B: Board>(
    session: &Session<'_, '_, B>,
    at: VirtAddr,
    length: u32,
) -> Result<(), FlowError> {
    let size = length as usize;
    ensure!(
        read(session, at, size)?.iter().all(|byte| *byte == 0),
        "a fresh common buffer is not zero"
    );
    let handle = session.port.common_buffer_hardware_handle(at);
    let handle = Handle::from_raw(
        handle.ok_or_else(|| FlowError::failed("the common buffer has no SG table"))?,
    );
    let engine = Dma::new(session.registers()?);
    let linear = |direction| {
        Transfer::linear(
            handle,
            ByteLen::ZERO,
            ByteLen::new(length),
            CardAddr::new(0x100),
            direction,
        )
    };
    let data = noise(length, size);
    write(session, at, &data)?;
    super::packet::run(session, &engine, &linear(Direction::HostToCard))?;
    write(session, at, &vec![0; size])?;
    super::packet::run(session, &engine, &linear(Direction::CardToHost))?;
    ensure!(
        read(session, at, size)? == data,
        "what came back differs from what went"
    );
    Ok(())
}
