/*
 * common_buffer.c - DMA-18 and DMA-19: memory that card and processor share, with and without an adapter
 */
#include "conformance.h"

/* The card reaches the buffer at the logical address the port gave: by way of a list, which must name it. */
static VOID LpShared(PLP_TEST Test, PUCHAR Address, PHYSICAL_ADDRESS Logical, ULONG Length) {
    PVOID Mdl = VideoPortLockBuffer(Test->Device, Address, Length, VpModifyAccess);
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Granted = Length;

    if (!CHECK(Test, Mdl != NULL && Capture != NULL)) {
        return;
    }
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    if (CHECK_STATUS(
            Test, VideoPortStartDma(Test->Device, Test->Device->Adapter, Mdl, 0, &Granted, LpCaptureDma, Capture, TRUE),
            NO_ERROR)) {
        CHECK_EQUAL(Test, Capture->List->NumberOfElements, 1);
        CHECK_EQUAL(Test, LpElement(Capture->List, 0)->Address.QuadPart, Logical.QuadPart);
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Capture->List, TRUE), NO_ERROR);
    }
    /* No flush anywhere: written, moved by the card, read. */
    LpFill(Address, Length, 18);
    CHECK_EQUAL(Test, LpMoveAll(Test, Test->Device->Adapter, Mdl, 0, Length, LpScratch(Test), TRUE), 1);
    VideoPortZeroMemory(Address, Length);
    CHECK_EQUAL(Test, LpMoveAll(Test, Test->Device->Adapter, Mdl, 0, Length, LpScratch(Test), FALSE), 1);
    CHECK_EQUAL(Test, LpFirstWrong(Address, Length, 18), Length);
    VideoPortUnlockBuffer(Test->Device, Mdl);
    VideoPortFreePool(Test->Device, Capture);
}

static BOOLEAN LpIsZero(const UCHAR *Bytes, ULONG Length) {
    ULONG Idx;

    for (Idx = 0; Idx < Length; Idx++) {
        if (Bytes[Idx] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID LpCommonBuffers(PLP_TEST Test) {
    static const ULONG Lengths[] = {1, PAGE_SIZE, PAGE_SIZE + 1, 0x10000};
    PVP_DMA_ADAPTER Near = LpOpenAdapter(Test, TRUE, FALSE, 0);
    PHYSICAL_ADDRESS Logical;
    ULONG Idx, Round;

    if (Near == NULL) {
        return;
    }
    /* More rounds than memory holds at once: what is released must be usable again. */
    for (Round = 0; Round < 24; Round++) {
        for (Idx = 0; Idx < ARRAYSIZE(Lengths); Idx++) {
            PUCHAR Address;

            Logical.QuadPart = -1;
            Address = VideoPortAllocateCommonBuffer(Test->Device, Near, Lengths[Idx], &Logical, (BOOLEAN)(Round & 1), NULL);
            if (!CHECK(Test, Address != NULL)) {
                return;
            }
            if (Round == 0) {
                CHECK_EQUAL(Test, (ULONG_PTR)Address & (PAGE_SIZE - 1), 0);
                CHECK_EQUAL(Test, Logical.QuadPart & (PAGE_SIZE - 1), 0);
                CHECK(Test, Logical.QuadPart + Lengths[Idx] - 1 <= MAXULONG);
                CHECK(Test, LpIsZero(Address, Lengths[Idx]));
                LpShared(Test, Address, Logical, Lengths[Idx]);
            }
            VideoPortReleaseCommonBuffer(Test->Device, Near, Lengths[Idx], Logical, Address, (BOOLEAN)(Round & 1));
        }
    }
    for (Round = 0; Round < 3; Round++) {
        PVOID Address = VideoPortAllocateCommonBuffer(Test->Device, Near, 0x100000, &Logical, TRUE, NULL);

        if (CHECK(Test, Address != NULL)) {
            VideoPortReleaseCommonBuffer(Test->Device, Near, 0x100000, Logical, Address, TRUE);
        }
    }
    /* More than there is: nothing, and the address says so. */
    Logical.QuadPart = -1;
    CHECK(Test, VideoPortAllocateCommonBuffer(Test->Device, Near, 0xFFFFF000u, &Logical, TRUE, NULL) == NULL);
    CHECK_EQUAL(Test, Logical.QuadPart, 0);
    VideoPortPutDmaAdapter(Test->Device, Near);
}

static VOID LpCommonBufferWithoutAdapter(PLP_TEST Test) {
    static const ULONG Alignments[] = {0, 1, 3, 0x100000};
    PHYSICAL_ADDRESS Logical;
    ULONG Idx;

    for (Idx = 0; Idx < ARRAYSIZE(Alignments); Idx++) {
        ULONG Actual = 0;
        PUCHAR Address;

        Logical.QuadPart = -1;
        Address = VideoPortGetCommonBuffer(Test->Device, 5000, Alignments[Idx], &Logical, &Actual, TRUE);
        if (!CHECK(Test, Address != NULL)) {
            return;
        }
        CHECK(Test, Actual >= 5000);
        CHECK(Test, LpIsZero(Address, 5000));
        LpShared(Test, Address, Logical, 5000);
        /* The order of the two addresses is not ReleaseCommonBuffer's. */
        VideoPortFreeCommonBuffer(Test->Device, Actual, Address, Logical, TRUE);
    }
}

const LP_TEST_ENTRY LpCommonBufferTests[] = {
    {"DMA-18", LpCommonBuffers}, {"DMA-19", LpCommonBufferWithoutAdapter}, {NULL, NULL}};
