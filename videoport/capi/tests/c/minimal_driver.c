/*
 * minimal_driver.c - the smallest miniport that shows a picture: two modes, a linear frame buffer, a vertical blanking interrupt
 *
 * For tests of the library and of `lumenport run-miniport`. It is no model for a driver; miniport/examples/c is one.
 * Switches, for tests of what goes wrong: MINIMAL_CRASH, MINIMAL_DEREFERENCE, MINIMAL_LOOP, MINIMAL_MISUSE.
 */
#include "ntdef.h"
#include "miniport.h"
#include "dderror.h"
#include "devioctl.h"
#include "ntddvdeo.h"
#include "video.h"

#include "card_regs.h"
#include "minimal_driver.h"

#define TAG 0x6E694D44u /* "DMin" */

typedef struct _TIMING {
    ULONG ClockKhz;
    USHORT H[4]; /* active, front porch, sync, back porch */
    USHORT V[4];
} TIMING;

static const TIMING Timings[] = {
    {25175, {64, 8, 8, 16}, {48, 4, 2, 10}},
    {25175, {640, 16, 96, 48}, {480, 10, 2, 33}},
};

typedef struct _DEVICE {
    PUCHAR Registers;
    VIDEO_ACCESS_RANGE Memory;
    ULONG Mode;
    PEVENT Blanked;
    MINIMAL_COUNTS Counts;
} DEVICE, *PDEVICE;

#define FIELD(name, value) (((ULONG)(value) << name##_SHIFT) & name##_MASK)

static ULONG Read(PDEVICE Device, ULONG Offset) {
    return VideoPortReadRegisterUlong((PULONG)(PVOID)(Device->Registers + Offset));
}

static VOID Write(PDEVICE Device, ULONG Offset, ULONG Value) {
    VideoPortWriteRegisterUlong((PULONG)(PVOID)(Device->Registers + Offset), Value);
}

/* ---- start ---------------------------------------------------------------------------------------------------- */

static VP_STATUS NTAPI FindAdapter(PVOID Extension, PVOID Context, PWSTR Argument, PVIDEO_PORT_CONFIG_INFO Info, PUCHAR Again) {
    PDEVICE Device = Extension;
    VIDEO_ACCESS_RANGE Ranges[6];
    ULONG Slot, Idx;

    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument);
    UNREFERENCED_PARAMETER(Again);
    if (Info->Length < SIZE_OF_NT4_VIDEO_PORT_CONFIG_INFO || Info->VideoPortGetProcAddress == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    VideoPortZeroMemory(Ranges, sizeof(Ranges));
    if (VideoPortGetAccessRanges(Device, 0, NULL, ARRAYSIZE(Ranges), Ranges, NULL, NULL, &Slot) != NO_ERROR) {
        return ERROR_DEV_NOT_EXIST;
    }
    Device->Memory = Ranges[0];
    for (Idx = 1; Idx < ARRAYSIZE(Ranges) && Device->Registers == NULL; Idx++) {
        if (Ranges[Idx].RangeLength != 0) {
            Device->Registers = VideoPortGetDeviceBase(Device, Ranges[Idx].RangeStart, Ranges[Idx].RangeLength, 0);
        }
    }
    if (Device->Registers == NULL || Read(Device, LP_ID_MAP_DIGEST) != LP_MAP_DIGEST) {
        if (Device->Registers != NULL) {
            VideoPortFreeDeviceBase(Device, Device->Registers);
        }
        return ERROR_DEV_NOT_EXIST;
    }
    VideoPortDebugPrint(Error, "minimal: card memory at %I64x, %lu KiB, %ws\n", Device->Memory.RangeStart.QuadPart,
                        Device->Memory.RangeLength / 1024, LUMENPORT_L("found"));
    return NO_ERROR;
}

static BOOLEAN NTAPI Initialize(PVOID Extension) {
    PDEVICE Device = Extension;

    Device->Mode = MAXULONG;
    return VideoPortCreateEvent(Device, NOTIFICATION_EVENT, NULL, &Device->Blanked) == NO_ERROR;
}

/* ---- interrupt ------------------------------------------------------------------------------------------------ */

