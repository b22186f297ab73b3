/*
 * child.c - the monitor behind the connector, found by its EDID over DDC
 *
 * The port's helper drives the two lines through four callbacks; the card's own I2C master stays idle meanwhile.
 */
#include "lumenport.h"

#define LP_MONITOR_UID 1u
#define LP_EDID_SEGMENT_BYTES 256u

/* One line: the driver pulls it low or lets go; the LINES register holds both pulls and both levels. */
static VOID LpPull(PLP_DEVICE Device, ULONG Mask, UCHAR High) {
    ULONG Lines = LpRead(Device, LP_DDC_LINES) & (LP_DDC_LINES_SCL_LOW_MASK | LP_DDC_LINES_SDA_LOW_MASK);

    LpWrite(Device, LP_DDC_LINES, High ? Lines & ~Mask : Lines | Mask);
}

static VOID NTAPI LpWriteClock(PVOID HwDeviceExtension, UCHAR Data) {
    LpPull(HwDeviceExtension, LP_DDC_LINES_SCL_LOW_MASK, Data);
}

static VOID NTAPI LpWriteData(PVOID HwDeviceExtension, UCHAR Data) {
    LpPull(HwDeviceExtension, LP_DDC_LINES_SDA_LOW_MASK, Data);
}

static BOOLEAN NTAPI LpReadClock(PVOID HwDeviceExtension) {
    return (LpRead(HwDeviceExtension, LP_DDC_LINES) & LP_DDC_LINES_SCL_MASK) != 0;
}

static BOOLEAN NTAPI LpReadData(PVOID HwDeviceExtension) {
    return (LpRead(HwDeviceExtension, LP_DDC_LINES) & LP_DDC_LINES_SDA_MASK) != 0;
}

VOID LpDdcCallbacks(PI2C_CALLBACKS Callbacks) {
    Callbacks->WriteClockLine = LpWriteClock;
    Callbacks->WriteDataLine = LpWriteData;
    Callbacks->ReadClockLine = LpReadClock;
    Callbacks->ReadDataLine = LpReadData;
}

static BOOLEAN LpReadEdid(PLP_DEVICE Device, PUCHAR Descriptor, ULONG Bytes) {
    DDC_CONTROL Control;

    VideoPortZeroMemory(&Control, sizeof(Control));
    Control.Size = sizeof(Control);
    LpDdcCallbacks(&Control.I2CCallbacks);
    Control.EdidSegment = 0;
    return VideoPortDDCMonitorHelper(Device, &Control, Descriptor, Bytes);
}

VP_STATUS NTAPI LpGetChildDescriptor(PVOID HwDeviceExtension, PVIDEO_CHILD_ENUM_INFO ChildEnumInfo, PVIDEO_CHILD_TYPE ChildType,
                                     PUCHAR Descriptor, PULONG UId, PULONG Unused) {
    PLP_DEVICE Device = HwDeviceExtension;

    UNREFERENCED_PARAMETER(Unused);
    switch (ChildEnumInfo->ChildIndex) {
    case 0:
        /* Reserved for children that firmware lists; this card has none. */
        return VIDEO_ENUM_INVALID_DEVICE;
    case 1:
        if (ChildEnumInfo->ChildDescriptorSize < LP_EDID_SEGMENT_BYTES ||
            !LpReadEdid(Device, Descriptor, LP_EDID_SEGMENT_BYTES)) {
            return VIDEO_ENUM_INVALID_DEVICE;
        }
        *ChildType = Monitor;
        *UId = LP_MONITOR_UID;
        return VIDEO_ENUM_MORE_DEVICES;
    default:
        return VIDEO_ENUM_NO_MORE_DEVICES;
    }
}
