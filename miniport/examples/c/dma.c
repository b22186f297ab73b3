/*
 * dma.c - one DMA operation: start, program the engine in the callback, wait for the deferred routine
 *
 *   StartIO: StartDma -> LpExecuteDma: submit -+ returns      wait for the event -> result
 *   card:                                      +- moves -> message               ^
 *   LpInterrupt:                                           +- clear, queue -+    |
 *   LpDeferred:                                                             +- CompleteDma, SetEvent
 *
 * Exactly one party completes an operation: whoever takes Flight.List. If the message never comes, the waiter aborts the engine
 * and completes. All waits are bounded.
 */
#include "lumenport.h"

/* The engine gives up by itself after 10 ms without progress. Units: us, and bytes a us of the slowest bearable transfer. */
#define LP_TRANSFER_US 25000u
#define LP_SLOWEST_BYTES_PER_US 5u
/* Steps of 10 us while an abort drains, or a poll waits. */
#define LP_POLL_STEPS 20000u

VOID LpDmaSubmit(PLP_DEVICE Device, PVP_SCATTER_GATHER_LIST List, const LP_PIECE *Piece, BOOLEAN WriteToDevice) {
    ULONG Direction =
        WriteToDevice ? LP_DMA_CONTROL_DIRECTION_IS_HOST_TO_CARD : LP_DMA_CONTROL_DIRECTION_IS_CARD_TO_HOST;

    /* The port names the hardware table in the reserved words of header and first element. */
    LpWrite(Device, LP_DMA_HANDLE, (ULONG)List->Reserved);
    LpWrite(Device, LP_DMA_OFFSET, (ULONG)List->Elements[0].Reserved);
    LpWrite(Device, LP_DMA_LENGTH, Piece->Length);
    LpWrite(Device, LP_DMA_ROWS, Piece->Rows);
    LpWrite(Device, LP_DMA_HOST_PITCH, Piece->HostPitch);
    LpWrite(Device, LP_DMA_CARD_ADDRESS, Piece->CardAddress);
    LpWrite(Device, LP_DMA_CARD_PITCH, Piece->CardPitch);
    LpWrite(Device, LP_DMA_CONTROL, LP_DMA_CONTROL_SUBMIT_MASK | LP_FIELD(LP_DMA_CONTROL_DIRECTION, Direction));
}

ULONG LpDmaPoll(PLP_DEVICE Device, ULONG Before) {
    ULONG Step;

    for (Step = 0; Step < LP_POLL_STEPS; Step++) {
        if (LpRead(Device, LP_DMA_COMPLETED) != Before) {
            return LpRead(Device, LP_DMA_RESULT) & LP_DMA_RESULT_CODE_MASK;
        }
        VideoPortStallExecution(10);
    }
    return LP_DMA_TIMED_OUT;
}

VP_STATUS LpDmaQuiet(PLP_DEVICE Device) {
    ULONG Busy = LP_DMA_STATUS_BUSY_MASK | LP_DMA_STATUS_DRAINING_MASK;
    ULONG Step;

    LpWrite(Device, LP_DMA_CONTROL, LP_DMA_CONTROL_ABORT_MASK);
    for (Step = 0; Step < LP_POLL_STEPS; Step++) {
        ULONG Status = LpRead(Device, LP_DMA_STATUS);

        if (Status == MAXULONG) {
            return ERROR_DEV_NOT_EXIST;
        }
        if ((Status & Busy) == 0) {
            return NO_ERROR;
        }
        VideoPortStallExecution(10);
    }
    return ERROR_INVALID_FUNCTION;
}

/* HwVidExecuteDma: DISPATCH_LEVEL. The list stays valid until CompleteDma. */
static VOID NTAPI LpExecuteDma(PVOID HwDeviceExtension, PVP_DMA_ADAPTER VpDmaAdapter, PVP_SCATTER_GATHER_LIST SGList,
                               PVOID Context) {
    LP_FLIGHT *Flight = Context;

    UNREFERENCED_PARAMETER(HwDeviceExtension);
    Flight->Adapter = VpDmaAdapter;
    Flight->Granted = *Flight->GrantedBytes;
    Flight->Choose(Flight);
    Flight->CompletedBefore = LpRead(Flight->Device, LP_DMA_COMPLETED);
    Flight->Result = LP_DMA_RESULT_CODE_IS_NONE;
    Flight->List = SGList;
    LpDmaSubmit(Flight->Device, SGList, &Flight->Piece, Flight->WriteToDevice);
}

