/*
 * lumenport/video_services.h - the services of the video port, but for the accessors. Included by video.h.
 *
 * Comments give the IRQL and what comes back; "documented failure" means that the service is there, and answers what its
 * page says for a machine without the thing asked for.
 */
#ifndef LUMENPORT_VIDEO_SERVICES_H
#define LUMENPORT_VIDEO_SERVICES_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- registration, version, lookup ---------------------------------------------------------------------------- */

/* Only from DriverEntry; the value is DriverEntry's to return. */
VPAPI ULONG NTAPI VideoPortInitialize(IN PVOID Argument1, IN PVOID Argument2,
                                      IN PVIDEO_HW_INITIALIZATION_DATA HwInitializationData, IN PVOID HwContext);
/* PASSIVE. The caller sets Size. */
VPAPI VP_STATUS NTAPI VideoPortGetVersion(IN PVOID HwDeviceExtension, IN OUT PVPOSVERSIONINFO pVpOsVersionInfo);
/* PASSIVE */
VPAPI VP_STATUS NTAPI VideoPortQueryServices(IN PVOID HwDeviceExtension, IN VIDEO_PORT_SERVICES ServicesType,
                                             IN OUT PINTERFACE Interface);
/* PASSIVE. Documented failure. */
VPAPI VP_STATUS NTAPI VideoPortInt10(IN PVOID HwDeviceExtension, IN PVIDEO_X86_BIOS_ARGUMENTS BiosArguments);

/* ---- pool ----------------------------------------------------------------------------------------------------- */

/* Up to DISPATCH for the non-paged types, below it for the paged ones. NULL on failure. Not zeroed. */
VPAPI PVOID NTAPI VideoPortAllocatePool(IN PVOID HwDeviceExtension, IN VP_POOL_TYPE PoolType, IN SIZE_T NumberOfBytes,
                                        IN ULONG Tag);
VPAPI VOID NTAPI VideoPortFreePool(IN PVOID HwDeviceExtension, IN PVOID Ptr);
/* PASSIVE. NO_ERROR, ERROR_NOT_ENOUGH_MEMORY, or ERROR_INSUFFICIENT_BUFFER over the driver's quota. */
VPAPI VP_STATUS NTAPI VideoPortAllocateBuffer(IN PVOID HwDeviceExtension, IN ULONG Size, OUT PVOID *Buffer);
VPAPI VOID NTAPI VideoPortReleaseBuffer(IN PVOID HwDeviceExtension, IN PVOID Buffer);
/* PASSIVE. Freed with the device: the interface has no free. */
VPAPI PVOID NTAPI VideoPortAllocateContiguousMemory(IN PVOID HwDeviceExtension, IN ULONG NumberOfBytes,
                                                    IN PHYSICAL_ADDRESS HighestAcceptableAddress);

/* ---- plain memory; any IRQL ----------------------------------------------------------------------------------- */

VPAPI VOID NTAPI VideoPortZeroMemory(IN PVOID Destination, IN ULONG Length);
/* For addresses of VideoPortGetDeviceBase. */
VPAPI VOID NTAPI VideoPortZeroDeviceMemory(IN PVOID Destination, IN ULONG Length);
VPAPI VOID NTAPI VideoPortMoveMemory(IN PVOID Destination, IN PVOID Source, IN ULONG Length);
/* How many leading bytes are equal. */
VPAPI ULONG NTAPI VideoPortCompareMemory(IN PVOID Source1, IN PVOID Source2, IN SIZE_T Length);

/* ---- DMA ------------------------------------------------------------------------------------------------------ */

/* PASSIVE */
VPAPI PVP_DMA_ADAPTER NTAPI VideoPortGetDmaAdapter(IN PVOID HwDeviceExtension,
                                                   IN PVP_DEVICE_DESCRIPTION VpDeviceDescription);
VPAPI VOID NTAPI VideoPortPutDmaAdapter(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter);
/* PASSIVE */
VPAPI PVOID NTAPI VideoPortAllocateCommonBuffer(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter,
                                                IN ULONG DesiredLength, OUT PPHYSICAL_ADDRESS LogicalAddress,
                                                IN BOOLEAN CacheEnabled, PVOID Reserved);
/* PASSIVE. Every argument as it was allocated. */
VPAPI VOID NTAPI VideoPortReleaseCommonBuffer(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter,
                                              IN ULONG Length, IN PHYSICAL_ADDRESS LogicalAddress,
                                              IN PVOID VirtualAddress, IN BOOLEAN CacheEnabled);
