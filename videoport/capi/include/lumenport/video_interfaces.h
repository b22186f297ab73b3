/*
 * lumenport/video_interfaces.h - interfaces of VideoPortQueryServices, two-wire bus and BIOS structures. Included by video.h.
 *
 * The caller fills Size and Version, the port fills the rest and takes a reference.
 */
#ifndef LUMENPORT_VIDEO_INTERFACES_H
#define LUMENPORT_VIDEO_INTERFACES_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _VIDEO_PORT_SERVICES {
    VideoPortServicesAGP = 1,
    VideoPortServicesI2C = 2,
    VideoPortServicesHeadless = 3,
    VideoPortServicesInt10 = 4,
    VideoPortServicesDebugReport = 5,
    VideoPortServicesWCMemoryProtection = 6
} VIDEO_PORT_SERVICES;

#define VIDEO_PORT_AGP_INTERFACE_VERSION_1 1
#define VIDEO_PORT_AGP_INTERFACE_VERSION_2 2
#define VIDEO_PORT_I2C_INTERFACE_VERSION_1 1
#define VIDEO_PORT_I2C_INTERFACE_VERSION_2 2
#define VIDEO_PORT_INT10_INTERFACE_VERSION_1 1
#define VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE_VERSION_1 1
#define VIDEO_PORT_DEBUG_REPORT_INTERFACE_VERSION_1 1

/* What every interface starts with. */
#define LUMENPORT_INTERFACE_HEAD               \
    USHORT Size;                               \
    USHORT Version;                            \
    PVOID Context;                             \
    PINTERFACE_REFERENCE InterfaceReference;   \
    PINTERFACE_DEREFERENCE InterfaceDereference

/* ---- a miniport's own interfaces (HwVidQueryInterface) -------------------------------------------------------- */

typedef struct _QUERY_INTERFACE {
    CONST GUID *InterfaceType;
    USHORT Size;
    USHORT Version;
    PINTERFACE Interface;
    PVOID InterfaceSpecificData;
} QUERY_INTERFACE, *PQUERY_INTERFACE;

/* ---- two-wire bus and DDC ------------------------------------------------------------------------------------- */

typedef struct _I2C_CALLBACKS {
    PVIDEO_WRITE_CLOCK_LINE WriteClockLine;
    PVIDEO_WRITE_DATA_LINE WriteDataLine;
    PVIDEO_READ_CLOCK_LINE ReadClockLine;
    PVIDEO_READ_DATA_LINE ReadDataLine;
} I2C_CALLBACKS, *PI2C_CALLBACKS;

typedef struct _VIDEO_I2C_CONTROL {
    PVIDEO_WRITE_CLOCK_LINE WriteClockLine;
    PVIDEO_WRITE_DATA_LINE WriteDataLine;
    PVIDEO_READ_CLOCK_LINE ReadClockLine;
    PVIDEO_READ_DATA_LINE ReadDataLine;
    ULONG I2CDelay; /* 100 ns */
} VIDEO_I2C_CONTROL, *PVIDEO_I2C_CONTROL;

/* DDCControl of VideoPortDDCMonitorHelper */
typedef struct _DDC_CONTROL {
    ULONG Size;
    I2C_CALLBACKS I2CCallbacks;
    UCHAR EdidSegment; /* 256 bytes each */
} DDC_CONTROL, *PDDC_CONTROL;

/* DDC1 left-over */
typedef struct _I2C_FNC_TABLE {
    ULONG Size;
    PVIDEO_WRITE_CLOCK_LINE WriteClockLine;
    PVIDEO_WRITE_DATA_LINE WriteDataLine;
    PVIDEO_READ_CLOCK_LINE ReadClockLine;
    PVIDEO_READ_DATA_LINE ReadDataLine;
    PVIDEO_WAIT_VSYNC_ACTIVE WaitVsync;
    PVOID Reserved;
} I2C_FNC_TABLE, *PI2C_FNC_TABLE;