static VOID NTAPI Deferred(PVOID Extension, PVOID Context) {
    PDEVICE Device = Extension;

    Device->Counts.Deferred += Context == (PVOID)Device;
    VideoPortSetEvent(Device, Device->Blanked);
}

static BOOLEAN NTAPI Interrupt(PVOID Extension) {
    PDEVICE Device = Extension;

    if ((Read(Device, LP_IRQ_PENDING) & LP_IRQ_PENDING_CRTC_MASK) == 0) {
        return FALSE;
    }
    /* One is enough. */
    Write(Device, LP_CRTC_INTR_ENABLE, 0);
    Write(Device, LP_CRTC_INTR_STATE, Read(Device, LP_CRTC_INTR_STATE));
    Write(Device, LP_IRQ_REARM, LP_IRQ_REARM_VECTORS_MASK);
    Device->Counts.Interrupts++;
    VideoPortQueueDpc(Device, Deferred, Device);
    return TRUE;
}

static VP_STATUS WaitForBlanking(PDEVICE Device) {
    LARGE_INTEGER Timeout;

    Timeout.QuadPart = -1000000; /* 100 ms */
    VideoPortClearEvent(Device, Device->Blanked);
    Write(Device, LP_CRTC_INTR_STATE, LP_CRTC_INTR_STATE_VBLANK_MASK);
    Write(Device, LP_CRTC_INTR_ENABLE, LP_CRTC_INTR_ENABLE_VBLANK_MASK);
    Write(Device, LP_IRQ_ENABLE, LP_IRQ_ENABLE_CRTC_MASK);
    Write(Device, LP_IRQ_REARM, LP_IRQ_REARM_VECTORS_MASK);
    return VideoPortWaitForSingleObject(Device, Device->Blanked, &Timeout);
}

/* ---- modes ---------------------------------------------------------------------------------------------------- */

static VOID Describe(ULONG Index, PVIDEO_MODE_INFORMATION Mode) {
    const TIMING *Timing = &Timings[Index];

    VideoPortZeroMemory(Mode, sizeof(*Mode));
    Mode->Length = sizeof(*Mode);
    Mode->ModeIndex = Index;
    Mode->VisScreenWidth = Mode->VideoMemoryBitmapWidth = Timing->H[0];
    Mode->VisScreenHeight = Mode->VideoMemoryBitmapHeight = Timing->V[0];
    Mode->ScreenStride = Timing->H[0] * 4u;
    Mode->NumberOfPlanes = 1;
    Mode->BitsPerPlane = 32;
    Mode->Frequency = 60;
    Mode->NumberRedBits = Mode->NumberGreenBits = Mode->NumberBlueBits = 8;
    Mode->RedMask = 0xFF0000;
    Mode->GreenMask = 0xFF00;
    Mode->BlueMask = 0xFF;
    Mode->AttributeFlags = VIDEO_MODE_COLOR | VIDEO_MODE_GRAPHICS;
}

static BOOLEAN Clock(PDEVICE Device, ULONG Khz, PULONG Index) {
    for (*Index = 0; *Index < LP_CRTC_CLOCK_KHZ_COUNT; ++*Index) {
        if (Read(Device, LP_CRTC_CLOCK_KHZ(*Index)) == Khz) {
            return TRUE;
        }
    }
    return FALSE;
}

static VP_STATUS WaitForRaster(PDEVICE Device, ULONG Enabled) {
    ULONG Step;

    for (Step = 0; Step < 4000; Step++) {
        ULONG Busy = LP_CRTC_STATUS_ENABLED_MASK | LP_CRTC_STATUS_COMMIT_PENDING_MASK;
        if ((Read(Device, LP_CRTC_STATUS) & Busy) == Enabled) {
            return NO_ERROR;
        }
        VideoPortStallExecution(50);
    }
    return ERROR_INVALID_FUNCTION;
}

static VP_STATUS RasterOff(PDEVICE Device) {
    Write(Device, LP_CRTC_CONTROL, 0);
    Write(Device, LP_CRTC_COMMIT, LP_CRTC_COMMIT_COMMIT_MASK);
    Device->Mode = MAXULONG;
    return WaitForRaster(Device, 0);
}