/* PASSIVE, in the requester's context. NULL when the memory cannot be locked. */
VPAPI PVOID NTAPI VideoPortLockBuffer(IN PVOID HwDeviceExtension, IN PVOID BaseAddress, IN ULONG Length,
                                      IN VP_LOCK_OPERATION Operation);
/* up to DISPATCH */
VPAPI VOID NTAPI VideoPortUnlockBuffer(IN PVOID HwDeviceExtension, IN PVOID Mdl);
/* Up to DISPATCH. Calls ExecuteDmaRoutine before it returns; *pLength may shrink. */
VPAPI VP_STATUS NTAPI VideoPortStartDma(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter, IN PVOID Mdl,
                                        IN ULONG Offset, IN OUT PULONG pLength, IN PEXECUTE_DMA ExecuteDmaRoutine,
                                        IN PVOID Context, IN BOOLEAN WriteToDevice);
/* up to DISPATCH */
VPAPI VP_STATUS NTAPI VideoPortCompleteDma(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter,
                                           IN PVP_SCATTER_GATHER_LIST VpScatterGather, IN BOOLEAN WriteToDevice);
/* PASSIVE; before adapters */
VPAPI PVOID NTAPI VideoPortGetCommonBuffer(IN PVOID HwDeviceExtension, IN ULONG DesiredLength, IN ULONG Alignment,
                                           OUT PPHYSICAL_ADDRESS LogicalAddress, OUT PULONG pActualLength,
                                           IN BOOLEAN CacheEnabled);
/* PASSIVE. Address order differs from VideoPortReleaseCommonBuffer. */
VPAPI VOID NTAPI VideoPortFreeCommonBuffer(IN PVOID HwDeviceExtension, IN ULONG Length, IN PVOID VirtualAddress,
                                           IN PHYSICAL_ADDRESS LogicalAddress, IN BOOLEAN CacheEnabled);

/* ---- the frozen NT4 packet services --------------------------------------------------------------------------- */

VPAPI BOOLEAN NTAPI VideoPortLockPages(IN PVOID HwDeviceExtension, IN OUT PVIDEO_REQUEST_PACKET pVrp,
                                       IN PEVENT pUEvent, IN PEVENT pDisplayEvent, IN DMA_FLAGS DmaFlags);
VPAPI BOOLEAN NTAPI VideoPortUnlockPages(IN PVOID HwDeviceExtension, IN PDMA pDma);
VPAPI PDMA NTAPI VideoPortDoDma(IN PVOID HwDeviceExtension, IN PDMA pDma, IN DMA_FLAGS DmaFlags);
VPAPI PVOID NTAPI VideoPortGetMdl(IN PVOID HwDeviceExtension, IN PDMA pDma);
VPAPI ULONG NTAPI VideoPortGetBytesUsed(IN PVOID HwDeviceExtension, IN PDMA pDma);
VPAPI VOID NTAPI VideoPortSetBytesUsed(IN PVOID HwDeviceExtension, IN OUT PDMA pDma, IN ULONG BytesUsed);
VPAPI PVOID NTAPI VideoPortGetDmaContext(IN PVOID HwDeviceExtension, IN PDMA pDma);
VPAPI VOID NTAPI VideoPortSetDmaContext(IN PVOID HwDeviceExtension, IN OUT PDMA pDma, IN PVOID InstanceContext);
VPAPI BOOLEAN NTAPI VideoPortSignalDmaComplete(IN PVOID HwDeviceExtension, IN PDMA pDmaHandle);
VPAPI PDMA NTAPI VideoPortAssociateEventsWithDmaHandle(IN PVOID HwDeviceExtension, IN OUT PVIDEO_REQUEST_PACKET pVrp,
                                                       IN PVOID MappedUserEvent, IN PVOID DisplayDriverEvent);
VPAPI PDMA NTAPI VideoPortMapDmaMemory(IN PVOID HwDeviceExtension, IN PVIDEO_REQUEST_PACKET pVrp,
                                       IN PHYSICAL_ADDRESS BoardAddress, IN PULONG Length, IN PULONG InIoSpace,
                                       IN PVOID MappedUserEvent, IN PVOID DisplayDriverEvent,
                                       IN OUT PVOID *VirtualAddress);
VPAPI BOOLEAN NTAPI VideoPortUnmapDmaMemory(IN PVOID HwDeviceExtension, IN PVOID VirtualAddress,
                                            IN HANDLE ProcessHandle, IN PDMA BoardMemoryHandle);