typedef BOOLEAN(NTAPI *PI2C_START)(IN PVOID HwDeviceExtension, IN PI2C_CALLBACKS I2CCallbacks);
typedef BOOLEAN(NTAPI *PI2C_STOP)(IN PVOID HwDeviceExtension, IN PI2C_CALLBACKS I2CCallbacks);
typedef BOOLEAN(NTAPI *PI2C_WRITE)(IN PVOID HwDeviceExtension, IN PI2C_CALLBACKS I2CCallbacks, IN PUCHAR Buffer,
                                   IN ULONG Length);
typedef BOOLEAN(NTAPI *PI2C_READ)(IN PVOID HwDeviceExtension, IN PI2C_CALLBACKS I2CCallbacks, OUT PUCHAR Buffer,
                                  IN ULONG Length);

typedef BOOLEAN(NTAPI *PI2C_START_2)(IN PVOID HwDeviceExtension, IN PVIDEO_I2C_CONTROL I2CControl);
typedef BOOLEAN(NTAPI *PI2C_STOP_2)(IN PVOID HwDeviceExtension, IN PVIDEO_I2C_CONTROL I2CControl);
typedef BOOLEAN(NTAPI *PI2C_WRITE_2)(IN PVOID HwDeviceExtension, IN PVIDEO_I2C_CONTROL I2CControl, IN PUCHAR Buffer,
                                     IN ULONG Length);
typedef BOOLEAN(NTAPI *PI2C_READ_2)(IN PVOID HwDeviceExtension, IN PVIDEO_I2C_CONTROL I2CControl, OUT PUCHAR Buffer,
                                    IN ULONG Length, IN BOOLEAN EndOfRead);

typedef struct _VIDEO_PORT_I2C_INTERFACE {
    LUMENPORT_INTERFACE_HEAD;
    PI2C_START I2CStart;
    PI2C_STOP I2CStop;
    PI2C_WRITE I2CWrite;
    PI2C_READ I2CRead;
} VIDEO_PORT_I2C_INTERFACE, *PVIDEO_PORT_I2C_INTERFACE;

typedef struct _VIDEO_PORT_I2C_INTERFACE_2 {
    LUMENPORT_INTERFACE_HEAD;
    PI2C_START_2 I2CStart;
    PI2C_STOP_2 I2CStop;
    PI2C_WRITE_2 I2CWrite;
    PI2C_READ_2 I2CRead;
} VIDEO_PORT_I2C_INTERFACE_2, *PVIDEO_PORT_I2C_INTERFACE_2;

/* ---- AGP: queries fail ---------------------------------------------------------------------------------------- */

#define LUMENPORT_AGP_MEMBERS                 \
    PAGP_RESERVE_PHYSICAL AgpReservePhysical; \
    PAGP_RELEASE_PHYSICAL AgpReleasePhysical; \
    PAGP_COMMIT_PHYSICAL AgpCommitPhysical;   \
    PAGP_FREE_PHYSICAL AgpFreePhysical;       \
    PAGP_RESERVE_VIRTUAL AgpReserveVirtual;   \
    PAGP_RELEASE_VIRTUAL AgpReleaseVirtual;   \
    PAGP_COMMIT_VIRTUAL AgpCommitVirtual;     \
    PAGP_FREE_VIRTUAL AgpFreeVirtual;         \
    LUMENPORT_ALIGN8 ULONGLONG AgpAllocationLimit

typedef struct _VIDEO_PORT_AGP_INTERFACE {
    LUMENPORT_INTERFACE_HEAD;
    LUMENPORT_AGP_MEMBERS;
} VIDEO_PORT_AGP_INTERFACE, *PVIDEO_PORT_AGP_INTERFACE;

typedef struct _VIDEO_PORT_AGP_INTERFACE_2 {
    LUMENPORT_INTERFACE_HEAD;
    LUMENPORT_AGP_MEMBERS;
    PAGP_SET_RATE AgpSetRate;
} VIDEO_PORT_AGP_INTERFACE_2, *PVIDEO_PORT_AGP_INTERFACE_2;

