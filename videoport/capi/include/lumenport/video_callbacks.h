/*
 * lumenport/video_callbacks.h - types of the routines that the port calls in a miniport. Included by video.h.
 *
 * The comment after each says at which IRQL it runs.
 */
#ifndef LUMENPORT_VIDEO_CALLBACKS_H
#define LUMENPORT_VIDEO_CALLBACKS_H

#ifdef __cplusplus
extern "C" {
#endif

struct _VIDEO_PORT_CONFIG_INFO;
struct _QUERY_INTERFACE;

/* ---- entry points --------------------------------------------------------------------------------------------- */

/* PASSIVE, device lock held */
typedef VP_STATUS(NTAPI *PVIDEO_HW_FIND_ADAPTER)(IN PVOID HwDeviceExtension, IN PVOID HwContext,
                                                 IN PWSTR ArgumentString,
                                                 IN OUT struct _VIDEO_PORT_CONFIG_INFO *ConfigInfo, OUT PUCHAR Again);
/* PASSIVE, device lock held */
typedef BOOLEAN(NTAPI *PVIDEO_HW_INITIALIZE)(IN PVOID HwDeviceExtension);
/* the device's interrupt level */
typedef BOOLEAN(NTAPI *PVIDEO_HW_INTERRUPT)(IN PVOID HwDeviceExtension);
/* PASSIVE, device lock held */
typedef BOOLEAN(NTAPI *PVIDEO_HW_START_IO)(IN PVOID HwDeviceExtension, IN PVIDEO_REQUEST_PACKET RequestPacket);
/* any */
typedef BOOLEAN(NTAPI *PVIDEO_HW_RESET_HW)(IN PVOID HwDeviceExtension, IN ULONG Columns, IN ULONG Rows);
/* DISPATCH */
typedef VOID(NTAPI *PVIDEO_HW_TIMER)(IN PVOID HwDeviceExtension);
/* never called */
typedef HW_DMA_RETURN(NTAPI *PVIDEO_HW_START_DMA)(PVOID HwDeviceExtension, PDMA pDma);
/* PASSIVE, device lock held */
typedef VP_STATUS(NTAPI *PVIDEO_HW_POWER_SET)(IN PVOID HwDeviceExtension, IN ULONG HwId,
                                              IN PVIDEO_POWER_MANAGEMENT VideoPowerControl);
/* PASSIVE, device lock held */
typedef VP_STATUS(NTAPI *PVIDEO_HW_POWER_GET)(IN PVOID HwDeviceExtension, IN ULONG HwId,
                                              IN OUT PVIDEO_POWER_MANAGEMENT VideoPowerControl);
/* PASSIVE, device lock held */
typedef VP_STATUS(NTAPI *PVIDEO_HW_GET_CHILD_DESCRIPTOR)(IN PVOID HwDeviceExtension,
                                                         IN PVIDEO_CHILD_ENUM_INFO ChildEnumInfo,
                                                         OUT PVIDEO_CHILD_TYPE VideoChildType,
                                                         OUT PUCHAR pChildDescriptor, OUT PULONG UId,
                                                         OUT PULONG pUnused);
/* PASSIVE, device lock held */
typedef VP_STATUS(NTAPI *PVIDEO_HW_QUERY_INTERFACE)(IN PVOID HwDeviceExtension,
                                                    IN OUT struct _QUERY_INTERFACE *QueryInterface);
/* PASSIVE */
typedef VOID(NTAPI *PVIDEO_HW_LEGACYRESOURCES)(IN ULONG VendorId, IN ULONG DeviceId,
                                               IN OUT PVIDEO_ACCESS_RANGE *LegacyResourceList,
                                               IN OUT PULONG LegacyResourceCount);
/* in headers only */
typedef VP_STATUS(NTAPI *PVIDEO_HW_CHILD_CALLBACK)(PVOID HwDeviceExtension, PVOID ChildDeviceExtension);

/* ---- routines handed to services ------------------------------------------------------------------------------ */

/* VideoPortQueueDpc; DISPATCH */
typedef VOID(NTAPI *PMINIPORT_DPC_ROUTINE)(IN PVOID HwDeviceExtension, IN PVOID Context);
/* VideoPortSynchronizeExecution; DISPATCH or the device's level. No extension: it must be in Context. */
typedef BOOLEAN(NTAPI *PMINIPORT_SYNCHRONIZE_ROUTINE)(IN PVOID Context);
/* VideoPortStartDma; DISPATCH */
typedef VOID(NTAPI *PEXECUTE_DMA)(IN PVOID HwDeviceExtension, IN PVP_DMA_ADAPTER VpDmaAdapter,
                                  IN PVP_SCATTER_GATHER_LIST SGList, IN PVOID Context);
/* VideoPortGetDeviceData; PASSIVE */
typedef VP_STATUS(NTAPI *PMINIPORT_QUERY_DEVICE_ROUTINE)(IN PVOID HwDeviceExtension, IN PVOID Context,
                                                         IN VIDEO_DEVICE_DATA_TYPE DeviceDataType,
                                                         IN PVOID Identifier, IN ULONG IdentifierLength,
                                                         IN PVOID ConfigurationData, IN ULONG ConfigurationDataLength,
                                                         IN OUT PVOID ComponentInformation,
                                                         IN ULONG ComponentInformationLength);
/* VideoPortGetRegistryParameters; PASSIVE. The data lives only during the call. */
typedef VP_STATUS(NTAPI *PMINIPORT_GET_REGISTRY_ROUTINE)(IN PVOID HwDeviceExtension, IN PVOID Context,
                                                         IN OUT PWSTR ValueName, IN OUT PVOID ValueData,
                                                         IN ULONG ValueLength);
/* VideoPortMapBankedMemory; from a page fault */
typedef VOID(NTAPI *PBANKED_SECTION_ROUTINE)(IN ULONG ReadBank, IN ULONG WriteBank, IN PVOID Context);
/* VideoPortRegisterBugcheckCallback; HIGH. Must return. */
typedef VOID(NTAPI *PVIDEO_BUGCHECK_CALLBACK)(IN PVOID HwDeviceExtension, IN ULONG BugcheckCode, IN PUCHAR Buffer,
                                              IN ULONG BufferSize);

/* ---- full-screen DOS boxes: never called by this port --------------------------------------------------------- */

typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_UCHAR)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PUCHAR Data);
typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_UCHAR_STRING)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PUCHAR Data,
                                                       ULONG DataLength);
typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_USHORT)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PUSHORT Data);
typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_USHORT_STRING)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PUSHORT Data,
                                                        ULONG DataLength);
typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_ULONG)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PULONG Data);
typedef VP_STATUS(NTAPI *PDRIVER_IO_PORT_ULONG_STRING)(ULONG_PTR Context, ULONG Port, UCHAR AccessMode, PULONG Data,
                                                       ULONG DataLength);

/* ---- two-wire bus lines ---------------------------------------------------------------------------------------- */

/* 1: high, the line is let go */
typedef VOID(NTAPI *PVIDEO_WRITE_CLOCK_LINE)(PVOID HwDeviceExtension, UCHAR Data);
typedef VOID(NTAPI *PVIDEO_WRITE_DATA_LINE)(PVOID HwDeviceExtension, UCHAR Data);
typedef BOOLEAN(NTAPI *PVIDEO_READ_CLOCK_LINE)(PVOID HwDeviceExtension);
typedef BOOLEAN(NTAPI *PVIDEO_READ_DATA_LINE)(PVOID HwDeviceExtension);
typedef VOID(NTAPI *PVIDEO_WAIT_VSYNC_ACTIVE)(PVOID HwDeviceExtension);

/* ---- the port's own, given in VIDEO_PORT_CONFIG_INFO ---------------------------------------------------------- */

/* PASSIVE; NULL for a name the port does not have */
typedef PVOID(NTAPI *PVIDEO_PORT_GET_PROC_ADDRESS)(IN PVOID HwDeviceExtension, IN PUCHAR FunctionName);

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_VIDEO_CALLBACKS_H */
