/*
 * lumenport.h - the driver's device extension and what its files offer each other
 *
 * Context rules: StartIO and everything below it runs at PASSIVE_LEVEL under the device lock. LpInterrupt runs at device level
 * and calls only what the contract allows there. LpDeferred and LpExecuteDma run at DISPATCH_LEVEL.
 */
#ifndef LUMENPORT_DRIVER_H
#define LUMENPORT_DRIVER_H

#include "card_regs.h"
#include "headers.h"
#include "protocol.h"

/* Shown by pool dumps as "DLmp". */
#define LP_POOL_TAG 0x706D4C44u

#define LP_CLOCK_COUNT LP_CRTC_CLOCK_KHZ_COUNT
#define LP_NO_MODE 0xFFFFFFFFu
/* Bytes of card memory that stay mapped for the processor, from the middle of card memory on. */
#define LP_WINDOW_BYTES 0x10000u

/* One progressive timing: active, front porch, sync, back porch of each axis. */
typedef struct _LP_TIMING {
    ULONG ClockKhz;
    USHORT H[4];
    USHORT V[4];
    UCHAR HsyncHigh, VsyncHigh;
} LP_TIMING;

/* One entry of the mode list. */
typedef struct _LP_MODE {
    const LP_TIMING *Timing;
    ULONG Clock;  /* index of the board clock */
    ULONG Format; /* PLANE.CONTROL.FORMAT */
    ULONG BytesPerPixel;
    ULONG PitchBytes;
    ULONG MemoryLines; /* lines of this pitch that card memory holds */
} LP_MODE;

/* What one transfer of the engine moves; the host side starts where the list starts. */
typedef struct _LP_PIECE {
    ULONG Length; /* bytes in a row */
    ULONG Rows;
    ULONG HostPitch;
    ULONG CardAddress;
    ULONG CardPitch;
} LP_PIECE;

struct _LP_DEVICE;

/* A DMA operation between StartDma and CompleteDma. Non-paged: the deferred routine uses it. */
typedef struct _LP_FLIGHT {
    struct _LP_DEVICE *Device;
    PVP_DMA_ADAPTER Adapter;
    PVP_SCATTER_GATHER_LIST List;  /* NULL once somebody completes it */
    PVP_SCATTER_GATHER_LIST Taken; /* the same, for who completes it */
    BOOLEAN WriteToDevice;
    PEVENT Done;
    ULONG Granted;       /* bytes the port granted */
    PULONG GrantedBytes; /* where the port stores them; read inside the callback only */
    LP_PIECE Piece;
    VOID (*Choose)(struct _LP_FLIGHT *Flight); /* turns Granted into Piece */
    PVOID ChooseContext;
    ULONG CompletedBefore; /* DMA.COMPLETED at submit: tells a late interrupt of an earlier transfer */
    ULONG Result;          /* DMA.RESULT code */
} LP_FLIGHT;

/* State of the conformance tests that lives longer than one call. See conformance/conformance.h. */
typedef struct _LP_TEST_STATE {
    VOID (*IsrHook)(struct _LP_DEVICE *Device);
    VOID (*TimerHook)(struct _LP_DEVICE *Device);
    volatile LONG IsrRuns;
    volatile LONG Counter;
    volatile LONG Inside;
    volatile LONG Sequence;
    volatile LONG Flag[4];
    volatile ULONG Seen[4];
    PVOID Pointer[6];
    PEVENT Event;
    PSPIN_LOCK SpinLock;
    PVP_DMA_ADAPTER Adapter[2];
    PVOID Mdl[2];
    PVP_SCATTER_GATHER_LIST List;
    ULONG Length;
} LP_TEST_STATE;

/* What FindAdapter saw of the services that only it may call, for the resource tests. */
typedef struct _LP_FOUND {
    VP_STATUS AccessRanges;
    VP_STATUS TooFewRanges; /* GetAccessRanges with room for one */
    VP_STATUS Verify;
    VP_STATUS VerifyNothing;
    VP_STATUS Reclaim;
    ULONG Slot;
    ULONG RangeCount;
    BOOLEAN BaseMapped, SecondBaseMapped;
    BOOLEAN PortBaseRefusedOrMapped;
    UCHAR Irql;
} LP_FOUND;

typedef struct _LP_DEVICE {
    PUCHAR Registers; /* BAR2 */
    PUCHAR Window;    /* LP_WINDOW_BYTES of card memory at WindowAddress */
    ULONG WindowAddress;
    VIDEO_ACCESS_RANGE Memory;
    VIDEO_ACCESS_RANGE RegisterRange;
    ULONG MemoryBytes;
    ULONG ClocksKhz[LP_CLOCK_COUNT];
    PVIDEO_PORT_GET_PROC_ADDRESS GetProcAddress;
    PVP_DMA_ADAPTER Adapter;
    ULONG CurrentMode;
    PVOID FrameBuffer; /* last mapping made for the display driver, NULL without one */
    ULONG PowerState;
    volatile ULONG Latch; /* LP_LATCH_*: from the interrupt routine to the deferred one */
    LP_FLIGHT Flight;
    LP_COUNTERS Counters;
    volatile LONG References; /* of the published interface */
    volatile LONG Bugchecks;  /* calls of the bug-check callback */
    LP_FOUND Found;
    LP_TEST_STATE Test;
} LP_DEVICE, *PLP_DEVICE;

#define LP_LATCH_DMA 1u
#define LP_LATCH_VBLANK 2u
#define LP_LATCH_HOTPLUG 4u

/* ---- registers --------------------------------------------------------------------------------------------------- */

static LUMENPORT_INLINE ULONG LpRead(PLP_DEVICE Device, ULONG Offset) {
    return VideoPortReadRegisterUlong((PULONG)(PVOID)(Device->Registers + Offset));
}

