/*
 * ntddvdeo.h - requests that a display driver sends to a video miniport, and their buffers
 *
 * All codes have device type FILE_DEVICE_VIDEO, METHOD_BUFFERED and FILE_ANY_ACCESS: 0x00230000 | function << 2.
 */
#ifndef LUMENPORT_NTDDVDEO_H
#define LUMENPORT_NTDDVDEO_H

#include "devioctl.h"
#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VIDEO_DEVICE_NAME "DISPLAY%d"

/* ---- request codes -------------------------------------------------------------------------------------------- */

#define LUMENPORT_VIDEO_CODE(function) CTL_CODE(FILE_DEVICE_VIDEO, function, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* the system and the port among themselves */
#define IOCTL_VIDEO_ENABLE_VDM LUMENPORT_VIDEO_CODE(0x000)
#define IOCTL_VIDEO_DISABLE_VDM LUMENPORT_VIDEO_CODE(0x001)
#define IOCTL_VIDEO_REGISTER_VDM LUMENPORT_VIDEO_CODE(0x002)
#define IOCTL_VIDEO_SET_OUTPUT_DEVICE_POWER_STATE LUMENPORT_VIDEO_CODE(0x003)
#define IOCTL_VIDEO_GET_OUTPUT_DEVICE_POWER_STATE LUMENPORT_VIDEO_CODE(0x004)
#define IOCTL_VIDEO_MONITOR_DEVICE LUMENPORT_VIDEO_CODE(0x005)
#define IOCTL_VIDEO_ENUM_MONITOR_PDO LUMENPORT_VIDEO_CODE(0x006)
#define IOCTL_VIDEO_INIT_WIN32K_CALLBACKS LUMENPORT_VIDEO_CODE(0x007)
#define IOCTL_VIDEO_HANDLE_VIDEOPARAMETERS LUMENPORT_VIDEO_CODE(0x008)
#define IOCTL_VIDEO_IS_VGA_DEVICE LUMENPORT_VIDEO_CODE(0x009)
#define IOCTL_VIDEO_USE_DEVICE_IN_SESSION LUMENPORT_VIDEO_CODE(0x00a)
#define IOCTL_VIDEO_PREPARE_FOR_EARECOVERY LUMENPORT_VIDEO_CODE(0x00b)
/* VGA state */
#define IOCTL_VIDEO_SAVE_HARDWARE_STATE LUMENPORT_VIDEO_CODE(0x080)
#define IOCTL_VIDEO_RESTORE_HARDWARE_STATE LUMENPORT_VIDEO_CODE(0x081)
/* modes */
#define IOCTL_VIDEO_QUERY_AVAIL_MODES LUMENPORT_VIDEO_CODE(0x100)
#define IOCTL_VIDEO_QUERY_NUM_AVAIL_MODES LUMENPORT_VIDEO_CODE(0x101)
#define IOCTL_VIDEO_QUERY_CURRENT_MODE LUMENPORT_VIDEO_CODE(0x102)
#define IOCTL_VIDEO_SET_CURRENT_MODE LUMENPORT_VIDEO_CODE(0x103)
#define IOCTL_VIDEO_RESET_DEVICE LUMENPORT_VIDEO_CODE(0x104)
#define IOCTL_VIDEO_LOAD_AND_SET_FONT LUMENPORT_VIDEO_CODE(0x105)
/* colours */
#define IOCTL_VIDEO_SET_PALETTE_REGISTERS LUMENPORT_VIDEO_CODE(0x106)
#define IOCTL_VIDEO_SET_COLOR_REGISTERS LUMENPORT_VIDEO_CODE(0x107)
/* text cursor */
#define IOCTL_VIDEO_ENABLE_CURSOR LUMENPORT_VIDEO_CODE(0x108)
#define IOCTL_VIDEO_DISABLE_CURSOR LUMENPORT_VIDEO_CODE(0x109)
#define IOCTL_VIDEO_SET_CURSOR_ATTR LUMENPORT_VIDEO_CODE(0x10a)
#define IOCTL_VIDEO_QUERY_CURSOR_ATTR LUMENPORT_VIDEO_CODE(0x10b)
#define IOCTL_VIDEO_SET_CURSOR_POSITION LUMENPORT_VIDEO_CODE(0x10c)
#define IOCTL_VIDEO_QUERY_CURSOR_POSITION LUMENPORT_VIDEO_CODE(0x10d)
/* pointer */
#define IOCTL_VIDEO_ENABLE_POINTER LUMENPORT_VIDEO_CODE(0x10e)
#define IOCTL_VIDEO_DISABLE_POINTER LUMENPORT_VIDEO_CODE(0x10f)
#define IOCTL_VIDEO_SET_POINTER_ATTR LUMENPORT_VIDEO_CODE(0x110)
#define IOCTL_VIDEO_QUERY_POINTER_ATTR LUMENPORT_VIDEO_CODE(0x111)
#define IOCTL_VIDEO_SET_POINTER_POSITION LUMENPORT_VIDEO_CODE(0x112)
#define IOCTL_VIDEO_QUERY_POINTER_POSITION LUMENPORT_VIDEO_CODE(0x113)
#define IOCTL_VIDEO_QUERY_POINTER_CAPABILITIES LUMENPORT_VIDEO_CODE(0x114)
/* memory */
#define IOCTL_VIDEO_GET_BANK_SELECT_CODE LUMENPORT_VIDEO_CODE(0x115)
#define IOCTL_VIDEO_MAP_VIDEO_MEMORY LUMENPORT_VIDEO_CODE(0x116)
#define IOCTL_VIDEO_UNMAP_VIDEO_MEMORY LUMENPORT_VIDEO_CODE(0x117)
#define IOCTL_VIDEO_QUERY_PUBLIC_ACCESS_RANGES LUMENPORT_VIDEO_CODE(0x118)
#define IOCTL_VIDEO_FREE_PUBLIC_ACCESS_RANGES LUMENPORT_VIDEO_CODE(0x119)
#define IOCTL_VIDEO_QUERY_COLOR_CAPABILITIES LUMENPORT_VIDEO_CODE(0x11a)
/* power */
#define IOCTL_VIDEO_SET_POWER_MANAGEMENT LUMENPORT_VIDEO_CODE(0x11b)
#define IOCTL_VIDEO_GET_POWER_MANAGEMENT LUMENPORT_VIDEO_CODE(0x11c)
/* sharing, children */
#define IOCTL_VIDEO_SHARE_VIDEO_MEMORY LUMENPORT_VIDEO_CODE(0x11d)
#define IOCTL_VIDEO_UNSHARE_VIDEO_MEMORY LUMENPORT_VIDEO_CODE(0x11e)
#define IOCTL_VIDEO_SET_COLOR_LUT_DATA LUMENPORT_VIDEO_CODE(0x11f)
#define IOCTL_VIDEO_GET_CHILD_STATE LUMENPORT_VIDEO_CODE(0x120)
#define IOCTL_VIDEO_VALIDATE_CHILD_STATE_CONFIGURATION LUMENPORT_VIDEO_CODE(0x121)
#define IOCTL_VIDEO_SET_CHILD_STATE_CONFIGURATION LUMENPORT_VIDEO_CODE(0x122)
#define IOCTL_VIDEO_SWITCH_DUALVIEW LUMENPORT_VIDEO_CODE(0x123)
#define IOCTL_VIDEO_SET_BANK_POSITION LUMENPORT_VIDEO_CODE(0x124)
#define IOCTL_VIDEO_QUERY_SUPPORTED_BRIGHTNESS LUMENPORT_VIDEO_CODE(0x125)
#define IOCTL_VIDEO_QUERY_DISPLAY_BRIGHTNESS LUMENPORT_VIDEO_CODE(0x126)
#define IOCTL_VIDEO_SET_DISPLAY_BRIGHTNESS LUMENPORT_VIDEO_CODE(0x127)

