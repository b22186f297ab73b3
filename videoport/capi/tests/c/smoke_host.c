/*
 * smoke_host.c - a driver and its test in one program: the whole life of a device on the in-memory card
 */
#include "check.h"
#include "lumenport_host.h"

#include "card_regs.h"
#include "minimal_driver.h"

#include <string.h>

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2);

static lumenport_host *Make(void) {
    struct lumenport_host_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.strict = 1;
    return lumenport_host_create(&options, DriverEntry);
}

static void Modes(lumenport_host *host) {
    VIDEO_NUM_MODES count;
    VIDEO_MODE_INFORMATION modes[4];
    VIDEO_MODE mode = {0};
    ULONG returned = 0;

    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_QUERY_NUM_AVAIL_MODES, &count, 0, sizeof count, &returned) == NO_ERROR);
    CHECK(returned == sizeof count && count.NumModes == 2 && count.ModeInformationLength == sizeof modes[0]);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_QUERY_AVAIL_MODES, modes, 0, 8, &returned) == ERROR_INSUFFICIENT_BUFFER);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_QUERY_AVAIL_MODES, modes, 0, sizeof modes, &returned) == NO_ERROR);
    CHECK(returned == 2 * sizeof modes[0] && modes[1].VisScreenWidth == 640);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_SET_CURRENT_MODE, &mode, sizeof mode, 0, NULL) == NO_ERROR);
    mode.RequestedMode = 77;
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_SET_CURRENT_MODE, &mode, sizeof mode, 0, NULL) == ERROR_INVALID_PARAMETER);
    mode.RequestedMode = VIDEO_MODE_NO_ZERO_MEMORY;
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_SET_CURRENT_MODE, &mode, sizeof mode, 0, NULL) == NO_ERROR);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_QUERY_CURRENT_MODE, modes, 0, sizeof modes[0], &returned) == NO_ERROR);
    CHECK(modes[0].VisScreenWidth == 64);
}

/* Draws through the mapping the way a display driver on this host must: with accessors. */
static void Draw(lumenport_host *host) {
    union {
        VIDEO_MEMORY in;
        VIDEO_MEMORY_INFORMATION out;
    } map;
    ULONG pixels[64];
    ULONG seen[64];
    ULONG idx;

    memset(&map, 0, sizeof map);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_MAP_VIDEO_MEMORY, &map, sizeof map.in, sizeof map.out, NULL) == NO_ERROR);
    CHECK(map.out.FrameBufferBase != NULL && map.out.FrameBufferLength != 0);
    for (idx = 0; idx < ARRAYSIZE(pixels); idx++)
        pixels[idx] = idx * 0x010203u;
    VideoPortWriteRegisterBufferUlong(map.out.FrameBufferBase, pixels, ARRAYSIZE(pixels));
    CHECK(lumenport_host_read_card(host, 0, seen, sizeof seen));
    CHECK(memcmp(pixels, seen, sizeof seen) == 0);
    CHECK(VideoPortReadRegisterUlong((PULONG)map.out.FrameBufferBase + 5) == pixels[5]);
    VideoPortZeroDeviceMemory(map.out.FrameBufferBase, sizeof pixels);
    CHECK(VideoPortReadRegisterUlong((PULONG)map.out.FrameBufferBase + 5) == 0);
    map.in.RequestedVirtualAddress = map.out.FrameBufferBase;
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_UNMAP_VIDEO_MEMORY, &map, sizeof map.in, 0, NULL) == NO_ERROR);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_UNMAP_VIDEO_MEMORY, &map, sizeof map.in, 0, NULL) == ERROR_INVALID_PARAMETER);
}

static void Blanking(lumenport_host *host) {
    MINIMAL_COUNTS counts;

    CHECK(lumenport_host_io_control(host, IOCTL_MINIMAL_WAIT, NULL, 0, 0, NULL) == NO_ERROR);
    CHECK(lumenport_host_io_control(host, IOCTL_MINIMAL_COUNTS, &counts, 0, sizeof counts, NULL) == NO_ERROR);
    CHECK(counts.Interrupts == 1 && counts.Deferred == 1);
    CHECK(lumenport_host_call_count(host, "VideoPortQueueDpc") == 1);
    CHECK(lumenport_host_call_count(host, "VideoPortNothing") == 0);
}

static ULONG NTAPI Refuses(PVOID Context1, PVOID Context2) {
    VIDEO_HW_INITIALIZATION_DATA data;
    ULONG status;

    memset(&data, 0, sizeof data);
    data.HwInitDataSize = sizeof data + 8;
    status = VideoPortInitialize(Context1, Context2, &data, NULL);
    CHECK(status == 0xC0000059u); /* STATUS_REVISION_MISMATCH */
    data.HwInitDataSize = 60;
    CHECK(!NT_SUCCESS(VideoPortInitialize(Context1, Context2, &data, NULL)));
    data.HwInitDataSize = SIZE_OF_NT4_VIDEO_HW_INITIALIZATION_DATA;
    CHECK(!NT_SUCCESS(VideoPortInitialize(Context1, Context2, &data, NULL))); /* no entry points */
    CHECK(!NT_SUCCESS(VideoPortInitialize(NULL, Context2, &data, NULL)));
    CHECK(!NT_SUCCESS(VideoPortInitialize(Context1, Context2, NULL, NULL)));
    return 0xC0000001u;
}

static void Refusal(void) {
    struct lumenport_host_options options;
    lumenport_host *host;

    memset(&options, 0, sizeof options);
    CHECK(lumenport_host_create(&options, DriverEntry) == NULL);
    CHECK(lumenport_host_create(NULL, DriverEntry) == NULL);
    options.size = sizeof options;
    CHECK(lumenport_host_create(&options, NULL) == NULL);
    host = lumenport_host_create(&options, Refuses);
    CHECK(lumenport_host_bring_up(host) == ERROR_DEV_NOT_EXIST);
    lumenport_host_destroy(host);
}

int main(void) {
    lumenport_host *host = Make();
    lumenport_host *other = Make();
    char finding[200] = "";

    CHECK(host != NULL && other != NULL);
    CHECK(lumenport_host_bring_up(host) == NO_ERROR);
    CHECK(lumenport_host_bring_up(other) == NO_ERROR);
    CHECK(lumenport_host_extension(host) != lumenport_host_extension(other));
    Modes(host);
    Modes(other);
    Draw(host);
    Draw(other);
    Blanking(host);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_RESET_DEVICE, NULL, 0, 0, NULL) == NO_ERROR);
    CHECK(lumenport_host_io_control(host, 0x00232FFC, NULL, 0, 0, NULL) == ERROR_INVALID_FUNCTION);
    /* The one misuse: an address that was not mapped any more. */
    CHECK(lumenport_host_take_finding(host, finding, sizeof finding));
    CHECK(strncmp(finding, "VideoPortUnmapMemory", 20) == 0);
    CHECK(!lumenport_host_take_finding(host, finding, sizeof finding));
    CHECK(lumenport_host_remove(host) == 0);
    CHECK(lumenport_host_live_pages(host) == 0 && lumenport_host_pins(host) == 0);
    CHECK(lumenport_host_io_control(host, IOCTL_VIDEO_RESET_DEVICE, NULL, 0, 0, NULL) == ERROR_DEV_NOT_EXIST);
    lumenport_host_destroy(host);
    lumenport_host_destroy(other);
    Refusal();
    return check_result("smoke_host");
}