/* ---- device lock, synchronisation, DPC ------------------------------------------------------------------------ */

/* PASSIVE. Recursive; the port holds it around most entry points. */
VPAPI VOID NTAPI VideoPortAcquireDeviceLock(IN PVOID HwDeviceExtension);
VPAPI VOID NTAPI VideoPortReleaseDeviceLock(IN PVOID HwDeviceExtension);
VPAPI BOOLEAN NTAPI VideoPortSynchronizeExecution(IN PVOID HwDeviceExtension, IN VIDEO_SYNCHRONIZE_PRIORITY Priority,
                                                  IN PMINIPORT_SYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                                  IN PVOID Context);
/* DISPATCH and above. FALSE: not queued. */
VPAPI BOOLEAN NTAPI VideoPortQueueDpc(IN PVOID HwDeviceExtension, IN PMINIPORT_DPC_ROUTINE CallbackRoutine,
                                      IN PVOID Context);
/* obsolete */
VPAPI VP_STATUS NTAPI VideoPortEnableInterrupt(IN PVOID HwDeviceExtension);
VPAPI VP_STATUS NTAPI VideoPortDisableInterrupt(IN PVOID HwDeviceExtension);
VPAPI UCHAR NTAPI VideoPortGetCurrentIrql(VOID);

/* ---- events --------------------------------------------------------------------------------------------------- */

VPAPI VP_STATUS NTAPI VideoPortCreateEvent(IN PVOID HwDeviceExtension, IN ULONG EventFlag, IN PVOID Unused,
                                           OUT PEVENT *ppEvent);
VPAPI VP_STATUS NTAPI VideoPortDeleteEvent(IN PVOID HwDeviceExtension, IN PEVENT pEvent);
/* nonzero: it was signalled before */
VPAPI LONG NTAPI VideoPortSetEvent(IN PVOID HwDeviceExtension, IN PEVENT pEvent);
VPAPI VOID NTAPI VideoPortClearEvent(IN PVOID HwDeviceExtension, IN PEVENT pEvent);
VPAPI LONG NTAPI VideoPortReadStateEvent(IN PVOID HwDeviceExtension, IN PEVENT pEvent);
/* NULL waits for ever, negative is relative, positive absolute; 100 ns. At DISPATCH only a zero timeout. */
VPAPI VP_STATUS NTAPI VideoPortWaitForSingleObject(IN PVOID HwDeviceExtension, IN PVOID Object,
                                                   IN PLARGE_INTEGER Timeout OPTIONAL);

/* ---- spin locks ----------------------------------------------------------------------------------------------- */

VPAPI VP_STATUS NTAPI VideoPortCreateSpinLock(IN PVOID HwDeviceExtension, OUT PSPIN_LOCK *SpinLock);
VPAPI VP_STATUS NTAPI VideoPortDeleteSpinLock(IN PVOID HwDeviceExtension, IN PSPIN_LOCK SpinLock);
VPAPI VOID NTAPI VideoPortAcquireSpinLock(IN PVOID HwDeviceExtension, IN PSPIN_LOCK SpinLock, OUT PUCHAR OldIrql);
VPAPI VOID NTAPI VideoPortAcquireSpinLockAtDpcLevel(IN PVOID HwDeviceExtension, IN PSPIN_LOCK SpinLock);
VPAPI VOID NTAPI VideoPortReleaseSpinLock(IN PVOID HwDeviceExtension, IN PSPIN_LOCK SpinLock, IN UCHAR NewIrql);
VPAPI VOID NTAPI VideoPortReleaseSpinLockFromDpcLevel(IN PVOID HwDeviceExtension, IN PSPIN_LOCK SpinLock);

/* ---- interlocked; any IRQL ------------------------------------------------------------------------------------ */

/* the new value */
VPAPI LONG FASTCALL VideoPortInterlockedIncrement(IN PLONG Addend);
VPAPI LONG FASTCALL VideoPortInterlockedDecrement(IN PLONG Addend);
/* the old value */
VPAPI LONG FASTCALL VideoPortInterlockedExchange(IN OUT PLONG Target, IN LONG Value);

/* ---- resources and mappings ----------------------------------------------------------------------------------- */

/* FindAdapter only */
VPAPI VP_STATUS NTAPI VideoPortGetAccessRanges(IN PVOID HwDeviceExtension, IN ULONG NumRequestedResources,
                                               IN PIO_RESOURCE_DESCRIPTOR RequestedResources OPTIONAL,
                                               IN ULONG NumAccessRanges, OUT PVIDEO_ACCESS_RANGE AccessRanges,
                                               IN PVOID VendorId, IN PVOID DeviceId, OUT PULONG Slot);