/* ---- modes ---------------------------------------------------------------------------------------------------- */

typedef struct _VIDEO_NUM_MODES {
    ULONG NumModes;
    ULONG ModeInformationLength; /* bytes of one VIDEO_MODE_INFORMATION */
} VIDEO_NUM_MODES, *PVIDEO_NUM_MODES;

/* flags on top of the mode's index */
#define VIDEO_MODE_NO_ZERO_MEMORY 0x80000000
#define VIDEO_MODE_MAP_MEM_LINEAR 0x40000000

typedef struct _VIDEO_MODE {
    ULONG RequestedMode;
} VIDEO_MODE, *PVIDEO_MODE;

/* VIDEO_MODE_INFORMATION.AttributeFlags */
#define VIDEO_MODE_COLOR 0x0001
#define VIDEO_MODE_GRAPHICS 0x0002
#define VIDEO_MODE_PALETTE_DRIVEN 0x0004
#define VIDEO_MODE_MANAGED_PALETTE 0x0008
#define VIDEO_MODE_INTERLACED 0x0010
#define VIDEO_MODE_NO_OFF_SCREEN 0x0020
#define VIDEO_MODE_NO_64_BIT_ACCESS 0x0040
#define VIDEO_MODE_BANKED 0x0080
#define VIDEO_MODE_LINEAR 0x0100

