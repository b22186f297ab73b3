/*
 * sync.c - SYNC-01 to SYNC-04, DPC-01, INT-01: code that the interrupt routine must not meet, and deferred code
 */
#include "conformance.h"

static VOID LpCountIsr(PLP_DEVICE Device) {
    Device->Test.IsrRuns++;
    Device->Test.Seen[2] = (ULONG)Device->Test.Inside;
}

/* What a synchronised routine does: raise an interrupt and give it every chance to come. */
static BOOLEAN NTAPI LpProvoke(PVOID Context) {
    PLP_DEVICE Device = Context;
    ULONG Step;

    Device->Test.Inside = 1;
    LpRaiseInterrupt(Device);
    for (Step = 0; Step < 60; Step++) {
        VideoPortStallExecution(10);
    }
    Device->Test.Seen[1] = (ULONG)Device->Test.IsrRuns;
    Device->Test.Inside = 0;
    return TRUE;
}

/* The same, and the level: not where the interrupt routine is locked out, GetCurrentIrql is not on the list of what may run there. */
static BOOLEAN NTAPI LpProvokeAtDispatch(PVOID Context) {
    PLP_DEVICE Device = Context;

    Device->Test.Seen[0] = VideoPortGetCurrentIrql();
    return LpProvoke(Context);
}

static VOID LpBegin(PLP_TEST Test) {
    VideoPortZeroMemory(&Test->Device->Test, sizeof(Test->Device->Test));
    Test->Device->Test.IsrHook = LpCountIsr;
}

static VOID LpLow(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    LpBegin(Test);
    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, VpLowPriority, LpProvokeAtDispatch, Test->Device), TRUE);
    CHECK_EQUAL(Test, State->Seen[0], DISPATCH_LEVEL);
    CHECK_EQUAL(Test, State->Seen[1], 1); /* it came while the routine ran */
    CHECK_EQUAL(Test, State->Seen[2], 1);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    State->IsrHook = NULL;
}

static VOID LpOneExclusion(PLP_TEST Test, VIDEO_SYNCHRONIZE_PRIORITY Priority) {
    LP_TEST_STATE *State = &Test->Device->Test;

    LpBegin(Test);
    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, Priority, LpProvoke, Test->Device), TRUE);
    CHECK_EQUAL(Test, State->Seen[1], 0); /* not while the routine ran */
    CHECK(Test, LpWaitFor(&State->IsrRuns, 1));
    CHECK_EQUAL(Test, State->Seen[2], 0);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    State->IsrHook = NULL;
}

static VOID LpMediumAndHigh(PLP_TEST Test) {
    LpOneExclusion(Test, VpMediumPriority);
    LpOneExclusion(Test, VpHighPriority);
}

/* Needs a driver that has registered no interrupt routine. */
static VOID LpWithoutIsr(PLP_TEST Test) {
#ifdef LP_WITHOUT_INTERRUPT
    LP_TEST_STATE *State = &Test->Device->Test;

    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, VpMediumPriority, LpProvokeAtDispatch, Test->Device), TRUE);
    CHECK_EQUAL(Test, State->Seen[0], DISPATCH_LEVEL);
    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, VpHighPriority, LpProvokeAtDispatch, Test->Device), TRUE);
    CHECK_EQUAL(Test, State->Seen[0], DISPATCH_LEVEL);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
#else
    LpNotApplicable(Test, "this driver has an interrupt routine");
#endif
}

static BOOLEAN NTAPI LpAnswer(PVOID Context) {
    return Context != NULL;
}

static VOID LpAnswersInDispatch(PLP_TEST Test) {
    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, VpMediumPriority, LpAnswer, Test), TRUE);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
}

static VOID LpAnswers(PLP_TEST Test) {
    static const VIDEO_SYNCHRONIZE_PRIORITY Priorities[] = {VpLowPriority, VpMediumPriority, VpHighPriority};
    ULONG Idx;

    for (Idx = 0; Idx < ARRAYSIZE(Priorities); Idx++) {
        CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, Priorities[Idx], LpAnswer, Test), TRUE);
        CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, Priorities[Idx], LpAnswer, NULL), FALSE);
        CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    }
    /* A priority that does not exist: not called. */
    CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, (VIDEO_SYNCHRONIZE_PRIORITY)9, LpAnswer, Test), FALSE);
    LpAtDispatch(Test, LpAnswersInDispatch);
}