static VP_STATUS SetMode(PDEVICE Device, ULONG Requested) {
    ULONG Index = Requested & ~(VIDEO_MODE_NO_ZERO_MEMORY | VIDEO_MODE_MAP_MEM_LINEAR);
    const TIMING *T = &Timings[Index];
    ULONG ClockIndex, Hsync, Vsync;

    if (Index >= ARRAYSIZE(Timings) || !Clock(Device, T->ClockKhz, &ClockIndex)) {
        return ERROR_INVALID_PARAMETER;
    }
    if (RasterOff(Device) != NO_ERROR) {
        return ERROR_INVALID_FUNCTION;
    }
    Hsync = (ULONG)T->H[0] + T->H[1];
    Vsync = (ULONG)T->V[0] + T->V[1] - 1;
    Write(Device, LP_PLANE_CONTROL,
          LP_PLANE_CONTROL_ENABLE_MASK | FIELD(LP_PLANE_CONTROL_FORMAT, LP_PLANE_CONTROL_FORMAT_IS_XRGB8888));
    Write(Device, LP_PLANE_BASE, 0);
    Write(Device, LP_PLANE_PITCH, T->H[0] * 4u);
    Write(Device, LP_PLANE_COMMIT, LP_PLANE_COMMIT_COMMIT_MASK);
    Write(Device, LP_CRTC_CLOCK_SELECT, FIELD(LP_CRTC_CLOCK_SELECT_INDEX, ClockIndex));
    Write(Device, LP_CRTC_H_SIZE,
          FIELD(LP_CRTC_H_SIZE_TOTAL, Hsync + T->H[2] + T->H[3]) | FIELD(LP_CRTC_H_SIZE_ACTIVE, T->H[0]));
    Write(Device, LP_CRTC_H_SYNC, FIELD(LP_CRTC_H_SYNC_START, Hsync) | FIELD(LP_CRTC_H_SYNC_END, Hsync + T->H[2]));
    Write(Device, LP_CRTC_V_SIZE,
          FIELD(LP_CRTC_V_SIZE_TOTAL, Vsync + 1 + T->V[2] + T->V[3]) | FIELD(LP_CRTC_V_SIZE_ACTIVE, T->V[0]));
    Write(Device, LP_CRTC_V_SYNC, FIELD(LP_CRTC_V_SYNC_START, Vsync) | FIELD(LP_CRTC_V_SYNC_END, Vsync + T->V[2]));
    Write(Device, LP_CRTC_POLARITY, 0);
    Write(Device, LP_CRTC_CONTROL, LP_CRTC_CONTROL_ENABLE_MASK);
    Write(Device, LP_CRTC_COMMIT, LP_CRTC_COMMIT_COMMIT_MASK);
    Device->Mode = Index;
    return WaitForRaster(Device, LP_CRTC_STATUS_ENABLED_MASK);
}

/* ---- requests ------------------------------------------------------------------------------------------------- */

