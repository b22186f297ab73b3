//! What each service takes and may answer. Source: the prototypes of video.h and the result codes of its pages.

/// What an argument is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `HwDeviceExtension`.
    Extension,
    /// Memory to read or write.
    Memory,
    /// Any number, count, length, flags.
    Number,
    /// A routine, or null.
    Routine,
    /// A DMA adapter.
    Adapter,
    /// A locked buffer.
    Mdl,
    /// An event.
    Event,
    /// A spin lock.
    SpinLock,
    /// A pool block.
    Block,
    /// The processor's address of a common buffer.
    Common,
    /// A mapped address of the card.
    Mapped,
    /// A child's device object.
    Child,
    /// A physical address, passed as a number.
    Physical,
    /// The first context of `DriverEntry`, of a driver that is not there: others may be loading in other threads.
    Foreign,
}

/// What a service may answer.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// One of these codes.
    Status(&'static [u32]),
    /// 0 or 1.
    Boolean,
    /// Nothing, a number, a pointer.
    Anything,
}

/// One service.
pub struct Row {
    pub name: &'static str,
    pub kinds: &'static [Kind],
    pub answer: Answer,
}

/// Codes that most services have: done, bad argument.
const COMMON: &[u32] = &[0, 87];
/// And: no such function here, no such device.
const PROBING: &[u32] = &[0, 1, 55, 87];
const MEMORY: &[u32] = &[0, 8, 87];
const QUOTA: &[u32] = &[0, 8, 87, 122];
const RANGES: &[u32] = &[0, 8, 55, 87, 234];
const WAITING: &[u32] = &[0, 87, 258];
const VALUES: &[u32] = &[0, 1, 8, 87];
const LOADING: &[u32] = &[0, 0xC000_0001, 0xC000_000D, 0xC000_0059];

macro_rules! table {
    ($($name:ident($($kind:ident)*) $answer:expr;)*) => {
        /// All of them.
        pub const TABLE: &[Row] = &[$(Row {
            name: concat!("VideoPort", stringify!($name)),
            kinds: &[$(Kind::$kind),*],
            answer: $answer,
        }),*];
    };
}

use Answer::{Anything, Boolean, Status};