/* ---- DPC-01 --------------------------------------------------------------------------------------------------------- */

/* Counter: runs of the first routine. Sequence: runs of the second. Flag[0]: requeues left. */
static VOID NTAPI LpSecondDpc(PVOID HwDeviceExtension, PVOID Context) {
    PLP_DEVICE Device = HwDeviceExtension;

    Device->Test.Sequence++;
    Device->Test.Pointer[1] = Context;
}

static VOID NTAPI LpFirstDpc(PVOID HwDeviceExtension, PVOID Context) {
    PLP_DEVICE Device = HwDeviceExtension;

    Device->Test.Counter++;
    Device->Test.Seen[0] = VideoPortGetCurrentIrql();
    Device->Test.Seen[1] = (ULONG)Device->Test.Inside; /* 1 while the interrupt routine runs */
    Device->Test.Pointer[0] = Context;
    if (Device->Test.Flag[0] != 0) {
        Device->Test.Flag[0]--;
        Device->Test.Seen[2] += VideoPortQueueDpc(Device, LpFirstDpc, Context) ? 0 : 1;
    }
}

static VOID LpQueueInIsr(PLP_DEVICE Device) {
    Device->Test.Inside = 1;
    Device->Test.Flag[1] = VideoPortQueueDpc(Device, LpFirstDpc, Device);
    Device->Test.Flag[2] = VideoPortQueueDpc(Device, LpFirstDpc, Device); /* the same pair again */
    Device->Test.Flag[3] = VideoPortQueueDpc(Device, LpSecondDpc, &Device->Test);
    Device->Test.Inside = 0;
    Device->Test.IsrRuns++;
}

static VOID LpDpcs(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    VideoPortZeroMemory(State, sizeof(*State));
    State->Flag[0] = 2;
    State->IsrHook = LpQueueInIsr;
    LpRaiseInterrupt(Test->Device);
    CHECK(Test, LpWaitFor(&State->IsrRuns, 1));
    State->IsrHook = NULL;
    CHECK_EQUAL(Test, State->Flag[1], TRUE);
    CHECK_EQUAL(Test, State->Flag[2], FALSE);
    CHECK_EQUAL(Test, State->Flag[3], TRUE);
    CHECK(Test, LpWaitFor(&State->Counter, 3)); /* once, and twice requeued from inside */
    CHECK(Test, LpWaitFor(&State->Sequence, 1));
    CHECK_EQUAL(Test, State->Counter, 3);
    CHECK_EQUAL(Test, State->Sequence, 1);
    CHECK_EQUAL(Test, State->Seen[0], DISPATCH_LEVEL);
    CHECK_EQUAL(Test, State->Seen[1], 0);
    CHECK_EQUAL(Test, State->Seen[2], 0);
    CHECK(Test, State->Pointer[0] == Test->Device && State->Pointer[1] == State);
}

/* ---- INT-01 ---------------------------------------------------------------------------------------------------------- */

static VOID LpInterruptSwitch(PLP_TEST Test) {
#ifdef LP_WITHOUT_INTERRUPT
    CHECK_STATUS(Test, VideoPortDisableInterrupt(Test->Device), ERROR_INVALID_FUNCTION);
    CHECK_STATUS(Test, VideoPortEnableInterrupt(Test->Device), ERROR_INVALID_FUNCTION);
#else
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Step;

    LpBegin(Test);
    CHECK_STATUS(Test, VideoPortDisableInterrupt(Test->Device), NO_ERROR);
    LpRaiseInterrupt(Test->Device);
    for (Step = 0; Step < 60; Step++) {
        VideoPortStallExecution(10);
    }
    CHECK_EQUAL(Test, State->IsrRuns, 0);
    CHECK_STATUS(Test, VideoPortEnableInterrupt(Test->Device), NO_ERROR);
    CHECK(Test, LpWaitFor(&State->IsrRuns, 1));
    State->IsrHook = NULL;
#endif
}

const LP_TEST_ENTRY LpSyncTests[] = {
    {"SYNC-01", LpLow},  {"SYNC-02", LpMediumAndHigh},   {"SYNC-03", LpWithoutIsr}, {"SYNC-04", LpAnswers},
    {"DPC-01", LpDpcs}, {"INT-01", LpInterruptSwitch}, {NULL, NULL},
};
