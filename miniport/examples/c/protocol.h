/*
 * protocol.h - what the driver and the program that tests it agree on: private requests and their records
 *
 * Both sides see the same bytes on every target: fixed sizes, no pointers, 8-byte members on 8-byte offsets.
 */
#ifndef LUMENPORT_PROTOCOL_H
#define LUMENPORT_PROTOCOL_H

#include "headers.h"

/* ---- private requests ----------------------------------------------------------------------------------------- */

/* In: LP_RECTANGLE. Out: LP_RECTANGLE_RESULT. Moves pixels between a locked buffer and the frame by DMA. */
#define IOCTL_LP_UPDATE_RECTANGLE CTL_CODE(FILE_DEVICE_VIDEO, 0x810, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: LP_TEST_REQUEST. Out: LP_TEST_RESULT. Runs one part of one conformance test. */
#define IOCTL_LP_RUN_TEST CTL_CODE(FILE_DEVICE_VIDEO, 0x811, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: ULONG index. Out: the 16-byte id of that test; ERROR_INVALID_PARAMETER past the last. */
#define IOCTL_LP_TEST_NAME CTL_CODE(FILE_DEVICE_VIDEO, 0x812, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* In: nothing. Out: LP_COUNTERS. */
#define IOCTL_LP_QUERY_COUNTERS CTL_CODE(FILE_DEVICE_VIDEO, 0x813, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* ---- rectangle update ------------------------------------------------------------------------------------------ */

typedef struct _LP_RECTANGLE {
    ULONGLONG Buffer; /* address of the first byte of the first row, in the caller's process */
    ULONG Left, Top;  /* pixels, lines; inside the current mode */
    ULONG Width, Height;
    ULONG Pitch;    /* bytes from one row of the buffer to the next */
    ULONG ToScreen; /* 1: buffer to frame, 0: frame to buffer */
} LP_RECTANGLE;

typedef struct _LP_RECTANGLE_RESULT {
    ULONG Bytes;      /* moved */
    ULONG Operations; /* StartDma calls it took */
} LP_RECTANGLE_RESULT;

typedef struct _LP_COUNTERS {
    ULONG Interrupts; /* that were the card's */
    ULONG Dpcs;
    ULONG Ticks; /* of the timer */
    ULONG Transfers;
    ULONG TransferErrors;
    ULONG LastResult; /* DMA.RESULT of the last transfer */
} LP_COUNTERS;

/* ---- conformance tests ----------------------------------------------------------------------------------------- */

#define LP_TEST_ID_BYTES 16

typedef struct _LP_TEST_REQUEST {
    CHAR Id[LP_TEST_ID_BYTES]; /* "DMA-01", zero padded */
    ULONG Part;                /* tests that need the program in between have several parts, from 0 */
    ULONG Reserved;
    ULONGLONG Argument[4]; /* the test's own */
} LP_TEST_REQUEST;

#define LP_VERDICT_NONE 0
#define LP_VERDICT_PASS 1
#define LP_VERDICT_FAIL 2
#define LP_VERDICT_NOT_APPLICABLE 3

#define LP_TEST_TEXT_BYTES 192

typedef struct _LP_TEST_RESULT {
    ULONG Verdict;
    ULONG Checks;       /* made, the failed one included */
    ULONG Line;         /* of the first failed check, 0 without one */
    ULONG Reserved;     /* 0 */
    ULONGLONG Value[4]; /* what the test hands to the program */
    CHAR Text[LP_TEST_TEXT_BYTES]; /* why, zero terminated ASCII */
} LP_TEST_RESULT;

C_ASSERT(sizeof(LP_RECTANGLE) == 32);
C_ASSERT(sizeof(LP_TEST_REQUEST) == 56);
C_ASSERT(sizeof(LP_TEST_RESULT) == 240);

/*
 * The driver's interface for other drivers, and for the program's threads: the same tests without the request queue in
 * front, so that several run at the same time. Version 1. {6C8A3B52-2F4E-4D57-9B1A-7C0D5E6F1A2B}
 */
#define LP_CONFORMANCE_GUID                                                        \
    {                                                                              \
        0x6c8a3b52, 0x2f4e, 0x4d57, { 0x9b, 0x1a, 0x7c, 0x0d, 0x5e, 0x6f, 0x1a, 0x2b } \
    }

typedef VOID(NTAPI *PLP_RUN_TEST)(PVOID Context, const LP_TEST_REQUEST *Request, LP_TEST_RESULT *Result);

typedef struct _LP_CONFORMANCE_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PLP_RUN_TEST RunTest; /* PASSIVE_LEVEL, any thread */
} LP_CONFORMANCE_INTERFACE;

#endif /* LUMENPORT_PROTOCOL_H */
