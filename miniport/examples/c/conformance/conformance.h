/*
 * conformance.h - how a conformance test is written
 *
 * A test is a routine with an id of the contract's test list. It makes checks; the first that fails decides the verdict and is
 * reported with place and numbers. A test without any check fails. Tests that need the program between two steps (a failure
 * injected, another thread, a finding of strict mode) come in parts, numbered from 0; what lives from part to part is in
 * LP_DEVICE.Test and is cleared by part 0.
 */
#ifndef LUMENPORT_CONFORMANCE_H
#define LUMENPORT_CONFORMANCE_H

#include "../lumenport.h"

typedef struct _LP_TEST {
    PLP_DEVICE Device;
    PVIDEO_REQUEST_PACKET Packet; /* NULL when called through the interface */
    const LP_TEST_REQUEST *Request;
    LP_TEST_RESULT *Result;
} LP_TEST, *PLP_TEST;

typedef VOID (*LP_TEST_ROUTINE)(PLP_TEST Test);

typedef struct _LP_TEST_ENTRY {
    const CHAR *Id;
    LP_TEST_ROUTINE Run;
} LP_TEST_ENTRY;

/* One group a file; a zero entry ends it. */
extern const LP_TEST_ENTRY LpStartDmaTests[];
extern const LP_TEST_ENTRY LpFlowDmaTests[];
extern const LP_TEST_ENTRY LpLegacyDmaTests[];
extern const LP_TEST_ENTRY LpNamedDmaTests[];
extern const LP_TEST_ENTRY LpCommonBufferTests[];
extern const LP_TEST_ENTRY LpPoolTests[];
extern const LP_TEST_ENTRY LpMemoryTests[];
extern const LP_TEST_ENTRY LpLockTests[];
extern const LP_TEST_ENTRY LpSyncTests[];
extern const LP_TEST_ENTRY LpEventTests[];
extern const LP_TEST_ENTRY LpSpinTests[];
extern const LP_TEST_ENTRY LpResourceTests[];
extern const LP_TEST_ENTRY LpAccessTests[];
extern const LP_TEST_ENTRY LpRegistryTests[];
extern const LP_TEST_ENTRY LpServiceTests[];
extern const LP_TEST_ENTRY LpTimeTests[];

/* The requests. */
VP_STATUS LpRunTest(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);
VP_STATUS LpTestName(PVIDEO_REQUEST_PACKET Packet);
VOID NTAPI LpRunTestFromInterface(PVOID Context, const LP_TEST_REQUEST *Request, LP_TEST_RESULT *Result);

/* ---- checks ---------------------------------------------------------------------------------------------------- */

/* Each answers whether it held, so that a test can stop where going on makes no sense. */
BOOLEAN LpCheck(PLP_TEST Test, BOOLEAN Held, const CHAR *What, const CHAR *File, ULONG Line);
BOOLEAN LpCheckEqual(PLP_TEST Test, ULONGLONG Got, ULONGLONG Wanted, const CHAR *What, const CHAR *File, ULONG Line);
/* This test has no meaning here; the text says why. */
VOID LpNotApplicable(PLP_TEST Test, const CHAR *Why);