typedef struct _VIDEO_MODE_INFORMATION {
    ULONG Length;
    ULONG ModeIndex;
    ULONG VisScreenWidth;  /* pixels */
    ULONG VisScreenHeight; /* lines */
    ULONG ScreenStride;    /* bytes from line to line */
    ULONG NumberOfPlanes;
    ULONG BitsPerPlane;
    ULONG Frequency; /* Hz */
    ULONG XMillimeter;
    ULONG YMillimeter;
    ULONG NumberRedBits;
    ULONG NumberGreenBits;
    ULONG NumberBlueBits;
    ULONG RedMask;
    ULONG GreenMask;
    ULONG BlueMask;
    ULONG AttributeFlags;
    ULONG VideoMemoryBitmapWidth;  /* pixels */
    ULONG VideoMemoryBitmapHeight; /* lines */
    ULONG DriverSpecificAttributeFlags;
} VIDEO_MODE_INFORMATION, *PVIDEO_MODE_INFORMATION;

/* ---- memory --------------------------------------------------------------------------------------------------- */

typedef struct _VIDEO_MEMORY {
    PVOID RequestedVirtualAddress;
} VIDEO_MEMORY, *PVIDEO_MEMORY;

typedef struct _VIDEO_MEMORY_INFORMATION {
    PVOID VideoRamBase;
    ULONG VideoRamLength; /* bytes */
    PVOID FrameBufferBase;
    ULONG FrameBufferLength; /* bytes */
} VIDEO_MEMORY_INFORMATION, *PVIDEO_MEMORY_INFORMATION;

typedef struct _VIDEO_SHARE_MEMORY {
    HANDLE ProcessHandle;
    ULONG ViewOffset;
    ULONG ViewSize;
    PVOID RequestedVirtualAddress;
} VIDEO_SHARE_MEMORY, *PVIDEO_SHARE_MEMORY;

typedef struct _VIDEO_SHARE_MEMORY_INFORMATION {
    ULONG SharedViewOffset;
    ULONG SharedViewSize;
    PVOID VirtualAddress;
} VIDEO_SHARE_MEMORY_INFORMATION, *PVIDEO_SHARE_MEMORY_INFORMATION;

typedef struct _VIDEO_PUBLIC_ACCESS_RANGES {
    ULONG InIoSpace;
    ULONG MappedInIoSpace;
    PVOID VirtualAddress;
} VIDEO_PUBLIC_ACCESS_RANGES, *PVIDEO_PUBLIC_ACCESS_RANGES;

typedef enum _VIDEO_BANK_TYPE {
    VideoNotBanked = 0,
    VideoBanked1RW,
    VideoBanked1R1W,
    VideoBanked2RW,
    NumVideoBankTypes
} VIDEO_BANK_TYPE, *PVIDEO_BANK_TYPE;

#define PLANAR_HC 0x00000001

typedef struct _VIDEO_BANK_SELECT {
    ULONG Length;
    ULONG Size;
    ULONG BankingFlags;
    ULONG BankingType;
    ULONG PlanarHCBankingType;
    ULONG BitmapWidthInBytes;
    ULONG BitmapSize;
    ULONG Granularity;
    ULONG PlanarHCGranularity;
    ULONG CodeOffset;
    ULONG PlanarHCBankCodeOffset;
    ULONG PlanarHCEnableCodeOffset;
    ULONG PlanarHCDisableCodeOffset;
} VIDEO_BANK_SELECT, *PVIDEO_BANK_SELECT;

/* ---- colours and fonts ---------------------------------------------------------------------------------------- */

