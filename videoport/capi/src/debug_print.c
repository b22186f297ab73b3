/*
 * debug_print.c - takes the arguments of VideoPortDebugPrint off the stack, one at a time, on behalf of Rust
 *
 * The format string is read in Rust (debug_print.rs), which asks here for the next argument of a width. That way a `long`
 * in a format is 32 bits wide, as the drivers mean it.
 */
#include <stdarg.h>
#include <stdint.h>

struct lumenport_arguments {
    va_list list;
};

/* debug_print.rs */
extern void lumenport_debug_format(uint32_t level, const char *format, struct lumenport_arguments *arguments);

uint32_t lumenport_argument_u32(struct lumenport_arguments *arguments) { return va_arg(arguments->list, uint32_t); }

uint64_t lumenport_argument_u64(struct lumenport_arguments *arguments) { return va_arg(arguments->list, uint64_t); }

void *lumenport_argument_pointer(struct lumenport_arguments *arguments) { return va_arg(arguments->list, void *); }

double lumenport_argument_double(struct lumenport_arguments *arguments) { return va_arg(arguments->list, double); }

/* VideoPortDebugPrint jumps here. */
void lumenport_debug_print(uint32_t level, const char *format, ...);

void lumenport_debug_print(uint32_t level, const char *format, ...) {
    struct lumenport_arguments arguments;
    va_start(arguments.list, format);
    lumenport_debug_format(level, format, &arguments);
    va_end(arguments.list);
}
