/* idioms.c - what drivers of that era write. Included text: the test puts the headers before it. */

#include "pshpack1.h"
typedef struct _PACKED {
    UCHAR Byte;
    ULONG Word;
} PACKED;
#include "poppack.h"
typedef struct _LOOSE {
    UCHAR Byte;
    ULONG Word;
} LOOSE;

C_ASSERT(sizeof(PACKED) == 5 && sizeof(LOOSE) == 8);
C_ASSERT(IOCTL_VIDEO_MAP_VIDEO_MEMORY == 0x00230458 && IOCTL_VIDEO_SET_DISPLAY_BRIGHTNESS == 0x0023049C);
C_ASSERT(SIZE_OF_NT4_VIDEO_HW_INITIALIZATION_DATA == (sizeof(PVOID) == 8 ? 64 : 40));
C_ASSERT(SIZE_OF_W2K_VIDEO_HW_INITIALIZATION_DATA == (sizeof(PVOID) == 8 ? 140 : 80));
C_ASSERT(SIZE_OF_WXP_VIDEO_HW_INITIALIZATION_DATA == sizeof(VIDEO_HW_INITIALIZATION_DATA));
C_ASSERT(SIZE_OF_NT4_VIDEO_PORT_CONFIG_INFO == (sizeof(PVOID) == 8 ? 74 : 66));
C_ASSERT(VIDEO_ENUM_MORE_DEVICES == 1246 && VIDEO_ENUM_NO_MORE_DEVICES == 1248 && VIDEO_ENUM_INVALID_DEVICE == 123);
C_ASSERT(FIELD_OFFSET(VIDEO_CLUT, LookupTable) == 4 && RTL_FIELD_SIZE(VIDEO_CLUT, NumEntries) == 2);

#ifdef __cplusplus
extern "C" {
#endif

static VOID NTAPI Dpc(_In_ PVOID HwDeviceExtension, _In_opt_ PVOID Context) {
    UNREFERENCED_PARAMETER(HwDeviceExtension);
    UNREFERENCED_PARAMETER(Context);
}

static BOOLEAN NTAPI StartIo(IN PVOID HwDeviceExtension, IN OUT PVIDEO_REQUEST_PACKET Packet) {
    LARGE_INTEGER Big = RtlConvertUlongToLargeInteger(0x80000000);
    WCHAR Empty[] = {UNICODE_NULL};
    ULONG Codes[] = {IOCTL_VIDEO_RESET_DEVICE, IOCTL_VIDEO_ENABLE_VDM};
    ULONG Irql = VideoPortGetCurrentIrql();

    PAGED_CODE();
    ASSERT(Irql == PASSIVE_LEVEL);
    VideoDebugPrint((Trace, (PSTR) "%lu codes at %lu\n", (ULONG)ARRAYSIZE(Codes), Irql));
    Packet->StatusBlock->Status = Big.HighPart == 0 && Big.LowPart == Big.u.LowPart ? NO_ERROR : ERROR_INVALID_PARAMETER;
    Packet->StatusBlock->Information = sizeof(Empty) + ARRAYSIZE(Codes) + Irql * 0;
    return VideoPortQueueDpc(HwDeviceExtension, Dpc, NULL);
}

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2);

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2) {
    VIDEO_HW_INITIALIZATION_DATA Data;

    VideoPortZeroMemory(&Data, sizeof(Data));
    Data.HwInitDataSize = (ULONG)SIZE_OF_WXP_VIDEO_HW_INITIALIZATION_DATA;
    Data.HwStartIO = StartIo;
    return VideoPortInitialize(Context1, Context2, &Data, NULL);
}

#ifdef __cplusplus
}
#endif
