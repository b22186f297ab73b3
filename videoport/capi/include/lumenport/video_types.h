/*
 * lumenport/video_types.h - constants, enumerations and plain structures of the video port. Included by video.h.
 */
#ifndef LUMENPORT_VIDEO_TYPES_H
#define LUMENPORT_VIDEO_TYPES_H

#ifdef __cplusplus
extern "C" {
#endif

/* A Win32 error code (dderror.h), not an NTSTATUS. */
typedef LONG VP_STATUS, *PVP_STATUS;

/* ---- handles that mean something only to the port --------------------------------------------------------------- */

typedef struct __VP_DMA_ADAPTER *PVP_DMA_ADAPTER;
typedef struct __DMA_PARAMETERS *PDMA;
typedef struct _VIDEO_PORT_SPIN_LOCK *PSPIN_LOCK;
typedef struct _VIDEO_DEBUG_REPORT *PVIDEO_DEBUG_REPORT;

/* ---- address ranges ------------------------------------------------------------------------------------------- */

/* InIoSpace of VideoPortGetDeviceBase and VideoPortMapMemory */
#define VIDEO_MEMORY_SPACE_MEMORY 0x00
#define VIDEO_MEMORY_SPACE_IO 0x01
#define VIDEO_MEMORY_SPACE_USER_MODE 0x02
#define VIDEO_MEMORY_SPACE_DENSE 0x04 /* obsolete */
#define VIDEO_MEMORY_SPACE_P6CACHE 0x08

/* VIDEO_ACCESS_RANGE.RangePassive */
#define VIDEO_RANGE_PASSIVE_DECODE 1
#define VIDEO_RANGE_10_BIT_DECODE 2

typedef struct _VIDEO_ACCESS_RANGE {
    PHYSICAL_ADDRESS RangeStart;
    ULONG RangeLength;
    UCHAR RangeInIoSpace;
    UCHAR RangeVisible;
    UCHAR RangeShareable;
    UCHAR RangePassive;
} VIDEO_ACCESS_RANGE, *PVIDEO_ACCESS_RANGE;

/* VideoPortCheckForDeviceExistence */
#define CDE_USE_SUBSYSTEM_IDS 0x00000001
#define CDE_USE_REVISION 0x00000002

/* VideoPortGetVgaStatus */
#define DEVICE_VGA_ENABLED 1

/* ---- DMA ------------------------------------------------------------------------------------------------------ */

typedef struct _VP_DEVICE_DESCRIPTION {
    BOOLEAN ScatterGather;
    BOOLEAN Dma32BitAddresses;
    BOOLEAN Dma64BitAddresses;
    ULONG MaximumLength; /* bytes per DMA operation */
} VP_DEVICE_DESCRIPTION, *PVP_DEVICE_DESCRIPTION;

typedef struct _VP_SCATTER_GATHER_ELEMENT {
    PHYSICAL_ADDRESS Address; /* as the device sees it */
    ULONG Length;
    ULONG_PTR Reserved; /* with this port, in element 0: byte offset in the card's table */
} VP_SCATTER_GATHER_ELEMENT, *PVP_SCATTER_GATHER_ELEMENT;

#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc99-extensions"
#endif
typedef struct _VP_SCATTER_GATHER_LIST {
    ULONG NumberOfElements;
    ULONG_PTR Reserved; /* with this port: the card's handle of the table, 0 without a table */
    __extension__ VP_SCATTER_GATHER_ELEMENT Elements[];
} VP_SCATTER_GATHER_LIST, *PVP_SCATTER_GATHER_LIST;
#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic pop
#endif

typedef enum _VP_LOCK_OPERATION { VpReadAccess = 0, VpWriteAccess = 1, VpModifyAccess = 2 } VP_LOCK_OPERATION;

/* The NT4 generation; frozen since Windows 2000. */
typedef enum _DMA_FLAGS {
    VideoPortUnlockAfterDma = 1,
    VideoPortKeepPagesLocked = 2,
    VideoPortDmaInitOnly = 3
} DMA_FLAGS;

typedef ULONG DMA_EVENT_FLAGS;
#define SET_USER_EVENT 0x01
#define SET_DISPLAY_EVENT 0x02

typedef enum _HW_DMA_RETURN { DmaAsyncReturn = 0, DmaSyncReturn = 1 } HW_DMA_RETURN, *PHW_DMA_RETURN;

typedef struct __VRB_SG {
    LUMENPORT_ALIGN8 LONGLONG PhysicalAddress;
    ULONG Length;
} VRB_SG, *PVRB_SG;

#define GET_VIDEO_SCATTERGATHER(ppDma) (**(PVRB_SG **)(ppDma))

/* Walks `scatterList` (changed) to the element that holds VirtualAddress. */
#define GET_VIDEO_PHYSICAL_ADDRESS(scatterList, VirtualAddress, InputBuffer, pLength, Address)      \
    do {                                                                                            \
        ULONG_PTR lumenport_left = (ULONG_PTR)((PCHAR)(VirtualAddress) - (PCHAR)(InputBuffer));      \
        for (; lumenport_left >= (scatterList)->Length; (scatterList)++)                            \
            lumenport_left -= (scatterList)->Length;                                                \
        *(pLength) = (ULONG)((scatterList)->Length - lumenport_left);                               \
        (Address) = (ULONG_PTR)((scatterList)->PhysicalAddress + (LONGLONG)lumenport_left);         \
    } while (0)

/* ---- memory --------------------------------------------------------------------------------------------------- */

typedef enum _VP_POOL_TYPE {
    VpNonPagedPool = 0,
    VpPagedPool = 1,
    VpNonPagedPoolCacheAligned = 4,
    VpPagedPoolCacheAligned = 5
} VP_POOL_TYPE, *PVP_POOL_TYPE;

/* ---- synchronisation ------------------------------------------------------------------------------------------ */

typedef enum VIDEO_SYNCHRONIZE_PRIORITY {
    VpLowPriority = 0,
    VpMediumPriority = 1,
    VpHighPriority = 2
} VIDEO_SYNCHRONIZE_PRIORITY, *PVIDEO_SYNCHRONIZE_PRIORITY;

/* VideoPortCreateEvent */
#define EVENT_TYPE_MASK 1
#define SYNCHRONIZATION_EVENT 0
#define NOTIFICATION_EVENT 1
#define INITIAL_EVENT_STATE_MASK 2
#define INITIAL_EVENT_NOT_SIGNALED 0
#define INITIAL_EVENT_SIGNALED 2

/* ---- children ------------------------------------------------------------------------------------------------- */

#define DISPLAY_ADAPTER_HW_ID 0xFFFFFFFF
#define VIDEO_INVALID_CHILD_ID 0xFFFFFFFF

/* what HwVidGetVideoChildDescriptor returns */
#define VIDEO_ENUM_MORE_DEVICES ERROR_CONTINUE
#define VIDEO_ENUM_NO_MORE_DEVICES ERROR_NO_MORE_DEVICES
#define VIDEO_ENUM_INVALID_DEVICE ERROR_INVALID_NAME

typedef enum _VIDEO_CHILD_TYPE { Monitor = 1, NonPrimaryChip = 2, VideoChip = 3, Other = 4 } VIDEO_CHILD_TYPE, *PVIDEO_CHILD_TYPE;

typedef struct _VIDEO_CHILD_ENUM_INFO {
    ULONG Size;
    ULONG ChildDescriptorSize; /* bytes at pChildDescriptor */
    ULONG ChildIndex;
    ULONG ACPIHwId;
    PVOID ChildHwDeviceExtension;
} VIDEO_CHILD_ENUM_INFO, *PVIDEO_CHILD_ENUM_INFO;

/* ---- requests ------------------------------------------------------------------------------------------------- */

typedef struct _STATUS_BLOCK {
    __extension__ union {
        VP_STATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information; /* bytes returned */
} STATUS_BLOCK, *PSTATUS_BLOCK;

/* Input and output buffer are the same memory. */
typedef struct _VIDEO_REQUEST_PACKET {
    ULONG IoControlCode;
    PSTATUS_BLOCK StatusBlock;
    PVOID InputBuffer;
    ULONG InputBufferLength;
    PVOID OutputBuffer;
    ULONG OutputBufferLength;
} VIDEO_REQUEST_PACKET, *PVIDEO_REQUEST_PACKET;

/* ---- firmware, version, debugging ----------------------------------------------------------------------------- */

typedef enum _VIDEO_DEVICE_DATA_TYPE {
    VpMachineData = 0,
    VpCmosData = 1,
    VpBusData = 2,
    VpControllerData = 3,
    VpMonitorData = 4
} VIDEO_DEVICE_DATA_TYPE, *PVIDEO_DEVICE_DATA_TYPE;

typedef struct _VIDEO_X86_BIOS_ARGUMENTS {
    ULONG Eax;
    ULONG Ebx;
    ULONG Ecx;
    ULONG Edx;
    ULONG Esi;
    ULONG Edi;
    ULONG Ebp;
} VIDEO_X86_BIOS_ARGUMENTS, *PVIDEO_X86_BIOS_ARGUMENTS;

typedef struct _VPOSVERSIONINFO {
    ULONG Size;
    ULONG MajorVersion;
    ULONG MinorVersion;
    ULONG BuildNumber;
    USHORT ServicePackMajor;
    USHORT ServicePackMinor;
} VPOSVERSIONINFO, *PVPOSVERSIONINFO;

typedef enum VIDEO_DEBUG_LEVEL { Error = 0, Warn = 1, Trace = 2, Info = 3 } VIDEO_DEBUG_LEVEL, *PVIDEO_DEBUG_LEVEL;

#define BUGCHECK_DATA_SIZE_RESERVED 48
#define VIDEO_DEBUG_REPORT_MAX_SIZE 0x8000

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_VIDEO_TYPES_H */