#define CHECK(test, condition) LpCheck((test), (condition) ? TRUE : FALSE, #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(test, got, wanted) \
    LpCheckEqual((test), (ULONGLONG)(got), (ULONGLONG)(wanted), #got, __FILE__, __LINE__)
#define CHECK_STATUS(test, call, wanted) CHECK_EQUAL(test, (ULONG)(call), (ULONG)(wanted))

/* ---- helpers ---------------------------------------------------------------------------------------------------- */

/* Byte Idx of the test pattern: no period of a power of two, so that shifted data is noticed. */
static LUMENPORT_INLINE UCHAR LpPattern(ULONG Idx, ULONG Seed) {
    return (UCHAR)(Idx * 7 + (Idx >> 8) * 13 + (Idx / 251) + Seed);
}

VOID LpFill(PUCHAR Bytes, ULONG Count, ULONG Seed);
/* Offset of the first byte that is not the pattern's; Count when all are. */
ULONG LpFirstWrong(const UCHAR *Bytes, ULONG Count, ULONG Seed);

/* Raises a DMA interrupt as if a transfer had ended. The card needs a moment to send the message. */
VOID LpRaiseInterrupt(PLP_DEVICE Device);
/* Passes time until *Word is at least Wanted, at most about 20 ms; whether it is. Any level below device level delivers. */
BOOLEAN LpWaitFor(volatile LONG *Word, LONG Wanted);
/* The same while the caller may sleep: other threads run. At most about 200 s of the machine's time: that of a simulated
 * one may run ahead of the other thread, and the program that tests gives up first where it does not. */
BOOLEAN LpSleepFor(PLP_DEVICE Device, volatile LONG *Word, LONG Wanted);
/* Sleeps a little: other threads get every chance to do what they must not do. */
VOID LpGiveWay(PLP_DEVICE Device);
/* Sets a word that another thread waits for. */
VOID LpSignal(volatile LONG *Word, LONG Value);
LONG LpLook(volatile LONG *Word);

/* Runs Routine at DISPATCH_LEVEL (under a spin lock of its own). */
VOID LpAtDispatch(PLP_TEST Test, VOID (*Routine)(PLP_TEST Test));

/* ---- DMA in tests: conformance/transfer.c ------------------------------------------------------------------------- */

/* A locked buffer: Block is what was allocated, Base starts PageOffset bytes into its first page. */
typedef struct _LP_BUFFER {
    PVOID Block;
    PUCHAR Base;
    ULONG Length;
    PVOID Mdl;
} LP_BUFFER;

BOOLEAN LpOpenBuffer(PLP_TEST Test, LP_BUFFER *Buffer, ULONG Length, ULONG PageOffset, VP_LOCK_OPERATION Operation);
VOID LpCloseBuffer(PLP_TEST Test, LP_BUFFER *Buffer);

/* What a callback of StartDma saw. */
typedef struct _LP_CAPTURE {
    PLP_DEVICE Device;
    ULONG Calls;
    UCHAR Irql;
    PVOID Hde;
    PVP_DMA_ADAPTER Adapter;
    PVP_SCATTER_GATHER_LIST List;
    PULONG Length;
    ULONG LengthInside;
    BOOLEAN Program; /* move the bytes too */
    BOOLEAN WriteToDevice;
    ULONG CardAddress;
    ULONG CompletedBefore;
} LP_CAPTURE;

VOID NTAPI LpCaptureDma(PVOID HwDeviceExtension, PVP_DMA_ADAPTER VpDmaAdapter, PVP_SCATTER_GATHER_LIST SGList, PVOID Context);
VOID LpPrepareCapture(PLP_TEST Test, LP_CAPTURE *Capture, PULONG Length, BOOLEAN WriteToDevice);
ULONGLONG LpListBytes(const VP_SCATTER_GATHER_LIST *List);
/* Element Idx, counted past the one of the declaration. */
const VP_SCATTER_GATHER_ELEMENT *LpElement(const VP_SCATTER_GATHER_LIST *List, ULONG Idx);

/* An adapter; MaximumLength 0 means no limit. NULL fails the test. */
PVP_DMA_ADAPTER LpOpenAdapter(PLP_TEST Test, BOOLEAN ScatterGather, BOOLEAN Dma64, ULONG MaximumLength);

/*
 * Moves [Offset, Offset + Length) of a locked buffer in as many operations as it takes, checking the contract at each: one
 * callback, granted length final, sum of elements, no empty element. Returns the number of operations, 0 after a failure.
 */
ULONG LpMoveAll(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, PVOID Mdl, ULONG Offset, ULONG Length, ULONG CardAddress,
                BOOLEAN WriteToDevice);
/* There and back: buffer to card memory, buffer wiped, card memory to buffer, every byte compared. */
ULONG LpRoundTrip(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, LP_BUFFER *Buffer, ULONG Offset, ULONG Length);

/* Card memory that tests may overwrite. */
static LUMENPORT_INLINE ULONG LpScratch(PLP_TEST Test) {
    return Test->Device->WindowAddress;
}

#endif /* LUMENPORT_CONFORMANCE_H */
