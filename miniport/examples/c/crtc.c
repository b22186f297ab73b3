/*
 * crtc.c - the raster: timing generator and plane, switched on and off with bounded waits
 */
#include "lumenport.h"

/* A frame of the slowest mode lasts 42 ms. Units: steps of 50 us. */
#define LP_FRAME_STEPS 2000u

static VP_STATUS LpWaitRaster(PLP_DEVICE Device, ULONG Wanted) {
    ULONG Step;

    for (Step = 0; Step < LP_FRAME_STEPS; Step++) {
        ULONG Status = LpRead(Device, LP_CRTC_STATUS);

        if (Status == MAXULONG) {
            return ERROR_DEV_NOT_EXIST;
        }
        if ((Status & (LP_CRTC_STATUS_ENABLED_MASK | LP_CRTC_STATUS_COMMIT_PENDING_MASK)) == Wanted) {
            return NO_ERROR;
        }
        VideoPortStallExecution(50);
    }
    VideoPortLogError(Device, NULL, ERROR_INVALID_FUNCTION, 0xC0020001u);
    return ERROR_INVALID_FUNCTION;
}

VP_STATUS LpRasterOff(PLP_DEVICE Device) {
    LpWrite(Device, LP_CRTC_CONTROL, 0);
    LpWrite(Device, LP_CRTC_COMMIT, LP_CRTC_COMMIT_COMMIT_MASK);
    return LpWaitRaster(Device, 0);
}

/* Registers count from the first active pixel; vertical sync changes on a horizontal sync edge, one line earlier. */
static VOID LpWriteTiming(PLP_DEVICE Device, const LP_TIMING *Timing) {
    ULONG HsyncStart = (ULONG)Timing->H[0] + Timing->H[1];
    ULONG VsyncStart = (ULONG)Timing->V[0] + Timing->V[1] - 1;

    LpWrite(Device, LP_CRTC_H_SIZE,
            LP_FIELD(LP_CRTC_H_SIZE_TOTAL, HsyncStart + Timing->H[2] + Timing->H[3]) |
                LP_FIELD(LP_CRTC_H_SIZE_ACTIVE, Timing->H[0]));
    LpWrite(Device, LP_CRTC_H_SYNC,
            LP_FIELD(LP_CRTC_H_SYNC_START, HsyncStart) | LP_FIELD(LP_CRTC_H_SYNC_END, HsyncStart + Timing->H[2]));
    LpWrite(Device, LP_CRTC_V_SIZE,
            LP_FIELD(LP_CRTC_V_SIZE_TOTAL, VsyncStart + 1 + Timing->V[2] + Timing->V[3]) |
                LP_FIELD(LP_CRTC_V_SIZE_ACTIVE, Timing->V[0]));
    LpWrite(Device, LP_CRTC_V_SYNC,
            LP_FIELD(LP_CRTC_V_SYNC_START, VsyncStart) | LP_FIELD(LP_CRTC_V_SYNC_END, VsyncStart + Timing->V[2]));
    LpWrite(Device, LP_CRTC_POLARITY,
            LP_FIELD(LP_CRTC_POLARITY_HSYNC, Timing->HsyncHigh) | LP_FIELD(LP_CRTC_POLARITY_VSYNC, Timing->VsyncHigh));
}

/* The plane shows from the first vertical blanking on: the first frame is black. */
VP_STATUS LpRasterOn(PLP_DEVICE Device, const LP_MODE *Mode) {
    LpWrite(Device, LP_PLANE_CONTROL, LP_PLANE_CONTROL_ENABLE_MASK | LP_FIELD(LP_PLANE_CONTROL_FORMAT, Mode->Format));
    LpWrite(Device, LP_PLANE_BASE, 0);
    LpWrite(Device, LP_PLANE_PITCH, Mode->PitchBytes);
    LpWrite(Device, LP_PLANE_COMMIT, LP_PLANE_COMMIT_COMMIT_MASK);
    LpWrite(Device, LP_CRTC_CLOCK_SELECT, LP_FIELD(LP_CRTC_CLOCK_SELECT_INDEX, Mode->Clock));
    LpWriteTiming(Device, Mode->Timing);
    LpWrite(Device, LP_CRTC_CONTROL, LP_CRTC_CONTROL_ENABLE_MASK);
    LpWrite(Device, LP_CRTC_COMMIT, LP_CRTC_COMMIT_COMMIT_MASK);
    return LpWaitRaster(Device, LP_CRTC_STATUS_ENABLED_MASK);
}
