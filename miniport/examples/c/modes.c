/*
 * modes.c - the mode list: standard timings that the board's clocks make, times the pixel formats that memory holds
 *
 * Timings: VESA DMT 1.13 and CTA-861; the two small ones are for simulations.
 */
#include "lumenport.h"

static const LP_TIMING LpTimings[] = {
    {25175, {640, 16, 96, 48}, {480, 10, 2, 33}, 0, 0},
    {25175, {320, 8, 48, 24}, {240, 5, 1, 16}, 0, 0},
    {25175, {64, 8, 8, 16}, {48, 4, 2, 10}, 0, 0},
    {40000, {800, 40, 128, 88}, {600, 1, 4, 23}, 1, 1},
    {65000, {1024, 24, 136, 160}, {768, 3, 6, 29}, 0, 0},
    {74250, {1280, 110, 40, 220}, {720, 5, 5, 20}, 1, 1},
    {108000, {1280, 48, 112, 248}, {1024, 1, 3, 38}, 1, 1},
    {148500, {1920, 88, 44, 148}, {1080, 4, 5, 36}, 1, 1},
};

static const struct {
    ULONG Format, BytesPerPixel;
} LpFormats[] = {
    {LP_PLANE_CONTROL_FORMAT_IS_XRGB8888, 4},
    {LP_PLANE_CONTROL_FORMAT_IS_RGB565, 2},
    {LP_PLANE_CONTROL_FORMAT_IS_C8, 1},
};

/* A board clock within half a percent of the wanted one (DMT section 2). */
static BOOLEAN LpFindClock(PLP_DEVICE Device, ULONG WantedKhz, PULONG Clock) {
    ULONG Idx;

    for (Idx = 0; Idx < LP_CLOCK_COUNT; Idx++) {
        ULONG Khz = Device->ClocksKhz[Idx];
        ULONG Off = Khz > WantedKhz ? Khz - WantedKhz : WantedKhz - Khz;

        if (Khz != 0 && Off <= WantedKhz / 200) {
            *Clock = Idx;
            return TRUE;
        }
    }
    return FALSE;
}

