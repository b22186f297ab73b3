/*
 * dma_flow.c - DMA-09 to DMA-15: failures, several operations, who completes, what is pinned
 */
#include "conformance.h"

/* One buffer and adapter that live from part to part: Test.Pointer[0..1], Mdl[0], Adapter[0], Length. */
static BOOLEAN LpKeepBuffer(PLP_TEST Test, BOOLEAN Dma64, ULONG Length) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LP_BUFFER Buffer;

    State->Adapter[0] = LpOpenAdapter(Test, TRUE, Dma64, 0);
    if (State->Adapter[0] == NULL || !LpOpenBuffer(Test, &Buffer, Length, 0, VpModifyAccess)) {
        return FALSE;
    }
    State->Pointer[0] = Buffer.Block;
    State->Pointer[1] = Buffer.Base;
    State->Mdl[0] = Buffer.Mdl;
    State->Length = Length;
    return TRUE;
}

static VOID LpKeptBuffer(PLP_TEST Test, LP_BUFFER *Buffer) {
    LP_TEST_STATE *State = &Test->Device->Test;

    Buffer->Block = State->Pointer[0];
    Buffer->Base = State->Pointer[1];
    Buffer->Mdl = State->Mdl[0];
    Buffer->Length = State->Length;
}

static VOID LpDropBuffer(PLP_TEST Test) {
    LP_BUFFER Buffer;

    LpKeptBuffer(Test, &Buffer);
    LpCloseBuffer(Test, &Buffer);
    VideoPortPutDmaAdapter(Test->Device, Test->Device->Test.Adapter[0]);
}

/* ---- DMA-09: the program makes the machine fail between part 0 and part 1 --------------------------------------------- */

static VOID LpFailedStart(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LP_CAPTURE *Capture = State->Pointer[2];
    ULONG Granted = State->Length;

    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, State->Adapter[0], State->Mdl[0], 0, &Granted, LpCaptureDma, Capture, TRUE),
                 ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQUAL(Test, Capture->Calls, 0);
    CHECK_EQUAL(Test, Granted, 0);
}

static VOID LpInjectedFailure(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LP_BUFFER Buffer;

    switch (Test->Request->Part) {
    case 0:
        if (LpKeepBuffer(Test, FALSE, 2 * PAGE_SIZE)) {
            State->Pointer[2] = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
            CHECK(Test, State->Pointer[2] != NULL);
        }
        break;
    case 1:
        LpFailedStart(Test);
        break;
    default:
        LpKeptBuffer(Test, &Buffer);
        CHECK(Test, LpRoundTrip(Test, State->Adapter[0], &Buffer, 0, Buffer.Length) != 0);
        LpDropBuffer(Test);
        VideoPortFreePool(Test->Device, State->Pointer[2]);
        break;
    }
}

/* ---- DMA-10 ------------------------------------------------------------------------------------------------------------ */

#define LP_MANY 64u

/* Two adapters in turn until the port has no list left; everything completed; returns how many there were. */
static ULONG LpFillLists(PLP_TEST Test, LP_CAPTURE *Captures, PVP_DMA_ADAPTER Second, PVOID Mdl) {
    PVP_DMA_ADAPTER Adapters[2] = {Test->Device->Adapter, Second};
    ULONG Count, Idx;
    ULONG Granted;

    for (Count = 0; Count < LP_MANY; Count++) {
        VP_STATUS Status;

        Granted = 100;
        LpPrepareCapture(Test, &Captures[Count], &Granted, TRUE);
        Status = VideoPortStartDma(Test->Device, Adapters[Count & 1], Mdl, 0, &Granted, LpCaptureDma, &Captures[Count], TRUE);
        if (Status != NO_ERROR) {
            CHECK_STATUS(Test, Status, ERROR_NOT_ENOUGH_MEMORY);
            CHECK_EQUAL(Test, Captures[Count].Calls, 0);
            CHECK_EQUAL(Test, Granted, 0);
            break;
        }
        CHECK_EQUAL(Test, Captures[Count].Calls, 1);
        CHECK(Test, Captures[Count].Adapter == Adapters[Count & 1]);
    }
    for (Idx = 0; Idx < Count; Idx++) {
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Captures[Idx].Adapter, Captures[Idx].List, TRUE), NO_ERROR);
    }
    return Count;
}

