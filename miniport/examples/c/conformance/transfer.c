/*
 * transfer.c - DMA as the tests do it: every operation observed, no help from the driver's own transfer path
 */
#include "conformance.h"

BOOLEAN LpOpenBuffer(PLP_TEST Test, LP_BUFFER *Buffer, ULONG Length, ULONG PageOffset, VP_LOCK_OPERATION Operation) {
    VideoPortZeroMemory(Buffer, sizeof(*Buffer));
    Buffer->Block = VideoPortAllocatePool(Test->Device, VpNonPagedPool, Length + PAGE_SIZE, LP_POOL_TAG);
    if (!CHECK(Test, Buffer->Block != NULL)) {
        return FALSE;
    }
    Buffer->Base = (PUCHAR)Buffer->Block + PageOffset;
    Buffer->Length = Length;
    LpFill(Buffer->Base, Length, Length);
    Buffer->Mdl = VideoPortLockBuffer(Test->Device, Buffer->Base, Length, Operation);
    if (!CHECK(Test, Buffer->Mdl != NULL)) {
        VideoPortFreePool(Test->Device, Buffer->Block);
        return FALSE;
    }
    return TRUE;
}

VOID LpCloseBuffer(PLP_TEST Test, LP_BUFFER *Buffer) {
    VideoPortUnlockBuffer(Test->Device, Buffer->Mdl);
    VideoPortFreePool(Test->Device, Buffer->Block);
    Buffer->Mdl = NULL;
}

PVP_DMA_ADAPTER LpOpenAdapter(PLP_TEST Test, BOOLEAN ScatterGather, BOOLEAN Dma64, ULONG MaximumLength) {
    VP_DEVICE_DESCRIPTION Description;
    PVP_DMA_ADAPTER Adapter;

    VideoPortZeroMemory(&Description, sizeof(Description));
    Description.ScatterGather = ScatterGather;
    Description.Dma32BitAddresses = TRUE;
    Description.Dma64BitAddresses = Dma64;
    Description.MaximumLength = MaximumLength != 0 ? MaximumLength : MAXULONG;
    Adapter = VideoPortGetDmaAdapter(Test->Device, &Description);
    (VOID)CHECK(Test, Adapter != NULL);
    return Adapter;
}

VOID LpPrepareCapture(PLP_TEST Test, LP_CAPTURE *Capture, PULONG Length, BOOLEAN WriteToDevice) {
    VideoPortZeroMemory(Capture, sizeof(*Capture));
    Capture->Device = Test->Device;
    Capture->Length = Length;
    Capture->WriteToDevice = WriteToDevice;
}

VOID NTAPI LpCaptureDma(PVOID HwDeviceExtension, PVP_DMA_ADAPTER VpDmaAdapter, PVP_SCATTER_GATHER_LIST SGList, PVOID Context) {
    LP_CAPTURE *Capture = Context;
    LP_PIECE Piece;

    Capture->Calls++;
    Capture->Irql = VideoPortGetCurrentIrql();
    Capture->Hde = HwDeviceExtension;
    Capture->Adapter = VpDmaAdapter;
    Capture->List = SGList;
    Capture->LengthInside = *Capture->Length;
    if (Capture->Program) {
        Piece.Length = Piece.HostPitch = Piece.CardPitch = Capture->LengthInside;
        Piece.Rows = 1;
        Piece.CardAddress = Capture->CardAddress;
        Capture->CompletedBefore = LpRead(Capture->Device, LP_DMA_COMPLETED);
        LpDmaSubmit(Capture->Device, SGList, &Piece, Capture->WriteToDevice);
    }
}

const VP_SCATTER_GATHER_ELEMENT *LpElement(const VP_SCATTER_GATHER_LIST *List, ULONG Idx) {
    const UCHAR *First = (const UCHAR *)List + FIELD_OFFSET(VP_SCATTER_GATHER_LIST, Elements);

    return (const VP_SCATTER_GATHER_ELEMENT *)(const VOID *)(First + Idx * sizeof(VP_SCATTER_GATHER_ELEMENT));
}

ULONGLONG LpListBytes(const VP_SCATTER_GATHER_LIST *List) {
    ULONGLONG Sum = 0;
    ULONG Idx;

    for (Idx = 0; Idx < List->NumberOfElements; Idx++) {
        Sum += LpElement(List, Idx)->Length;
    }
    return Sum;
}

static BOOLEAN LpCheckList(PLP_TEST Test, const LP_CAPTURE *Capture, ULONG Granted) {
    ULONG Idx;

    if (!CHECK_EQUAL(Test, Capture->Calls, 1) || !CHECK_EQUAL(Test, Capture->LengthInside, Granted) ||
        !CHECK_EQUAL(Test, LpListBytes(Capture->List), Granted)) {
        return FALSE;
    }
    for (Idx = 0; Idx < Capture->List->NumberOfElements; Idx++) {
        if (!CHECK(Test, LpElement(Capture->List, Idx)->Length != 0)) {
            return FALSE;
        }
    }
    return TRUE;
}

ULONG LpMoveAll(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, PVOID Mdl, ULONG Offset, ULONG Length, ULONG CardAddress,
                BOOLEAN WriteToDevice) {
    LP_CAPTURE *Capture = VideoPortAllocatePool(Test->Device, VpNonPagedPool, sizeof(LP_CAPTURE), LP_POOL_TAG);
    ULONG Operations = 0;
    BOOLEAN Good = CHECK(Test, Capture != NULL);

    while (Good && Length != 0) {
        ULONG Granted = Length;

        LpPrepareCapture(Test, Capture, &Granted, WriteToDevice);
        Capture->Program = TRUE;
        Capture->CardAddress = CardAddress;
        Good = CHECK_STATUS(Test,
                            VideoPortStartDma(Test->Device, Adapter, Mdl, Offset, &Granted, LpCaptureDma, Capture, WriteToDevice),
                            NO_ERROR);
        if (!Good) {
            break;
        }
        Good = CHECK(Test, Granted != 0 && Granted <= Length) && LpCheckList(Test, Capture, Granted) &&
               CHECK_EQUAL(Test, LpDmaPoll(Test->Device, Capture->CompletedBefore), LP_DMA_RESULT_CODE_IS_OK);
        (VOID)CHECK_STATUS(Test, VideoPortCompleteDma(Test->Device, Adapter, Capture->List, WriteToDevice), NO_ERROR);
        Operations++;
        Offset += Granted;
        CardAddress += Granted;
        Length -= Granted;
    }
    if (Capture != NULL) {
        VideoPortFreePool(Test->Device, Capture);
    }
    return Good ? Operations : 0;
}

ULONG LpRoundTrip(PLP_TEST Test, PVP_DMA_ADAPTER Adapter, LP_BUFFER *Buffer, ULONG Offset, ULONG Length) {
    PUCHAR Part = Buffer->Base + Offset;
    ULONG Operations;

    LpFill(Part, Length, Length + Offset);
    Operations = LpMoveAll(Test, Adapter, Buffer->Mdl, Offset, Length, LpScratch(Test), TRUE);
    if (Operations == 0) {
        return 0;
    }
    VideoPortZeroMemory(Part, Length);
    if (LpMoveAll(Test, Adapter, Buffer->Mdl, Offset, Length, LpScratch(Test), FALSE) == 0) {
        return 0;
    }
    return CHECK_EQUAL(Test, LpFirstWrong(Part, Length, Length + Offset), Length) ? Operations : 0;
}
