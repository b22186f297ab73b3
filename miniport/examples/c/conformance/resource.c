/*
 * resource.c - RES-01: claims; RES-02: mappings; RES-03: configuration space; RES-04: what is left of VGA
 */
#include "conformance.h"

/* FindAdapter alone may call these services; it kept what it saw. */
static VOID LpClaims(PLP_TEST Test) {
    const LP_FOUND *Found = &Test->Device->Found;

    CHECK_EQUAL(Test, Found->Irql, PASSIVE_LEVEL);
    CHECK_STATUS(Test, Found->TooFewRanges, ERROR_MORE_DATA);
    CHECK_STATUS(Test, Found->AccessRanges, NO_ERROR);
    CHECK_STATUS(Test, Found->VerifyNothing, NO_ERROR);
    CHECK_STATUS(Test, Found->Verify, NO_ERROR);
    CHECK(Test, Found->RangeCount >= 2);
    CHECK(Test, Found->Slot != MAXULONG);
    CHECK(Test, Found->BaseMapped && Found->SecondBaseMapped);
    CHECK_EQUAL(Test, Test->Device->RegisterRange.RangeLength, 0x10000);
    CHECK_EQUAL(Test, Test->Device->Memory.RangeLength, Test->Device->MemoryBytes);
    CHECK_EQUAL(Test, LpRead(Test->Device, LP_ID_MAGIC), LP_ID_MAGIC_VALUE_RESET);
}

static VOID LpMappings(PLP_TEST Test) {
    PLP_DEVICE Device = Test->Device;
    PHYSICAL_ADDRESS Nowhere;
    ULONG Length = Device->RegisterRange.RangeLength;
    ULONG Space = VIDEO_MEMORY_SPACE_MEMORY;
    PVOID Address = NULL;

    CHECK_STATUS(Test, VideoPortMapMemory(Device, Device->RegisterRange.RangeStart, &Length, &Space, &Address), NO_ERROR);
    if (!CHECK(Test, Address != NULL && Length >= Device->RegisterRange.RangeLength)) {
        return;
    }
    /* The same registers, seen through the second mapping. */
    CHECK_EQUAL(Test, VideoPortReadRegisterUlong((PULONG)(PVOID)((PUCHAR)Address + LP_ID_MAGIC)), LP_ID_MAGIC_VALUE_RESET);
    /* Any address inside releases all of it, once. */
    CHECK_STATUS(Test, VideoPortUnmapMemory(Device, (PUCHAR)Address + 100, NULL), NO_ERROR);
    CHECK_STATUS(Test, VideoPortUnmapMemory(Device, Address, NULL), ERROR_INVALID_PARAMETER);
    Nowhere.QuadPart = 0x1000;
    Address = NULL;
    Length = PAGE_SIZE;
    CHECK_STATUS(Test, VideoPortMapMemory(Device, Nowhere, &Length, &Space, &Address), ERROR_INVALID_PARAMETER);
}

static VOID LpConfigurationSpace(PLP_TEST Test) {
    PLP_DEVICE Device = Test->Device;
    UCHAR Line = 0, Before = 0, After = 0;
    PCI_COMMON_CONFIG Config;

    VideoPortZeroMemory(&Config, sizeof(Config));
    CHECK_EQUAL(Test, VideoPortGetBusData(Device, PCIConfiguration, 0, &Config, 0, sizeof(Config)), sizeof(Config));
    CHECK(Test, Config.VendorID != PCI_INVALID_VENDORID);
    CHECK_EQUAL(Test, Config.Command & (PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER),
                PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    CHECK_EQUAL(Test, Config.BaseClass, 3); /* display controller */
    CHECK_EQUAL(Test, VideoPortGetBusData(Device, Cmos, 0, &Line, 0, 1), 0);
    /* One byte in the middle of a register, and back. */
    CHECK_EQUAL(Test, VideoPortGetBusData(Device, PCIConfiguration, 0, &Before, 0x3C, 1), 1);
    Line = (UCHAR)(Before ^ 0x5A);
    CHECK_EQUAL(Test, VideoPortSetBusData(Device, PCIConfiguration, 0, &Line, 0x3C, 1), 1);
    CHECK_EQUAL(Test, VideoPortGetBusData(Device, PCIConfiguration, 0, &After, 0x3C, 1), 1);
    CHECK_EQUAL(Test, After, Line);
    CHECK_EQUAL(Test, VideoPortSetBusData(Device, PCIConfiguration, 0, &Before, 0x3C, 1), 1);
    CHECK_EQUAL(Test, VideoPortSetBusData(Device, Cmos, 0, &Before, 0, 1), 0);
    /* The machine has this card, and no card of nobody's. */
    CHECK_EQUAL(Test, VideoPortCheckForDeviceExistence(Device, Config.VendorID, Config.DeviceID, 0, 0, 0, 0), TRUE);
    CHECK_EQUAL(Test,
                VideoPortCheckForDeviceExistence(Device, Config.VendorID, Config.DeviceID, Config.RevisionID,
                                                 Config.u.type0.SubVendorID, Config.u.type0.SubSystemID,
                                                 CDE_USE_SUBSYSTEM_IDS | CDE_USE_REVISION),
                TRUE);
    CHECK_EQUAL(Test,
                VideoPortCheckForDeviceExistence(Device, Config.VendorID, Config.DeviceID, (UCHAR)(Config.RevisionID + 1), 0, 0,
                                                 CDE_USE_REVISION),
                FALSE);
    CHECK_EQUAL(Test, VideoPortCheckForDeviceExistence(Device, 0x1234, 0x5678, 0, 0, 0, 0), FALSE);
}

static VOID NTAPI LpSelectBank(ULONG ReadBank, ULONG WriteBank, PVOID Context) {
    PLP_DEVICE Device = Context;

    Device->Test.Counter++;
    Device->Test.Seen[0] = ReadBank | WriteBank;
}

static VP_STATUS NTAPI LpTakeDeviceData(PVOID HwDeviceExtension, PVOID Context, VIDEO_DEVICE_DATA_TYPE DeviceDataType,
                                        PVOID Identifier, ULONG IdentifierLength, PVOID ConfigurationData,
                                        ULONG ConfigurationDataLength, PVOID ComponentInformation,
                                        ULONG ComponentInformationLength) {
    PLP_DEVICE Device = HwDeviceExtension;

    UNREFERENCED_PARAMETER(Identifier);
    UNREFERENCED_PARAMETER(IdentifierLength);
    UNREFERENCED_PARAMETER(ComponentInformation);
    UNREFERENCED_PARAMETER(ComponentInformationLength);
    Device->Test.Sequence += Context == Device && DeviceDataType == VpBusData;
    if (ConfigurationDataLength >= sizeof(USHORT)) {
        Device->Test.Seen[1] = ((PUCHAR)ConfigurationData)[0] | (ULONG)((PUCHAR)ConfigurationData)[1] << 8;
    }
    return NO_ERROR;
}

static VOID LpRom(PLP_TEST Test) {
    static UCHAR Wanted[] = "tail";
    static UCHAR Rom[] = "a ROM that has its word at the very end: tail";
    PUCHAR Copy = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(Rom), LP_POOL_TAG);

    /* The card has no expansion ROM. */
    CHECK(Test, VideoPortGetRomImage(Test->Device, NULL, 0, 512) == NULL);
    CHECK(Test, VideoPortGetRomImage(Test->Device, NULL, 0, 0) == NULL);
    if (!CHECK(Test, Copy != NULL)) {
        return;
    }
    VideoPortMoveMemory(Copy, Rom, sizeof(Rom));
    CHECK_EQUAL(Test, VideoPortScanRom(Test->Device, Copy, sizeof(Rom) - 1, Wanted), TRUE);
    CHECK_EQUAL(Test, VideoPortScanRom(Test->Device, Copy, sizeof(Rom) - 2, Wanted), FALSE);
    Copy[sizeof(Rom) - 2] = 'L';
    CHECK_EQUAL(Test, VideoPortScanRom(Test->Device, Copy, sizeof(Rom) - 1, Wanted), FALSE);
    VideoPortFreePool(Test->Device, Copy);
}

