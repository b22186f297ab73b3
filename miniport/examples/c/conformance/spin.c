/*
 * spin.c - SPIN-01: spin locks; ILK-01: the interlocked services
 */
#include "conformance.h"

#define LP_TURNS 50u

static VOID LpLevelsOfOne(PLP_TEST Test, PSPIN_LOCK Lock) {
    UCHAR Old = 0xEE, Inner = 0xEE;
    PSPIN_LOCK Second = NULL;

    CHECK_STATUS(Test, VideoPortCreateSpinLock(Test->Device, &Second), NO_ERROR);
    VideoPortAcquireSpinLock(Test->Device, Lock, &Old);
    CHECK_EQUAL(Test, Old, PASSIVE_LEVEL);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    /* A second one from inside remembers where it came from. */
    VideoPortAcquireSpinLock(Test->Device, Second, &Inner);
    CHECK_EQUAL(Test, Inner, DISPATCH_LEVEL);
    VideoPortReleaseSpinLock(Test->Device, Second, Inner);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    VideoPortAcquireSpinLockAtDpcLevel(Test->Device, Second);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    VideoPortReleaseSpinLockFromDpcLevel(Test->Device, Second);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    VideoPortReleaseSpinLock(Test->Device, Lock, Old);
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_STATUS(Test, VideoPortDeleteSpinLock(Test->Device, Second), NO_ERROR);
}

static VOID LpContend(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    ULONG Turn;
    UCHAR Old;

    for (Turn = 0; Turn < LP_TURNS; Turn++) {
        LONG Count;

        VideoPortAcquireSpinLock(Test->Device, State->SpinLock, &Old);
        Count = State->Counter;
        VideoPortStallExecution(1);
        State->Counter = Count + 1;
        VideoPortReleaseSpinLock(Test->Device, State->SpinLock, Old);
    }
    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), PASSIVE_LEVEL);
}

/* A bug on purpose: strict mode refuses. */
static BOOLEAN NTAPI LpDeleteSynchronised(PVOID Context) {
    PLP_DEVICE Device = Context;

    Device->Test.Seen[0] = (ULONG)VideoPortDeleteSpinLock(Device, Device->Test.SpinLock);
    return TRUE;
}

/* Part 1 on eight threads, part 2 with their number in Argument[0], part 3 with strict mode on. */
static VOID LpSpinLocks(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;

    switch (Test->Request->Part) {
    case 0:
        CHECK_STATUS(Test, VideoPortCreateSpinLock(Test->Device, &State->SpinLock), NO_ERROR);
        LpLevelsOfOne(Test, State->SpinLock);
        break;
    case 1:
        LpContend(Test);
        break;
    case 2:
        CHECK_EQUAL(Test, State->Counter, LP_TURNS * Test->Request->Argument[0]);
        CHECK_STATUS(Test, VideoPortDeleteSpinLock(Test->Device, State->SpinLock), NO_ERROR);
        break;
    default:
        CHECK_STATUS(Test, VideoPortCreateSpinLock(Test->Device, &State->SpinLock), NO_ERROR);
        CHECK_EQUAL(Test, VideoPortSynchronizeExecution(Test->Device, VpHighPriority, LpDeleteSynchronised, Test->Device), TRUE);
        /* It is still there. */
        CHECK_STATUS(Test, VideoPortDeleteSpinLock(Test->Device, State->SpinLock), NO_ERROR);
        break;
    }
}

/* Part 1 on several threads, part 2 with their number. */
static VOID LpInterlocked(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LONG Word = 41;
    ULONG Turn;

    switch (Test->Request->Part) {
    case 0:
        CHECK_EQUAL(Test, VideoPortInterlockedIncrement(&Word), 42);
        CHECK_EQUAL(Test, VideoPortInterlockedDecrement(&Word), 41);
        CHECK_EQUAL(Test, VideoPortInterlockedExchange(&Word, -7), 41);
        CHECK_EQUAL(Test, (ULONG)VideoPortInterlockedIncrement(&Word), (ULONG)-6);
        Word = MAXLONG;
        CHECK_EQUAL(Test, (ULONG)VideoPortInterlockedIncrement(&Word), 0x80000000u);
        break;
    case 1:
        for (Turn = 0; Turn < 1000; Turn++) {
            (VOID)VideoPortInterlockedIncrement((PLONG)&State->Counter);
            (VOID)VideoPortInterlockedIncrement((PLONG)&State->Counter);
            (VOID)VideoPortInterlockedDecrement((PLONG)&State->Counter);
        }
        CHECK(Test, TRUE);
        break;
    default:
        CHECK_EQUAL(Test, State->Counter, 1000 * Test->Request->Argument[0]);
        break;
    }
}

const LP_TEST_ENTRY LpSpinTests[] = {{"SPIN-01", LpSpinLocks}, {"ILK-01", LpInterlocked}, {NULL, NULL}};
