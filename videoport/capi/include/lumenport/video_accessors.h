/*
 * lumenport/video_accessors.h - the 24 register and port accessors. Included by video.h.
 *
 * Addresses come from VideoPortGetDeviceBase or VideoPortMapMemory and are good for these calls only. One access of the
 * named width per call or element, never merged, split or reordered. Register buffers step through memory; port buffers
 * read or write the same port Count times. Any IRQL.
 */
#ifndef LUMENPORT_VIDEO_ACCESSORS_H
#define LUMENPORT_VIDEO_ACCESSORS_H

#ifdef __cplusplus
extern "C" {
#endif

VPAPI UCHAR NTAPI VideoPortReadPortUchar(IN PUCHAR Port);
VPAPI USHORT NTAPI VideoPortReadPortUshort(IN PUSHORT Port);
VPAPI ULONG NTAPI VideoPortReadPortUlong(IN PULONG Port);
VPAPI VOID NTAPI VideoPortReadPortBufferUchar(IN PUCHAR Port, OUT PUCHAR Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortReadPortBufferUshort(IN PUSHORT Port, OUT PUSHORT Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortReadPortBufferUlong(IN PULONG Port, OUT PULONG Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWritePortUchar(IN PUCHAR Port, IN UCHAR Value);
VPAPI VOID NTAPI VideoPortWritePortUshort(IN PUSHORT Port, IN USHORT Value);
VPAPI VOID NTAPI VideoPortWritePortUlong(IN PULONG Port, IN ULONG Value);
VPAPI VOID NTAPI VideoPortWritePortBufferUchar(IN PUCHAR Port, IN PUCHAR Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWritePortBufferUshort(IN PUSHORT Port, IN PUSHORT Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWritePortBufferUlong(IN PULONG Port, IN PULONG Buffer, IN ULONG Count);

VPAPI UCHAR NTAPI VideoPortReadRegisterUchar(IN PUCHAR Register);
VPAPI USHORT NTAPI VideoPortReadRegisterUshort(IN PUSHORT Register);
VPAPI ULONG NTAPI VideoPortReadRegisterUlong(IN PULONG Register);
VPAPI VOID NTAPI VideoPortReadRegisterBufferUchar(IN PUCHAR Register, OUT PUCHAR Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortReadRegisterBufferUshort(IN PUSHORT Register, OUT PUSHORT Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortReadRegisterBufferUlong(IN PULONG Register, OUT PULONG Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWriteRegisterUchar(IN PUCHAR Register, IN UCHAR Value);
VPAPI VOID NTAPI VideoPortWriteRegisterUshort(IN PUSHORT Register, IN USHORT Value);
VPAPI VOID NTAPI VideoPortWriteRegisterUlong(IN PULONG Register, IN ULONG Value);
VPAPI VOID NTAPI VideoPortWriteRegisterBufferUchar(IN PUCHAR Register, IN PUCHAR Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWriteRegisterBufferUshort(IN PUSHORT Register, IN PUSHORT Buffer, IN ULONG Count);
VPAPI VOID NTAPI VideoPortWriteRegisterBufferUlong(IN PULONG Register, IN PULONG Buffer, IN ULONG Count);

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_VIDEO_ACCESSORS_H */