static VOID LpSeveralInFlight(PLP_TEST Test) {
    LP_CAPTURE *Captures = VideoPortAllocatePool(Test->Device, VpNonPagedPool, LP_MANY * sizeof(LP_CAPTURE), LP_POOL_TAG);
    PVP_DMA_ADAPTER Second = LpOpenAdapter(Test, TRUE, TRUE, 0);
    LP_BUFFER First, Other;
    ULONG Length[2] = {4000, 4000};

    if (!CHECK(Test, Captures != NULL) || Second == NULL || !LpOpenBuffer(Test, &First, 4000, 1, VpReadAccess) ||
        !LpOpenBuffer(Test, &Other, 4000, 2, VpModifyAccess)) {
        return;
    }
    /* Both lists are alive at once; the engine serves them one after the other. */
    LpPrepareCapture(Test, &Captures[0], &Length[0], TRUE);
    LpPrepareCapture(Test, &Captures[1], &Length[1], FALSE);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, Test->Device->Adapter, First.Mdl, 0, &Length[0], LpCaptureDma, &Captures[0], TRUE),
                 NO_ERROR);
    Captures[1].Program = FALSE;
    CHECK_STATUS(Test, VideoPortStartDma(Test->Device, Second, Other.Mdl, 0, &Length[1], LpCaptureDma, &Captures[1], FALSE), NO_ERROR);
    if (CHECK(Test, Captures[0].List != NULL && Captures[1].List != NULL && Captures[0].List != Captures[1].List)) {
        LP_PIECE Piece = {4000, 1, 4000, LpScratch(Test), 4000};
        ULONG Idx;

        VideoPortZeroMemory(Other.Base, 4000);
        for (Idx = 0; Idx < 2; Idx++) {
            ULONG Before = LpRead(Test->Device, LP_DMA_COMPLETED);

            LpDmaSubmit(Test->Device, Captures[Idx].List, &Piece, Idx == 0);
            CHECK_EQUAL(Test, LpDmaPoll(Test->Device, Before), LP_DMA_RESULT_CODE_IS_OK);
        }
        /* Completed in the other order. */
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Second, Captures[1].List, FALSE), NO_ERROR);
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Captures[0].List, TRUE), NO_ERROR);
        CHECK_EQUAL(Test, LpFirstWrong(Other.Base, 4000, 4000), 4000);
    }
    CHECK(Test, LpFillLists(Test, Captures, Second, First.Mdl) >= 2);
    /* And again: what was completed is free. */
    CHECK(Test, LpFillLists(Test, Captures, Second, First.Mdl) >= 2);
    LpCloseBuffer(Test, &First);
    LpCloseBuffer(Test, &Other);
    VideoPortPutDmaAdapter(Test->Device, Second);
    VideoPortFreePool(Test->Device, Captures);
}

/* ---- DMA-11 ------------------------------------------------------------------------------------------------------------ */

static VOID LpCompleteInIsr(PLP_DEVICE Device) {
    Device->Test.Seen[0] = (ULONG)VideoPortCompleteDma(Device, Device->Test.Adapter[0], Device->Test.List, TRUE);
    Device->Test.IsrRuns++;
}

static VOID LpWhoMayComplete(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LP_CAPTURE *Capture;
    ULONG Granted;

    if (!LpKeepBuffer(Test, TRUE, 2 * PAGE_SIZE)) {
        return;
    }
    if (Test->Request->Argument[0] == 0) {
        /* The driver's own path: LpDeferred completes. */
        ULONG Before = Test->Device->Counters.Dpcs;
        LP_BUFFER Buffer;

        LpKeptBuffer(Test, &Buffer);
        CHECK_STATUS(Test, LpDmaMove(Test->Device, Buffer.Mdl, 0, Buffer.Length, LpScratch(Test), TRUE), NO_ERROR);
        CHECK(Test, Test->Device->Counters.Dpcs != Before);
        CHECK_EQUAL(Test, Test->Device->Counters.LastResult, LP_DMA_RESULT_CODE_IS_OK);
        VideoPortZeroMemory(Buffer.Base, Buffer.Length);
        CHECK_STATUS(Test, LpDmaMove(Test->Device, Buffer.Mdl, 0, Buffer.Length, LpScratch(Test), FALSE), NO_ERROR);
        CHECK_EQUAL(Test, LpFirstWrong(Buffer.Base, Buffer.Length, Buffer.Length), Buffer.Length);
        LpDropBuffer(Test);
        return;
    }
    /* A bug on purpose, for strict mode: CompleteDma in the interrupt routine. */
    Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    if (!CHECK(Test, Capture != NULL)) {
        return;
    }
    Granted = State->Length;
    LpPrepareCapture(Test, Capture, &Granted, TRUE);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, State->Adapter[0], State->Mdl[0], 0, &Granted, LpCaptureDma, Capture, TRUE),
                 NO_ERROR);
    State->List = Capture->List;
    State->IsrHook = LpCompleteInIsr;
    LpRaiseInterrupt(Test->Device);
    CHECK(Test, LpWaitFor(&State->IsrRuns, 1));
    State->IsrHook = NULL;
    /* The refused call has not closed the list. */
    CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, State->Adapter[0], Capture->List, TRUE), NO_ERROR);
    VideoPortFreePool(Test->Device, Capture);
    LpDropBuffer(Test);
}

