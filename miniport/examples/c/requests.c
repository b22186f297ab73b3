/*
 * requests.c - StartIO: one request at a time, finished before it returns
 */
#include "lumenport.h"

#include "conformance/conformance.h"

static VP_STATUS LpMapVideoMemory(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_MEMORY_INFORMATION Answer = Packet->OutputBuffer;
    PVOID Address;
    ULONG Length = Device->Memory.RangeLength;
    ULONG Space = VIDEO_MEMORY_SPACE_MEMORY | VIDEO_MEMORY_SPACE_P6CACHE;
    VP_STATUS Status;

    if (Packet->InputBufferLength < sizeof(VIDEO_MEMORY) || Packet->OutputBufferLength < sizeof(*Answer)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Address = ((PVIDEO_MEMORY)Packet->InputBuffer)->RequestedVirtualAddress;
    Status = VideoPortMapMemory(Device, Device->Memory.RangeStart, &Length, &Space, &Address);
    if (Status != NO_ERROR) {
        return Status;
    }
    Device->FrameBuffer = Address;
    Answer->VideoRamBase = Address;
    Answer->VideoRamLength = Device->Memory.RangeLength;
    Answer->FrameBufferBase = Address;
    Answer->FrameBufferLength = Device->Memory.RangeLength;
    Packet->StatusBlock->Information = sizeof(*Answer);
    return NO_ERROR;
}

static VP_STATUS LpUnmapVideoMemory(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    if (Packet->InputBufferLength < sizeof(VIDEO_MEMORY)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Device->FrameBuffer = NULL;
    return VideoPortUnmapMemory(Device, ((PVIDEO_MEMORY)Packet->InputBuffer)->RequestedVirtualAddress, NULL);
}

/* The registers, for a display driver that programs the card itself. */
static VP_STATUS LpPublicRanges(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_PUBLIC_ACCESS_RANGES Answer = Packet->OutputBuffer;
    ULONG Length = Device->RegisterRange.RangeLength;
    ULONG Space = VIDEO_MEMORY_SPACE_MEMORY;
    PVOID Address = NULL;
    VP_STATUS Status;

    if (Packet->OutputBufferLength < sizeof(*Answer)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Status = VideoPortMapMemory(Device, Device->RegisterRange.RangeStart, &Length, &Space, &Address);
    if (Status == NO_ERROR) {
        Answer->InIoSpace = 0;
        Answer->MappedInIoSpace = 0;
        Answer->VirtualAddress = Address;
        Packet->StatusBlock->Information = sizeof(*Answer);
    }
    return Status;
}

static VP_STATUS LpSetColors(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_CLUT Clut = Packet->InputBuffer;
    ULONG Idx;

    if (Packet->InputBufferLength < sizeof(VIDEO_CLUT) ||
        Packet->InputBufferLength - FIELD_OFFSET(VIDEO_CLUT, LookupTable) < Clut->NumEntries * sizeof(VIDEO_CLUTDATA)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if ((ULONG)Clut->FirstEntry + Clut->NumEntries > LP_PALETTE_ENTRY_COUNT) {
        return ERROR_INVALID_PARAMETER;
    }
    for (Idx = 0; Idx < Clut->NumEntries; Idx++) {
        const UCHAR *Color = (const UCHAR *)Clut + FIELD_OFFSET(VIDEO_CLUT, LookupTable) + 4 * Idx;

        LpWrite(Device, LP_PALETTE_ENTRY(Clut->FirstEntry + Idx),
                LP_FIELD(LP_PALETTE_ENTRY_R, Color[0]) | LP_FIELD(LP_PALETTE_ENTRY_G, Color[1]) |
                    LP_FIELD(LP_PALETTE_ENTRY_B, Color[2]));
    }
    return NO_ERROR;
}

/* No hardware pointer in this driver: nothing but "none of any size", so that the display driver draws its own. */
static VP_STATUS LpPointerCapabilities(PVIDEO_REQUEST_PACKET Packet) {
    if (Packet->OutputBufferLength < sizeof(VIDEO_POINTER_CAPABILITIES)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    VideoPortZeroMemory(Packet->OutputBuffer, sizeof(VIDEO_POINTER_CAPABILITIES));
    Packet->StatusBlock->Information = sizeof(VIDEO_POINTER_CAPABILITIES);
    return NO_ERROR;
}

static VP_STATUS LpResetDevice(PLP_DEVICE Device) {
    VP_STATUS Status = LpDmaQuiet(Device);

    if (Status == NO_ERROR) {
        Status = LpRasterOff(Device);
    }
    Device->CurrentMode = LP_NO_MODE;
    return Status;
}

static VP_STATUS LpChildState(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    if (Packet->InputBufferLength < sizeof(ULONG) || Packet->OutputBufferLength < sizeof(ULONG)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (*(PULONG)Packet->InputBuffer != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    *(PULONG)Packet->OutputBuffer = Device->CurrentMode == LP_NO_MODE ? 0 : VIDEO_CHILD_ACTIVE;
    Packet->StatusBlock->Information = sizeof(ULONG);
    return NO_ERROR;
}

static VP_STATUS LpCounters(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    if (Packet->OutputBufferLength < sizeof(LP_COUNTERS)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    VideoPortMoveMemory(Packet->OutputBuffer, &Device->Counters, sizeof(LP_COUNTERS));
    Packet->StatusBlock->Information = sizeof(LP_COUNTERS);
    return NO_ERROR;
}

static VP_STATUS LpDispatch(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    switch (Packet->IoControlCode) {
    case IOCTL_VIDEO_QUERY_NUM_AVAIL_MODES:
        return LpQueryModeCount(Device, Packet);
    case IOCTL_VIDEO_QUERY_AVAIL_MODES:
        return LpQueryModes(Device, Packet);
    case IOCTL_VIDEO_QUERY_CURRENT_MODE:
        return LpQueryCurrentMode(Device, Packet);
    case IOCTL_VIDEO_SET_CURRENT_MODE:
        return LpSetCurrentMode(Device, Packet);
    case IOCTL_VIDEO_RESET_DEVICE:
        return LpResetDevice(Device);
    case IOCTL_VIDEO_MAP_VIDEO_MEMORY:
        return LpMapVideoMemory(Device, Packet);
    case IOCTL_VIDEO_UNMAP_VIDEO_MEMORY:
    case IOCTL_VIDEO_FREE_PUBLIC_ACCESS_RANGES:
        return LpUnmapVideoMemory(Device, Packet);
    case IOCTL_VIDEO_QUERY_PUBLIC_ACCESS_RANGES:
        return LpPublicRanges(Device, Packet);
    case IOCTL_VIDEO_SET_COLOR_REGISTERS:
        return LpSetColors(Device, Packet);
    case IOCTL_VIDEO_QUERY_POINTER_CAPABILITIES:
        return LpPointerCapabilities(Packet);
    case IOCTL_VIDEO_GET_CHILD_STATE:
        return LpChildState(Device, Packet);
    case IOCTL_LP_UPDATE_RECTANGLE:
        return LpUpdateRectangle(Device, Packet);
    case IOCTL_LP_RUN_TEST:
        return LpRunTest(Device, Packet);
    case IOCTL_LP_TEST_NAME:
        return LpTestName(Packet);
    case IOCTL_LP_QUERY_COUNTERS:
        return LpCounters(Device, Packet);
    default:
        return ERROR_INVALID_FUNCTION;
    }
}

BOOLEAN NTAPI LpStartIo(PVOID HwDeviceExtension, PVIDEO_REQUEST_PACKET RequestPacket) {
    RequestPacket->StatusBlock->Information = 0;
    RequestPacket->StatusBlock->Status = LpDispatch(HwDeviceExtension, RequestPacket);
    if (RequestPacket->StatusBlock->Status != NO_ERROR) {
        RequestPacket->StatusBlock->Information = 0;
    }
    return TRUE;
}
