/*
 * memory.c - MEM-01: plain memory; MEM-02: device memory; MEM-03: contiguous memory
 */
#include "conformance.h"

static VOID LpPlainMemory(PLP_TEST Test) {
    PUCHAR Bytes = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 600, LP_POOL_TAG);
    ULONG Idx;

    if (!CHECK(Test, Bytes != NULL)) {
        return;
    }
    LpFill(Bytes, 600, 1);
    VideoPortZeroMemory(Bytes + 100, 50);
    for (Idx = 100; Idx < 150; Idx++) {
        CHECK_EQUAL(Test, Bytes[Idx], 0);
    }
    CHECK_EQUAL(Test, LpFirstWrong(Bytes, 600, 1), 100);
    CHECK_EQUAL(Test, Bytes[150], LpPattern(150, 1));
    /* Overlapping, both ways. */
    LpFill(Bytes, 200, 2);
    VideoPortMoveMemory(Bytes + 7, Bytes, 200);
    CHECK_EQUAL(Test, LpFirstWrong(Bytes + 7, 200, 2), 200);
    VideoPortMoveMemory(Bytes + 3, Bytes + 7, 200);
    CHECK_EQUAL(Test, LpFirstWrong(Bytes + 3, 200, 2), 200);
    /* The number of equal bytes, not a sign. */
    LpFill(Bytes, 200, 3);
    LpFill(Bytes + 300, 200, 3);
    CHECK_EQUAL(Test, VideoPortCompareMemory(Bytes, Bytes + 300, 200), 200);
    CHECK_EQUAL(Test, VideoPortCompareMemory(Bytes, Bytes + 300, 0), 0);
    Bytes[300 + 123]++;
    CHECK_EQUAL(Test, VideoPortCompareMemory(Bytes, Bytes + 300, 200), 123);
    VideoPortFreePool(Test->Device, Bytes);
}

static VOID LpDeviceMemory(PLP_TEST Test) {
    PUCHAR Window = Test->Device->Window;
    UCHAR Bytes[96];

    LpFill(Bytes, sizeof(Bytes), 5);
    VideoPortWriteRegisterBufferUchar(Window, Bytes, sizeof(Bytes));
    VideoPortZeroDeviceMemory(Window + 10, 21);
    VideoPortZeroMemory(Bytes, sizeof(Bytes));
    VideoPortReadRegisterBufferUchar(Window, Bytes, sizeof(Bytes));
    CHECK_EQUAL(Test, LpFirstWrong(Bytes, sizeof(Bytes), 5), 10);
    CHECK_EQUAL(Test, Bytes[10] | Bytes[20] | Bytes[30], 0);
    CHECK_EQUAL(Test, Bytes[31], LpPattern(31, 5));
    CHECK_EQUAL(Test, Bytes[95], LpPattern(95, 5));
}

static VOID LpContiguousMemory(PLP_TEST Test) {
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    PHYSICAL_ADDRESS Limit;
    ULONG Granted = 3 * PAGE_SIZE + 1;
    PUCHAR Bytes;
    PVOID Mdl;

    Limit.QuadPart = MAXULONG;
    Bytes = VideoPortAllocateContiguousMemory(Test->Device, Granted, Limit);
    if (!CHECK(Test, Bytes != NULL && Capture != NULL)) {
        return;
    }
    CHECK_EQUAL(Test, (ULONG_PTR)Bytes & 63, 0); /* a data cache line */
    LpFill(Bytes, Granted, 6);
    CHECK_EQUAL(Test, LpFirstWrong(Bytes, Granted, 6), Granted);
    /* What the card sees of it is one run below the limit. */
    Mdl = VideoPortLockBuffer(Test->Device, Bytes, Granted, VpReadAccess);
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    if (CHECK(Test, Mdl != NULL) &&
        CHECK_STATUS(Test,
                     VideoPortStartDma(Test->Device, Test->Device->Adapter, Mdl, 0, &Granted, LpCaptureDma, Capture, TRUE),
                     NO_ERROR)) {
        CHECK_EQUAL(Test, Capture->List->NumberOfElements, 1);
        CHECK(Test, LpElement(Capture->List, 0)->Address.QuadPart + 3 * PAGE_SIZE <= Limit.QuadPart);
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Capture->List, TRUE), NO_ERROR);
        VideoPortUnlockBuffer(Test->Device, Mdl);
    }
    Limit.QuadPart = PAGE_SIZE - 1;
    CHECK(Test, VideoPortAllocateContiguousMemory(Test->Device, 2 * PAGE_SIZE, Limit) == NULL);
    /* There is no service to free it: the port does when the device goes. */
    VideoPortFreePool(Test->Device, Capture);
}

const LP_TEST_ENTRY LpMemoryTests[] = {
    {"MEM-01", LpPlainMemory}, {"MEM-02", LpDeviceMemory}, {"MEM-03", LpContiguousMemory}, {NULL, NULL}};
