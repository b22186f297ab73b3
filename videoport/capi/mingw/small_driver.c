/*
 * small_driver.c - the least that is a video miniport: linked to prove headers, calling conventions and import libraries
 *
 * It finds no adapter, so loading it does no harm.
 */
#include "dderror.h"
#include "devioctl.h"
#include "miniport.h"
#include "ntddvdeo.h"
#include "video.h"

static VP_STATUS NTAPI SmallFindAdapter(PVOID HwDeviceExtension, PVOID HwContext, PWSTR ArgumentString,
                                        PVIDEO_PORT_CONFIG_INFO ConfigInfo, PUCHAR Again) {
    static LONG Found;

    UNREFERENCED_PARAMETER(HwContext);
    UNREFERENCED_PARAMETER(ArgumentString);
    UNREFERENCED_PARAMETER(ConfigInfo);
    *Again = FALSE;
    VideoPortDebugPrint(Trace, (PSTR) "small: asked %d times\n", (int)VideoPortInterlockedIncrement(&Found));
    VideoPortLogError(HwDeviceExtension, NULL, ERROR_DEV_NOT_EXIST, 1);
    return ERROR_DEV_NOT_EXIST;
}

static BOOLEAN NTAPI SmallInitialize(PVOID HwDeviceExtension) {
    UNREFERENCED_PARAMETER(HwDeviceExtension);
    return FALSE;
}

static BOOLEAN NTAPI SmallStartIo(PVOID HwDeviceExtension, PVIDEO_REQUEST_PACKET RequestPacket) {
    UNREFERENCED_PARAMETER(HwDeviceExtension);
    RequestPacket->StatusBlock->Status = ERROR_INVALID_FUNCTION;
    RequestPacket->StatusBlock->Information = 0;
    return TRUE;
}

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2) {
    VIDEO_HW_INITIALIZATION_DATA Data;

    VideoPortZeroMemory(&Data, sizeof(Data));
    Data.HwInitDataSize = sizeof(Data);
    Data.AdapterInterfaceType = PCIBus;
    Data.HwFindAdapter = SmallFindAdapter;
    Data.HwInitialize = SmallInitialize;
    Data.HwStartIO = SmallStartIo;
    Data.HwDeviceExtensionSize = sizeof(ULONG);
    return VideoPortInitialize(Context1, Context2, &Data, NULL);
}
