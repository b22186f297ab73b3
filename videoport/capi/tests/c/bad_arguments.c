/*
 * bad_arguments.c - every service with no device, a device that is none, and pointers to nowhere: documented codes, no crash
 */
#include "check.h"
#include "lumenport_host.h"

#include <string.h>

ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2);

#define NOWHERE ((PVOID)(ULONG_PTR)0x10)
#define PHYSICAL (physical)

static PHYSICAL_ADDRESS physical;

static BOOLEAN NTAPI Never(PVOID Context) {
    CHECK(Context == NULL && "a routine ran that nobody should call");
    return TRUE;
}

static VOID NTAPI NeverDma(PVOID Extension, PVP_DMA_ADAPTER Adapter, PVP_SCATTER_GATHER_LIST List, PVOID Context) {
    (void)Extension, (void)Adapter, (void)List;
    CHECK(Context == NULL && "a transfer routine ran that nobody should call");
}

static VP_STATUS NTAPI NeverValue(PVOID Extension, PVOID Context, PWSTR Name, PVOID Data, ULONG Length) {
    (void)Extension, (void)Name, (void)Data, (void)Length;
    CHECK(Context == NULL && "a registry routine ran that nobody should call");
    return NO_ERROR;
}

/* With an extension that names no device. */
static void NoDevice(PVOID hde) {
    PVOID pointer = &physical;
    ULONG word = 1, other = 1;
    LONGLONG frequency = 0;
    UCHAR irql = 77;
    VP_DEVICE_DESCRIPTION description = {TRUE, TRUE, TRUE, 4096};
    VIDEO_ACCESS_RANGE range;
    VIDEO_REQUEST_PACKET packet;
    VPOSVERSIONINFO version;
    INTERFACE interface;
    PEVENT event = NULL;
    PSPIN_LOCK lock = NULL;
    VIDEO_X86_BIOS_ARGUMENTS bios;

    memset(&range, 0, sizeof range), memset(&packet, 0, sizeof packet), memset(&version, 0, sizeof version);
    memset(&interface, 0, sizeof interface), memset(&bios, 0, sizeof bios);
    version.Size = sizeof version;

    CHECK(VideoPortAllocatePool(hde, VpNonPagedPool, 64, 0x54534554) == NULL);
    VideoPortFreePool(hde, pointer);
    CHECK(VideoPortAllocateBuffer(hde, 64, &pointer) != NO_ERROR);
    VideoPortReleaseBuffer(hde, pointer);
    CHECK(VideoPortAllocateContiguousMemory(hde, 64, PHYSICAL) == NULL);
    CHECK(VideoPortGetDmaAdapter(hde, &description) == NULL);
    VideoPortPutDmaAdapter(hde, NOWHERE);
    CHECK(VideoPortAllocateCommonBuffer(hde, NOWHERE, 64, &physical, FALSE, NULL) == NULL);
    VideoPortReleaseCommonBuffer(hde, NOWHERE, 64, PHYSICAL, NOWHERE, FALSE);
    CHECK(VideoPortLockBuffer(hde, &word, sizeof word, VpReadAccess) == NULL);
    VideoPortUnlockBuffer(hde, NOWHERE);
    CHECK(VideoPortStartDma(hde, NOWHERE, NOWHERE, 0, &word, NeverDma, NOWHERE, TRUE) != NO_ERROR);
    CHECK(VideoPortCompleteDma(hde, NOWHERE, NOWHERE, TRUE) == NO_ERROR);
    CHECK(VideoPortGetCommonBuffer(hde, 64, 0, &physical, &word, FALSE) == NULL);
    VideoPortFreeCommonBuffer(hde, 64, NOWHERE, PHYSICAL, FALSE);
    CHECK(!VideoPortLockPages(hde, &packet, NULL, NULL, VideoPortDmaInitOnly));
    CHECK(VideoPortUnlockPages(hde, NULL));
    CHECK(VideoPortDoDma(hde, NULL, VideoPortKeepPagesLocked) == NULL);
    CHECK(VideoPortGetMdl(hde, NULL) == NULL);
    CHECK(VideoPortGetBytesUsed(hde, NULL) == 0);
    VideoPortSetBytesUsed(hde, NULL, 1);
    CHECK(VideoPortGetDmaContext(hde, NULL) == NULL);
    VideoPortSetDmaContext(hde, NULL, NOWHERE);
    CHECK(!VideoPortSignalDmaComplete(hde, NULL));
    CHECK(VideoPortAssociateEventsWithDmaHandle(hde, &packet, NULL, NULL) == NULL);
    CHECK(VideoPortMapDmaMemory(hde, &packet, PHYSICAL, &word, &other, NULL, NULL, &pointer) == NULL);
    CHECK(!VideoPortUnmapDmaMemory(hde, NOWHERE, NULL, NULL));
    VideoPortAcquireDeviceLock(hde);
    VideoPortReleaseDeviceLock(hde);
    CHECK(!VideoPortSynchronizeExecution(hde, VpLowPriority, Never, NOWHERE));
    CHECK(!VideoPortQueueDpc(hde, NULL, NULL));
    CHECK(VideoPortEnableInterrupt(hde) == ERROR_INVALID_FUNCTION);
    CHECK(VideoPortDisableInterrupt(hde) == ERROR_INVALID_FUNCTION);
    CHECK(VideoPortCreateEvent(hde, 0, NULL, &event) == ERROR_INVALID_PARAMETER && event == NULL);
    CHECK(VideoPortDeleteEvent(hde, NOWHERE) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortSetEvent(hde, NOWHERE) == 0);
    VideoPortClearEvent(hde, NOWHERE);
    CHECK(VideoPortReadStateEvent(hde, NOWHERE) == 0);
    CHECK(VideoPortWaitForSingleObject(hde, NOWHERE, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortCreateSpinLock(hde, &lock) == ERROR_INVALID_PARAMETER && lock == NULL);
    CHECK(VideoPortDeleteSpinLock(hde, NOWHERE) == ERROR_INVALID_PARAMETER);
    VideoPortAcquireSpinLock(hde, NOWHERE, &irql);
    VideoPortReleaseSpinLock(hde, NOWHERE, irql);
    VideoPortAcquireSpinLockAtDpcLevel(hde, NOWHERE);
    VideoPortReleaseSpinLockFromDpcLevel(hde, NOWHERE);
    CHECK(VideoPortGetAccessRanges(hde, 0, NULL, 1, &range, NULL, NULL, &word) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortVerifyAccessRanges(hde, 1, &range) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetDeviceBase(hde, PHYSICAL, 16, 0) == NULL);
    VideoPortFreeDeviceBase(hde, NOWHERE);
    CHECK(VideoPortMapMemory(hde, PHYSICAL, &word, &other, &pointer) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortUnmapMemory(hde, NOWHERE, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortMapBankedMemory(hde, PHYSICAL, &word, &other, &pointer, 1, TRUE, NULL, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortSetTrappedEmulatorPorts(hde, 1, &range) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetBusData(hde, PCIConfiguration, 0, &word, 0, sizeof word) == 0);
    CHECK(VideoPortSetBusData(hde, PCIConfiguration, 0, &word, 0x40, sizeof word) == 0);
    CHECK(!VideoPortCheckForDeviceExistence(hde, 1, 2, 3, 4, 5, 0));
    CHECK(!VideoPortCheckForDeviceExistance(hde, 1, 2, 3, 4, 5, 0));
    CHECK(VideoPortGetVgaStatus(hde, &word) != NO_ERROR);
    CHECK(VideoPortGetRomImage(hde, NULL, 0, 16) == NULL);
    CHECK(!VideoPortScanRom(hde, NOWHERE, 16, NOWHERE));
    CHECK(VideoPortGetDeviceData(hde, VpMachineData, NULL, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetRegistryParameters(hde, (PWSTR)LUMENPORT_L("a"), FALSE, NeverValue, NOWHERE) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortSetRegistryParameters(hde, (PWSTR)LUMENPORT_L("a"), &word, 4) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortFlushRegistry(hde) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetVersion(hde, &version) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortQueryServices(hde, VideoPortServicesI2C, &interface) == ERROR_INVALID_PARAMETER);
    CHECK(!VideoPortGetAgpServices(hde, NOWHERE));
    CHECK(VideoPortInt10(hde, &bios) != NO_ERROR);
    CHECK(VideoPortEnumerateChildren(hde, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(!VideoPortDDCMonitorHelper(hde, NOWHERE, NOWHERE, 256));
    CHECK(VideoPortCreateSecondaryDisplay(hde, &pointer, 0) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetAssociatedDeviceExtension(hde) == NULL);
    CHECK(VideoPortGetAssociatedDeviceID(hde) == VIDEO_INVALID_CHILD_ID);
    VideoPortStartTimer(hde);
    VideoPortStopTimer(hde);
    CHECK(VideoPortQueryPerformanceCounter(hde, &frequency) == 0 && frequency == 0);
    VideoPortLogError(hde, NULL, ERROR_INVALID_PARAMETER, 1);
    CHECK(VideoPortRegisterBugcheckCallback(hde, 0xEA, NULL, 0) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortDbgReportCreate(hde, 1, 2, 3, 4, 5) == NULL);
}

/* A real device and pointers that lead nowhere. */
static void NoMemory(PVOID hde) {
    PVOID block = VideoPortAllocatePool(hde, VpNonPagedPool, 4096, 0x54534554);
    VP_DEVICE_DESCRIPTION description = {TRUE, TRUE, TRUE, 65536};
    PVP_DMA_ADAPTER adapter = VideoPortGetDmaAdapter(hde, &description);
    PVOID mdl = VideoPortLockBuffer(hde, block, 4096, VpReadAccess);
    ULONG length = 4096;
    INTERFACE interface = {0, 0, NULL, NULL, NULL};

    CHECK(block != NULL && adapter != NULL && mdl != NULL);
    CHECK(VideoPortAllocatePool(hde, (VP_POOL_TYPE)99, 64, 0) == NULL);
    CHECK(VideoPortAllocatePool(hde, VpPagedPool, ~(SIZE_T)0, 0) == NULL);
    CHECK(VideoPortAllocateBuffer(hde, 64, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortAllocateBuffer(hde, 64, NOWHERE) == ERROR_INVALID_PARAMETER);
    VideoPortFreePool(hde, NULL);
    VideoPortFreePool(hde, NOWHERE);
    CHECK(VideoPortGetDmaAdapter(hde, NULL) == NULL && VideoPortGetDmaAdapter(hde, NOWHERE) == NULL);
    VideoPortPutDmaAdapter(hde, NULL);
    VideoPortPutDmaAdapter(hde, NOWHERE);
    CHECK(VideoPortLockBuffer(hde, NOWHERE, 64, VpReadAccess) == NULL);
    CHECK(VideoPortLockBuffer(hde, block, 0, VpReadAccess) == NULL);
    CHECK(VideoPortLockBuffer(hde, block, 64, (VP_LOCK_OPERATION)9) == NULL);
    CHECK(VideoPortLockBuffer(hde, &length, sizeof length, VpReadAccess) == NULL); /* the stack cannot be locked here */
    VideoPortUnlockBuffer(hde, NULL);
    VideoPortUnlockBuffer(hde, NOWHERE);
    CHECK(VideoPortStartDma(hde, adapter, mdl, 0, NULL, NeverDma, NOWHERE, TRUE) == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(VideoPortStartDma(hde, adapter, mdl, 0, NOWHERE, NeverDma, NOWHERE, TRUE) == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(VideoPortStartDma(hde, adapter, mdl, 0, &length, NULL, NOWHERE, TRUE) != NO_ERROR && length == 0);
    length = 4096;
    CHECK(VideoPortStartDma(hde, adapter, NULL, 0, &length, NeverDma, NOWHERE, TRUE) != NO_ERROR && length == 0);
    length = 4096;
    CHECK(VideoPortStartDma(hde, NULL, mdl, 0, &length, NeverDma, NOWHERE, TRUE) != NO_ERROR && length == 0);
    CHECK(VideoPortCompleteDma(hde, adapter, NULL, TRUE) == NO_ERROR);
    CHECK(VideoPortCompleteDma(hde, adapter, NOWHERE, TRUE) == NO_ERROR);
    CHECK(VideoPortAllocateCommonBuffer(hde, adapter, 64, NULL, FALSE, NULL) == NULL);
    CHECK(VideoPortGetCommonBuffer(hde, 64, 0, NULL, NULL, FALSE) == NULL);
    CHECK(!VideoPortLockPages(hde, NULL, NULL, NULL, VideoPortDmaInitOnly));
    CHECK(!VideoPortLockPages(hde, NOWHERE, NULL, NULL, VideoPortDmaInitOnly));
    CHECK(!VideoPortSynchronizeExecution(hde, (VIDEO_SYNCHRONIZE_PRIORITY)9, Never, NOWHERE));
    CHECK(!VideoPortSynchronizeExecution(hde, VpLowPriority, NULL, NOWHERE));
    CHECK(VideoPortCreateEvent(hde, 0, NULL, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortWaitForSingleObject(hde, NULL, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortCreateSpinLock(hde, NULL) == ERROR_INVALID_PARAMETER);
    VideoPortAcquireSpinLock(hde, NULL, NULL);
    CHECK(VideoPortMapMemory(hde, PHYSICAL, NULL, NULL, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetBusData(hde, PCIConfiguration, 0, NULL, 0, 4) == 0);
    CHECK(VideoPortGetBusData(hde, PCIConfiguration, 0, &length, 0xFFFFFFFF, 4) == 0);
    CHECK(VideoPortSetBusData(hde, PCIConfiguration, 0, NOWHERE, 0x40, 4) == 0);
    CHECK(VideoPortGetRegistryParameters(hde, NULL, FALSE, NeverValue, NOWHERE) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetRegistryParameters(hde, NOWHERE, FALSE, NeverValue, NOWHERE) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortSetRegistryParameters(hde, (PWSTR)LUMENPORT_L("x"), NOWHERE, 4) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortSetRegistryParameters(hde, (PWSTR)LUMENPORT_L("DefaultSettings.X"), &length, 4) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetVersion(hde, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortQueryServices(hde, VideoPortServicesI2C, NULL) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortQueryServices(hde, VideoPortServicesI2C, &interface) != NO_ERROR);
    CHECK(VideoPortQueryServices(hde, (VIDEO_PORT_SERVICES)99, &interface) == ERROR_INVALID_FUNCTION);
    CHECK(!VideoPortDDCMonitorHelper(hde, NULL, NULL, 256));
    CHECK(VideoPortCreateSecondaryDisplay(hde, NULL, 0) == ERROR_INVALID_PARAMETER);
    CHECK(VideoPortGetVgaStatus(hde, NULL) != NO_ERROR);
    CHECK(VideoPortInt10(hde, NULL) != NO_ERROR);
    VideoPortLogError(hde, NOWHERE, ERROR_INVALID_PARAMETER, 1);
    VideoPortUnlockBuffer(hde, mdl);
    VideoPortPutDmaAdapter(hde, adapter);
    VideoPortFreePool(hde, block);
}

/* Services without a device argument. */
static void Plain(void) {
    ULONG words[4] = {1, 2, 3, 4};
    LONG number = 5;

    VideoPortZeroMemory(NULL, 16);
    VideoPortZeroMemory(NOWHERE, 16);
    VideoPortZeroDeviceMemory(NOWHERE, 16);
    VideoPortMoveMemory(NOWHERE, words, 16);
    VideoPortMoveMemory(words, NOWHERE, 16);
    CHECK(words[0] == 1);
    VideoPortMoveMemory(words + 1, words, 12);
    CHECK(words[1] == 1 && words[3] == 3);
    CHECK(VideoPortCompareMemory(words, NOWHERE, 16) == 0);
    CHECK(VideoPortCompareMemory(words, words, 16) == 16);
    CHECK(VideoPortCompareMemory(words, words + 1, 8) == 4);
    VideoPortZeroMemory(words, sizeof words);
    CHECK(words[0] == 0 && words[3] == 0);
    CHECK(VideoPortInterlockedIncrement(&number) == 6 && VideoPortInterlockedDecrement(&number) == 5);
    CHECK(VideoPortInterlockedExchange(&number, 9) == 5 && number == 9);
    CHECK(VideoPortInterlockedIncrement(NULL) == 0 && VideoPortInterlockedIncrement(NOWHERE) == 0);
    CHECK(VideoPortReadRegisterUchar(NOWHERE) == 0xFF && VideoPortReadPortUlong(NULL) == 0xFFFFFFFF);
    VideoPortWriteRegisterUlong(NOWHERE, 1);
    VideoPortReadRegisterBufferUlong(NOWHERE, words, 2);
    CHECK(words[1] == 0xFFFFFFFF && words[2] == 0);
    VideoPortReadRegisterBufferUlong(NOWHERE, NOWHERE, 1000);
    VideoPortWriteRegisterBufferUshort(NOWHERE, NOWHERE, 1000);
    VideoPortWritePortBufferUchar(NULL, (PUCHAR)words, 4);
    CHECK(VideoPortGetCurrentIrql() == PASSIVE_LEVEL);
    VideoPortQuerySystemTime(NOWHERE);
    CHECK(!VideoPortDbgReportSecondaryData(NOWHERE, words, 4));
    VideoPortDbgReportComplete(NULL);
    (void)VideoPortIsNoVesa();
    VideoPortDebugPrint(Error, NOWHERE);
    VideoPortDebugPrint(Error, (PSTR) "%s %ws %I64d %lx %p\n", NOWHERE, NOWHERE, 1LL, 2u, NOWHERE);
}

/* More arguments than registers hold, of every class. */
static void ManyArguments(void) {
    VideoPortDebugPrint(Error, (PSTR) "%d %u %lu %I64x %s %c %d %d %.1f %x %.1f %d\n", 1, 2u, (ULONG)3, 4LL, "5", '6', 7, 8, 9.5,
                        10, 11.5, 12);
}

static int Run(ULONG strict) {
    struct lumenport_host_options options;
    lumenport_host *host;

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.strict = strict;
    host = lumenport_host_create(&options, DriverEntry);
    CHECK(host != NULL && lumenport_host_bring_up(host) == NO_ERROR);
    if (host == NULL)
        return 1;
    NoDevice(NULL);
    NoDevice(NOWHERE);
    NoDevice((PUCHAR)lumenport_host_extension(host) + 8);
    NoMemory(lumenport_host_extension(host));
    Plain();
    ManyArguments();
    CHECK(lumenport_host_remove(host) == 0);
    NoDevice((PVOID)&options);
    lumenport_host_destroy(host);
    return 0;
}

int main(void) {
    /* Before there is any device. */
    NoDevice(NULL);
    Plain();
    ManyArguments();
    if (Run(0) || Run(1))
        return 1;
    Plain();
    return check_result("bad_arguments");
}