static VP_STATUS Map(PDEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_MEMORY_INFORMATION Information = Packet->OutputBuffer;
    ULONG Length = Device->Memory.RangeLength;
    ULONG Space = VIDEO_MEMORY_SPACE_P6CACHE;
    PVOID Address;
    VP_STATUS Status;

    if (Packet->InputBufferLength < sizeof(VIDEO_MEMORY) || Packet->OutputBufferLength < sizeof(*Information)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Address = ((PVIDEO_MEMORY)Packet->InputBuffer)->RequestedVirtualAddress;
    Status = VideoPortMapMemory(Device, Device->Memory.RangeStart, &Length, &Space, &Address);
    if (Status == NO_ERROR) {
        Information->VideoRamBase = Information->FrameBufferBase = Address;
        Information->VideoRamLength = Information->FrameBufferLength = Length;
        Packet->StatusBlock->Information = sizeof(*Information);
    }
    return Status;
}

static VP_STATUS Answer(PVIDEO_REQUEST_PACKET Packet, PVOID Bytes, ULONG Length) {
    Packet->StatusBlock->Information = Length;
    if (Packet->OutputBufferLength < Length) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    VideoPortMoveMemory(Packet->OutputBuffer, Bytes, Length);
    return NO_ERROR;
}

#if defined(MINIMAL_CRASH) || defined(MINIMAL_DEREFERENCE) || defined(MINIMAL_LOOP) || defined(MINIMAL_MISUSE)
static VOID Misbehave(PDEVICE Device) {
#if defined(MINIMAL_CRASH)
    PULONG volatile Nowhere = (PULONG)(ULONG_PTR)0x10;
    *Nowhere = Device->Mode;
#elif defined(MINIMAL_DEREFERENCE)
    *(volatile ULONG *)(PVOID)Device->Registers = 1;
#elif defined(MINIMAL_LOOP)
    volatile ULONG Forever = 1;
    while (Forever) {
        Forever = Device->Mode | 1;
    }
#else
    PVOID Block = VideoPortAllocatePool(Device, VpNonPagedPool, 64, TAG);
    VideoPortFreePool(Device, Block);
    VideoPortFreePool(Device, Block);
#endif
}
#else
#define Misbehave(Device) ((VOID)0)
#endif

static BOOLEAN NTAPI StartIo(PVOID Extension, PVIDEO_REQUEST_PACKET Packet) {
    PDEVICE Device = Extension;
    VIDEO_MODE_INFORMATION Modes[ARRAYSIZE(Timings)];
    VIDEO_NUM_MODES Count = {ARRAYSIZE(Timings), sizeof(VIDEO_MODE_INFORMATION)};
    VP_STATUS Status = ERROR_INSUFFICIENT_BUFFER;
    ULONG Idx;

    for (Idx = 0; Idx < ARRAYSIZE(Modes); Idx++) {
        Describe(Idx, &Modes[Idx]);
    }
    switch (Packet->IoControlCode) {
    case IOCTL_VIDEO_QUERY_NUM_AVAIL_MODES:
        Status = Answer(Packet, &Count, sizeof(Count));
        break;
    case IOCTL_VIDEO_QUERY_AVAIL_MODES:
        Status = Answer(Packet, Modes, sizeof(Modes));
        break;
    case IOCTL_VIDEO_QUERY_CURRENT_MODE:
        Status = Device->Mode < ARRAYSIZE(Modes) ? Answer(Packet, &Modes[Device->Mode], sizeof(Modes[0]))
                                                 : ERROR_INVALID_FUNCTION;
        break;
    case IOCTL_VIDEO_SET_CURRENT_MODE:
        Misbehave(Device);
        if (Packet->InputBufferLength >= sizeof(VIDEO_MODE)) {
            Status = SetMode(Device, ((PVIDEO_MODE)Packet->InputBuffer)->RequestedMode);
        }
        break;
    case IOCTL_VIDEO_MAP_VIDEO_MEMORY:
        Status = Map(Device, Packet);
        break;
    case IOCTL_VIDEO_UNMAP_VIDEO_MEMORY:
        if (Packet->InputBufferLength >= sizeof(VIDEO_MEMORY)) {
            Status = VideoPortUnmapMemory(Device, ((PVIDEO_MEMORY)Packet->InputBuffer)->RequestedVirtualAddress, NULL);
        }
        break;
    case IOCTL_VIDEO_RESET_DEVICE:
        Status = RasterOff(Device);
        break;
    case IOCTL_MINIMAL_WAIT:
        Status = WaitForBlanking(Device);
        break;
    case IOCTL_MINIMAL_COUNTS:
        Status = Answer(Packet, &Device->Counts, sizeof(Device->Counts));
        break;
    default:
        Status = ERROR_INVALID_FUNCTION;
    }
    Packet->StatusBlock->Status = Status;
    return TRUE;
}

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2);

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2) {
    VIDEO_HW_INITIALIZATION_DATA Data;

    VideoPortZeroMemory(&Data, sizeof(Data));
    Data.HwInitDataSize = sizeof(Data);
    Data.AdapterInterfaceType = PCIBus;
    Data.HwFindAdapter = FindAdapter;
    Data.HwInitialize = Initialize;
    Data.HwInterrupt = Interrupt;
    Data.HwStartIO = StartIo;
    Data.HwDeviceExtensionSize = sizeof(DEVICE);
    return VideoPortInitialize(Context1, Context2, &Data, NULL);
}
