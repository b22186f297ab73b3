/*
 * dma_names.c - DMA-20: every DMA service once more, by the address that VideoPortGetProcAddress gives for its name
 */
#include "conformance.h"

static PVOID LpByName(PLP_TEST Test, const CHAR *Name) {
    PVOID Address = Test->Device->GetProcAddress(Test->Device, (PUCHAR)Name);

    (VOID)LpCheck(Test, Address != NULL, Name, __FILE__, __LINE__);
    return Address;
}

/* An object pointer as the function that it is. */
#define LP_CALL(test, type, name) ((type)(ULONG_PTR)LpByName((test), (name)))

typedef PVP_DMA_ADAPTER(NTAPI *LP_GET_ADAPTER)(PVOID, PVP_DEVICE_DESCRIPTION);
typedef VOID(NTAPI *LP_PUT_ADAPTER)(PVOID, PVP_DMA_ADAPTER);
typedef PVOID(NTAPI *LP_LOCK_BUFFER)(PVOID, PVOID, ULONG, VP_LOCK_OPERATION);
typedef VOID(NTAPI *LP_UNLOCK_BUFFER)(PVOID, PVOID);
typedef VP_STATUS(NTAPI *LP_START)(PVOID, PVP_DMA_ADAPTER, PVOID, ULONG, PULONG, PEXECUTE_DMA, PVOID, BOOLEAN);
typedef VP_STATUS(NTAPI *LP_COMPLETE)(PVOID, PVP_DMA_ADAPTER, PVP_SCATTER_GATHER_LIST, BOOLEAN);
typedef PVOID(NTAPI *LP_ALLOCATE_COMMON)(PVOID, PVP_DMA_ADAPTER, ULONG, PPHYSICAL_ADDRESS, BOOLEAN, PVOID);
typedef VOID(NTAPI *LP_RELEASE_COMMON)(PVOID, PVP_DMA_ADAPTER, ULONG, PHYSICAL_ADDRESS, PVOID, BOOLEAN);
typedef PDMA(NTAPI *LP_DO_DMA)(PVOID, PDMA, DMA_FLAGS);
typedef PVOID(NTAPI *LP_GET_MDL)(PVOID, PDMA);
typedef PVOID(NTAPI *LP_GET_COMMON)(PVOID, ULONG, ULONG, PPHYSICAL_ADDRESS, PULONG, BOOLEAN);
typedef VOID(NTAPI *LP_FREE_COMMON)(PVOID, ULONG, PVOID, PHYSICAL_ADDRESS, BOOLEAN);
typedef BOOLEAN(NTAPI *LP_LOCK_PAGES)(PVOID, PVIDEO_REQUEST_PACKET, PEVENT, PEVENT, DMA_FLAGS);
typedef BOOLEAN(NTAPI *LP_UNLOCK_PAGES)(PVOID, PDMA);
typedef ULONG(NTAPI *LP_GET_BYTES)(PVOID, PDMA);
typedef VOID(NTAPI *LP_SET_BYTES)(PVOID, PDMA, ULONG);
typedef PVOID(NTAPI *LP_GET_CONTEXT)(PVOID, PDMA);
typedef VOID(NTAPI *LP_SET_CONTEXT)(PVOID, PDMA, PVOID);
typedef BOOLEAN(NTAPI *LP_SIGNAL)(PVOID, PDMA);
typedef PDMA(NTAPI *LP_ASSOCIATE)(PVOID, PVIDEO_REQUEST_PACKET, PVOID, PVOID);
typedef PDMA(NTAPI *LP_MAP_DMA)(PVOID, PVIDEO_REQUEST_PACKET, PHYSICAL_ADDRESS, PULONG, PULONG, PVOID, PVOID, PVOID *);
typedef BOOLEAN(NTAPI *LP_UNMAP_DMA)(PVOID, PVOID, HANDLE, PDMA);

static VOID LpTransferByName(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, PUCHAR Block, LP_CAPTURE *Capture) {
    PVOID Mdl = LP_CALL(Test, LP_LOCK_BUFFER, "VideoPortLockBuffer")(Test->Device, Block, 3000, VpModifyAccess);
    ULONG Direction;

    if (!CHECK(Test, Mdl != NULL)) {
        return;
    }
    LpFill(Block, 3000, 20);
    for (Direction = 0; Direction < 2; Direction++) {
        BOOLEAN Write = Direction == 0;
        ULONG Granted = 3000;

        LpPrepareCapture(Test, Capture, &Granted, Write);
        Capture->Program = TRUE;
        Capture->CardAddress = LpScratch(Test);
        CHECK_STATUS(Test,
                     LP_CALL(Test, LP_START, "VideoPortStartDma")(Test->Device, Adapter, Mdl, 0, &Granted, LpCaptureDma, Capture, Write),
                     NO_ERROR);
        CHECK_EQUAL(Test, Granted, 3000);
        CHECK_EQUAL(Test, LpDmaPoll(Test->Device, Capture->CompletedBefore), LP_DMA_RESULT_CODE_IS_OK);
        CHECK_STATUS(Test, LP_CALL(Test, LP_COMPLETE, "VideoPortCompleteDma")(Test->Device, Adapter, Capture->List, Write), NO_ERROR);
        if (Write) {
            VideoPortZeroMemory(Block, 3000);
        }
    }
    CHECK_EQUAL(Test, LpFirstWrong(Block, 3000, 20), 3000);
    LP_CALL(Test, LP_UNLOCK_BUFFER, "VideoPortUnlockBuffer")(Test->Device, Mdl);
}

