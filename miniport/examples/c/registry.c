/*
 * registry.c - what the driver tells the control panel, and the parameters it reads
 */
#include "lumenport.h"

VP_STATUS LpWriteHardwareInformation(PLP_DEVICE Device) {
    static WCHAR ChipName[] = LUMENPORT_L("HardwareInformation.ChipType");
    static WCHAR DacName[] = LUMENPORT_L("HardwareInformation.DacType");
    static WCHAR AdapterName[] = LUMENPORT_L("HardwareInformation.AdapterString");
    static WCHAR BiosName[] = LUMENPORT_L("HardwareInformation.BiosString");
    static WCHAR MemoryName[] = LUMENPORT_L("HardwareInformation.MemorySize");
    static WCHAR Chip[] = LUMENPORT_L("Lumenport");
    static WCHAR Dac[] = LUMENPORT_L("TMDS");
    static WCHAR Adapter[] = LUMENPORT_L("Lumenport display card");
    static WCHAR Bios[] = LUMENPORT_L("none");
    struct {
        PWSTR Name;
        PVOID Data;
        ULONG Bytes;
    } Values[] = {
        {ChipName, Chip, sizeof(Chip)},
        {DacName, Dac, sizeof(Dac)},
        {AdapterName, Adapter, sizeof(Adapter)},
        {BiosName, Bios, sizeof(Bios)},
        {MemoryName, &Device->MemoryBytes, sizeof(ULONG)},
    };
    VP_STATUS First = NO_ERROR;
    ULONG Idx;

    for (Idx = 0; Idx < ARRAYSIZE(Values); Idx++) {
        VP_STATUS Status = VideoPortSetRegistryParameters(Device, Values[Idx].Name, Values[Idx].Data, Values[Idx].Bytes);

        if (First == NO_ERROR) {
            First = Status;
        }
    }
    return First;
}

static VP_STATUS NTAPI LpTakeUlong(PVOID HwDeviceExtension, PVOID Context, PWSTR ValueName, PVOID ValueData, ULONG ValueLength) {
    UNREFERENCED_PARAMETER(HwDeviceExtension);
    UNREFERENCED_PARAMETER(ValueName);
    if (ValueLength != sizeof(ULONG)) {
        return ERROR_INVALID_PARAMETER;
    }
    VideoPortMoveMemory(Context, ValueData, sizeof(ULONG));
    return NO_ERROR;
}

ULONG LpReadParameter(PLP_DEVICE Device, PWSTR Name, ULONG Default) {
    ULONG Value = Default;

    if (VideoPortGetRegistryParameters(Device, Name, FALSE, LpTakeUlong, &Value) != NO_ERROR) {
        return Default;
    }
    return Value;
}