static LUMENPORT_INLINE VOID LpWrite(PLP_DEVICE Device, ULONG Offset, ULONG Value) {
    VideoPortWriteRegisterUlong((PULONG)(PVOID)(Device->Registers + Offset), Value);
}

#define LP_FIELD(name, value) (((ULONG)(value) << name##_SHIFT) & name##_MASK)

/* ---- driver.c ---------------------------------------------------------------------------------------------------- */

VP_STATUS NTAPI LpFindAdapter(PVOID HwDeviceExtension, PVOID HwContext, PWSTR ArgumentString,
                              PVIDEO_PORT_CONFIG_INFO ConfigInfo, PUCHAR Again);
BOOLEAN NTAPI LpInitialize(PVOID HwDeviceExtension);
BOOLEAN NTAPI LpResetHw(PVOID HwDeviceExtension, ULONG Columns, ULONG Rows);
VP_STATUS NTAPI LpQueryInterface(PVOID HwDeviceExtension, PQUERY_INTERFACE QueryInterface);

/* ---- power.c ----------------------------------------------------------------------------------------------------- */

VP_STATUS NTAPI LpGetPowerState(PVOID HwDeviceExtension, ULONG HwId, PVIDEO_POWER_MANAGEMENT Control);
VP_STATUS NTAPI LpSetPowerState(PVOID HwDeviceExtension, ULONG HwId, PVIDEO_POWER_MANAGEMENT Control);

/* ---- child.c ----------------------------------------------------------------------------------------------------- */

VP_STATUS NTAPI LpGetChildDescriptor(PVOID HwDeviceExtension, PVIDEO_CHILD_ENUM_INFO ChildEnumInfo, PVIDEO_CHILD_TYPE ChildType,
                                     PUCHAR Descriptor, PULONG UId, PULONG Unused);
/* The card's DDC lines as the port's helpers drive them. */
VOID LpDdcCallbacks(PI2C_CALLBACKS Callbacks);

/* ---- interrupt.c ------------------------------------------------------------------------------------------------- */

BOOLEAN NTAPI LpInterrupt(PVOID HwDeviceExtension);
VOID NTAPI LpDeferred(PVOID HwDeviceExtension, PVOID Context);
VOID NTAPI LpTimer(PVOID HwDeviceExtension);
VOID LpEnableInterrupts(PLP_DEVICE Device);

/* ---- modes.c ----------------------------------------------------------------------------------------------------- */

BOOLEAN LpModeAt(PLP_DEVICE Device, ULONG Index, LP_MODE *Mode);
VP_STATUS LpQueryModes(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);
VP_STATUS LpQueryModeCount(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);
VP_STATUS LpQueryCurrentMode(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);
VP_STATUS LpSetCurrentMode(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);

/* ---- crtc.c ------------------------------------------------------------------------------------------------------ */

VP_STATUS LpRasterOff(PLP_DEVICE Device);
VP_STATUS LpRasterOn(PLP_DEVICE Device, const LP_MODE *Mode);

/* ---- requests.c -------------------------------------------------------------------------------------------------- */

BOOLEAN NTAPI LpStartIo(PVOID HwDeviceExtension, PVIDEO_REQUEST_PACKET RequestPacket);

/* ---- dma.c ------------------------------------------------------------------------------------------------------- */

/* Programs the engine for a list. DISPATCH_LEVEL or below. */
VOID LpDmaSubmit(PLP_DEVICE Device, PVP_SCATTER_GATHER_LIST List, const LP_PIECE *Piece, BOOLEAN WriteToDevice);
/* Waits, bounded, until DMA.COMPLETED differs from Before; the RESULT code, or LP_DMA_TIMED_OUT. Any level. */
ULONG LpDmaPoll(PLP_DEVICE Device, ULONG Before);
/* Moves Length bytes at Offset of the locked buffer to or from card memory, in as many operations as it takes. */
VP_STATUS LpDmaMove(PLP_DEVICE Device, PVOID Mdl, ULONG Offset, ULONG Length, ULONG CardAddress, BOOLEAN WriteToDevice);
/* Stops the engine: nothing is in flight afterwards. */
VP_STATUS LpDmaQuiet(PLP_DEVICE Device);
/* The deferred routine's part of a transfer. */
VOID LpDmaFinish(PLP_DEVICE Device);

#define LP_DMA_TIMED_OUT 0xFFFFFFFFu

/* One operation: starts it, waits for the deferred routine. Granted is what the port allowed of Length. */
VP_STATUS LpDmaOperation(PLP_DEVICE Device, PVOID Mdl, ULONG Offset, ULONG Length, BOOLEAN WriteToDevice,
                         VOID (*Choose)(LP_FLIGHT *Flight), PVOID ChooseContext, PULONG Granted);

/* ---- rectangle.c ------------------------------------------------------------------------------------------------- */

VP_STATUS LpUpdateRectangle(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet);

/* ---- registry.c -------------------------------------------------------------------------------------------------- */

/* Writes HardwareInformation.* and answers the first failure. */
VP_STATUS LpWriteHardwareInformation(PLP_DEVICE Device);
/* Reads a ULONG below the adapter key; Default when it is not there. */
ULONG LpReadParameter(PLP_DEVICE Device, PWSTR Name, ULONG Default);

/* ---- bugcheck.c -------------------------------------------------------------------------------------------------- */

VOID NTAPI LpBugcheck(PVOID HwDeviceExtension, ULONG BugcheckCode, PUCHAR Buffer, ULONG BufferSize);
#define LP_BUGCHECK_BYTES 64u

#endif /* LUMENPORT_DRIVER_H */