table! {
    Initialize(Foreign Memory Memory Memory) Status(LOADING);
    GetVersion(Extension Memory) Status(COMMON);
    QueryServices(Extension Number Memory) Status(VALUES);
    GetAgpServices(Extension Memory) Boolean;
    Int10(Extension Memory) Status(PROBING);
    AllocatePool(Extension Number Number Number) Anything;
    FreePool(Extension Block) Anything;
    AllocateBuffer(Extension Number Memory) Status(QUOTA);
    ReleaseBuffer(Extension Block) Anything;
    AllocateContiguousMemory(Extension Number Physical) Anything;
    ZeroMemory(Memory Number) Anything;
    ZeroDeviceMemory(Mapped Number) Anything;
    MoveMemory(Memory Memory Number) Anything;
    CompareMemory(Memory Memory Number) Anything;
    GetDmaAdapter(Extension Memory) Anything;
    PutDmaAdapter(Extension Adapter) Anything;
    AllocateCommonBuffer(Extension Adapter Number Memory Number Memory) Anything;
    ReleaseCommonBuffer(Extension Adapter Number Physical Common Number) Anything;
    LockBuffer(Extension Block Number Number) Anything;
    UnlockBuffer(Extension Mdl) Anything;
    StartDma(Extension Adapter Mdl Number Memory Routine Memory Number) Status(MEMORY);
    CompleteDma(Extension Adapter Memory Number) Status(COMMON);
    GetCommonBuffer(Extension Number Number Memory Memory Number) Anything;
    FreeCommonBuffer(Extension Number Common Physical Number) Anything;
    LockPages(Extension Memory Event Event Number) Boolean;
    UnlockPages(Extension Mdl) Boolean;
    DoDma(Extension Mdl Number) Anything;
    GetMdl(Extension Mdl) Anything;
    GetBytesUsed(Extension Mdl) Anything;
    SetBytesUsed(Extension Mdl Number) Anything;
    GetDmaContext(Extension Mdl) Anything;
    SetDmaContext(Extension Mdl Memory) Anything;
    SignalDmaComplete(Extension Mdl) Boolean;
    AssociateEventsWithDmaHandle(Extension Memory Event Event) Anything;
    MapDmaMemory(Extension Memory Physical Memory Memory Event Event Memory) Anything;
    UnmapDmaMemory(Extension Mapped Number Mdl) Boolean;
    AcquireDeviceLock(Extension) Anything;
    ReleaseDeviceLock(Extension) Anything;
    SynchronizeExecution(Extension Number Routine Memory) Boolean;
    QueueDpc(Extension Routine Memory) Boolean;
    EnableInterrupt(Extension) Status(PROBING);
    DisableInterrupt(Extension) Status(PROBING);
    GetCurrentIrql() Anything;
    CreateEvent(Extension Number Number Memory) Status(MEMORY);
    DeleteEvent(Extension Event) Status(COMMON);
    SetEvent(Extension Event) Anything;
    ClearEvent(Extension Event) Anything;
    ReadStateEvent(Extension Event) Anything;
    WaitForSingleObject(Extension Event Memory) Status(WAITING);
    CreateSpinLock(Extension Memory) Status(MEMORY);
    DeleteSpinLock(Extension SpinLock) Status(COMMON);
    AcquireSpinLock(Extension SpinLock Memory) Anything;
    AcquireSpinLockAtDpcLevel(Extension SpinLock) Anything;
    ReleaseSpinLock(Extension SpinLock Number) Anything;
    ReleaseSpinLockFromDpcLevel(Extension SpinLock) Anything;
    InterlockedIncrement(Memory) Anything;
    InterlockedDecrement(Memory) Anything;
    InterlockedExchange(Memory Number) Anything;
    GetAccessRanges(Extension Number Memory Number Memory Memory Memory Memory) Status(RANGES);
    VerifyAccessRanges(Extension Number Memory) Status(COMMON);
    GetDeviceBase(Extension Physical Number Number) Anything;
    FreeDeviceBase(Extension Mapped) Anything;
    MapMemory(Extension Physical Memory Memory Memory) Status(COMMON);
    UnmapMemory(Extension Mapped Number) Status(COMMON);
    MapBankedMemory(Extension Physical Memory Memory Memory Number Number Routine Memory) Status(COMMON);
    SetTrappedEmulatorPorts(Extension Number Memory) Status(COMMON);
    GetBusData(Extension Number Number Memory Number Number) Anything;
    SetBusData(Extension Number Number Memory Number Number) Anything;
    CheckForDeviceExistence(Extension Number Number Number Number Number Number) Boolean;
    CheckForDeviceExistance(Extension Number Number Number Number Number Number) Boolean;
    GetVgaStatus(Extension Memory) Status(PROBING);
    GetRomImage(Extension Memory Number Number) Anything;
    ScanRom(Extension Mapped Number Memory) Boolean;
    GetDeviceData(Extension Number Routine Memory) Status(PROBING);
    IsNoVesa() Boolean;
    GetRegistryParameters(Extension Memory Number Routine Memory) Status(COMMON);
    SetRegistryParameters(Extension Memory Memory Number) Status(COMMON);
    FlushRegistry(Extension) Status(COMMON);
    EnumerateChildren(Extension Number) Status(COMMON);
    DDCMonitorHelper(Extension Memory Memory Number) Boolean;
    GetAssociatedDeviceExtension(Child) Anything;
    GetAssociatedDeviceID(Child) Anything;
    CreateSecondaryDisplay(Extension Memory Number) Status(VALUES);
    StartTimer(Extension) Anything;
    StopTimer(Extension) Anything;
    QueryPerformanceCounter(Extension Memory) Anything;
    QuerySystemTime(Memory) Anything;
    StallExecution(Number) Anything;
    LogError(Extension Memory Number Number) Anything;
    DebugPrint(Number Memory) Anything;
    RegisterBugcheckCallback(Extension Number Routine Number) Status(VALUES);
    DbgReportCreate(Extension Number Number Number Number Number) Anything;
    DbgReportSecondaryData(Memory Memory Number) Boolean;
    DbgReportComplete(Memory) Anything;
    ReadRegisterUchar(Mapped) Anything;
    ReadRegisterUshort(Mapped) Anything;
    ReadRegisterUlong(Mapped) Anything;
    WriteRegisterUchar(Mapped Number) Anything;
    WriteRegisterUshort(Mapped Number) Anything;
    WriteRegisterUlong(Mapped Number) Anything;
    ReadRegisterBufferUchar(Mapped Memory Number) Anything;
    ReadRegisterBufferUshort(Mapped Memory Number) Anything;
    ReadRegisterBufferUlong(Mapped Memory Number) Anything;
    WriteRegisterBufferUchar(Mapped Memory Number) Anything;
    WriteRegisterBufferUshort(Mapped Memory Number) Anything;
    WriteRegisterBufferUlong(Mapped Memory Number) Anything;
    ReadPortUchar(Mapped) Anything;
    ReadPortUshort(Mapped) Anything;
    ReadPortUlong(Mapped) Anything;
    WritePortUchar(Mapped Number) Anything;
    WritePortUshort(Mapped Number) Anything;
    WritePortUlong(Mapped Number) Anything;
    ReadPortBufferUchar(Mapped Memory Number) Anything;
    ReadPortBufferUshort(Mapped Memory Number) Anything;
    ReadPortBufferUlong(Mapped Memory Number) Anything;
    WritePortBufferUchar(Mapped Memory Number) Anything;
    WritePortBufferUshort(Mapped Memory Number) Anything;
    WritePortBufferUlong(Mapped Memory Number) Anything;
}
