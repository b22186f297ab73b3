/*
 * time.c - TIM-01: clocks; TIM-02: the timer; LOG-01: log, debug text, last words
 */
#include "conformance.h"

static VOID LpClocks(PLP_TEST Test) {
    LARGE_INTEGER Before, After;
    LONGLONG Frequency = 0;
    LONGLONG Start = VideoPortQueryPerformanceCounter(Test->Device, &Frequency);
    ULONG Ticks;

    VideoPortQuerySystemTime(&Before);
    VideoPortStallExecution(50);
    VideoPortQuerySystemTime(&After);
    CHECK(Test, Frequency > 0);
    /* Stalled for at least 50 us on both clocks. */
    CHECK(Test, (VideoPortQueryPerformanceCounter(Test->Device, NULL) - Start) * 1000000 / Frequency >= 50);
    CHECK(Test, After.QuadPart - Before.QuadPart >= 500);
    /* A timer that is stopped at once does not come. */
    Ticks = Test->Device->Counters.Ticks;
    VideoPortStartTimer(Test->Device);
    VideoPortStopTimer(Test->Device);
    LpGiveWay(Test->Device);
    CHECK_EQUAL(Test, Test->Device->Counters.Ticks, Ticks);
}

static VOID LpCountTick(PLP_DEVICE Device) {
    Device->Test.Counter++;
    Device->Test.Seen[0] = VideoPortGetCurrentIrql();
}

/* Takes two seconds of the machine's time: not for slow simulations. */
static VOID LpTimerRuns(PLP_TEST Test) {
    LP_TEST_STATE *State = &Test->Device->Test;
    LARGE_INTEGER Before, After;

    State->TimerHook = LpCountTick;
    VideoPortQuerySystemTime(&Before);
    VideoPortStartTimer(Test->Device);
    CHECK(Test, LpSleepFor(Test->Device, &State->Counter, 1));
    VideoPortQuerySystemTime(&After);
    CHECK(Test, After.QuadPart - Before.QuadPart < 20000000);
    VideoPortStopTimer(Test->Device);
    CHECK(Test, State->Seen[0] <= DISPATCH_LEVEL);
    State->TimerHook = NULL;
}

/* The program reads the log, and asks for the last words after part 0; part 1 takes the callback back. */
static VOID LpLastWords(PLP_TEST Test) {
    PLP_DEVICE Device = Test->Device;
    ULONG Good = BUGCHECK_DATA_SIZE_RESERVED + LP_BUGCHECK_BYTES;
    VPOSVERSIONINFO Version;

    if (Test->Request->Part != 0) {
        CHECK_EQUAL(Test, Device->Bugchecks, Test->Request->Argument[0]);
        CHECK_STATUS(Test, VideoPortRegisterBugcheckCallback(Device, 0xEA, NULL, 0), NO_ERROR);
        return;
    }
    VideoPortLogError(Device, Test->Packet, ERROR_BUSY, 0xC00F0001u);
    VideoPortDebugPrint(Info, (PSTR) "lumenport: %s %d 0x%x\n", "debug text", 42, 0xBEEFu);
    CHECK_STATUS(Test, VideoPortRegisterBugcheckCallback(Device, 0xEB, LpBugcheck, Good), ERROR_INVALID_PARAMETER);
    CHECK_STATUS(Test, VideoPortRegisterBugcheckCallback(Device, 0xEA, LpBugcheck, 4001), ERROR_INVALID_PARAMETER);
    CHECK_STATUS(Test, VideoPortRegisterBugcheckCallback(Device, 0xEA, LpBugcheck, Good), NO_ERROR);
    VideoPortZeroMemory(&Version, sizeof(Version));
    Version.Size = sizeof(Version);
    CHECK_STATUS(Test, VideoPortGetVersion(Device, &Version), NO_ERROR);
    CHECK(Test, Version.MajorVersion >= 5);
    Version.Size = sizeof(Version) - 4;
    CHECK_STATUS(Test, VideoPortGetVersion(Device, &Version), ERROR_INVALID_PARAMETER);
}

const LP_TEST_ENTRY LpTimeTests[] = {{"TIM-01", LpClocks}, {"TIM-02", LpTimerRuns}, {"LOG-01", LpLastWords}, {NULL, NULL}};
