/*
 * lock.c - LOCK-01 to LOCK-07: the device lock
 *
 * Part 0 comes as a request unless the comment says otherwise; part 1 and up run on other threads through the interface, at the
 * same time as each other or as part 0.
 */
#include "conformance.h"

#define LP_TURNS 40u

/* Two steps that only exclusion makes one: read, let others run, write. */
static VOID LpSlowCount(PLP_TEST Test, volatile LONG *Counter) {
    LONG Old = *Counter;

    VideoPortStallExecution(1);
    *Counter = Old + 1;
    UNREFERENCED_PARAMETER(Test);
}

/* ---- LOCK-01: part 1 on N threads, part 2 after them with N in Argument[0] ------------------------------------------------ */

static VOID LpExclusion(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Turn;

    switch (Test->Request->Part) {
    case 1:
        for (Turn = 0; Turn < LP_TURNS; Turn++) {
            VideoPortAcquireDeviceLock(Test->Device);
            CHECK_EQUAL(Test, VideoPortInterlockedIncrement((PLONG)&State->Inside), 1);
            LpSlowCount(Test, &State->Counter);
            (VOID)VideoPortInterlockedDecrement((PLONG)&State->Inside);
            VideoPortReleaseDeviceLock(Test->Device);
        }
        break;
    case 2:
        CHECK_EQUAL(Test, State->Counter, LP_TURNS * Test->Request->Argument[0]);
        break;
    default:
        CHECK_EQUAL(Test, State->Counter, 0);
        break;
    }
}

/* ---- LOCK-02: parts 1 and 2 on two threads --------------------------------------------------------------------------------- */

static VOID LpRecursion(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Depth;

    switch (Test->Request->Part) {
    case 1:
        for (Depth = 0; Depth < 3; Depth++) {
            VideoPortAcquireDeviceLock(Test->Device);
        }
        LpSignal(&State->Flag[0], 1);
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[1], 1)); /* the other one is about to ask */
        VideoPortReleaseDeviceLock(Test->Device);
        VideoPortReleaseDeviceLock(Test->Device);
        for (Depth = 0; Depth < 20; Depth++) {
            LpGiveWay(Test->Device);
            CHECK_EQUAL(Test, LpLook(&State->Flag[2]), 0);
        }
        LpSignal(&State->Flag[3], 1);
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    case 2:
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[0], 1));
        LpSignal(&State->Flag[1], 1);
        VideoPortAcquireDeviceLock(Test->Device);
        LpSignal(&State->Flag[2], 1);
        CHECK_EQUAL(Test, LpLook(&State->Flag[3]), 1);
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    default:
        CHECK(Test, TRUE);
        break;
    }
}

/* ---- LOCK-03: part 0 while part 1 asks; then part 2 holds while the program sends part 3 as a request ------------------------ */

static VOID LpAgainstRequests(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Idx;

    switch (Test->Request->Part) {
    case 0:
        LpSignal(&State->Flag[0], 1);
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[1], 1));
        for (Idx = 0; Idx < 10; Idx++) {
            LpGiveWay(Test->Device);
            CHECK_EQUAL(Test, LpLook(&State->Flag[2]), 0);
        }
        LpSignal(&State->Flag[3], 1);
        break;
    case 1:
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[0], 1));
        LpSignal(&State->Flag[1], 1);
        VideoPortAcquireDeviceLock(Test->Device);
        LpSignal(&State->Flag[2], 1);
        CHECK_EQUAL(Test, LpLook(&State->Flag[3]), 1);
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    case 2:
        VideoPortAcquireDeviceLock(Test->Device);
        LpSignal(&State->Sequence, 1); /* the program may send the request now */
        for (Idx = 0; Idx < 20; Idx++) {
            LpGiveWay(Test->Device);
            CHECK_EQUAL(Test, LpLook(&State->Sequence), 1);
        }
        LpSignal(&State->Sequence, 2);
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    case 3:
        CHECK_EQUAL(Test, LpLook(&State->Sequence), 2);
        LpSignal(&State->Sequence, 3);
        break;
    default: /* 4: asks how far it is */
        Test->Result->Value[0] = (ULONGLONG)(ULONG)LpLook(&State->Sequence);
        CHECK(Test, TRUE);
        break;
    }
}

/* ---- LOCK-04: part 1 as requests from several threads; Argument[0] is the place in the queue -------------------------------- */

