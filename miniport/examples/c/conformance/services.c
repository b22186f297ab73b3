/*
 * services.c - SVC-01: interfaces; SVC-02: every name by VideoPortGetProcAddress; CHD-01: children; CHD-02: second view
 */
#include "conformance.h"
#include "service_names.h"

/* ---- SVC-01 ---------------------------------------------------------------------------------------------------------- */

static VOID LpInt10(PLP_TEST Test) {
    VIDEO_PORT_INT10_INTERFACE Int10;
    USHORT Segment = 0, Offset = 0;
    ULONG Length = 100;
    UCHAR Bytes[16];

    VideoPortZeroMemory(&Int10, sizeof(Int10));
    Int10.Size = sizeof(Int10);
    Int10.Version = VIDEO_PORT_INT10_INTERFACE_VERSION_1;
    if (!CHECK_STATUS(Test, VideoPortQueryServices(Test->Device, VideoPortServicesInt10, (PINTERFACE)(PVOID)&Int10), NO_ERROR) ||
        !CHECK(Test, Int10.InterfaceDereference != NULL && Int10.Int10AllocateBuffer != NULL)) {
        return;
    }
    CHECK_STATUS(Test, Int10.Int10AllocateBuffer(Int10.Context, &Segment, &Offset, &Length), NO_ERROR);
    CHECK_EQUAL(Test, Length, 4096);
    /* There is one block. */
    CHECK(Test, Int10.Int10AllocateBuffer(Int10.Context, &Segment, &Offset, &Length) != NO_ERROR);
    LpFill(Bytes, sizeof(Bytes), 10);
    CHECK_STATUS(Test, Int10.Int10WriteMemory(Int10.Context, Segment, (USHORT)(Offset + 4080), Bytes, sizeof(Bytes)), NO_ERROR);
    VideoPortZeroMemory(Bytes, sizeof(Bytes));
    CHECK_STATUS(Test, Int10.Int10ReadMemory(Int10.Context, Segment, (USHORT)(Offset + 4080), Bytes, sizeof(Bytes)), NO_ERROR);
    CHECK_EQUAL(Test, LpFirstWrong(Bytes, sizeof(Bytes), 10), sizeof(Bytes));
    CHECK(Test, Int10.Int10ReadMemory(Int10.Context, Segment, (USHORT)(Offset + 4081), Bytes, sizeof(Bytes)) != NO_ERROR);
    CHECK_STATUS(Test, Int10.Int10FreeBuffer(Int10.Context, Segment, Offset), NO_ERROR);
    Int10.InterfaceDereference(Int10.Context);
}

static VOID LpWriteCombining(PLP_TEST Test) {
    VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE Protection;
    PULONG Window = (PULONG)(PVOID)Test->Device->Window;

    VideoPortZeroMemory(&Protection, sizeof(Protection));
    Protection.Size = sizeof(Protection);
    Protection.Version = VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE_VERSION_1;
    if (CHECK_STATUS(Test,
                     VideoPortQueryServices(Test->Device, VideoPortServicesWCMemoryProtection, (PINTERFACE)(PVOID)&Protection),
                     NO_ERROR)) {
        CHECK_STATUS(Test, Protection.VideoPortProtectWCMemory(Protection.Context, Test->Device), NO_ERROR);
        CHECK_STATUS(Test, Protection.VideoPortRestoreWCMemory(Protection.Context, Test->Device), NO_ERROR);
        /* Card memory is the driver's again. */
        VideoPortWriteRegisterUlong(Window, 0x12345678u);
        CHECK_EQUAL(Test, VideoPortReadRegisterUlong(Window), 0x12345678u);
        Protection.InterfaceDereference(Protection.Context);
    }
}

