//! One harmless call of every service, for the rules that hold for all of them.

use lumenport_videoport::access::DeviceQuery;
use lumenport_videoport::bugcheck::BUGCHECK_CODE;
use lumenport_videoport::interlocked::InterlockedLong;
use lumenport_videoport::services::{Service, ServiceKind};
use lumenport_videoport::vga::{BankedMemory, BiosArguments};
use lumenport_videoport::{
    BusAddr, Child, CommonBuffer, DdcControl, DebugLevel, DeviceDataType, DmaAdapter, DmaFlags,
    DpcRoutine, Event, EventFlags, HwInitializationData, I2cLines, LockOperation, Mdl, MemorySpace,
    PhysAddr, PoolType, PortService, RequestPacket, ScatterGatherList, SpinLock,
    SynchronizePriority, Timeout, VirtAddr, VpStatus,
};

use super::*;

/// The documented services.
pub fn documented() -> impl Iterator<Item = Service> {
    Service::ALL
        .iter()
        .copied()
        .filter(|service| service.kind() == ServiceKind::Documented)
}

/// Lines of a bus on which nobody answers.
struct Deaf;

impl I2cLines for Deaf {
    fn write_clock(&mut self, _high: bool) {}
    fn write_data(&mut self, _high: bool) {}
    fn read_clock(&mut self) -> bool {
        true
    }
    fn read_data(&mut self) -> bool {
        true
    }
}

/// A handle of each kind that was never given out.
pub struct Foreign {
    pub adapter: DmaAdapter,
    pub mdl: Mdl,
    pub event: Event,
    pub spin_lock: SpinLock,
    pub child: Child,
}

pub fn foreign() -> Foreign {
    // The top generation: no table gets there in a test.
    let raw = |kind: usize| usize::MAX & !0xff0f | kind;
    Foreign {
        adapter: DmaAdapter::from_raw(raw(1)).expect("an adapter's number"),
        mdl: Mdl::from_raw(raw(2)).expect("a locked buffer's number"),
        event: Event::from_raw(raw(4)).expect("an event's number"),
        spin_lock: SpinLock::from_raw(raw(5)).expect("a spin lock's number"),
        child: Child::from_raw(raw(6)).expect("a child's number"),
    }
}

/// A list that no transfer gave out.
pub fn stray_list(rig: &Rig) -> ScatterGatherList {
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).expect("a free slot");
    let base = rig.machine.memory().map_user(4096, 0).expect("memory");
    let mdl = rig.port.lock_buffer(base, 4096, LockOperation::Read);
    let mdl = mdl.expect("lockable");
    let (mut length, mut list) = (16, None);
    let started = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, given| {
            list = Some(*given);
        });
    assert!(started.is_success());
    let list = list.expect("the callback ran");
    complete(rig, adapter, &list, true);
    rig.port.unlock_buffer(mdl);
    rig.port.put_dma_adapter(adapter);
    rig.machine.memory().unmap_user(base);
    list
}