/* Takes the list out of the flight: who gets it completes the operation. Runs with the interrupt routine locked out. */
static BOOLEAN NTAPI LpTakeList(PVOID Context) {
    LP_FLIGHT *Flight = Context;
    BOOLEAN Mine = Flight->List != NULL;

    Flight->Taken = Flight->List;
    Flight->List = NULL;
    return Mine;
}

static BOOLEAN LpComplete(PLP_DEVICE Device) {
    LP_FLIGHT *Flight = &Device->Flight;

    if (!VideoPortSynchronizeExecution(Device, VpMediumPriority, LpTakeList, Flight)) {
        return FALSE;
    }
    (VOID)VideoPortCompleteDma(Device, Flight->Adapter, Flight->Taken, Flight->WriteToDevice);
    return TRUE;
}

VOID LpDmaFinish(PLP_DEVICE Device) {
    LP_FLIGHT *Flight = &Device->Flight;

    /* A late interrupt of an earlier transfer: this one still runs. */
    if (Flight->List == NULL || LpRead(Device, LP_DMA_COMPLETED) == Flight->CompletedBefore) {
        return;
    }
    Flight->Result = LpRead(Device, LP_DMA_RESULT) & LP_DMA_RESULT_CODE_MASK;
    if (LpComplete(Device)) {
        (VOID)VideoPortSetEvent(Device, Flight->Done);
    }
}

static VP_STATUS LpAwait(PLP_DEVICE Device) {
    LP_FLIGHT *Flight = &Device->Flight;
    LARGE_INTEGER Timeout;

    Timeout.QuadPart = -10 * (LONGLONG)(LP_TRANSFER_US + Flight->Granted / LP_SLOWEST_BYTES_PER_US);
    if (VideoPortWaitForSingleObject(Device, Flight->Done, &Timeout) != NO_ERROR) {
        (VOID)LpDmaQuiet(Device);
        /* If the deferred routine came first after all, its result stands. */
        if (LpComplete(Device)) {
            Flight->Result = LP_DMA_RESULT_CODE_IS_ABORTED;
            LpEnableInterrupts(Device);
        }
    }
    Device->Counters.LastResult = Flight->Result;
    if (Flight->Result == LP_DMA_RESULT_CODE_IS_OK) {
        Device->Counters.Transfers++;
        return NO_ERROR;
    }
    Device->Counters.TransferErrors++;
    VideoPortLogError(Device, NULL, ERROR_INVALID_FUNCTION, 0xC0030000u | (Flight->Result & 0xFF));
    return ERROR_INVALID_FUNCTION;
}

VP_STATUS LpDmaOperation(PLP_DEVICE Device, PVOID Mdl, ULONG Offset, ULONG Length, BOOLEAN WriteToDevice,
                         VOID (*Choose)(LP_FLIGHT *Flight), PVOID ChooseContext, PULONG Granted) {
    LP_FLIGHT *Flight = &Device->Flight;
    VP_STATUS Status;

    *Granted = Length;
    VideoPortZeroMemory(Flight, sizeof(*Flight));
    Status = VideoPortCreateEvent(Device, 0, NULL, &Flight->Done);
    if (Status != NO_ERROR) {
        return Status;
    }
    Flight->Device = Device;
    Flight->WriteToDevice = WriteToDevice;
    Flight->GrantedBytes = Granted;
    Flight->Choose = Choose;
    Flight->ChooseContext = ChooseContext;
    Status = VideoPortStartDma(Device, Device->Adapter, Mdl, Offset, Granted, LpExecuteDma, Flight, WriteToDevice);
    if (Status == NO_ERROR) {
        Status = LpAwait(Device);
    }
    (VOID)VideoPortDeleteEvent(Device, Flight->Done);
    Flight->Done = NULL;
    return Status;
}

static VOID LpChooseLinear(LP_FLIGHT *Flight) {
    Flight->Piece.Length = Flight->Granted;
    Flight->Piece.Rows = 1;
    Flight->Piece.HostPitch = Flight->Granted;
    Flight->Piece.CardAddress = *(PULONG)Flight->ChooseContext;
    Flight->Piece.CardPitch = Flight->Granted;
}

VP_STATUS LpDmaMove(PLP_DEVICE Device, PVOID Mdl, ULONG Offset, ULONG Length, ULONG CardAddress, BOOLEAN WriteToDevice) {
    while (Length != 0) {
        ULONG Granted;
        VP_STATUS Status =
            LpDmaOperation(Device, Mdl, Offset, Length, WriteToDevice, LpChooseLinear, &CardAddress, &Granted);

        if (Status != NO_ERROR) {
            return Status;
        }
        Offset += Granted;
        CardAddress += Granted;
        Length -= Granted;
    }
    return NO_ERROR;
}
