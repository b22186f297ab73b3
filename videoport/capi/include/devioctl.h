/*
 * devioctl.h - how a device control code is put together
 *
 * Bits 31:16 device type, 15:14 access, 13:2 function, 1:0 method. Source: "Defining I/O Control Codes", WDK.
 */
#ifndef LUMENPORT_DEVIOCTL_H
#define LUMENPORT_DEVIOCTL_H

#define DEVICE_TYPE ULONG

#define FILE_DEVICE_VIDEO 0x00000023

#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3

#define FILE_ANY_ACCESS 0
#define FILE_SPECIAL_ACCESS (FILE_ANY_ACCESS)
#define FILE_READ_ACCESS 0x0001
#define FILE_WRITE_ACCESS 0x0002

#ifndef CTL_CODE
#define CTL_CODE(type, function, method, access) (((type) << 16) | ((access) << 14) | ((function) << 2) | (method))
#endif

#define DEVICE_TYPE_FROM_CTL_CODE(code) (((ULONG)((code) & 0xffff0000)) >> 16)
#define METHOD_FROM_CTL_CODE(code) ((ULONG)((code) & 3))

#endif /* LUMENPORT_DEVIOCTL_H */