typedef struct _VIDEO_CLUTDATA {
    UCHAR Red;
    UCHAR Green;
    UCHAR Blue;
    UCHAR Unused;
} VIDEO_CLUTDATA, *PVIDEO_CLUTDATA;

typedef struct _VIDEO_CLUT {
    USHORT NumEntries;
    USHORT FirstEntry;
    union {
        VIDEO_CLUTDATA RgbArray;
        ULONG RgbLong;
    } LookupTable[1];
} VIDEO_CLUT, *PVIDEO_CLUT;

typedef struct _VIDEO_PALETTE_DATA {
    USHORT NumEntries;
    USHORT FirstEntry;
    USHORT Colors[1];
} VIDEO_PALETTE_DATA, *PVIDEO_PALETTE_DATA;

#define VIDEO_DEVICE_COLOR 0x00000001
#define VIDEO_OPTIONAL_GAMMET_TABLE 0x00000002

typedef struct _VIDEO_COLOR_CAPABILITIES {
    ULONG Length;
    ULONG AttributeFlags;
    LONG RedPhosphoreDecay;
    LONG GreenPhosphoreDecay;
    LONG BluePhosphoreDecay;
    LONG WhiteChromaticity_x; /* chromaticities and gammas in 1/10000 */
    LONG WhiteChromaticity_y;
    LONG WhiteChromaticity_Y;
    LONG RedChromaticity_x;
    LONG RedChromaticity_y;
    LONG GreenChromaticity_x;
    LONG GreenChromaticity_y;
    LONG BlueChromaticity_x;
    LONG BlueChromaticity_y;
    LONG WhiteGamma;
    LONG RedGamma;
    LONG GreenGamma;
    LONG BlueGamma;
} VIDEO_COLOR_CAPABILITIES, *PVIDEO_COLOR_CAPABILITIES;

typedef struct _VIDEO_LOAD_FONT_INFORMATION {
    USHORT WidthInPixels;
    USHORT HeightInPixels;
    ULONG FontSize;
    UCHAR Font[1];
} VIDEO_LOAD_FONT_INFORMATION, *PVIDEO_LOAD_FONT_INFORMATION;

/* ---- pointer and text cursor ---------------------------------------------------------------------------------- */

/* flags of pointer attributes and capabilities */
#define VIDEO_MODE_ASYNC_POINTER 0x01
#define VIDEO_MODE_MONO_POINTER 0x02
#define VIDEO_MODE_COLOR_POINTER 0x04
#define VIDEO_MODE_ANIMATE_START 0x08
#define VIDEO_MODE_ANIMATE_UPDATE 0x10

typedef struct _VIDEO_POINTER_ATTRIBUTES {
    ULONG Flags;
    ULONG Width;
    ULONG Height;
    ULONG WidthInBytes;
    ULONG Enable;
    SHORT Column;
    SHORT Row;
    UCHAR Pixels[1];
} VIDEO_POINTER_ATTRIBUTES, *PVIDEO_POINTER_ATTRIBUTES;

typedef struct _VIDEO_POINTER_POSITION {
    SHORT Column;
    SHORT Row;
} VIDEO_POINTER_POSITION, *PVIDEO_POINTER_POSITION;

typedef struct _VIDEO_POINTER_CAPABILITIES {
    ULONG Flags;
    ULONG MaxWidth;
    ULONG MaxHeight;
    ULONG HWPtrBitmapStart;
    ULONG HWPtrBitmapEnd;
} VIDEO_POINTER_CAPABILITIES, *PVIDEO_POINTER_CAPABILITIES;

typedef struct _VIDEO_CURSOR_POSITION {
    SHORT Column;
    SHORT Row;
} VIDEO_CURSOR_POSITION, *PVIDEO_CURSOR_POSITION;

typedef struct _VIDEO_CURSOR_ATTRIBUTES {
    USHORT Width;
    USHORT Height;
    SHORT Column;
    SHORT Row;
    UCHAR Rate;
    UCHAR Enable;
} VIDEO_CURSOR_ATTRIBUTES, *PVIDEO_CURSOR_ATTRIBUTES;

/* ---- VGA state ------------------------------------------------------------------------------------------------ */

