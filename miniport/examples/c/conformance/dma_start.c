/*
 * dma_start.c - DMA-01 to DMA-08: what VideoPortStartDma promises about callback, length, list and data
 */
#include "conformance.h"

/* ---- DMA-01 ---------------------------------------------------------------------------------------------------------- */

static VOID LpCallbackRunsOnce(PLP_TEST Test) {
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    LP_BUFFER Buffer;
    ULONG Granted = 3 * PAGE_SIZE;

    if (!CHECK(Test, Capture != NULL) || !LpOpenBuffer(Test, &Buffer, 3 * PAGE_SIZE, 0, VpReadAccess)) {
        return;
    }
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, Test->Device->Adapter, Buffer.Mdl, 0, &Granted, LpCaptureDma, Capture, TRUE),
                 NO_ERROR);
    CHECK_EQUAL(Test, Capture->Calls, 1);
    CHECK_EQUAL(Test, Capture->Irql, DISPATCH_LEVEL);
    CHECK(Test, Capture->Hde == Test->Device);
    CHECK(Test, Capture->Adapter == Test->Device->Adapter);
    CHECK(Test, Capture->List != NULL && Capture->List->NumberOfElements >= 1);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Capture->List, TRUE), NO_ERROR);
    CHECK_EQUAL(Test, Capture->Calls, 1);
    LpCloseBuffer(Test, &Buffer);
    VideoPortFreePool(Test->Device, Capture);
}

/* ---- DMA-02 ---------------------------------------------------------------------------------------------------------- */

/* Starts one operation and checks the three figures against each other; returns what was granted. */
static ULONG LpOneLength(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, PVOID Mdl, ULONG Offset, ULONG Asked) {
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Granted = Asked;

    if (!CHECK(Test, Capture != NULL)) {
        return 0;
    }
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    if (CHECK_STATUS(Test, VideoPortStartDma(Test->Device, Adapter, Mdl, Offset, &Granted, LpCaptureDma, Capture, TRUE), NO_ERROR) &&
        CHECK_EQUAL(Test, Capture->Calls, 1)) {
        CHECK_EQUAL(Test, Capture->LengthInside, Granted);
        CHECK_EQUAL(Test, LpListBytes(Capture->List), Granted);
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Adapter, Capture->List, TRUE), NO_ERROR);
    }
    VideoPortFreePool(Test->Device, Capture);
    return Granted;
}

static VOID LpLengthIsFinal(PLP_TEST Test) {
    PVP_DMA_ADAPTER Limited = LpOpenAdapter(Test, TRUE, TRUE, 3000);
    LP_BUFFER Buffer;

    if (Limited == NULL || !LpOpenBuffer(Test, &Buffer, 4 * PAGE_SIZE, 100, VpReadAccess)) {
        return;
    }
    CHECK_EQUAL(Test, LpOneLength(Test, Test->Device->Adapter, Buffer.Mdl, 0, 4 * PAGE_SIZE), 4 * PAGE_SIZE);
    CHECK_EQUAL(Test, LpOneLength(Test, Test->Device->Adapter, Buffer.Mdl, 77, 5000), 5000);
    CHECK_EQUAL(Test, LpOneLength(Test, Limited, Buffer.Mdl, 0, 4 * PAGE_SIZE), 3000);
    CHECK_EQUAL(Test, LpOneLength(Test, Limited, Buffer.Mdl, 9000, 2999), 2999);
    /* Past the end: what is there. */
    CHECK_EQUAL(Test, LpOneLength(Test, Test->Device->Adapter, Buffer.Mdl, 4 * PAGE_SIZE - 10, 100), 10);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Limited);
}

/* ---- DMA-03 ---------------------------------------------------------------------------------------------------------- */

/* Device address of byte Offset of what the list describes. */
static ULONGLONG LpAddressAt(const VP_SCATTER_GATHER_LIST *List, ULONG Offset) {
    ULONG Idx;

    for (Idx = 0; Idx < List->NumberOfElements; Idx++) {
        const VP_SCATTER_GATHER_ELEMENT *Element = LpElement(List, Idx);

        if (Offset < Element->Length) {
            return (ULONGLONG)Element->Address.QuadPart + Offset;
        }
        Offset -= Element->Length;
    }
    return 0;
}