VPAPI VP_STATUS NTAPI VideoPortVerifyAccessRanges(IN PVOID HwDeviceExtension, IN ULONG NumAccessRanges,
                                                  IN PVIDEO_ACCESS_RANGE AccessRanges OPTIONAL);
VPAPI PVOID NTAPI VideoPortGetDeviceBase(IN PVOID HwDeviceExtension, IN PHYSICAL_ADDRESS IoAddress,
                                         IN ULONG NumberOfUchars, IN UCHAR InIoSpace);
VPAPI VOID NTAPI VideoPortFreeDeviceBase(IN PVOID HwDeviceExtension, IN PVOID MappedAddress);
/* PASSIVE, from StartIO */
VPAPI VP_STATUS NTAPI VideoPortMapMemory(IN PVOID HwDeviceExtension, IN PHYSICAL_ADDRESS PhysicalAddress,
                                         IN OUT PULONG Length, IN OUT PULONG InIoSpace, IN OUT PVOID *VirtualAddress);
VPAPI VP_STATUS NTAPI VideoPortUnmapMemory(IN PVOID HwDeviceExtension, IN OUT PVOID VirtualAddress,
                                           IN HANDLE ProcessHandle);
/* Documented failure. */
VPAPI VP_STATUS NTAPI VideoPortMapBankedMemory(IN PVOID HwDeviceExtension, IN PHYSICAL_ADDRESS PhysicalAddress,
                                               IN OUT PULONG Length, IN OUT PULONG InIoSpace,
                                               IN OUT PVOID *VirtualAddress, IN ULONG BankLength,
                                               IN UCHAR ReadWriteBank, IN PBANKED_SECTION_ROUTINE BankRoutine,
                                               IN PVOID Context);
VPAPI VP_STATUS NTAPI VideoPortSetTrappedEmulatorPorts(IN PVOID HwDeviceExtension, IN ULONG NumAccessRanges,
                                                       IN PVIDEO_ACCESS_RANGE AccessRange);

/* ---- bus, firmware, ROM; PASSIVE ------------------------------------------------------------------------------ */

/* bytes read; for PCI 0: no such bus, 2: no device there */
VPAPI ULONG NTAPI VideoPortGetBusData(IN PVOID HwDeviceExtension, IN BUS_DATA_TYPE BusDataType, IN ULONG SlotNumber,
                                      IN OUT PVOID Buffer, IN ULONG Offset, IN ULONG Length);
VPAPI ULONG NTAPI VideoPortSetBusData(IN PVOID HwDeviceExtension, IN BUS_DATA_TYPE BusDataType, IN ULONG SlotNumber,
                                      IN PVOID Buffer, IN ULONG Offset, IN ULONG Length);
VPAPI BOOLEAN NTAPI VideoPortCheckForDeviceExistence(IN PVOID HwDeviceExtension, IN USHORT VendorId,
                                                     IN USHORT DeviceId, IN UCHAR RevisionId, IN USHORT SubVendorId,
                                                     IN USHORT SubSystemId, IN ULONG Flags);
/* The same under the misspelt name that shipping systems export. */
VPAPI BOOLEAN NTAPI VideoPortCheckForDeviceExistance(IN PVOID HwDeviceExtension, IN USHORT VendorId,
                                                     IN USHORT DeviceId, IN UCHAR RevisionId, IN USHORT SubVendorId,
                                                     IN USHORT SubSystemId, IN ULONG Flags);
VPAPI VP_STATUS NTAPI VideoPortGetVgaStatus(IN PVOID HwDeviceExtension, OUT PULONG VgaStatus);
VPAPI PVOID NTAPI VideoPortGetRomImage(IN PVOID HwDeviceExtension, IN PVOID Unused1, IN ULONG Unused2,
                                       IN ULONG Length);
VPAPI BOOLEAN NTAPI VideoPortScanRom(IN PVOID HwDeviceExtension, IN PUCHAR RomBase, IN ULONG RomLength,
                                     IN PUCHAR String);
VPAPI VP_STATUS NTAPI VideoPortGetDeviceData(IN PVOID HwDeviceExtension, IN VIDEO_DEVICE_DATA_TYPE DeviceDataType,
                                             IN PMINIPORT_QUERY_DEVICE_ROUTINE CallbackRoutine, IN PVOID Context);
