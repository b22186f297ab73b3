/*
 * runtime.c - the memory routines that a compiler calls by itself, for targets without a C library
 *
 * Only linked into .sys files. Byte loops: a driver's bulk work goes through the port's services.
 */
#include <stddef.h>

void *memset(void *destination, int value, size_t count);
void *memcpy(void *destination, const void *source, size_t count);
void *memmove(void *destination, const void *source, size_t count);
int memcmp(const void *left, const void *right, size_t count);

void *memset(void *destination, int value, size_t count) {
    volatile unsigned char *to = destination;

    while (count-- != 0) {
        *to++ = (unsigned char)value;
    }
    return destination;
}

void *memcpy(void *destination, const void *source, size_t count) {
    volatile unsigned char *to = destination;
    const unsigned char *from = source;

    while (count-- != 0) {
        *to++ = *from++;
    }
    return destination;
}

void *memmove(void *destination, const void *source, size_t count) {
    volatile unsigned char *to = destination;
    const volatile unsigned char *from = source;
    size_t idx;

    for (idx = 0; idx < count; idx++) {
        size_t at = (const unsigned char *)source < (unsigned char *)destination ? count - 1 - idx : idx;

        to[at] = from[at];
    }
    return destination;
}

int memcmp(const void *left, const void *right, size_t count) {
    const volatile unsigned char *a = left;
    const volatile unsigned char *b = right;

    for (; count != 0; count--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
