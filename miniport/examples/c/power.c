/*
 * power.c - power states of the adapter: off means a dark raster and no interrupts
 */
#include "lumenport.h"

VP_STATUS NTAPI LpGetPowerState(PVOID HwDeviceExtension, ULONG HwId, PVIDEO_POWER_MANAGEMENT Control) {
    UNREFERENCED_PARAMETER(HwDeviceExtension);
    UNREFERENCED_PARAMETER(HwId);
    /* Every state is reachable for adapter and monitor: a monitor without a picture sleeps by itself. */
    if (Control->PowerState <= VideoPowerUnspecified || Control->PowerState >= VideoPowerMaximum) {
        return ERROR_DEVICE_REINITIALIZATION_NEEDED;
    }
    return NO_ERROR;
}

VP_STATUS NTAPI LpSetPowerState(PVOID HwDeviceExtension, ULONG HwId, PVIDEO_POWER_MANAGEMENT Control) {
    PLP_DEVICE Device = HwDeviceExtension;
    LP_MODE Mode;

    switch (Control->PowerState) {
    case VideoPowerOn:
        if (HwId == DISPLAY_ADAPTER_HW_ID) {
            Device->PowerState = VideoPowerOn;
            LpEnableInterrupts(Device);
        }
        if (Device->CurrentMode != LP_NO_MODE && LpModeAt(Device, Device->CurrentMode, &Mode)) {
            (VOID)LpRasterOn(Device, &Mode);
        }
        break;
    case VideoPowerHibernate:
        /* Adapter and monitor stay on until the image is written. */
        break;
    default:
        (VOID)LpRasterOff(Device);
        if (HwId == DISPLAY_ADAPTER_HW_ID && Control->PowerState >= VideoPowerOff) {
            (VOID)LpDmaQuiet(Device);
            LpWrite(Device, LP_IRQ_ENABLE, 0);
            Device->PowerState = VideoPowerOff;
        }
        break;
    }
    return NO_ERROR;
}
