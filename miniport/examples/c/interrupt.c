/*
 * interrupt.c - interrupt routine, deferred routine, timer
 *
 * The card sends one message and disarms. The interrupt routine clears what it saw and arms again: whatever came since fires at
 * once, so no event is lost.
 */
#include "lumenport.h"

VOID LpEnableInterrupts(PLP_DEVICE Device) {
    ULONG Dma = LP_DMA_INTR_ENABLE_DONE_MASK | LP_DMA_INTR_ENABLE_ERROR_MASK;

    LpWrite(Device, LP_DMA_INTR_STATE, Dma);
    LpWrite(Device, LP_DMA_INTR_ENABLE, Dma);
    LpWrite(Device, LP_CRTC_INTR_ENABLE, 0);
    LpWrite(Device, LP_DDC_INTR_ENABLE, LP_DDC_INTR_ENABLE_HOTPLUG_MASK);
    LpWrite(Device, LP_IRQ_ENABLE, LP_IRQ_ENABLE_DMA_MASK | LP_IRQ_ENABLE_CRTC_MASK | LP_IRQ_ENABLE_DDC_MASK);
    LpWrite(Device, LP_IRQ_REARM, LP_IRQ_REARM_VECTORS_MASK);
}

BOOLEAN NTAPI LpInterrupt(PVOID HwDeviceExtension) {
    PLP_DEVICE Device = HwDeviceExtension;
    ULONG Pending = LpRead(Device, LP_IRQ_PENDING);
    ULONG Latch = 0;

    /* All ones: the card is gone, and this is not its interrupt. */
    if (Pending == 0 || Pending == MAXULONG || Device->PowerState == VideoPowerOff) {
        return FALSE;
    }
    if (Pending & LP_IRQ_PENDING_DMA_MASK) {
        LpWrite(Device, LP_DMA_INTR_STATE, LpRead(Device, LP_DMA_INTR_STATE));
        Latch |= LP_LATCH_DMA;
    }
    if (Pending & LP_IRQ_PENDING_CRTC_MASK) {
        LpWrite(Device, LP_CRTC_INTR_STATE, LpRead(Device, LP_CRTC_INTR_STATE));
        Latch |= LP_LATCH_VBLANK;
    }
    if (Pending & LP_IRQ_PENDING_DDC_MASK) {
        LpWrite(Device, LP_DDC_INTR_STATE, LpRead(Device, LP_DDC_INTR_STATE));
        Latch |= LP_LATCH_HOTPLUG;
    }
    Device->Counters.Interrupts++;
    if (Device->Test.IsrHook != NULL) {
        Device->Test.IsrHook(Device);
    }
    LpWrite(Device, LP_IRQ_REARM, LP_IRQ_REARM_VECTORS_MASK);
    Device->Latch |= Latch;
    /* FALSE means that it is queued already: it will find these bits too. */
    (VOID)VideoPortQueueDpc(Device, LpDeferred, NULL);
    return TRUE;
}

typedef struct _LP_TAKE {
    PLP_DEVICE Device;
    ULONG Bits;
} LP_TAKE;

static BOOLEAN NTAPI LpTakeLatch(PVOID Context) {
    LP_TAKE *Take = Context;

    Take->Bits = Take->Device->Latch;
    Take->Device->Latch = 0;
    return Take->Bits != 0;
}

VOID NTAPI LpDeferred(PVOID HwDeviceExtension, PVOID Context) {
    LP_TAKE Take = {HwDeviceExtension, 0};

    UNREFERENCED_PARAMETER(Context);
    Take.Device->Counters.Dpcs++;
    /* The interrupt routine may come at any moment: the latch is taken with it locked out. */
    (VOID)VideoPortSynchronizeExecution(HwDeviceExtension, VpMediumPriority, LpTakeLatch, &Take);
    if (Take.Bits & LP_LATCH_DMA) {
        LpDmaFinish(Take.Device);
    }
    if (Take.Bits & LP_LATCH_HOTPLUG) {
        (VOID)VideoPortEnumerateChildren(HwDeviceExtension, NULL);
    }
}

VOID NTAPI LpTimer(PVOID HwDeviceExtension) {
    PLP_DEVICE Device = HwDeviceExtension;

    Device->Counters.Ticks++;
    if (Device->Test.TimerHook != NULL) {
        Device->Test.TimerHook(Device);
    }
}
