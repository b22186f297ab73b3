/*
 * minimal_driver.h - private requests of minimal_driver.c
 */
#ifndef MINIMAL_DRIVER_H
#define MINIMAL_DRIVER_H

/* Waits for the next vertical blanking by interrupt, deferred routine and event. */
#define IOCTL_MINIMAL_WAIT CTL_CODE(FILE_DEVICE_VIDEO, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Out: MINIMAL_COUNTS */
#define IOCTL_MINIMAL_COUNTS CTL_CODE(FILE_DEVICE_VIDEO, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _MINIMAL_COUNTS {
    ULONG Interrupts;
    ULONG Deferred;
} MINIMAL_COUNTS;

#endif /* MINIMAL_DRIVER_H */