/* ---- real-mode BIOS: queries fail ----------------------------------------------------------------------------- */

typedef struct _INT10_BIOS_ARGUMENTS {
    ULONG Eax;
    ULONG Ebx;
    ULONG Ecx;
    ULONG Edx;
    ULONG Esi;
    ULONG Edi;
    ULONG Ebp;
    USHORT SegDs;
    USHORT SegEs;
} INT10_BIOS_ARGUMENTS, *PINT10_BIOS_ARGUMENTS;

typedef VP_STATUS(NTAPI *PINT10_CALL_BIOS)(IN PVOID Context, IN OUT PINT10_BIOS_ARGUMENTS BiosArguments);
typedef VP_STATUS(NTAPI *PINT10_ALLOCATE_BUFFER)(IN PVOID Context, OUT PUSHORT Seg, OUT PUSHORT Off,
                                                 IN OUT PULONG Length);
typedef VP_STATUS(NTAPI *PINT10_FREE_BUFFER)(IN PVOID Context, IN USHORT Seg, IN USHORT Off);
typedef VP_STATUS(NTAPI *PINT10_READ_MEMORY)(IN PVOID Context, IN USHORT Seg, IN USHORT Off, OUT PVOID Buffer,
                                             IN ULONG Length);
typedef VP_STATUS(NTAPI *PINT10_WRITE_MEMORY)(IN PVOID Context, IN USHORT Seg, IN USHORT Off, IN PVOID Buffer,
                                              IN ULONG Length);

typedef struct _VIDEO_PORT_INT10_INTERFACE {
    LUMENPORT_INTERFACE_HEAD;
    PINT10_ALLOCATE_BUFFER Int10AllocateBuffer;
    PINT10_FREE_BUFFER Int10FreeBuffer;
    PINT10_READ_MEMORY Int10ReadMemory;
    PINT10_WRITE_MEMORY Int10WriteMemory;
    PINT10_CALL_BIOS Int10CallBios;
} VIDEO_PORT_INT10_INTERFACE, *PVIDEO_PORT_INT10_INTERFACE;

/* ---- write-combined memory, debug reports --------------------------------------------------------------------- */

typedef VP_STATUS(NTAPI *PROTECT_WC_MEMORY)(IN PVOID Context, IN PVOID HwDeviceExtension);
typedef VP_STATUS(NTAPI *RESTORE_WC_MEMORY)(IN PVOID Context, IN PVOID HwDeviceExtension);

typedef struct _VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE {
    LUMENPORT_INTERFACE_HEAD;
    PROTECT_WC_MEMORY VideoPortProtectWCMemory;
    RESTORE_WC_MEMORY VideoPortRestoreWCMemory;
} VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE, *PVIDEO_PORT_WCMEMORYPROTECTION_INTERFACE;

typedef struct _VIDEO_PORT_DEBUG_REPORT_INTERFACE {
    LUMENPORT_INTERFACE_HEAD;
    PVIDEO_DEBUG_REPORT(NTAPI *DbgReportCreate)(IN PVOID HwDeviceExtension, IN ULONG ulCode, IN ULONG_PTR ulpArg1,
                                                IN ULONG_PTR ulpArg2, IN ULONG_PTR ulpArg3, IN ULONG_PTR ulpArg4);
    BOOLEAN(NTAPI *DbgReportSecondaryData)(IN OUT PVIDEO_DEBUG_REPORT pReport, IN PVOID pvData, IN ULONG ulDataSize);
    VOID(NTAPI *DbgReportComplete)(IN OUT PVIDEO_DEBUG_REPORT pReport);
} VIDEO_PORT_DEBUG_REPORT_INTERFACE, *PVIDEO_PORT_DEBUG_REPORT_INTERFACE;

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_VIDEO_INTERFACES_H */
