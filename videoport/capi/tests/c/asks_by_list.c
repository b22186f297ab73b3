/*
 * asks_by_list.c - VideoPortGetAccessRanges with request lists: what is met, what is refused, where nothing may be read
 */
#include "check.h"
#include "lumenport_host.h"

#include <string.h>

static VIDEO_ACCESS_RANGE All[6];

static IO_RESOURCE_DESCRIPTOR Memory(ULONG Length, ULONG Alignment, ULONGLONG Low, ULONGLONG High) {
    IO_RESOURCE_DESCRIPTOR Wanted;

    memset(&Wanted, 0, sizeof Wanted);
    Wanted.Type = CmResourceTypeMemory;
    Wanted.ShareDisposition = CmResourceShareDeviceExclusive;
    Wanted.Flags = CM_RESOURCE_MEMORY_READ_WRITE;
    Wanted.u.Memory.Length = Length;
    Wanted.u.Memory.Alignment = Alignment;
    Wanted.u.Memory.MinimumAddress.QuadPart = (LONGLONG)Low;
    Wanted.u.Memory.MaximumAddress.QuadPart = (LONGLONG)High;
    return Wanted;
}

static VP_STATUS Ask(PVOID Hde, ULONG Count, PIO_RESOURCE_DESCRIPTOR Wanted, ULONG Places, PVIDEO_ACCESS_RANGE Ranges) {
    ULONG Slot = 77;
    return VideoPortGetAccessRanges(Hde, Count, Wanted, Places, Ranges, NULL, NULL, &Slot);
}

static VP_STATUS NTAPI Find(PVOID Hde, PVOID Context, PWSTR Argument, PVIDEO_PORT_CONFIG_INFO Info, PUCHAR Again) {
    VIDEO_ACCESS_RANGE Ranges[6];
    IO_RESOURCE_DESCRIPTOR Wanted[3];
    const ULONGLONG Top = ~(ULONGLONG)0 >> 1;

    (void)Context, (void)Argument, (void)Info, (void)Again;
    CHECK(Ask(Hde, 0, NULL, ARRAYSIZE(All), All) == NO_ERROR);
    CHECK(All[0].RangeLength != 0 && All[1].RangeLength != 0);
    /* Registers first, then a page of card memory. */
    Wanted[0] = Memory(All[1].RangeLength, 4096, (ULONGLONG)All[1].RangeStart.QuadPart, Top);
    Wanted[1] = Memory(4096, 0, 0, Top);
    CHECK(Ask(Hde, 2, Wanted, ARRAYSIZE(Ranges), Ranges) == NO_ERROR);
    CHECK(Ranges[0].RangeStart.QuadPart == All[1].RangeStart.QuadPart && Ranges[0].RangeLength == All[1].RangeLength);
    CHECK(Ranges[1].RangeStart.QuadPart == All[0].RangeStart.QuadPart && Ranges[1].RangeLength == 4096);
    CHECK(Ranges[2].RangeLength == 0);
    CHECK(VideoPortGetDeviceBase(Hde, Ranges[1].RangeStart, 4096, 0) != NULL);
    CHECK(VideoPortGetDeviceBase(Hde, Ranges[1].RangeStart, 8192, 0) == NULL); /* more than was claimed */
    /* A port or else memory; an interrupt, which needs no range. */
    memset(&Wanted[0], 0, sizeof Wanted[0]);
    Wanted[0].Option = IO_RESOURCE_PREFERRED;
    Wanted[0].Type = CmResourceTypePort;
    Wanted[0].u.Port.Length = 16;
    Wanted[0].u.Port.MaximumAddress.QuadPart = 0xFFFF;
    Wanted[1] = Memory(4096, 1, 0, Top);
    Wanted[1].Option = IO_RESOURCE_ALTERNATIVE;
    memset(&Wanted[2], 0, sizeof Wanted[2]);
    Wanted[2].Type = CmResourceTypeInterrupt;
    CHECK(Ask(Hde, 3, Wanted, ARRAYSIZE(Ranges), Ranges) == NO_ERROR);
    CHECK(Ranges[0].RangeLength == 4096 && !Ranges[0].RangeInIoSpace && Ranges[1].RangeLength == 0);
    /* Refused: a port alone, out of bounds, too long, nowhere, too little room. */
    CHECK(Ask(Hde, 1, Wanted, ARRAYSIZE(Ranges), Ranges) == ERROR_INVALID_PARAMETER);
    Wanted[0] = Memory(4096, 0, 0, 0xFFFFF);
    CHECK(Ask(Hde, 1, Wanted, ARRAYSIZE(Ranges), Ranges) == ERROR_INVALID_PARAMETER);
    Wanted[0] = Memory(0x80000000u, 0, 0, Top);
    CHECK(Ask(Hde, 1, Wanted, ARRAYSIZE(Ranges), Ranges) == ERROR_INVALID_PARAMETER);
    CHECK(Ask(Hde, 1, (PIO_RESOURCE_DESCRIPTOR)(ULONG_PTR)0x10, ARRAYSIZE(Ranges), Ranges) == ERROR_INVALID_PARAMETER);
    CHECK(Ask(Hde, 0xFFFFFFFFu, Wanted, ARRAYSIZE(Ranges), Ranges) == ERROR_INVALID_PARAMETER);
    Wanted[0] = Memory(4096, 0, (ULONGLONG)All[1].RangeStart.QuadPart, Top);
    Wanted[1] = Memory(4096, 0, 0, Top);
    CHECK(Ask(Hde, 2, Wanted, 1, Ranges) == ERROR_MORE_DATA);
    return NO_ERROR;
}

static BOOLEAN NTAPI Initialize(PVOID Hde) {
    return Hde != NULL;
}

static BOOLEAN NTAPI StartIo(PVOID Hde, PVIDEO_REQUEST_PACKET Packet) {
    Packet->StatusBlock->Status = ERROR_INVALID_FUNCTION;
    return Hde != NULL;
}

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2);
ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2) {
    VIDEO_HW_INITIALIZATION_DATA data;

    memset(&data, 0, sizeof data);
    data.HwInitDataSize = sizeof data;
    data.AdapterInterfaceType = PCIBus;
    data.HwFindAdapter = Find;
    data.HwInitialize = Initialize;
    data.HwStartIO = StartIo;
    return VideoPortInitialize(Context1, Context2, &data, NULL);
}

int main(void) {
    struct lumenport_host_options options;
    lumenport_host *host;

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.strict = 1;
    host = lumenport_host_create(&options, DriverEntry);
    CHECK(host != NULL && lumenport_host_bring_up(host) == NO_ERROR);
    CHECK(lumenport_host_call_count(host, "VideoPortGetAccessRanges") == 9);
    CHECK(lumenport_host_remove(host) == 0);
    lumenport_host_destroy(host);
    return check_result("asks_by_list");
}