/// Calls one service with arguments that do nothing.
///
/// # Panics
/// For what is no documented service.
pub fn call(port: &Port<'_>, service: Service, list: &ScatterGatherList) {
    use Service as S;
    let f = foreign();
    let (null, word) = (VirtAddr::NULL, &mut 0_u32);
    let long = InterlockedLong::new(0);
    let packet = &mut RequestPacket::new(0, &mut [], 0);
    let buffer = CommonBuffer {
        virtual_address: null,
        logical_address: BusAddr::new(0),
        length_bytes: 1,
        cache_enabled: false,
    };
    let nowhere = PhysAddr::new(0);
    let memory = MemorySpace::MEMORY;
    match service {
        S::AllocatePool => {
            let _ = port
                .allocate_pool(PoolType::NonPaged, 16, TAG)
                .map(|block| port.free_pool(block));
        }
        S::FreePool => port.free_pool(null),
        S::AllocateBuffer => {
            let _ = port
                .allocate_buffer(16)
                .map(|block| port.release_buffer(block));
        }
        S::ReleaseBuffer => port.release_buffer(null),
        S::AllocateContiguousMemory => {
            let _ = port.allocate_contiguous_memory(0, BusAddr::new(u64::MAX));
        }
        S::ZeroMemory => port.zero_memory(null, 0),
        S::ZeroDeviceMemory => port.zero_device_memory(null, 0),
        S::MoveMemory => port.move_memory(null, null, 0),
        S::CompareMemory => {
            let _ = port.compare_memory(null, null, 0);
        }
        S::GetDmaAdapter => {
            let _ = port
                .get_dma_adapter(&REACHES_ALL)
                .map(|adapter| port.put_dma_adapter(adapter));
        }
        S::PutDmaAdapter => port.put_dma_adapter(f.adapter),
        S::AllocateCommonBuffer => {
            let _ = port.allocate_common_buffer(f.adapter, 1, false);
        }
        S::ReleaseCommonBuffer => port.release_common_buffer(f.adapter, &buffer),
        S::LockBuffer => {
            let _ = port.lock_buffer(null, 1, LockOperation::Read);
        }
        S::UnlockBuffer => port.unlock_buffer(f.mdl),
        S::StartDma => {
            let _ = port.start_dma(f.adapter, f.mdl, 0, word, true, |_, _, _| {});
        }
        S::CompleteDma => {
            let _ = port.complete_dma(f.adapter, list, true);
        }
        S::GetCommonBuffer => {
            let _ = port.get_common_buffer(0, false);
        }
        S::FreeCommonBuffer => port.free_common_buffer(&buffer),
        S::LockPages => {
            let _ = port.lock_pages(packet, DmaFlags::KeepPagesLocked);
        }
        S::UnlockPages => {
            let _ = port.unlock_pages(None);
        }
        S::DoDma => {
            let _ = port.do_dma(None, DmaFlags::KeepPagesLocked);
        }
        S::GetMdl => {
            let _ = port.get_mdl(None);
        }
        S::GetBytesUsed => {
            let _ = port.get_bytes_used(None);
        }
        S::SetBytesUsed => port.set_bytes_used(None, 0),
        S::GetDmaContext => {
            let _ = port.get_dma_context(None);
        }
        S::SetDmaContext => port.set_dma_context(None, null),
        S::SignalDmaComplete => {
            let _ = port.signal_dma_complete(None);
        }
        S::AssociateEventsWithDmaHandle => {
            let _ = port.associate_events_with_dma_handle(packet);
        }
        S::MapDmaMemory => {
            let _ = port.map_dma_memory(packet);
        }
        S::UnmapDmaMemory => {
            let _ = port.unmap_dma_memory(null);
        }
        S::AcquireDeviceLock => {
            port.acquire_device_lock();
            if port.holds_device_lock() {
                port.release_device_lock();
            }
        }
        S::ReleaseDeviceLock => port.release_device_lock(),
        S::SynchronizeExecution => {
            let _ = port.synchronize_execution(SynchronizePriority::Low, || true);
        }
        S::QueueDpc => {
            let _ = port.queue_dpc(DpcRoutine(0), 0);
        }
        S::CreateEvent => {
            let _ = port
                .create_event(EventFlags(0))
                .map(|event| port.delete_event(event));
        }
        S::DeleteEvent => {
            let _ = port.delete_event(f.event);
        }
        S::SetEvent => {
            let _ = port.set_event(f.event);
        }
        S::ClearEvent => port.clear_event(f.event),
        S::ReadStateEvent => {
            let _ = port.read_state_event(f.event);
        }
        S::WaitForSingleObject => {
            let _ = port.wait_for_single_object(f.event, Timeout::POLL);
        }
        S::CreateSpinLock => {
            let _ = port
                .create_spin_lock()
                .map(|lock| port.delete_spin_lock(lock));
        }
        S::DeleteSpinLock => {
            let _ = port.delete_spin_lock(f.spin_lock);
        }
        S::AcquireSpinLock => {
            let _ = port.acquire_spin_lock(f.spin_lock);
        }
        S::AcquireSpinLockAtDpcLevel => port.acquire_spin_lock_at_dpc_level(f.spin_lock),
        S::ReleaseSpinLock => port.release_spin_lock(f.spin_lock, 0),
        S::ReleaseSpinLockFromDpcLevel => port.release_spin_lock_from_dpc_level(f.spin_lock),
        S::InterlockedIncrement => {
            let _ = port.interlocked_increment(&long);
        }
        S::InterlockedDecrement => {
            let _ = port.interlocked_decrement(&long);
        }
        S::InterlockedExchange => {
            let _ = port.interlocked_exchange(&long, 0);
        }
        S::EnableInterrupt => {
            let _ = port.enable_interrupt();
        }
        S::DisableInterrupt => {
            let _ = port.disable_interrupt();
            let _ = port.enable_interrupt();
        }
        S::GetCurrentIrql => {
            let _ = port.get_current_irql();
        }
        S::StallExecution => port.stall_execution(0),
        S::GetAccessRanges => {
            let _ = port.get_access_ranges(&mut [], None);
        }
        S::VerifyAccessRanges => {
            let _ = port.verify_access_ranges(&[]);
        }
        S::GetDeviceBase => {
            let _ = port.get_device_base(nowhere, 4, memory);
        }
        S::FreeDeviceBase => port.free_device_base(null),
        S::MapMemory => {
            let _ = port.map_memory(nowhere, 4, memory);
        }
        S::UnmapMemory => {
            let _ = port.unmap_memory(null);
        }
        S::GetBusData => {
            let _ = port.get_bus_data(4, &mut [0; 2], 0);
        }
        S::SetBusData => {
            let _ = port.set_bus_data(4, &[], 0);
        }
        S::CheckForDeviceExistence => {
            let _ = port.check_for_device_existence(&DeviceQuery::default());
        }
        S::ReadRegisterUchar => {
            let _ = port.read_register_uchar(null);
        }
        S::ReadRegisterUshort => {
            let _ = port.read_register_ushort(null);
        }
        S::ReadRegisterUlong => {
            let _ = port.read_register_ulong(null);
        }
        S::WriteRegisterUchar => port.write_register_uchar(null, 0),
        S::WriteRegisterUshort => port.write_register_ushort(null, 0),
        S::WriteRegisterUlong => port.write_register_ulong(null, 0),
        S::ReadRegisterBufferUchar => port.read_register_buffer_uchar(null, &mut [0]),
        S::ReadRegisterBufferUshort => port.read_register_buffer_ushort(null, &mut [0]),
        S::ReadRegisterBufferUlong => port.read_register_buffer_ulong(null, &mut [0]),
        S::WriteRegisterBufferUchar => port.write_register_buffer_uchar(null, &[0]),
        S::WriteRegisterBufferUshort => port.write_register_buffer_ushort(null, &[0]),
        S::WriteRegisterBufferUlong => port.write_register_buffer_ulong(null, &[0]),
        S::ReadPortUchar => {
            let _ = port.read_port_uchar(null);
        }
        S::ReadPortUshort => {
            let _ = port.read_port_ushort(null);
        }
        S::ReadPortUlong => {
            let _ = port.read_port_ulong(null);
        }
        S::WritePortUchar => port.write_port_uchar(null, 0),
        S::WritePortUshort => port.write_port_ushort(null, 0),
        S::WritePortUlong => port.write_port_ulong(null, 0),
        S::ReadPortBufferUchar => port.read_port_buffer_uchar(null, &mut [0]),
        S::ReadPortBufferUshort => port.read_port_buffer_ushort(null, &mut [0]),
        S::ReadPortBufferUlong => port.read_port_buffer_ulong(null, &mut [0]),
        S::WritePortBufferUchar => port.write_port_buffer_uchar(null, &[0]),
        S::WritePortBufferUshort => port.write_port_buffer_ushort(null, &[0]),
        S::WritePortBufferUlong => port.write_port_buffer_ulong(null, &[0]),
        S::Initialize => {
            let _ = port.initialize(&HwInitializationData::new());
        }
        S::GetVersion => {
            let _ = port.get_version();
        }
        S::StartTimer => port.start_timer(),
        S::StopTimer => port.stop_timer(),
        S::QueryPerformanceCounter => {
            let _ = port.query_performance_counter();
        }
        S::QuerySystemTime => {
            let _ = port.query_system_time();
        }
        S::LogError => port.log_error(VpStatus::NO_ERROR, 0),
        S::DebugPrint => port.debug_print(DebugLevel::Info, format_args!("")),
        S::RegisterBugcheckCallback => {
            let _ = port.register_bugcheck_callback(BUGCHECK_CODE, None, 0);
        }
        S::GetRegistryParameters => {
            let _ = port.get_registry_parameters("a", false, |_, _, _| VpStatus::NO_ERROR);
        }
        S::SetRegistryParameters => {
            let _ = port.set_registry_parameters("a", &[]);
        }
        S::FlushRegistry => {
            let _ = port.flush_registry();
        }
        S::QueryServices => {
            let _ = port.query_services(PortService::Agp, 0, 0);
        }
        S::GetAgpServices => {
            let _ = port.get_agp_services();
        }
        S::EnumerateChildren => {
            let _ = port.enumerate_children();
        }
        S::DDCMonitorHelper => {
            let _ = port.ddc_monitor_helper(&mut DdcControl::new(&mut Deaf, 0), &mut [0; 256]);
        }
        S::GetAssociatedDeviceExtension => {
            let _ = port.get_associated_device_extension(f.child);
        }
        S::GetAssociatedDeviceID => {
            let _ = port.get_associated_device_id(f.child);
        }
        S::CreateSecondaryDisplay => {
            let _ = port.create_secondary_display(0);
        }
        S::GetDeviceData => {
            let _ = port.get_device_data(DeviceDataType::Cmos, |_, _| VpStatus::NO_ERROR);
        }
        S::GetRomImage => {
            let _ = port.get_rom_image(0);
        }
        S::ScanRom => {
            let _ = port.scan_rom(null, 1, b"x");
        }
        S::GetVgaStatus => {
            let _ = port.get_vga_status();
        }
        S::IsNoVesa => {
            let _ = port.is_no_vesa();
        }
        S::Int10 => {
            let _ = port.int10(&mut BiosArguments::default());
        }
        S::MapBankedMemory => {
            let _ = port.map_banked_memory(
                &BankedMemory {
                    start: nowhere,
                    length_bytes: 4,
                    space: memory,
                    bank_length_bytes: 0,
                    read_write_bank: false,
                },
                |_, _| {},
            );
        }
        S::SetTrappedEmulatorPorts => {
            let _ = port.set_trapped_emulator_ports(&[]);
        }
        other => panic!("{other} is not documented"),
    }
}