/* VGA-compatible adapters only; opaque to this port. */
typedef struct _VIDEO_HARDWARE_STATE_HEADER VIDEO_HARDWARE_STATE_HEADER, *PVIDEO_HARDWARE_STATE_HEADER;

typedef struct _VIDEO_HARDWARE_STATE {
    PVIDEO_HARDWARE_STATE_HEADER StateHeader;
    ULONG StateLength;
} VIDEO_HARDWARE_STATE, *PVIDEO_HARDWARE_STATE;

/* ---- power and children --------------------------------------------------------------------------------------- */

typedef enum _VIDEO_POWER_STATE {
    VideoPowerUnspecified = 0,
    VideoPowerOn = 1,
    VideoPowerStandBy = 2,
    VideoPowerSuspend = 3,
    VideoPowerOff = 4,
    VideoPowerHibernate = 5,
    VideoPowerShutdown = 6,
    VideoPowerMaximum = 7
} VIDEO_POWER_STATE, *PVIDEO_POWER_STATE;

typedef struct _VIDEO_POWER_MANAGEMENT {
    ULONG Length;
    ULONG DPMSVersion;
    ULONG PowerState; /* VIDEO_POWER_STATE */
} VIDEO_POWER_MANAGEMENT, *PVIDEO_POWER_MANAGEMENT;

#define VIDEO_CHILD_ACTIVE 0x00000001
#define VIDEO_CHILD_DETACHED 0x00000002
#define VIDEO_CHILD_NOPRUNE_FREQ 0x80000000
#define VIDEO_CHILD_NOPRUNE_SIZE 0x40000000
#define VIDEO_CHILD_NOPRUNE_RESOLUTION VIDEO_CHILD_NOPRUNE_SIZE

typedef struct _VIDEO_CHILD_STATE {
    ULONG Id;
    ULONG State;
} VIDEO_CHILD_STATE, *PVIDEO_CHILD_STATE;

typedef struct _VIDEO_CHILD_STATE_CONFIGURATION {
    ULONG Count;
    VIDEO_CHILD_STATE ChildStateArray[ANYSIZE_ARRAY];
} VIDEO_CHILD_STATE_CONFIGURATION, *PVIDEO_CHILD_STATE_CONFIGURATION;

#define VIDEO_DUALVIEW_REMOVABLE 0x00000001
#define VIDEO_DUALVIEW_PRIMARY 0x80000000   /* internal */
#define VIDEO_DUALVIEW_SECONDARY 0x40000000 /* internal */

#define DISPLAYPOLICY_AC 0x00000001
#define DISPLAYPOLICY_DC 0x00000002
#define DISPLAYPOLICY_BOTH (DISPLAYPOLICY_AC | DISPLAYPOLICY_DC)

typedef struct _DISPLAY_BRIGHTNESS {
    UCHAR ucDisplayPolicy;
    UCHAR ucACBrightness;
    UCHAR ucDCBrightness;
} DISPLAY_BRIGHTNESS, *PDISPLAY_BRIGHTNESS;

/* ---- the system's own ----------------------------------------------------------------------------------------- */

typedef struct _VIDEO_WIN32K_CALLBACKS_PARAMS {
    INT CalloutType;
    PVOID PhysDisp;
    ULONG_PTR Param;
    LONG Status;
} VIDEO_WIN32K_CALLBACKS_PARAMS, *PVIDEO_WIN32K_CALLBACKS_PARAMS;

typedef VOID(NTAPI *PVIDEO_WIN32K_CALLOUT)(PVOID Params);

typedef struct _VIDEO_WIN32K_CALLBACKS {
    PVOID PhysDisp;
    PVIDEO_WIN32K_CALLOUT Callout;
    ULONG bACPI;
    HANDLE pPhysDeviceObject;
    ULONG DualviewFlags;
} VIDEO_WIN32K_CALLBACKS, *PVIDEO_WIN32K_CALLBACKS;

/* ---- events shared with the display driver -------------------------------------------------------------------- */

typedef struct _ENG_EVENT {
    PVOID pKEvent;
    ULONG fFlags;
} ENG_EVENT, *PENG_EVENT;

typedef struct _ENG_EVENT *PEVENT;

#ifdef __cplusplus
}
#endif

#include "lumenport/layout_ntddvdeo.h"

#endif /* LUMENPORT_NTDDVDEO_H */