/* The generation that is frozen to constants, and the common buffer without an adapter. */
static VOID LpLegacyByName(PLP_TEST Test, PUCHAR Block) {
    PLP_DEVICE Device = Test->Device;
    STATUS_BLOCK Status = {.Information = 0};
    VIDEO_REQUEST_PACKET Packet;
    PHYSICAL_ADDRESS Logical;
    ULONG Length = 64, Space = 0;
    PVOID Mapped = NULL;
    PVOID Common;
    PDMA Dma;

    VideoPortZeroMemory(&Packet, sizeof(Packet));
    Packet.StatusBlock = &Status;
    Packet.InputBuffer = Block;
    Packet.InputBufferLength = 3000;
    CHECK_EQUAL(Test, LP_CALL(Test, LP_LOCK_PAGES, "VideoPortLockPages")(Device, &Packet, NULL, NULL, VideoPortKeepPagesLocked), FALSE);
    if (!CHECK_EQUAL(Test, LP_CALL(Test, LP_LOCK_PAGES, "VideoPortLockPages")(Device, &Packet, NULL, NULL, VideoPortDmaInitOnly), TRUE)) {
        return;
    }
    Dma = (PDMA)Packet.OutputBuffer;
    CHECK(Test, LP_CALL(Test, LP_DO_DMA, "VideoPortDoDma")(Device, Dma, VideoPortUnlockAfterDma) == NULL);
    CHECK(Test, LP_CALL(Test, LP_GET_MDL, "VideoPortGetMdl")(Device, Dma) == (PVOID)Dma);
    LP_CALL(Test, LP_SET_BYTES, "VideoPortSetBytesUsed")(Device, Dma, 9);
    CHECK_EQUAL(Test, LP_CALL(Test, LP_GET_BYTES, "VideoPortGetBytesUsed")(Device, Dma), 0);
    LP_CALL(Test, LP_SET_CONTEXT, "VideoPortSetDmaContext")(Device, Dma, Block);
    CHECK(Test, LP_CALL(Test, LP_GET_CONTEXT, "VideoPortGetDmaContext")(Device, Dma) == NULL);
    CHECK_EQUAL(Test, LP_CALL(Test, LP_SIGNAL, "VideoPortSignalDmaComplete")(Device, Dma), FALSE);
    CHECK(Test, LP_CALL(Test, LP_ASSOCIATE, "VideoPortAssociateEventsWithDmaHandle")(Device, &Packet, NULL, NULL) == NULL);
    CHECK(Test, LP_CALL(Test, LP_MAP_DMA, "VideoPortMapDmaMemory")(Device, &Packet, Device->Memory.RangeStart, &Length, &Space, NULL, NULL,
                                                                  &Mapped) == NULL);
    CHECK_EQUAL(Test, LP_CALL(Test, LP_UNMAP_DMA, "VideoPortUnmapDmaMemory")(Device, Block, NULL, Dma), FALSE);
    CHECK_EQUAL(Test, LP_CALL(Test, LP_UNLOCK_PAGES, "VideoPortUnlockPages")(Device, Dma), TRUE);
    Common = LP_CALL(Test, LP_GET_COMMON, "VideoPortGetCommonBuffer")(Device, 5000, 0, &Logical, &Length, TRUE);
    if (CHECK(Test, Common != NULL && Length >= 5000)) {
        LP_CALL(Test, LP_FREE_COMMON, "VideoPortFreeCommonBuffer")(Device, Length, Common, Logical, TRUE);
    }
}

static VOID LpDmaByName(PLP_TEST Test) {
    VP_DEVICE_DESCRIPTION Description = {TRUE, TRUE, TRUE, MAXULONG};
    PUCHAR Block = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 3000 + sizeof(LP_CAPTURE) + 16, LP_POOL_TAG);
    PVP_DMA_ADAPTER Adapter;
    PHYSICAL_ADDRESS Logical;
    PVOID Common;

    if (!CHECK(Test, Block != NULL && Test->Device->GetProcAddress != NULL)) {
        return;
    }
    Adapter = LP_CALL(Test, LP_GET_ADAPTER, "VideoPortGetDmaAdapter")(Test->Device, &Description);
    if (CHECK(Test, Adapter != NULL)) {
        LpTransferByName(Test, Adapter, Block, (LP_CAPTURE *)(PVOID)(Block + 3008));
        Common = LP_CALL(Test, LP_ALLOCATE_COMMON, "VideoPortAllocateCommonBuffer")(Test->Device, Adapter, 100, &Logical, TRUE, NULL);
        if (CHECK(Test, Common != NULL)) {
            LP_CALL(Test, LP_RELEASE_COMMON, "VideoPortReleaseCommonBuffer")(Test->Device, Adapter, 100, Logical, Common, TRUE);
        }
        LpLegacyByName(Test, Block);
        LP_CALL(Test, LP_PUT_ADAPTER, "VideoPortPutDmaAdapter")(Test->Device, Adapter);
    }
    VideoPortFreePool(Test->Device, Block);
}

const LP_TEST_ENTRY LpNamedDmaTests[] = {{"DMA-20", LpDmaByName}, {NULL, NULL}};
