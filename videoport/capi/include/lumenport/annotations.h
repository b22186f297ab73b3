/*
 * lumenport/annotations.h - source annotations that say something to a reader or to another compiler's checker
 *
 * All empty here. The older family (`__in`, `__out` ...) shares names with parameters inside libstdc++ and glibc: it is on in
 * C and, in C++, only when LUMENPORT_SAL1 is defined before the first include; include C++ library headers before these then.
 */
#ifndef LUMENPORT_ANNOTATIONS_H
#define LUMENPORT_ANNOTATIONS_H

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#ifndef _In_ /* another <sal.h> came first */

/* ---- second family, without arguments --------------------------------------------------------------------- */

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _Out_
#define _Out_opt_
#define _Out_z_
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _COM_Outptr_
#define _Outref_
#define _Reserved_
#define _Null_
#define _Notnull_
#define _Maybenull_
#define _Const_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Pre_null_
#define _Pre_valid_
#define _Post_valid_
#define _Post_invalid_
#define _Post_notnull_
#define _Post_maybenull_
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_z_
#define _Must_inspect_result_
#define _Check_return_
#define _Use_decl_annotations_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Points_to_data_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Pre_
#define _Post_
#define _Printf_format_string_
#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_requires_same_
#define _IRQL_saves_global_
#define _Kernel_clear_do_init_
#define _Interlocked_operand_
#define _Interlocked_

/* ---- second family, with arguments ------------------------------------------------------------------------ */

#define _In_reads_(...)
#define _In_reads_opt_(...)
#define _In_reads_bytes_(...)
#define _In_reads_bytes_opt_(...)
#define _In_reads_z_(...)
#define _In_reads_or_z_(...)
#define _In_range_(...)
#define _In_count_(...)
#define _In_bytecount_(...)
#define _Out_writes_(...)
#define _Out_writes_opt_(...)
#define _Out_writes_bytes_(...)
#define _Out_writes_bytes_opt_(...)
#define _Out_writes_z_(...)
#define _Out_writes_all_(...)
#define _Out_writes_bytes_all_(...)
#define _Out_range_(...)
#define _Out_bytecap_(...)
#define _Inout_updates_(...)
#define _Inout_updates_opt_(...)
#define _Inout_updates_bytes_(...)
#define _Inout_updates_bytes_opt_(...)
#define _Inout_updates_all_(...)
#define _Field_size_(...)
#define _Field_size_opt_(...)
#define _Field_size_bytes_(...)
#define _Field_size_bytes_opt_(...)
#define _Field_range_(...)
#define _Field_size_full_(...)
#define _Struct_size_bytes_(...)
#define _Ret_range_(...)
#define _Ret_writes_(...)
#define _Ret_writes_bytes_(...)
#define _Ret_writes_bytes_maybenull_(...)
#define _Success_(...)
#define _Return_type_success_(...)
#define _On_failure_(...)
#define _Always_(...)
#define _At_(...)
#define _IRQL_requires_max_(...)
#define _IRQL_requires_min_(...)
#define _IRQL_requires_(...)
#define _IRQL_raises_(...)
#define _IRQL_always_function_max_(...)
#define _IRQL_always_function_min_(...)
#define _Function_class_(...)
#define _Acquires_lock_(...)
#define _Releases_lock_(...)
#define _Requires_lock_held_(...)
#define _Requires_lock_not_held_(...)
#define _Acquires_exclusive_lock_(...)
#define _Guarded_by_(...)
#define _Group_(...)
#define _Post_satisfies_(...)
#define _Pre_satisfies_(...)
#define _Analysis_assume_(...)
#define _Dispatch_type_(...)
#define _When_(...)
#define _Out_writes_to_(...)
#define _Out_writes_bytes_to_(...)
#define _Out_writes_to_opt_(...)
#define _Out_writes_bytes_to_opt_(...)
#define _At_buffer_(...)
#define _Outptr_result_bytebuffer_(...)
#define _IRQL_saves_to_(...)

#endif /* second family */

/* ---- first family ----------------------------------------------------------------------------------------- */

#if (!defined(__cplusplus) || defined(LUMENPORT_SAL1)) && !defined(__in)

#define __in
#define __in_opt
#define __out
#define __out_opt
#define __inout
#define __inout_opt
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_inout
#define __deref_inout_opt
#define __reserved
#define __nullterminated
#define __checkReturn
#define __notnull
#define __maybenull
#define __in_z
#define __out_z
#define __callback
#define __drv_useCancelIRQL
#define __drv_sameIRQL
#define __in_bcount(...)
#define __in_bcount_opt(...)
#define __in_ecount(...)
#define __in_ecount_opt(...)
#define __out_bcount(...)
#define __out_bcount_opt(...)
#define __out_ecount(...)
#define __out_ecount_opt(...)
#define __inout_bcount(...)
#define __inout_ecount(...)
#define __inout_bcount_opt(...)
#define __inout_ecount_opt(...)
#define __deref_out_bcount(...)
#define __deref_out_ecount(...)
#define __field_bcount(...)
#define __field_ecount(...)
#define __field_bcount_opt(...)
#define __field_ecount_opt(...)
#define __success(...)
#define __drv_maxIRQL(...)
#define __drv_minIRQL(...)
#define __drv_requiresIRQL(...)
#define __drv_functionClass(...)
#define __drv_allocatesMem(...)
#define __drv_freesMem(...)
#define __struct_bcount(...)
#define __drv_when(...)

#endif /* first family */

#endif /* LUMENPORT_ANNOTATIONS_H */
