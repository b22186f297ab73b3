/*
 * lumenport/assert_layout.h - compile-time checks of sizes and offsets: 32-bit value first, then 64-bit
 */
#ifndef LUMENPORT_ASSERT_LAYOUT_H
#define LUMENPORT_ASSERT_LAYOUT_H

#include "compiler.h"

#if __SIZEOF_POINTER__ == 8
#define LUMENPORT_PICK(narrow, wide) (wide)
#else
#define LUMENPORT_PICK(narrow, wide) (narrow)
#endif

#define LUMENPORT_SIZE(type, narrow, wide) \
    LUMENPORT_STATIC_ASSERT(sizeof(type) == LUMENPORT_PICK(narrow, wide), "size of " #type)
#define LUMENPORT_OFFSET(type, field, narrow, wide) \
    LUMENPORT_STATIC_ASSERT(offsetof(type, field) == LUMENPORT_PICK(narrow, wide), "offset of " #type "." #field)

#endif /* LUMENPORT_ASSERT_LAYOUT_H */