VPAPI BOOLEAN NTAPI VideoPortIsNoVesa(VOID);

/* ---- registry; PASSIVE ---------------------------------------------------------------------------------------- */

VPAPI VP_STATUS NTAPI VideoPortGetRegistryParameters(IN PVOID HwDeviceExtension, IN PWSTR ParameterName,
                                                     IN UCHAR IsParameterFileName,
                                                     IN PMINIPORT_GET_REGISTRY_ROUTINE CallbackRoutine,
                                                     IN PVOID Context);
VPAPI VP_STATUS NTAPI VideoPortSetRegistryParameters(IN PVOID HwDeviceExtension, IN PWSTR ValueName,
                                                     IN PVOID ValueData, IN ULONG ValueLength);
VPAPI VP_STATUS NTAPI VideoPortFlushRegistry(IN PVOID HwDeviceExtension);

/* ---- children and displays ------------------------------------------------------------------------------------ */

/* up to DISPATCH */
VPAPI VP_STATUS NTAPI VideoPortEnumerateChildren(IN PVOID HwDeviceExtension, IN PVOID Reserved);
/* PASSIVE */
VPAPI BOOLEAN NTAPI VideoPortDDCMonitorHelper(IN PVOID HwDeviceExtension, IN PVOID DDCControl,
                                              IN OUT PUCHAR EdidBuffer, IN ULONG EdidBufferSize);
VPAPI PVOID NTAPI VideoPortGetAssociatedDeviceExtension(IN PVOID DeviceObject);
VPAPI ULONG NTAPI VideoPortGetAssociatedDeviceID(IN PVOID DeviceObject);
VPAPI VP_STATUS NTAPI VideoPortCreateSecondaryDisplay(IN PVOID HwDeviceExtension,
                                                      IN OUT PVOID *SecondaryDeviceExtension, IN ULONG ulFlag);

/* ---- time ----------------------------------------------------------------------------------------------------- */

VPAPI VOID NTAPI VideoPortStartTimer(IN PVOID HwDeviceExtension);
VPAPI VOID NTAPI VideoPortStopTimer(IN PVOID HwDeviceExtension);
VPAPI LONGLONG NTAPI VideoPortQueryPerformanceCounter(IN PVOID HwDeviceExtension,
                                                      OUT PLONGLONG PerformanceFrequency OPTIONAL);
VPAPI VOID NTAPI VideoPortQuerySystemTime(OUT PLARGE_INTEGER CurrentTime);
VPAPI VOID NTAPI VideoPortStallExecution(IN ULONG Microseconds);

/* ---- log and debugging ---------------------------------------------------------------------------------------- */

/* any IRQL */
VPAPI VOID NTAPI VideoPortLogError(IN PVOID HwDeviceExtension, IN PVIDEO_REQUEST_PACKET Vrp OPTIONAL,
                                   IN VP_STATUS ErrorCode, IN ULONG UniqueId);
/* Formats as the Windows runtime does: `l` is 32 bits, `ws` a 16-bit string, `I64` 64 bits. Always cdecl. */
#ifdef __cplusplus
VPAPI VOID VideoPortDebugPrint(IN VIDEO_DEBUG_LEVEL DebugPrintLevel, IN PCSTR DebugMessage, ...);
#else
VPAPI VOID VideoPortDebugPrint(IN VIDEO_DEBUG_LEVEL DebugPrintLevel, IN PSTR DebugMessage, ...);
#endif
VPAPI VP_STATUS NTAPI VideoPortRegisterBugcheckCallback(IN PVOID HwDeviceExtension, IN ULONG BugcheckCode,
                                                        IN PVIDEO_BUGCHECK_CALLBACK Callback,
                                                        IN ULONG BugcheckDataSize);
VPAPI PVIDEO_DEBUG_REPORT NTAPI VideoPortDbgReportCreate(IN PVOID HwDeviceExtension, IN ULONG ulCode,
                                                         IN ULONG_PTR ulpArg1, IN ULONG_PTR ulpArg2,
                                                         IN ULONG_PTR ulpArg3, IN ULONG_PTR ulpArg4);
VPAPI BOOLEAN NTAPI VideoPortDbgReportSecondaryData(IN OUT PVIDEO_DEBUG_REPORT pReport, IN PVOID pvData,
                                                    IN ULONG ulDataSize);
VPAPI VOID NTAPI VideoPortDbgReportComplete(IN OUT PVIDEO_DEBUG_REPORT pReport);

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_VIDEO_SERVICES_H */