/* Entry Index of the list, which is not stored: clocks and memory decide what is in it. */
BOOLEAN LpModeAt(PLP_DEVICE Device, ULONG Index, LP_MODE *Mode) {
    ULONG Timing, Format;

    for (Timing = 0; Timing < ARRAYSIZE(LpTimings); Timing++) {
        Mode->Timing = &LpTimings[Timing];
        if (!LpFindClock(Device, Mode->Timing->ClockKhz, &Mode->Clock)) {
            continue;
        }
        for (Format = 0; Format < ARRAYSIZE(LpFormats); Format++) {
            Mode->Format = LpFormats[Format].Format;
            Mode->BytesPerPixel = LpFormats[Format].BytesPerPixel;
            Mode->PitchBytes = (Mode->Timing->H[0] * Mode->BytesPerPixel + 7) & ~7u;
            Mode->MemoryLines = Device->MemoryBytes / Mode->PitchBytes;
            if (Mode->MemoryLines >= Mode->Timing->V[0] && Index-- == 0) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static ULONG LpTotal(const USHORT Axis[4]) {
    return (ULONG)Axis[0] + Axis[1] + Axis[2] + Axis[3];
}

static VOID LpDescribe(const LP_MODE *Mode, ULONG Index, PVIDEO_MODE_INFORMATION Information) {
    ULONG Pixels = LpTotal(Mode->Timing->H) * LpTotal(Mode->Timing->V);

    VideoPortZeroMemory(Information, sizeof(*Information));
    Information->Length = sizeof(*Information);
    Information->ModeIndex = Index;
    Information->VisScreenWidth = Mode->Timing->H[0];
    Information->VisScreenHeight = Mode->Timing->V[0];
    Information->ScreenStride = Mode->PitchBytes;
    Information->NumberOfPlanes = 1;
    Information->BitsPerPlane = Mode->BytesPerPixel * 8;
    Information->Frequency = (Mode->Timing->ClockKhz * 1000 + Pixels / 2) / Pixels;
    /* 96 dots per inch: 0.2646 mm a dot. */
    Information->XMillimeter = Mode->Timing->H[0] * 265 / 1000;
    Information->YMillimeter = Mode->Timing->V[0] * 265 / 1000;
    Information->AttributeFlags = VIDEO_MODE_COLOR | VIDEO_MODE_GRAPHICS;
    Information->VideoMemoryBitmapWidth = Mode->Timing->H[0];
    Information->VideoMemoryBitmapHeight = Mode->MemoryLines;
    Information->NumberRedBits = Information->NumberGreenBits = Information->NumberBlueBits = 8;
    if (Mode->Format == LP_PLANE_CONTROL_FORMAT_IS_C8) {
        Information->AttributeFlags |= VIDEO_MODE_PALETTE_DRIVEN | VIDEO_MODE_MANAGED_PALETTE;
    } else if (Mode->Format == LP_PLANE_CONTROL_FORMAT_IS_RGB565) {
        Information->NumberRedBits = Information->NumberBlueBits = 5;
        Information->NumberGreenBits = 6;
        Information->RedMask = 0xF800;
        Information->GreenMask = 0x07E0;
        Information->BlueMask = 0x001F;
    } else {
        Information->RedMask = 0x00FF0000;
        Information->GreenMask = 0x0000FF00;
        Information->BlueMask = 0x000000FF;
    }
}

static ULONG LpModeCount(PLP_DEVICE Device) {
    LP_MODE Mode;
    ULONG Count = 0;

    while (LpModeAt(Device, Count, &Mode)) {
        Count++;
    }
    return Count;
}

VP_STATUS LpQueryModeCount(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_NUM_MODES Answer = Packet->OutputBuffer;

    if (Packet->OutputBufferLength < sizeof(*Answer)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Answer->NumModes = LpModeCount(Device);
    Answer->ModeInformationLength = sizeof(VIDEO_MODE_INFORMATION);
    Packet->StatusBlock->Information = sizeof(*Answer);
    return NO_ERROR;
}

VP_STATUS LpQueryModes(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    PVIDEO_MODE_INFORMATION Answer = Packet->OutputBuffer;
    ULONG Count = LpModeCount(Device);
    LP_MODE Mode;
    ULONG Idx;

    if (Packet->OutputBufferLength < Count * sizeof(*Answer)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    for (Idx = 0; Idx < Count && LpModeAt(Device, Idx, &Mode); Idx++) {
        LpDescribe(&Mode, Idx, &Answer[Idx]);
    }
    Packet->StatusBlock->Information = Count * sizeof(*Answer);
    return NO_ERROR;
}

VP_STATUS LpQueryCurrentMode(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    LP_MODE Mode;

    if (Packet->OutputBufferLength < sizeof(VIDEO_MODE_INFORMATION)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (Device->CurrentMode == LP_NO_MODE || !LpModeAt(Device, Device->CurrentMode, &Mode)) {
        return ERROR_INVALID_FUNCTION;
    }
    LpDescribe(&Mode, Device->CurrentMode, Packet->OutputBuffer);
    Packet->StatusBlock->Information = sizeof(VIDEO_MODE_INFORMATION);
    return NO_ERROR;
}

/* Clears the frame by DMA from a page of zeroes, a page at a time. */
static VP_STATUS LpClearFrame(PLP_DEVICE Device, ULONG Bytes) {
    VP_STATUS Status = NO_ERROR;
    ULONG Done = 0;
    PVOID Mdl;
    PVOID Zeroes = VideoPortAllocatePool(Device, VpNonPagedPool, 16 * PAGE_SIZE, LP_POOL_TAG);

    if (Zeroes == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    VideoPortZeroMemory(Zeroes, 16 * PAGE_SIZE);
    Mdl = VideoPortLockBuffer(Device, Zeroes, 16 * PAGE_SIZE, VpReadAccess);
    if (Mdl == NULL) {
        Status = ERROR_NOT_ENOUGH_MEMORY;
    }
    while (Status == NO_ERROR && Done < Bytes) {
        ULONG Piece = Bytes - Done < 16 * PAGE_SIZE ? Bytes - Done : 16 * PAGE_SIZE;

        Status = LpDmaMove(Device, Mdl, 0, Piece, Done, TRUE);
        Done += Piece;
    }
    if (Mdl != NULL) {
        VideoPortUnlockBuffer(Device, Mdl);
    }
    VideoPortFreePool(Device, Zeroes);
    return Status;
}

VP_STATUS LpSetCurrentMode(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    ULONG Requested;
    VP_STATUS Status;
    LP_MODE Mode;

    if (Packet->InputBufferLength < sizeof(VIDEO_MODE)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Requested = ((PVIDEO_MODE)Packet->InputBuffer)->RequestedMode;
    if (!LpModeAt(Device, Requested & ~(VIDEO_MODE_NO_ZERO_MEMORY | VIDEO_MODE_MAP_MEM_LINEAR), &Mode)) {
        return ERROR_INVALID_PARAMETER;
    }
    Status = LpRasterOff(Device);
    Device->CurrentMode = LP_NO_MODE;
    if (Status == NO_ERROR && (Requested & VIDEO_MODE_NO_ZERO_MEMORY) == 0) {
        Status = LpClearFrame(Device, Mode.PitchBytes * Mode.Timing->V[0]);
    }
    if (Status == NO_ERROR) {
        Status = LpRasterOn(Device, &Mode);
    }
    if (Status == NO_ERROR) {
        Device->CurrentMode = Requested & ~(VIDEO_MODE_NO_ZERO_MEMORY | VIDEO_MODE_MAP_MEM_LINEAR);
    }
    return Status;
}