static VOID LpRequestOrder(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    switch (Test->Request->Part) {
    case 1:
        CHECK_EQUAL(Test, VideoPortInterlockedIncrement((PLONG)&State->Inside), 1);
        CHECK_EQUAL(Test, State->Sequence, Test->Request->Argument[0]);
        LpSlowCount(Test, &State->Sequence);
        (VOID)VideoPortInterlockedDecrement((PLONG)&State->Inside);
        break;
    case 2: /* holds the queue until the program says that all stand in it: part 3 through the interface */
        LpSignal(&State->Flag[0], 1);
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[1], 1));
        break;
    case 3:
        LpSignal(&State->Flag[1], 1);
        CHECK(Test, TRUE);
        break;
    default:
        Test->Result->Value[0] = (ULONGLONG)(ULONG)LpLook(&State->Flag[0]);
        CHECK(Test, TRUE);
        break;
    }
}

/* ---- LOCK-05: part 1 holds one device until part 2, through the interface, lets it go; meanwhile the other one works --------- */

static VOID LpTwoDevices(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    switch (Test->Request->Part) {
    case 1:
        VideoPortAcquireDeviceLock(Test->Device);
        LpSignal(&State->Flag[0], 1);
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[1], 1));
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    case 2:
        LpSignal(&State->Flag[1], 1);
        CHECK(Test, TRUE);
        break;
    case 3: /* on the other device: a request and the lock itself */
        VideoPortAcquireDeviceLock(Test->Device);
        VideoPortReleaseDeviceLock(Test->Device);
        CHECK(Test, TRUE);
        break;
    default:
        Test->Result->Value[0] = (ULONGLONG)(ULONG)LpLook(&State->Flag[0]);
        CHECK(Test, TRUE);
        break;
    }
}

/* ---- LOCK-06: bugs on purpose; part 1 and 2 through the interface -------------------------------------------------------------- */

static VOID LpAcquireAtDispatch(PLP_TEST Test) {
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    VideoPortAcquireDeviceLock(Test->Device);
}

static VOID LpLockMisuse(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    switch (Test->Request->Part) {
    case 1: /* level */
        LpAtDispatch(Test, LpAcquireAtDispatch);
        break;
    case 2: /* release without acquire */
        VideoPortReleaseDeviceLock(Test->Device);
        CHECK(Test, TRUE);
        break;
    case 3: /* holds while the other thread releases: part 4 */
        VideoPortAcquireDeviceLock(Test->Device);
        LpSignal(&State->Flag[0], 1);
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[1], 1));
        VideoPortReleaseDeviceLock(Test->Device);
        break;
    case 4:
        CHECK(Test, LpSleepFor(Test->Device, &State->Flag[0], 1));
        VideoPortReleaseDeviceLock(Test->Device);
        LpSignal(&State->Flag[1], 1);
        break;
    default:
        CHECK(Test, TRUE);
        break;
    }
}

/* ---- LOCK-07: a request holds the lock; interrupt, DPC and (Argument[0] = 1) timer must not need it ------------------------------ */

static VOID LpCountTimer(PLP_DEVICE Device) {
    Device->Test.Counter++;
}

static VOID LpNobodyNeedsIt(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Interrupts = Test->Device->Counters.Interrupts;
    ULONG Dpcs = Test->Device->Counters.Dpcs;
    ULONG Step;

    VideoPortAcquireDeviceLock(Test->Device);
    LpRaiseInterrupt(Test->Device);
    for (Step = 0; Step < 500 && Test->Device->Counters.Dpcs == Dpcs; Step++) {
        VideoPortStallExecution(10);
    }
    CHECK_EQUAL(Test, Test->Device->Counters.Interrupts, Interrupts + 1);
    CHECK_EQUAL(Test, Test->Device->Counters.Dpcs, Dpcs + 1);
    if (Test->Request->Argument[0] != 0) {
        State->TimerHook = LpCountTimer;
        VideoPortStartTimer(Test->Device);
        CHECK(Test, LpSleepFor(Test->Device, &State->Counter, 1));
        VideoPortStopTimer(Test->Device);
        State->TimerHook = NULL;
    }
    VideoPortReleaseDeviceLock(Test->Device);
}

const LP_TEST_ENTRY LpLockTests[] = {
    {"LOCK-01", LpExclusion},  {"LOCK-02", LpRecursion},  {"LOCK-03", LpAgainstRequests}, {"LOCK-04", LpRequestOrder},
    {"LOCK-05", LpTwoDevices}, {"LOCK-06", LpLockMisuse}, {"LOCK-07", LpNobodyNeedsIt},   {NULL, NULL},
};
