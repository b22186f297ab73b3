/*
 * helpers.c - patterns, bounded waits, levels
 */
#include "conformance.h"

VOID LpFill(PUCHAR Bytes, ULONG Count, ULONG Seed) {
    ULONG Idx;

    for (Idx = 0; Idx < Count; Idx++) {
        Bytes[Idx] = LpPattern(Idx, Seed);
    }
}

ULONG LpFirstWrong(const UCHAR *Bytes, ULONG Count, ULONG Seed) {
    ULONG Idx;

    for (Idx = 0; Idx < Count; Idx++) {
        if (Bytes[Idx] != LpPattern(Idx, Seed)) {
            return Idx;
        }
    }
    return Count;
}

VOID LpRaiseInterrupt(PLP_DEVICE Device) {
    LpWrite(Device, LP_DMA_INTR_TEST, LP_DMA_INTR_TEST_DONE_MASK);
    /* The message is a posted write of the card: reading from the card pushes it out. */
    (VOID)LpRead(Device, LP_DMA_STATUS);
}

VOID LpSignal(volatile LONG *Word, LONG Value) {
    (VOID)VideoPortInterlockedExchange((PLONG)Word, Value);
}

/* The word itself is only read: an increment and a decrement would undo a signal that comes in between. */
LONG LpLook(volatile LONG *Word) {
    LONG Value = *Word;
    LONG Fence = 0;

    /* What the other thread wrote before its signal is seen after this. */
    (VOID)VideoPortInterlockedIncrement(&Fence);
    return Value;
}

BOOLEAN LpWaitFor(volatile LONG *Word, LONG Wanted) {
    ULONG Step;

    for (Step = 0; Step < 2000; Step++) {
        VideoPortStallExecution(10);
        if (LpLook(Word) >= Wanted) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN LpSleepFor(PLP_DEVICE Device, volatile LONG *Word, LONG Wanted) {
    LARGE_INTEGER Moment;
    PEVENT Never = NULL;
    ULONG Step;
    BOOLEAN There = FALSE;

    if (VideoPortCreateEvent(Device, NOTIFICATION_EVENT, NULL, &Never) != NO_ERROR) {
        return FALSE;
    }
    for (Step = 0; Step < 2000000 && !There; Step++) {
        Moment.QuadPart = -1000; /* 100 us */
        (VOID)VideoPortWaitForSingleObject(Device, Never, &Moment);
        There = LpLook(Word) >= Wanted;
    }
    (VOID)VideoPortDeleteEvent(Device, Never);
    return There;
}

VOID LpGiveWay(PLP_DEVICE Device) {
    LARGE_INTEGER Moment;
    PEVENT Never = NULL;
    ULONG Step;

    if (VideoPortCreateEvent(Device, NOTIFICATION_EVENT, NULL, &Never) == NO_ERROR) {
        for (Step = 0; Step < 4; Step++) {
            Moment.QuadPart = -1000; /* 100 us */
            (VOID)VideoPortWaitForSingleObject(Device, Never, &Moment);
        }
        (VOID)VideoPortDeleteEvent(Device, Never);
    }
}

VOID LpAtDispatch(PLP_TEST Test, VOID (*Routine)(PLP_TEST Test)) {
    PSPIN_LOCK Lock = NULL;
    UCHAR Old = 0xFF;

    if (!CHECK_STATUS(Test, VideoPortCreateSpinLock(Test->Device, &Lock), NO_ERROR)) {
        return;
    }
    VideoPortAcquireSpinLock(Test->Device, Lock, &Old);
    Routine(Test);
    VideoPortReleaseSpinLock(Test->Device, Lock, Old);
    (VOID)VideoPortDeleteSpinLock(Test->Device, Lock);
}
