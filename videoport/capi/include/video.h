/*
 * video.h - the video port's services and the entry points of a video miniport
 *
 * A miniport includes the six headers in this order, or only this one:
 *     ntdef.h  miniport.h  dderror.h  devioctl.h  ntddvdeo.h  video.h
 *
 * The driver exports `ULONG NTAPI DriverEntry(PVOID Context1, PVOID Context2)`, which registers with VideoPortInitialize and
 * returns that function's value. PVOID HwDeviceExtension names the device in every other call.
 */
#ifndef LUMENPORT_VIDEO_H
#define LUMENPORT_VIDEO_H

#define __VIDEO_H__

#include "ntdef.h"
#include "miniport.h"
#include "dderror.h"
#include "devioctl.h"
#include "ntddvdeo.h"

/* Who implements the services defines _VIDEOPORT_; everybody else imports them. */
#ifndef VPAPI
#ifdef _VIDEOPORT_
#define VPAPI
#else
#define VPAPI DECLSPEC_IMPORT
#endif
#endif

#include "videoagp.h"
#include "lumenport/video_types.h"
#include "lumenport/video_callbacks.h"
#include "lumenport/video_interfaces.h"
#include "lumenport/video_registration.h"
#include "lumenport/video_services.h"
#include "lumenport/video_accessors.h"
#include "lumenport/layout_video.h"

/* ---- debug output --------------------------------------------------------------------------------------------- */

#ifndef DBG
#define DBG 0
#endif

#if DBG
/* Double parentheses: VideoDebugPrint((Error, "mode %u\n", index)); */
#define VideoDebugPrint(arguments) VideoPortDebugPrint arguments
#ifndef ASSERT
#define ASSERT(condition) \
    ((condition) ? (void)0 : (void)VideoPortDebugPrint(Error, "%s:%d: %s\n", __FILE__, __LINE__, #condition))
#endif
#ifndef PAGED_CODE
#define PAGED_CODE() \
    ((VideoPortGetCurrentIrql() <= APC_LEVEL) ? (void)0 \
                                              : (void)VideoPortDebugPrint(Error, "%s: pageable code at IRQL %u\n", \
                                                                          __func__, VideoPortGetCurrentIrql()))
#endif
#else
#define VideoDebugPrint(arguments)
#ifndef ASSERT
#define ASSERT(condition) ((void)0)
#endif
#ifndef PAGED_CODE
#define PAGED_CODE() ((void)0)
#endif
#endif

#endif /* LUMENPORT_VIDEO_H */