static VOID LpVgaRemains(PLP_TEST Test) {
    PLP_DEVICE Device = Test->Device;
    VIDEO_ACCESS_RANGE Port;
    VIDEO_X86_BIOS_ARGUMENTS Bios;
    ULONG Length = PAGE_SIZE, Space = VIDEO_MEMORY_SPACE_MEMORY | VIDEO_MEMORY_SPACE_P6CACHE, Vga = 77;
    PVOID Address = NULL;

    CHECK_STATUS(Test, VideoPortGetVgaStatus(Device, &Vga), NO_ERROR);
    CHECK_EQUAL(Test, Vga, 0);
    CHECK(Test, VideoPortIsNoVesa() <= TRUE);
    VideoPortZeroMemory(&Bios, sizeof(Bios));
    Bios.Eax = 0x4F00;
    CHECK_STATUS(Test, VideoPortInt10(Device, &Bios), ERROR_INVALID_FUNCTION);
    LpRom(Test);
    /* One bank is no banking: mapped, bank 0 chosen. */
    CHECK_STATUS(Test,
                 VideoPortMapBankedMemory(Device, Device->Memory.RangeStart, &Length, &Space, &Address, 0x10000, FALSE, LpSelectBank,
                                          Device),
                 NO_ERROR);
    CHECK_EQUAL(Test, Device->Test.Counter, 1);
    CHECK_EQUAL(Test, Device->Test.Seen[0], 0);
    if (CHECK(Test, Address != NULL)) {
        CHECK_STATUS(Test, VideoPortUnmapMemory(Device, Address, NULL), NO_ERROR);
    }
    VideoPortZeroMemory(&Port, sizeof(Port));
    Port.RangeStart.QuadPart = 0x3C0;
    Port.RangeLength = 0x20;
    Port.RangeInIoSpace = TRUE;
    Port.RangeVisible = TRUE;
    CHECK_STATUS(Test, VideoPortSetTrappedEmulatorPorts(Device, 1, &Port), NO_ERROR);
    Port.RangeStart.QuadPart = 0x10000;
    CHECK_STATUS(Test, VideoPortSetTrappedEmulatorPorts(Device, 1, &Port), ERROR_INVALID_PARAMETER);
    /* The data is the card's configuration space: its first word is a vendor. */
    CHECK_STATUS(Test, VideoPortGetDeviceData(Device, VpBusData, LpTakeDeviceData, Device), NO_ERROR);
    CHECK_EQUAL(Test, Device->Test.Sequence, 1);
    CHECK(Test, Device->Test.Seen[1] != 0 && Device->Test.Seen[1] != PCI_INVALID_VENDORID);
    CHECK(Test, VideoPortGetDeviceData(Device, VpCmosData, LpTakeDeviceData, Device) != NO_ERROR);
    CHECK_EQUAL(Test, Device->Test.Sequence, 1);
}

const LP_TEST_ENTRY LpResourceTests[] = {
    {"RES-01", LpClaims}, {"RES-02", LpMappings}, {"RES-03", LpConfigurationSpace}, {"RES-04", LpVgaRemains}, {NULL, NULL}};
