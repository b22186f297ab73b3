/*
 * ntdef.h - scalar types, annotations and small helpers of the Windows kernel headers' era
 *
 * Written for gcc and clang, C11 and C++17: Linux (x86-64, i386) and mingw-w64 (i686, x86-64). ULONG, LONG and every
 * status have 32 bits on all of them, WCHAR has 16. Text and layout are ours; names and values are those of the
 * documented interface.
 *
 * Not supported: inclusion together with <windows.h> or another copy of these headers.
 */
#ifndef LUMENPORT_NTDEF_H
#define LUMENPORT_NTDEF_H

/* Copies of this header elsewhere are guarded by this name: whoever comes second stays empty. */
#define _NTDEF_

#include <stddef.h>

#include "lumenport/compiler.h"
#include "lumenport/annotations.h"

/* ---- scalars -------------------------------------------------------------------------------------------------- */

#define VOID void
#ifndef CONST
#define CONST const
#endif

typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *PCSTR, *LPCSTR;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef LUMENPORT_LONG32 LONG, *PLONG;
typedef unsigned LUMENPORT_LONG32 ULONG, *PULONG;
typedef unsigned int UINT, *PUINT;
typedef int INT, *PINT;
typedef unsigned char BYTE, *PBYTE;
typedef unsigned short WORD, *PWORD;
typedef ULONG DWORD, *PDWORD;
__extension__ typedef long long LONGLONG, *PLONGLONG;
__extension__ typedef unsigned long long ULONGLONG, *PULONGLONG;
typedef ULONGLONG DWORDLONG, *PDWORDLONG;

typedef signed char INT8, *PINT8;
typedef unsigned char UINT8, *PUINT8;
typedef short INT16, *PINT16;
typedef unsigned short UINT16, *PUINT16;
typedef signed int INT32, *PINT32;
typedef unsigned int UINT32, *PUINT32;
typedef LONGLONG INT64, LONG64, *PINT64, *PLONG64;
typedef ULONGLONG UINT64, ULONG64, *PUINT64, *PULONG64;
typedef INT LONG32;
typedef UINT ULONG32;

typedef __INTPTR_TYPE__ LONG_PTR, INT_PTR, *PLONG_PTR;
typedef __UINTPTR_TYPE__ ULONG_PTR, UINT_PTR, DWORD_PTR, *PULONG_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef int BOOL, *PBOOL;
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

/* 16-bit characters. Wide literals have this type with -fshort-wchar (always on mingw). Without it, write LUMENPORT_L("text"). */
#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef unsigned short WCHAR;
#endif
typedef WCHAR *PWCHAR, *PWSTR, *LPWSTR, *PWCH;
typedef const WCHAR *PCWSTR, *LPCWSTR, *PCWCH;
#if __SIZEOF_WCHAR_T__ == 2
#define LUMENPORT_L(text) L##text
#else
#define LUMENPORT_L(text) u##text
#endif
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)

typedef void *PVOID, *LPVOID;
typedef const void *PCVOID;
typedef PVOID HANDLE, *PHANDLE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef UCHAR KIRQL, *PKIRQL;
typedef CHAR CCHAR;
typedef ULONG LOGICAL;

/* ---- compound types ------------------------------------------------------------------------------------------- */

typedef union _LARGE_INTEGER {
    __extension__ struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LUMENPORT_ALIGN8 LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} LUMENPORT_ALIGN8 ULARGE_INTEGER, *PULARGE_INTEGER;

/* An address on the processor's bus, or as the device sees it. 64 bits everywhere. */
typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _UNICODE_STRING {
    USHORT Length;        /* bytes, without terminator */
    USHORT MaximumLength; /* bytes */
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID, *PGUID;
#endif
typedef const GUID *LPCGUID;

/* A GUID's definition in the one file that defines INITGUID first, a declaration elsewhere. */
#ifndef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    LUMENPORT_EXTERN_C const GUID name;                              \
    const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) LUMENPORT_EXTERN_C const GUID name
#endif
#endif

/* ---- limits --------------------------------------------------------------------------------------------------- */

#define ANYSIZE_ARRAY 1
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXSHORT 0x7fff
#define MINSHORT (-0x7fff - 1)
#define MAXULONG 0xffffffff
#define MAXLONG 0x7fffffff
#define MINLONG (-0x7fffffff - 1)
#define MAXLONGLONG 0x7fffffffffffffffLL

/* ---- helpers -------------------------------------------------------------------------------------------------- */

#ifndef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#endif
#ifndef UFIELD_OFFSET
#define UFIELD_OFFSET(type, field) ((ULONG)offsetof(type, field))
#endif
#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address) - offsetof(type, field)))
#endif
#ifndef RTL_FIELD_SIZE
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#endif
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(structure, size, field) \
    (((PCHAR)(&(structure)->field)) + sizeof((structure)->field) <= ((PCHAR)(structure)) + (size))
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef RTL_NUMBER_OF
#define RTL_NUMBER_OF(array) ARRAYSIZE(array)
#endif
#ifndef C_ASSERT
#define C_ASSERT(condition) LUMENPORT_STATIC_ASSERT(condition, #condition)
#endif
#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#endif
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))
#ifndef LOWORD
#define LOWORD(value) ((USHORT)((ULONG_PTR)(value) & 0xffff))
#define HIWORD(value) ((USHORT)(((ULONG_PTR)(value) >> 16) & 0xffff))
#define LOBYTE(value) ((UCHAR)((ULONG_PTR)(value) & 0xff))
#define HIBYTE(value) ((UCHAR)(((ULONG_PTR)(value) >> 8) & 0xff))
#endif
#define PtrToUlong(pointer) ((ULONG)(ULONG_PTR)(pointer))
#define UlongToPtr(value) ((PVOID)(ULONG_PTR)(ULONG)(value))
#define Int32x32To64(a, b) ((LONGLONG)(LONG)(a) * (LONGLONG)(LONG)(b))
#define UInt32x32To64(a, b) ((ULONGLONG)(ULONG)(a) * (ULONGLONG)(ULONG)(b))

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

#ifdef __cplusplus
extern "C" {
#endif

static LUMENPORT_INLINE LARGE_INTEGER NTAPI RtlConvertUlongToLargeInteger(ULONG UnsignedInteger) {
    LARGE_INTEGER result;
    result.QuadPart = (LONGLONG)(ULONGLONG)UnsignedInteger;
    return result;
}

static LUMENPORT_INLINE LARGE_INTEGER NTAPI RtlConvertLongToLargeInteger(LONG SignedInteger) {
    LARGE_INTEGER result;
    result.QuadPart = SignedInteger;
    return result;
}

#ifdef __cplusplus
}
#endif

#endif /* LUMENPORT_NTDEF_H */