/* ---- DMA-12: part 1 runs on another thread while part 0 is inside the callback ------------------------------------------ */

/* DISPATCH_LEVEL: hands the list over and stays until the other thread has completed it. */
static VOID NTAPI LpHandOver(PVOID HwDeviceExtension, PVP_DMA_ADAPTER VpDmaAdapter, PVP_SCATTER_GATHER_LIST SGList, PVOID Context) {
    PLP_DEVICE Device = HwDeviceExtension;
    ULONG Round = *(PULONG)Context;
    ULONG Patience;

    UNREFERENCED_PARAMETER(VpDmaAdapter);
    Device->Test.List = SGList;
    LpSignal(&Device->Test.Flag[0], (LONG)Round);
    /* The other thread needs a processor, and a simulated machine's time may run ahead of it. */
    for (Patience = 0; Patience < 2000; Patience++) {
        if (LpWaitFor(&Device->Test.Flag[1], (LONG)Round)) {
            return;
        }
    }
    Device->Test.Seen[0]++;
}

#define LP_ROUNDS 16u

static VOID LpInstantEngine(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Round;

    if (Test->Request->Part == 0) {
        PULONG Context = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(ULONG), LP_POOL_TAG);

        if (!CHECK(Test, Context != NULL) || !LpKeepBuffer(Test, TRUE, PAGE_SIZE + 10)) {
            return;
        }
        LpSignal(&State->Flag[2], 1);
        for (Round = 1; Round <= LP_ROUNDS; Round++) {
            ULONG Granted = State->Length;

            *Context = Round;
            CHECK_STATUS(Test, VideoPortStartDma(Test->Device, State->Adapter[0], State->Mdl[0], 0, &Granted, LpHandOver, Context, TRUE),
                         NO_ERROR);
            CHECK_EQUAL(Test, Granted, State->Length);
        }
        CHECK_EQUAL(Test, State->Seen[0], 0);
        LpDropBuffer(Test);
        VideoPortFreePool(Test->Device, Context);
        return;
    }
    CHECK(Test, LpSleepFor(Test->Device, &State->Flag[2], 1));
    for (Round = 1; Round <= LP_ROUNDS; Round++) {
        if (!CHECK(Test, LpSleepFor(Test->Device, &State->Flag[0], (LONG)Round))) {
            return;
        }
        CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, State->Adapter[0], State->List, TRUE), NO_ERROR);
        LpSignal(&State->Flag[1], (LONG)Round);
    }
}

/* ---- DMA-13 ------------------------------------------------------------------------------------------------------------ */

/* Somewhere that is given to StartDma as pLength and belongs to somebody else by the time of CompleteDma. */
static VOID LpLengthMayDie(PLP_TEST Test) {
    PUCHAR Frame = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 256, LP_POOL_TAG);
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    PULONG Length = (PULONG)(PVOID)(Frame + 128);
    LP_BUFFER Buffer;

    if (!CHECK(Test, Frame != NULL && Capture != NULL) || !LpOpenBuffer(Test, &Buffer, 5000, 0, VpModifyAccess)) {
        return;
    }
    *Length = 5000;
    LpPrepareCapture(Test, Capture, Length, FALSE);
    Capture->Program = TRUE;
    Capture->CardAddress = LpScratch(Test);
    CHECK_STATUS(Test,
                 VideoPortStartDma(Test->Device, Test->Device->Adapter, Buffer.Mdl, 0, Length, LpCaptureDma, Capture, FALSE),
                 NO_ERROR);
    LpFill(Frame, 256, 13);
    CHECK_EQUAL(Test, LpDmaPoll(Test->Device, Capture->CompletedBefore), LP_DMA_RESULT_CODE_IS_OK);
    CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Test->Device->Adapter, Capture->List, FALSE), NO_ERROR);
    CHECK_EQUAL(Test, LpFirstWrong(Frame, 256, 13), 256);
    LpCloseBuffer(Test, &Buffer);
    VideoPortFreePool(Test->Device, Capture);
    VideoPortFreePool(Test->Device, Frame);
}

