/*
 * lumenport/compiler.h - what differs between compilers, languages and targets
 *
 * Everything else in these headers is written once. Convention: NTAPI and FASTCALL are empty wherever the target has
 * one calling convention (Linux, x86-64 Windows); on i686 mingw they are stdcall and fastcall.
 */
#ifndef LUMENPORT_COMPILER_H
#define LUMENPORT_COMPILER_H

#if !defined(__GNUC__)
#error "these headers are made for gcc and clang"
#endif

#ifdef __cplusplus
#define LUMENPORT_EXTERN_C extern "C"
#define LUMENPORT_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define LUMENPORT_EXTERN_C extern
#define LUMENPORT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define LUMENPORT_INLINE __inline__ __attribute__((__unused__))
/* 64-bit members sit on 8-byte boundaries on every target; i386 Linux needs to be told. */
#define LUMENPORT_ALIGN8 __attribute__((__aligned__(8)))

/* The 32-bit type that drivers of this interface print with %lx where it is `long`. */
#if defined(_WIN32)
#define LUMENPORT_LONG32 long
#else
#define LUMENPORT_LONG32 int
#endif

/* pshpackN.h changes the packing on purpose; clang would warn at each inclusion. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack"
#endif

/* ---- calling conventions -------------------------------------------------------------------------------------- */

#if defined(_WIN32) && defined(__i386__)
#define NTAPI __attribute__((__stdcall__))
#ifndef FASTCALL
#define FASTCALL __attribute__((__fastcall__))
#endif
#else
#define NTAPI
#ifndef FASTCALL
#define FASTCALL
#endif
#endif
#ifndef NTSYSAPI
#define NTSYSAPI
#endif

#if !defined(_WIN32)
/* Keywords of another compiler, met in driver sources. One convention here: they say nothing. */
#ifndef __stdcall
#define __stdcall
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __declspec
#define __declspec(attribute)
#endif
#ifndef __int64
#define __int64 long long
#endif
#endif

#ifndef FORCEINLINE
#define FORCEINLINE static __inline__ __attribute__((__always_inline__, __unused__))
#endif
#ifndef DECLSPEC_IMPORT
#if defined(_WIN32)
#define DECLSPEC_IMPORT __attribute__((__dllimport__))
#else
#define DECLSPEC_IMPORT
#endif
#endif
#ifndef DECLSPEC_ALIGN
#define DECLSPEC_ALIGN(bytes) __attribute__((__aligned__(bytes)))
#endif
#ifndef UNALIGNED
#define UNALIGNED
#endif

#endif /* LUMENPORT_COMPILER_H */
