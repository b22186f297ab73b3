/*
 * bugcheck.c - the last words of a driver whose hardware hung: registers, read without waiting for anything
 */
#include "lumenport.h"

/* Raised level, unknown state of the rest of the system. Writes at most BufferSize bytes and returns. */
VOID NTAPI LpBugcheck(PVOID HwDeviceExtension, ULONG BugcheckCode, PUCHAR Buffer, ULONG BufferSize) {
    static const ULONG Registers[] = {
        LP_ID_MAGIC, LP_DMA_STATUS, LP_DMA_RESULT, LP_DMA_BYTES_DONE, LP_CRTC_STATUS, LP_IRQ_PENDING, LP_IRQ_STATUS,
    };
    PLP_DEVICE Device = HwDeviceExtension;
    ULONG Idx;

    UNREFERENCED_PARAMETER(BugcheckCode);
    for (Idx = 0; Idx < ARRAYSIZE(Registers) && (Idx + 1) * sizeof(ULONG) <= BufferSize; Idx++) {
        ULONG Value = LpRead(Device, Registers[Idx]);

        Buffer[4 * Idx] = (UCHAR)Value;
        Buffer[4 * Idx + 1] = (UCHAR)(Value >> 8);
        Buffer[4 * Idx + 2] = (UCHAR)(Value >> 16);
        Buffer[4 * Idx + 3] = (UCHAR)(Value >> 24);
    }
    (VOID)VideoPortInterlockedIncrement((PLONG)&Device->Bugchecks);
}
