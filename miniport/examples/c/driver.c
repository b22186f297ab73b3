/*
 * driver.c - registration and the life of one device: find, initialise, reset, interfaces
 */
#include "lumenport.h"

#include "conformance/conformance.h"

static const GUID LpConformanceGuid = LP_CONFORMANCE_GUID;

/* Loaded. Registers the entry points; a port that knows only an older structure gets an older one. */
ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2) {
    static const ULONG Sizes[] = {
        (ULONG)SIZE_OF_WXP_VIDEO_HW_INITIALIZATION_DATA,
        (ULONG)SIZE_OF_W2K_VIDEO_HW_INITIALIZATION_DATA,
    };
    VIDEO_HW_INITIALIZATION_DATA Data;
    ULONG Status = 0;
    ULONG Idx;

    VideoPortZeroMemory(&Data, sizeof(Data));
    Data.AdapterInterfaceType = PCIBus;
    Data.HwFindAdapter = LpFindAdapter;
    Data.HwInitialize = LpInitialize;
#ifndef LP_WITHOUT_INTERRUPT
    Data.HwInterrupt = LpInterrupt;
#endif
    Data.HwStartIO = LpStartIo;
    Data.HwDeviceExtensionSize = sizeof(LP_DEVICE);
    Data.HwResetHw = LpResetHw;
    Data.HwTimer = LpTimer;
    Data.HwSetPowerState = LpSetPowerState;
    Data.HwGetPowerState = LpGetPowerState;
    Data.HwGetVideoChildDescriptor = LpGetChildDescriptor;
    Data.HwQueryInterface = LpQueryInterface;

    for (Idx = 0; Idx < ARRAYSIZE(Sizes); Idx++) {
        Data.HwInitDataSize = Sizes[Idx];
        Status = VideoPortInitialize(Context1, Context2, &Data, NULL);
        if (NT_SUCCESS((NTSTATUS)Status)) {
            break;
        }
    }
    return Status;
}