static VOID LpDebugReport(PLP_TEST Test) {
    VIDEO_PORT_DEBUG_REPORT_INTERFACE Report;
    PVIDEO_DEBUG_REPORT Handle;
    UCHAR Bytes[32];

    VideoPortZeroMemory(&Report, sizeof(Report));
    Report.Size = sizeof(Report);
    Report.Version = VIDEO_PORT_DEBUG_REPORT_INTERFACE_VERSION_1;
    if (!CHECK_STATUS(Test, VideoPortQueryServices(Test->Device, VideoPortServicesDebugReport, (PINTERFACE)(PVOID)&Report), NO_ERROR)) {
        return;
    }
    LpFill(Bytes, sizeof(Bytes), 12);
    Handle = Report.DbgReportCreate(Test->Device, 0xEA, 1, 2, 3, 4);
    if (CHECK(Test, Handle != NULL)) {
        CHECK_EQUAL(Test, Report.DbgReportSecondaryData(Handle, Bytes, sizeof(Bytes)), TRUE);
        CHECK_EQUAL(Test, Report.DbgReportSecondaryData(Handle, Bytes, VIDEO_DEBUG_REPORT_MAX_SIZE + 1), FALSE);
        Report.DbgReportComplete(Handle);
    }
    Report.InterfaceDereference(Report.Context);
}

/* Over the card's lines: nobody has this address, monitor or not. */
static VOID LpI2c(PLP_TEST Test) {
    VIDEO_PORT_I2C_INTERFACE I2c;
    I2C_CALLBACKS Lines;
    UCHAR Address = 0x12; /* nobody has it */

    VideoPortZeroMemory(&I2c, sizeof(I2c));
    LpDdcCallbacks(&Lines);
    I2c.Size = sizeof(I2c);
    I2c.Version = VIDEO_PORT_I2C_INTERFACE_VERSION_1;
    if (!CHECK_STATUS(Test, VideoPortQueryServices(Test->Device, VideoPortServicesI2C, (PINTERFACE)(PVOID)&I2c), NO_ERROR)) {
        return;
    }
    CHECK_EQUAL(Test, I2c.I2CStart(Test->Device, &Lines), TRUE);
    CHECK_EQUAL(Test, I2c.I2CWrite(Test->Device, &Lines, &Address, 1), FALSE);
    CHECK_EQUAL(Test, I2c.I2CStop(Test->Device, &Lines), TRUE);
    I2c.InterfaceDereference(I2c.Context);
    /* A size that is not the version's. */
    I2c.Size = sizeof(I2c) - 1;
    I2c.Version = VIDEO_PORT_I2C_INTERFACE_VERSION_1;
    CHECK(Test, VideoPortQueryServices(Test->Device, VideoPortServicesI2C, (PINTERFACE)(PVOID)&I2c) != NO_ERROR);
    I2c.Size = sizeof(I2c);
    I2c.Version = 77;
    CHECK(Test, VideoPortQueryServices(Test->Device, VideoPortServicesI2C, (PINTERFACE)(PVOID)&I2c) != NO_ERROR);
}

/* The card sits on PCI Express: version 2, then 1, then the old service, all refuse. */
static VOID LpNoAgp(PLP_TEST Test) {
    VIDEO_PORT_AGP_INTERFACE_2 Agp;
    VIDEO_PORT_AGP_SERVICES Old;

    VideoPortZeroMemory(&Agp, sizeof(Agp));
    Agp.Size = sizeof(Agp);
    Agp.Version = VIDEO_PORT_AGP_INTERFACE_VERSION_2;
    CHECK(Test, VideoPortQueryServices(Test->Device, VideoPortServicesAGP, (PINTERFACE)(PVOID)&Agp) != NO_ERROR);
    Agp.Size = sizeof(VIDEO_PORT_AGP_INTERFACE);
    Agp.Version = VIDEO_PORT_AGP_INTERFACE_VERSION_1;
    CHECK(Test, VideoPortQueryServices(Test->Device, VideoPortServicesAGP, (PINTERFACE)(PVOID)&Agp) != NO_ERROR);
    VideoPortZeroMemory(&Old, sizeof(Old));
    CHECK_EQUAL(Test, VideoPortGetAgpServices(Test->Device, &Old), FALSE);
}

static VOID LpInterfaces(PLP_TEST Test) {
    LpInt10(Test);
    LpWriteCombining(Test);
    LpDebugReport(Test);
    LpI2c(Test);
    LpNoAgp(Test);
}

/* ---- SVC-02 ---------------------------------------------------------------------------------------------------------- */