static VOID LpOffsetIsHonoured(PLP_TEST Test) {
    static const ULONG Offsets[] = {1, 63, PAGE_SIZE - 1, PAGE_SIZE - 40, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE + 500};
    LP_CAPTURE *Whole = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 2 * sizeof(LP_CAPTURE), LP_POOL_TAG);
    LP_CAPTURE *Part = Whole + 1;
    ULONG All = 3 * PAGE_SIZE;
    LP_BUFFER Buffer;
    ULONG Idx;

    if (!CHECK(Test, Whole != NULL) || !LpOpenBuffer(Test, &Buffer, All, 40, VpModifyAccess)) {
        return;
    }
    LpPrepareCapture(Test, Whole, &All, TRUE);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, Test->Device->Adapter, Buffer.Mdl, 0, &All, LpCaptureDma, Whole, TRUE),
                 NO_ERROR);
    for (Idx = 0; Idx < ARRAYSIZE(Offsets) && Whole->List != NULL; Idx++) {
        ULONG Granted = All - Offsets[Idx];

        LpPrepareCapture(Test, Part, &Granted, TRUE);
        if (!CHECK_STATUS(Test,
                          VideoPortStartDma(Test->Device, Test->Device->Adapter, Buffer.Mdl, Offsets[Idx], &Granted, LpCaptureDma,
                                            Part, TRUE),
                          NO_ERROR)) {
            break;
        }
        CHECK_EQUAL(Test, LpElement(Part->List, 0)->Address.QuadPart, LpAddressAt(Whole->List, Offsets[Idx]));
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Part->List, TRUE), NO_ERROR);
        /* The card must agree: exactly these bytes go there and come back. */
        CHECK_EQUAL(Test, LpRoundTrip(Test, Test->Device->Adapter, &Buffer, Offsets[Idx], All - Offsets[Idx]), 1);
    }
    CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Whole->List, TRUE), NO_ERROR);
    LpCloseBuffer(Test, &Buffer);
    VideoPortFreePool(Test->Device, Whole);
}

/* ---- DMA-04 ---------------------------------------------------------------------------------------------------------- */

static VOID LpLengthsAndAlignments(PLP_TEST Test) {
    static const struct {
        ULONG Length, PageOffset;
    } Cases[] = {
        {1, 0}, {1, PAGE_SIZE - 1}, {PAGE_SIZE - 1, 0}, {PAGE_SIZE - 1, 3}, {PAGE_SIZE, 0}, {PAGE_SIZE, 1}, {PAGE_SIZE + 1, 0},
        {PAGE_SIZE + 1, 4095}, {65536, 0}, {65536, 7},
    };
    PVP_DMA_ADAPTER Limited = LpOpenAdapter(Test, TRUE, TRUE, 2 * PAGE_SIZE);
    LP_BUFFER Buffer;
    ULONG Idx;

    for (Idx = 0; Idx < ARRAYSIZE(Cases); Idx++) {
        if (LpOpenBuffer(Test, &Buffer, Cases[Idx].Length, Cases[Idx].PageOffset, VpModifyAccess)) {
            CHECK_EQUAL(Test, LpRoundTrip(Test, Test->Device->Adapter, &Buffer, 0, Cases[Idx].Length), 1);
            LpCloseBuffer(Test, &Buffer);
        }
    }
    if (Limited != NULL && LpOpenBuffer(Test, &Buffer, 4 * PAGE_SIZE, 5, VpModifyAccess)) {
        CHECK_EQUAL(Test, LpRoundTrip(Test, Limited, &Buffer, 0, 2 * PAGE_SIZE - 1), 1);
        CHECK_EQUAL(Test, LpRoundTrip(Test, Limited, &Buffer, 0, 2 * PAGE_SIZE), 1);
        CHECK_EQUAL(Test, LpRoundTrip(Test, Limited, &Buffer, 0, 2 * PAGE_SIZE + 1), 2);
        LpCloseBuffer(Test, &Buffer);
        VideoPortPutDmaAdapter(Test->Device, Limited);
    }
}

/* ---- DMA-05: the program gives the port two map registers and memory above 4 GiB -------------------------------------- */

static VOID LpFewMapRegisters(PLP_TEST Test) {
    PVP_DMA_ADAPTER Near = LpOpenAdapter(Test, TRUE, FALSE, 0);
    LP_BUFFER Buffer;
    ULONG Operations;

    if (Near == NULL || !LpOpenBuffer(Test, &Buffer, 5 * PAGE_SIZE + 3, 9, VpModifyAccess)) {
        return;
    }
    Operations = LpRoundTrip(Test, Near, &Buffer, 0, 5 * PAGE_SIZE + 3);
    CHECK(Test, Operations >= 3);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Near);
}

/* ---- DMA-06 ---------------------------------------------------------------------------------------------------------- */