/* The ranges come in BAR order: card memory first, then the registers, which are known by their size. */
static BOOLEAN LpSortRanges(PLP_DEVICE Device, const VIDEO_ACCESS_RANGE *Ranges, ULONG Count) {
    ULONG Idx;

    if (Count < 2 || Ranges[0].RangeLength == 0 || Ranges[0].RangeInIoSpace) {
        return FALSE;
    }
    Device->Memory = Ranges[0];
    for (Idx = 1; Idx < Count; Idx++) {
        if (Ranges[Idx].RangeLength == 0x10000u && !Ranges[Idx].RangeInIoSpace) {
            Device->RegisterRange = Ranges[Idx];
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN LpClaim(PLP_DEVICE Device) {
    VIDEO_ACCESS_RANGE Ranges[6];
    ULONG Count = 0;

    VideoPortZeroMemory(Ranges, sizeof(Ranges));
    Device->Found.TooFewRanges = VideoPortGetAccessRanges(Device, 0, NULL, 1, Ranges, NULL, NULL, NULL);
    VideoPortZeroMemory(Ranges, sizeof(Ranges));
    Device->Found.Slot = MAXULONG;
    Device->Found.AccessRanges =
        VideoPortGetAccessRanges(Device, 0, NULL, ARRAYSIZE(Ranges), Ranges, NULL, NULL, &Device->Found.Slot);
    if (Device->Found.AccessRanges != NO_ERROR) {
        return FALSE;
    }
    while (Count < ARRAYSIZE(Ranges) && Ranges[Count].RangeLength != 0) {
        Count++;
    }
    Device->Found.RangeCount = Count;
    if (!LpSortRanges(Device, Ranges, Count)) {
        return FALSE;
    }
    /* The other way to claim: nothing, then the same ranges again. Each claim replaces the one before. */
    Device->Found.VerifyNothing = VideoPortVerifyAccessRanges(Device, 0, NULL);
    Device->Found.Verify = VideoPortVerifyAccessRanges(Device, Count, Ranges);
    return Device->Found.Verify == NO_ERROR;
}

static BOOLEAN LpMap(PLP_DEVICE Device) {
    PHYSICAL_ADDRESS Middle = Device->Memory.RangeStart;
    PVOID Second;

    Device->Registers = VideoPortGetDeviceBase(Device, Device->RegisterRange.RangeStart, Device->RegisterRange.RangeLength,
                                               VIDEO_MEMORY_SPACE_MEMORY);
    Device->Found.BaseMapped = Device->Registers != NULL;
    if (Device->Registers == NULL) {
        return FALSE;
    }
    /* A second mapping of the same range is its own and is given back on its own. */
    Second = VideoPortGetDeviceBase(Device, Device->RegisterRange.RangeStart, PAGE_SIZE, VIDEO_MEMORY_SPACE_MEMORY);
    Device->Found.SecondBaseMapped = Second != NULL;
    if (Second != NULL) {
        VideoPortFreeDeviceBase(Device, Second);
    }
    Device->WindowAddress = Device->Memory.RangeLength / 2;
    Middle.QuadPart += Device->WindowAddress;
    /* All mappings of card memory combine writes, or none may: the frame buffer's does. */
    Device->Window =
        VideoPortGetDeviceBase(Device, Middle, LP_WINDOW_BYTES, VIDEO_MEMORY_SPACE_MEMORY | VIDEO_MEMORY_SPACE_P6CACHE);
    return Device->Window != NULL;
}

/* A card of another register map must not be touched: the identity block alone is read. */
static BOOLEAN LpIsOurs(PLP_DEVICE Device) {
    return LpRead(Device, LP_ID_MAGIC) == LP_ID_MAGIC_VALUE_RESET && LpRead(Device, LP_ID_MAP_DIGEST) == LP_MAP_DIGEST;
}

static VOID LpUnfind(PLP_DEVICE Device) {
    if (Device->Adapter != NULL) {
        VideoPortPutDmaAdapter(Device, Device->Adapter);
        Device->Adapter = NULL;
    }
    if (Device->Window != NULL) {
        VideoPortFreeDeviceBase(Device, Device->Window);
        Device->Window = NULL;
    }
    if (Device->Registers != NULL) {
        VideoPortFreeDeviceBase(Device, Device->Registers);
        Device->Registers = NULL;
    }
    (VOID)VideoPortGetAccessRanges(Device, 0, NULL, 0, NULL, NULL, NULL, NULL);
}

VP_STATUS NTAPI LpFindAdapter(PVOID HwDeviceExtension, PVOID HwContext, PWSTR ArgumentString,
                              PVIDEO_PORT_CONFIG_INFO ConfigInfo, PUCHAR Again) {
    PLP_DEVICE Device = HwDeviceExtension;
    VP_DEVICE_DESCRIPTION Engine;
    ULONG Idx;

    UNREFERENCED_PARAMETER(HwContext);
    UNREFERENCED_PARAMETER(ArgumentString);
    UNREFERENCED_PARAMETER(Again);
    if (ConfigInfo->Length < SIZE_OF_NT4_VIDEO_PORT_CONFIG_INFO) {
        return ERROR_INVALID_PARAMETER;
    }
    Device->Found.Irql = VideoPortGetCurrentIrql();
    Device->CurrentMode = LP_NO_MODE;
    Device->PowerState = VideoPowerOn;
    if (!LpClaim(Device) || !LpMap(Device) || !LpIsOurs(Device)) {
        LpUnfind(Device);
        return ERROR_DEV_NOT_EXIST;
    }
    VideoPortZeroMemory(&Engine, sizeof(Engine));
    Engine.ScatterGather = TRUE;
    Engine.Dma32BitAddresses = TRUE;
    Engine.Dma64BitAddresses = TRUE;
    Engine.MaximumLength = MAXULONG;
    Device->Adapter = VideoPortGetDmaAdapter(Device, &Engine);
    if (Device->Adapter == NULL) {
        LpUnfind(Device);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    Device->MemoryBytes = LpRead(Device, LP_ID_MEMORY_BYTES);
    for (Idx = 0; Idx < LP_CLOCK_COUNT; Idx++) {
        Device->ClocksKhz[Idx] = LpRead(Device, LP_CRTC_CLOCK_KHZ(Idx));
    }
    if (ConfigInfo->Length >= SIZE_OF_WXP_VIDEO_PORT_CONFIG_INFO) {
        Device->GetProcAddress = ConfigInfo->VideoPortGetProcAddress;
        ConfigInfo->Master = TRUE;
    }
    ConfigInfo->NumEmulatorAccessEntries = 0;
    ConfigInfo->EmulatorAccessEntries = NULL;
    ConfigInfo->EmulatorAccessEntriesContext = 0;
    ConfigInfo->VdmPhysicalVideoMemoryAddress.QuadPart = 0;
    ConfigInfo->VdmPhysicalVideoMemoryLength = 0;
    ConfigInfo->HardwareStateSize = 0;
    return NO_ERROR;
}

/* First open. The card may have been used by other software: stop everything, then listen. */
BOOLEAN NTAPI LpInitialize(PVOID HwDeviceExtension) {
    PLP_DEVICE Device = HwDeviceExtension;

    if (LpDmaQuiet(Device) != NO_ERROR || LpRasterOff(Device) != NO_ERROR) {
        VideoPortLogError(Device, NULL, ERROR_DEV_NOT_EXIST, 0xC0010001u);
        return FALSE;
    }
    Device->CurrentMode = LP_NO_MODE;
    LpEnableInterrupts(Device);
    /* Names for the control panel. A port without a registry is no reason to fail. */
    if (LpWriteHardwareInformation(Device) != NO_ERROR) {
        VideoDebugPrint((Warn, "lumenport: no registry\n"));
    }
    return TRUE;
}

/* Crash path: any level, accessors only, no waiting. FALSE: the platform sets a text mode, this card has none. */
BOOLEAN NTAPI LpResetHw(PVOID HwDeviceExtension, ULONG Columns, ULONG Rows) {
    PLP_DEVICE Device = HwDeviceExtension;

    UNREFERENCED_PARAMETER(Columns);
    UNREFERENCED_PARAMETER(Rows);
    LpWrite(Device, LP_IRQ_ENABLE, 0);
    LpWrite(Device, LP_DMA_CONTROL, LP_DMA_CONTROL_ABORT_MASK);
    LpWrite(Device, LP_CRTC_CONTROL, 0);
    LpWrite(Device, LP_CRTC_COMMIT, LP_CRTC_COMMIT_COMMIT_MASK);
    return FALSE;
}

static VOID NTAPI LpInterfaceReference(PVOID Context) {
    PLP_DEVICE Device = Context;

    (VOID)VideoPortInterlockedIncrement((PLONG)&Device->References);
}

static VOID NTAPI LpInterfaceDereference(PVOID Context) {
    PLP_DEVICE Device = Context;

    (VOID)VideoPortInterlockedDecrement((PLONG)&Device->References);
}

static BOOLEAN LpSameGuid(const GUID *A, const GUID *B) {
    GUID Left = *A;
    GUID Right = *B;

    return VideoPortCompareMemory(&Left, &Right, sizeof(GUID)) == sizeof(GUID);
}

VP_STATUS NTAPI LpQueryInterface(PVOID HwDeviceExtension, PQUERY_INTERFACE QueryInterface) {
    LP_CONFORMANCE_INTERFACE *Answer = (LP_CONFORMANCE_INTERFACE *)(PVOID)QueryInterface->Interface;

    if (!LpSameGuid(QueryInterface->InterfaceType, &LpConformanceGuid) || QueryInterface->Version != 1 ||
        QueryInterface->Size < sizeof(*Answer) || Answer == NULL) {
        return ERROR_INVALID_FUNCTION;
    }
    Answer->Size = sizeof(*Answer);
    Answer->Version = 1;
    Answer->Context = HwDeviceExtension;
    Answer->InterfaceReference = LpInterfaceReference;
    Answer->InterfaceDereference = LpInterfaceDereference;
    Answer->RunTest = LpRunTestFromInterface;
    LpInterfaceReference(HwDeviceExtension);
    return NO_ERROR;
}
