/*
 * lumenport_host.h - runs a miniport inside a C program, on an in-memory card
 *
 * For drivers that test themselves: link with libvideoport (and the driver), give its DriverEntry to lumenport_host_create, and
 * do to it what an operating system does. Everything happens on the calling thread; interrupts, DPCs and timers come
 * during waits, at the end of requests and in lumenport_host_poll.
 *
 *     struct lumenport_host_options options = {sizeof options};
 *     options.strict = 1;
 *     lumenport_host *host = lumenport_host_create(&options, DriverEntry);
 *     if (lumenport_host_bring_up(host) == NO_ERROR) ... lumenport_host_io_control(...)
 *     lumenport_host_destroy(host);
 *
 * A null host is refused everywhere; a destroyed one must not be used.
 */
#ifndef LUMENPORT_HOST_H
#define LUMENPORT_HOST_H

#include "video.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lumenport_host lumenport_host;

typedef ULONG(NTAPI *lumenport_driver_entry)(PVOID Context1, PVOID Context2);

/* All zero is valid but for size. */
struct lumenport_host_options {
    ULONG size;               /* sizeof(struct lumenport_host_options) */
    ULONG strict;             /* refuse and record misuse */
    ULONG trace;              /* every call on standard error; for all hosts of the process */
    ULONG buffer_quota_bytes; /* of VideoPortAllocateBuffer; 0: 16 MiB */
    ULONG map_registers;      /* pages a bounced transfer takes at most; 0: 256 */
    ULONG layout;             /* of pages on the bus; 0: scattered, 1: adjacent, 2: above 4 GiB */
};

/* NULL when the options are bad or the machine cannot be made. Nothing of the driver is called yet. */
lumenport_host *lumenport_host_create(const struct lumenport_host_options *options, lumenport_driver_entry entry);
/* Removes the device and frees everything. */
VOID lumenport_host_destroy(lumenport_host *host);

/* ---- life cycle ----------------------------------------------------------------------------------------------- */

/* DriverEntry. An NTSTATUS. */
ULONG lumenport_host_load(lumenport_host *host);
/* HwVidFindAdapter. */
VP_STATUS lumenport_host_start(lumenport_host *host);
/* HwVidInitialize, the first time. */
VP_STATUS lumenport_host_open(lumenport_host *host);
/* All three; ERROR_DEV_NOT_EXIST when DriverEntry fails. */
VP_STATUS lumenport_host_bring_up(lumenport_host *host);
/* Takes the device away. What the driver left behind: blocks, locks, lists, mappings ... */
ULONG lumenport_host_remove(lumenport_host *host);

/* HwVidStartIO. The buffer holds in_length bytes of input and takes out_length bytes of output; *returned is Information. */
VP_STATUS lumenport_host_io_control(lumenport_host *host, ULONG code, PVOID buffer, ULONG in_length, ULONG out_length,
                                    PULONG returned);
VP_STATUS lumenport_host_set_power(lumenport_host *host, ULONG hw_id, ULONG state);
BOOLEAN lumenport_host_reset(lumenport_host *host, ULONG columns, ULONG rows);
/* HwVidQueryInterface */
VP_STATUS lumenport_host_query_interface(lumenport_host *host, const GUID *type, USHORT size, USHORT version,
                                         PINTERFACE interface_out);
/* Delivers what is pending: interrupts, DPCs, the timer, child enumeration. */
VOID lumenport_host_poll(lumenport_host *host);
/* Makes an interrupt pending that the card did not send. */
VOID lumenport_host_raise_interrupt(lumenport_host *host);
/* Lets the card's clocks run. */
VOID lumenport_host_advance(lumenport_host *host, ULONG microseconds);
/* The bug-check callback; bytes written. */
ULONG lumenport_host_bugcheck(lumenport_host *host, ULONG code, PVOID buffer, ULONG size);

/* ---- looking in ----------------------------------------------------------------------------------------------- */

PVOID lumenport_host_extension(lumenport_host *host);
/* The device object of the index-th child; NULL when there are fewer. */
PVOID lumenport_host_child(lumenport_host *host, ULONG index);
/* The oldest finding as text, and forgets it; FALSE when there is none. */
BOOLEAN lumenport_host_take_finding(lumenport_host *host, PSTR text, ULONG size);
/* How often the driver called a service; 0 for a name that is none. */
ULONG lumenport_host_call_count(lumenport_host *host, PCSTR service);
/* Pages alive and pins held on the machine. */
ULONG lumenport_host_live_pages(lumenport_host *host);
ULONG lumenport_host_pins(lumenport_host *host);
/* Reads card memory behind the driver's back; FALSE outside it. */
BOOLEAN lumenport_host_read_card(lumenport_host *host, ULONG offset, PVOID into, ULONG length);

/* ---- a user's memory, and faults ------------------------------------------------------------------------------ */

/* Memory that can be locked, starting `offset` bytes into a page; NULL when there is none. */
PVOID lumenport_host_map_user(lumenport_host *host, ULONG length, ULONG offset);
VOID lumenport_host_unmap_user(lumenport_host *host, PVOID memory);
/* Makes the page of an address read-only or writable. */
VOID lumenport_host_set_writable(lumenport_host *host, PVOID memory, BOOLEAN writable);
/* After `successes` more, the next page allocation (or pin) fails. */
VOID lumenport_host_fail_allocation_after(lumenport_host *host, ULONG successes);
VOID lumenport_host_fail_pin_after(lumenport_host *host, ULONG successes);
/* Pulls the card out. */
VOID lumenport_host_unplug(lumenport_host *host);

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_HOST_H */
