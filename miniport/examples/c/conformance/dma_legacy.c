/*
 * dma_legacy.c - DMA-16 and DMA-17: the packet services of the older generation, frozen to constants
 */
#include "conformance.h"

/* One LockPages call on a packet of the test's own; whether it answered and left the packet as decided. */
static VOID LpOneLockPages(PLP_TEST Test, PVOID Buffer, DMA_FLAGS Flags, PEVENT User, PEVENT Display) {
    STATUS_BLOCK Block = {.Information = 0};
    VIDEO_REQUEST_PACKET Packet;
    BOOLEAN Acts = Flags == VideoPortDmaInitOnly;
    PVOID Output = &Block;

    VideoPortZeroMemory(&Packet, sizeof(Packet));
    Packet.StatusBlock = &Block;
    Packet.InputBuffer = Buffer;
    Packet.InputBufferLength = 5000;
    Packet.OutputBuffer = Output;
    Packet.OutputBufferLength = 77;
    CHECK_EQUAL(Test, VideoPortLockPages(Test->Device, &Packet, User, Display, Flags), Acts);
    CHECK(Test, Packet.InputBuffer == Buffer);
    CHECK_EQUAL(Test, Packet.InputBufferLength, 5000);
    if (!Acts) {
        CHECK(Test, Packet.OutputBuffer == Output);
        CHECK_EQUAL(Test, Packet.OutputBufferLength, 77);
        return;
    }
    /* The handle is the value of the member; it is an MDL, so the newer services take it. */
    CHECK(Test, Packet.OutputBuffer != NULL && Packet.OutputBuffer != Output);
    CHECK_EQUAL(Test, Packet.OutputBufferLength, 5000);
    CHECK(Test, VideoPortGetMdl(Test->Device, (PDMA)Packet.OutputBuffer) == Packet.OutputBuffer);
    CHECK_EQUAL(Test, LpMoveAll(Test, Test->Device->Adapter, Packet.OutputBuffer, 0, 5000, LpScratch(Test), TRUE), 1);
    CHECK_EQUAL(Test, VideoPortUnlockPages(Test->Device, (PDMA)Packet.OutputBuffer), TRUE);
}

static VOID LpLockPagesActsOnce(PLP_TEST Test) {
    static const DMA_FLAGS Flags[] = {VideoPortUnlockAfterDma, VideoPortKeepPagesLocked, VideoPortDmaInitOnly};
    PVOID Buffer = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 2 * PAGE_SIZE, LP_POOL_TAG);
    PEVENT Event = NULL;
    ULONG Idx;

    if (!CHECK(Test, Buffer != NULL) || !CHECK_STATUS(Test, VideoPortCreateEvent(Test->Device, 0, NULL, &Event), NO_ERROR)) {
        return;
    }
    for (Idx = 0; Idx < ARRAYSIZE(Flags); Idx++) {
        LpOneLockPages(Test, Buffer, Flags[Idx], NULL, NULL);
        LpOneLockPages(Test, Buffer, Flags[Idx], Event, Event);
    }
    CHECK_EQUAL(Test, VideoPortReadStateEvent(Test->Device, Event), 0);
    CHECK_STATUS(Test, VideoPortDeleteEvent(Test->Device, Event), NO_ERROR);
    VideoPortFreePool(Test->Device, Buffer);
}

static VOID LpFrozenConstants(PLP_TEST Test) {
    PVOID Buffer = VideoPortAllocatePool(Test->Device, VpNonPagedPool, PAGE_SIZE, LP_POOL_TAG);
    PLP_DEVICE Device = Test->Device;
    STATUS_BLOCK Block = {.Information = 0};
    VIDEO_REQUEST_PACKET Packet;
    ULONG Length = PAGE_SIZE;
    ULONG Space = 0;
    PVOID Mapped = NULL;
    PDMA Dma;

    if (!CHECK(Test, Buffer != NULL)) {
        return;
    }
    VideoPortZeroMemory(&Packet, sizeof(Packet));
    Packet.StatusBlock = &Block;
    Packet.InputBuffer = Buffer;
    Packet.InputBufferLength = PAGE_SIZE;
    if (!CHECK_EQUAL(Test, VideoPortLockPages(Device, &Packet, NULL, NULL, VideoPortDmaInitOnly), TRUE)) {
        return;
    }
    Dma = (PDMA)Packet.OutputBuffer;
    CHECK(Test, VideoPortDoDma(Device, Dma, VideoPortUnlockAfterDma) == NULL);
    CHECK_EQUAL(Test, VideoPortGetBytesUsed(Device, Dma), 0);
    VideoPortSetBytesUsed(Device, Dma, 1234);
    CHECK_EQUAL(Test, VideoPortGetBytesUsed(Device, Dma), 0);
    CHECK(Test, VideoPortGetDmaContext(Device, Dma) == NULL);
    VideoPortSetDmaContext(Device, Dma, Buffer);
    CHECK(Test, VideoPortGetDmaContext(Device, Dma) == NULL);
    CHECK_EQUAL(Test, VideoPortSignalDmaComplete(Device, Dma), FALSE);
    CHECK(Test, VideoPortGetMdl(Device, Dma) == (PVOID)Dma);
    CHECK(Test, VideoPortAssociateEventsWithDmaHandle(Device, &Packet, NULL, NULL) == NULL);
    CHECK(Test, VideoPortMapDmaMemory(Device, &Packet, Device->Memory.RangeStart, &Length, &Space, NULL, NULL, &Mapped) == NULL);
    CHECK_EQUAL(Test, VideoPortUnmapDmaMemory(Device, Buffer, NULL, Dma), FALSE);
    CHECK_EQUAL(Test, VideoPortUnlockPages(Device, Dma), TRUE);
    /* TRUE whatever happens. */
    CHECK_EQUAL(Test, VideoPortUnlockPages(Device, NULL), TRUE);
    VideoPortFreePool(Device, Buffer);
}

const LP_TEST_ENTRY LpLegacyDmaTests[] = {{"DMA-16", LpLockPagesActsOnce}, {"DMA-17", LpFrozenConstants}, {NULL, NULL}};