static VOID LpSingleElement(PLP_TEST Test) {
    PVP_DMA_ADAPTER Single = LpOpenAdapter(Test, FALSE, TRUE, 0);
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Total = 3 * PAGE_SIZE;
    ULONG Offset = 0;
    LP_BUFFER Buffer;

    if (Single == NULL || !CHECK(Test, Capture != NULL) || !LpOpenBuffer(Test, &Buffer, Total, 50, VpModifyAccess)) {
        return;
    }
    while (Offset < Total) {
        ULONG Granted = Total - Offset;

        LpPrepareCapture(Test, Capture, &Granted, TRUE);
        if (!CHECK_STATUS(
                Test, VideoPortStartDma(Test->Device, Single, Buffer.Mdl, Offset, &Granted, LpCaptureDma, Capture, TRUE),
                NO_ERROR) ||
            !CHECK(Test, Granted != 0)) {
            break;
        }
        CHECK_EQUAL(Test, Capture->List->NumberOfElements, 1);
        CHECK_EQUAL(Test, LpElement(Capture->List, 0)->Length, Granted);
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Single, Capture->List, TRUE), NO_ERROR);
        Offset += Granted;
    }
    CHECK(Test, LpRoundTrip(Test, Single, &Buffer, 0, Total) != 0);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Single);
    VideoPortFreePool(Test->Device, Capture);
}

/* ---- DMA-07, DMA-08: the program gives memory above 4 GiB -------------------------------------------------------------- */

/* Highest last byte of any element of one whole operation. */
static ULONGLONG LpHighest(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, LP_BUFFER *Buffer) {
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Granted = Buffer->Length;
    ULONGLONG Highest = 0;
    ULONG Idx;

    if (!CHECK(Test, Capture != NULL)) {
        return 0;
    }
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    if (CHECK_STATUS(Test, VideoPortStartDma(Test->Device, Adapter, Buffer->Mdl, 0, &Granted, LpCaptureDma, Capture, TRUE),
                     NO_ERROR)) {
        for (Idx = 0; Idx < Capture->List->NumberOfElements; Idx++) {
            const VP_SCATTER_GATHER_ELEMENT *Element = LpElement(Capture->List, Idx);
            ULONGLONG Last = (ULONGLONG)Element->Address.QuadPart + Element->Length - 1;

            Highest = Last > Highest ? Last : Highest;
        }
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Adapter, Capture->List, TRUE), NO_ERROR);
    }
    VideoPortFreePool(Test->Device, Capture);
    return Highest;
}

static VOID LpOutOfReachIsBounced(PLP_TEST Test) {
    PVP_DMA_ADAPTER Near = LpOpenAdapter(Test, TRUE, FALSE, 0);
    LP_BUFFER Buffer;

    if (Near == NULL || !LpOpenBuffer(Test, &Buffer, 6 * PAGE_SIZE + 5, 11, VpModifyAccess)) {
        return;
    }
    /* Without this the test would prove nothing. */
    CHECK(Test, LpHighest(Test, Test->Device->Adapter, &Buffer) > MAXULONG);
    CHECK(Test, LpHighest(Test, Near, &Buffer) <= MAXULONG);
    CHECK(Test, LpRoundTrip(Test, Near, &Buffer, 0, Buffer.Length) != 0);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Near);
}

static VOID LpDataIsThereAfterComplete(PLP_TEST Test) {
    PVP_DMA_ADAPTER Near = LpOpenAdapter(Test, TRUE, FALSE, 0);
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Granted = 2000;
    LP_BUFFER Buffer;

    if (Near == NULL || !CHECK(Test, Capture != NULL) || !LpOpenBuffer(Test, &Buffer, 2000, 3000, VpModifyAccess)) {
        return;
    }
    LpFill(Buffer.Base, 2000, 8);
    CHECK(Test, LpMoveAll(Test, Near, Buffer.Mdl, 0, 2000, LpScratch(Test), TRUE) != 0);
    VideoPortZeroMemory(Buffer.Base, 2000);
    LpPrepareCapture(Test, Capture, &Granted, FALSE);
    Capture->Program = TRUE;
    Capture->CardAddress = LpScratch(Test);
    CHECK_STATUS(Test, VideoPortStartDma(Test->Device, Near, Buffer.Mdl, 0, &Granted, LpCaptureDma, Capture, FALSE), NO_ERROR);
    CHECK_EQUAL(Test, LpDmaPoll(Test->Device, Capture->CompletedBefore), LP_DMA_RESULT_CODE_IS_OK);
    /* Until now the buffer may hold old or new bytes. From here on it must hold the new ones. */
    CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Near, Capture->List, FALSE), NO_ERROR);
    CHECK_EQUAL(Test, Granted, 2000);
    CHECK_EQUAL(Test, LpFirstWrong(Buffer.Base, 2000, 8), 2000);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Near);
    VideoPortFreePool(Test->Device, Capture);
}

const LP_TEST_ENTRY LpStartDmaTests[] = {
    {"DMA-01", LpCallbackRunsOnce},    {"DMA-02", LpLengthIsFinal},   {"DMA-03", LpOffsetIsHonoured},
    {"DMA-04", LpLengthsAndAlignments}, {"DMA-05", LpFewMapRegisters}, {"DMA-06", LpSingleElement},
    {"DMA-07", LpOutOfReachIsBounced}, {"DMA-08", LpDataIsThereAfterComplete}, {NULL, NULL},
};