static VOID LpEveryName(PLP_TEST Test) {
    static const CHAR *const Others[] = {"VideoPortDoSomethingElse", "videoportzeromemory", "VideoPort", ""};
    PVIDEO_PORT_GET_PROC_ADDRESS Get = Test->Device->GetProcAddress;
    ULONG Idx;

    if (!CHECK(Test, Get != NULL)) {
        return;
    }
    CHECK_EQUAL(Test, ARRAYSIZE(LpServiceNames), 114);
    for (Idx = 0; Idx < ARRAYSIZE(LpServiceNames); Idx++) {
        PVOID Address = Get(Test->Device, (PUCHAR)LpServiceNames[Idx]);

        /* The name itself is in the failure's text: a check of its own. */
        if (!LpCheck(Test, Address != NULL, LpServiceNames[Idx], __FILE__, __LINE__)) {
            return;
        }
    }
    /* The misspelt name that shipped. */
    CHECK(Test, Get(Test->Device, (PUCHAR) "VideoPortCheckForDeviceExistance") != NULL);
    for (Idx = 0; Idx < ARRAYSIZE(Others); Idx++) {
        CHECK(Test, Get(Test->Device, (PUCHAR)Others[Idx]) == NULL);
    }
}

/* ---- CHD-01 ---------------------------------------------------------------------------------------------------------- */

static VOID LpHotPlug(PLP_TEST Test) {
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK_STATUS(Test, VideoPortEnumerateChildren(Test->Device, NULL), NO_ERROR);
}

/* Argument[0]: 1 when the program has put a monitor on the connector. Argument[1]: a child's device object, if it has one. */
static VOID LpChildren(PLP_TEST Test) {
    PUCHAR Edid = VideoPortAllocatePool(Test->Device, VpPagedPool, 256, LP_POOL_TAG);
    PVOID Child = (PVOID)(ULONG_PTR)Test->Request->Argument[1];
    DDC_CONTROL Control;

    if (!CHECK(Test, Edid != NULL)) {
        return;
    }
    CHECK_STATUS(Test, VideoPortEnumerateChildren(Test->Device, NULL), NO_ERROR);
    LpAtDispatch(Test, LpHotPlug);
    VideoPortZeroMemory(&Control, sizeof(Control));
    Control.Size = sizeof(Control);
    LpDdcCallbacks(&Control.I2CCallbacks);
    if (Test->Request->Argument[0] != 0) {
        static const UCHAR Header[8] = {0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00};

        CHECK_EQUAL(Test, VideoPortDDCMonitorHelper(Test->Device, &Control, Edid, 256), TRUE);
        CHECK_EQUAL(Test, VideoPortCompareMemory(Edid, (PVOID)(ULONG_PTR)Header, 8), 8);
    } else {
        CHECK_EQUAL(Test, VideoPortDDCMonitorHelper(Test->Device, &Control, Edid, 256), FALSE);
    }
    Control.Size = 1;
    CHECK_EQUAL(Test, VideoPortDDCMonitorHelper(Test->Device, &Control, Edid, 256), FALSE);
    if (Child != NULL) {
        CHECK(Test, VideoPortGetAssociatedDeviceExtension(Child) == Test->Device);
        CHECK_EQUAL(Test, VideoPortGetAssociatedDeviceID(Child), 1);
    } else {
        CHECK(Test, VideoPortGetAssociatedDeviceExtension(NULL) == NULL);
        (VOID)VideoPortGetAssociatedDeviceID(NULL);
    }
    VideoPortFreePool(Test->Device, Edid);
}

/* ---- CHD-02 ---------------------------------------------------------------------------------------------------------- */

static VOID LpSecondView(PLP_TEST Test) {
    PVOID Second = NULL;

    CHECK_STATUS(Test, VideoPortCreateSecondaryDisplay(Test->Device, &Second, 0x40000000), ERROR_INVALID_PARAMETER);
    CHECK_STATUS(Test, VideoPortCreateSecondaryDisplay(Test->Device, &Second, VIDEO_DUALVIEW_REMOVABLE), NO_ERROR);
    CHECK(Test, Second != NULL && Second != Test->Device);
    if (Second != NULL) {
        /* Zeroed, as large as the first. */
        CHECK(Test, ((PLP_DEVICE)Second)->Registers == NULL && ((PLP_DEVICE)Second)->Test.Length == 0);
    }
}

const LP_TEST_ENTRY LpServiceTests[] = {
    {"SVC-01", LpInterfaces}, {"SVC-02", LpEveryName}, {"CHD-01", LpChildren}, {"CHD-02", LpSecondView}, {NULL, NULL}};