/* ---- DMA-14: the program counts pins after every part ------------------------------------------------------------------- */

static VOID LpUnlockFirst(PLP_TEST Test) {
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    VideoPortUnlockBuffer(Test->Device, Test->Device->Test.Mdl[0]);
}

static VOID LpOverlappingLocks(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    PUCHAR Base;

    switch (Test->Request->Part) {
    case 0:
        Base = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 3 * PAGE_SIZE, LP_POOL_TAG);
        State->Pointer[0] = Base;
        CHECK(Test, Base != NULL);
        break;
    case 1: /* pages 0 and 1, then 1 and 2 */
        Base = State->Pointer[0];
        State->Mdl[0] = VideoPortLockBuffer(Test->Device, Base, 2 * PAGE_SIZE, VpReadAccess);
        State->Mdl[1] = VideoPortLockBuffer(Test->Device, Base + PAGE_SIZE, 2 * PAGE_SIZE, VpWriteAccess);
        CHECK(Test, State->Mdl[0] != NULL && State->Mdl[1] != NULL && State->Mdl[0] != State->Mdl[1]);
        break;
    case 2:
        LpAtDispatch(Test, LpUnlockFirst);
        break;
    case 3: /* the middle page is still locked by the second: it can be moved */
        CHECK_EQUAL(Test, LpMoveAll(Test, Test->Device->Adapter, State->Mdl[1], 0, 2 * PAGE_SIZE, LpScratch(Test), TRUE), 1);
        VideoPortUnlockBuffer(Test->Device, State->Mdl[1]);
        break;
    default:
        VideoPortFreePool(Test->Device, State->Pointer[0]);
        CHECK(Test, TRUE);
        break;
    }
    Test->Result->Value[0] = (ULONGLONG)(ULONG_PTR)State->Pointer[0];
}

/* ---- DMA-15: the program says where memory is missing or read-only ------------------------------------------------------- */

static VOID LpUnlockableMemory(PLP_TEST Test) {
    PVOID Missing = (PVOID)(ULONG_PTR)Test->Request->Argument[0];
    PVOID ReadOnly = (PVOID)(ULONG_PTR)Test->Request->Argument[1];
    PVOID Mdl;

    CHECK(Test, VideoPortLockBuffer(Test->Device, Missing, PAGE_SIZE, VpReadAccess) == NULL);
    CHECK(Test, VideoPortLockBuffer(Test->Device, Missing, PAGE_SIZE, VpModifyAccess) == NULL);
    /* The first page of the range exists, the second does not. */
    if (Test->Request->Argument[2] != 0) {
        PVOID Edge = (PVOID)(ULONG_PTR)Test->Request->Argument[2];

        CHECK(Test, VideoPortLockBuffer(Test->Device, Edge, 2 * PAGE_SIZE, VpReadAccess) == NULL);
    }
    if (ReadOnly != NULL) {
        CHECK(Test, VideoPortLockBuffer(Test->Device, ReadOnly, PAGE_SIZE, VpWriteAccess) == NULL);
        CHECK(Test, VideoPortLockBuffer(Test->Device, ReadOnly, PAGE_SIZE, VpModifyAccess) == NULL);
        /* The card only reads it: that is allowed. */
        Mdl = VideoPortLockBuffer(Test->Device, ReadOnly, PAGE_SIZE, VpReadAccess);
        if (CHECK(Test, Mdl != NULL)) {
            VideoPortUnlockBuffer(Test->Device, Mdl);
        }
    }
}

const LP_TEST_ENTRY LpFlowDmaTests[] = {
    {"DMA-09", LpInjectedFailure}, {"DMA-10", LpSeveralInFlight},  {"DMA-11", LpWhoMayComplete},  {"DMA-12", LpInstantEngine},
    {"DMA-13", LpLengthMayDie},    {"DMA-14", LpOverlappingLocks}, {"DMA-15", LpUnlockableMemory}, {NULL, NULL},
};
