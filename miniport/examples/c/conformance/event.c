/*
 * event.c - EVT-01: events and waits
 */
#include "conformance.h"

#define LP_MS 10000 /* in units of 100 ns */

static VOID LpKinds(PLP_TEST Test) {
    PLP_DEVICE Device = Test->Device;
    LARGE_INTEGER Zero;
    PEVENT Event = NULL;

    Zero.QuadPart = 0;
    /* Resets itself, starts clear. */
    CHECK_STATUS(Test, VideoPortCreateEvent(Device, SYNCHRONIZATION_EVENT, NULL, &Event), NO_ERROR);
    CHECK_EQUAL(Test, VideoPortReadStateEvent(Device, Event), 0);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, &Zero), WAIT_TIMEOUT);
    CHECK_EQUAL(Test, VideoPortSetEvent(Device, Event), 0);
    CHECK(Test, VideoPortSetEvent(Device, Event) != 0);
    CHECK(Test, VideoPortReadStateEvent(Device, Event) != 0);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, &Zero), NO_ERROR);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, &Zero), WAIT_TIMEOUT);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Device, Event), NO_ERROR);
    /* Stays set, starts set. */
    CHECK_STATUS(Test, VideoPortCreateEvent(Device, NOTIFICATION_EVENT | INITIAL_EVENT_SIGNALED, NULL, &Event), NO_ERROR);
    CHECK(Test, VideoPortReadStateEvent(Device, Event) != 0);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, NULL), NO_ERROR);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, &Zero), NO_ERROR);
    VideoPortClearEvent(Device, Event);
    CHECK_EQUAL(Test, VideoPortReadStateEvent(Device, Event), 0);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Device, Event, &Zero), WAIT_TIMEOUT);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Device, Event), NO_ERROR);
}

/* Microseconds that one wait on an event that nobody sets takes. */
static ULONG LpTimed(PLP_TEST Test, PLARGE_INTEGER Timeout) {
    LONGLONG Frequency = 0;
    LONGLONG Before, After;
    PEVENT Event = NULL;

    CHECK_STATUS(Test, VideoPortCreateEvent(Test->Device, 0, NULL, &Event), NO_ERROR);
    Before = VideoPortQueryPerformanceCounter(Test->Device, &Frequency);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Test->Device, Event, Timeout), WAIT_TIMEOUT);
    After = VideoPortQueryPerformanceCounter(Test->Device, NULL);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Test->Device, Event), NO_ERROR);
    if (!CHECK(Test, Frequency > 0 && After >= Before)) {
        return 0;
    }
    return (ULONG)((After - Before) * 1000000 / Frequency);
}

static VOID LpTimeouts(PLP_TEST Test) {
    LARGE_INTEGER Timeout;
    ULONG Took;

    CHECK_EQUAL(Test, WAIT_TIMEOUT, 258);
    Timeout.QuadPart = -3 * LP_MS;
    Took = LpTimed(Test, &Timeout);
    CHECK(Test, Took >= 3000 && Took < 8000);
    VideoPortQuerySystemTime(&Timeout);
    Timeout.QuadPart += 3 * LP_MS;
    Took = LpTimed(Test, &Timeout);
    /* The moment was named before the event was made. */
    CHECK(Test, Took >= 2000 && Took < 8000);
    VideoPortQuerySystemTime(&Timeout);
    Timeout.QuadPart -= 5 * LP_MS;
    CHECK(Test, LpTimed(Test, &Timeout) < 2000);
}

static VOID LpPollAtDispatch(PLP_TEST Test) {
    LARGE_INTEGER Zero;

    Zero.QuadPart = 0;
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Test->Device, Test->Device->Test.Event, &Zero), WAIT_TIMEOUT);
    CHECK_EQUAL(Test, VideoPortSetEvent(Test->Device, Test->Device->Test.Event), 0);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Test->Device, Test->Device->Test.Event, &Zero), NO_ERROR);
    CHECK_EQUAL(Test, VideoPortReadStateEvent(Test->Device, Test->Device->Test.Event), 0);
    VideoPortClearEvent(Test->Device, Test->Device->Test.Event);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Test->Device, Test->Device->Test.Event), NO_ERROR);
}

static VOID NTAPI LpSetInDpc(PVOID HwDeviceExtension, PVOID Context) {
    (VOID)VideoPortSetEvent(HwDeviceExtension, Context);
}

static VOID LpQueueSetter(PLP_TEST Test) {
    CHECK_EQUAL(Test, VideoPortQueueDpc(Test->Device, LpSetInDpc, Test->Device->Test.Event), TRUE);
}

static VOID LpEvents(PLP_TEST Test) {
    LARGE_INTEGER Zero;

    LpKinds(Test);
    LpTimeouts(Test);
    Zero.QuadPart = 0;
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Test->Device, NULL, &Zero), ERROR_INVALID_PARAMETER);
    CHECK_STATUS(Test, VideoPortCreateEvent(Test->Device, 0, NULL, &Test->Device->Test.Event), NO_ERROR);
    LpAtDispatch(Test, LpPollAtDispatch);
    /* A deferred routine ends an endless wait. */
    CHECK_STATUS(Test, VideoPortCreateEvent(Test->Device, 0, NULL, &Test->Device->Test.Event), NO_ERROR);
    LpAtDispatch(Test, LpQueueSetter);
    CHECK_STATUS(Test, VideoPortWaitForSingleObject(Test->Device, Test->Device->Test.Event, NULL), NO_ERROR);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Test->Device, Test->Device->Test.Event), NO_ERROR);
}

const LP_TEST_ENTRY LpEventTests[] = {{"EVT-01", LpEvents}, {NULL, NULL}};
