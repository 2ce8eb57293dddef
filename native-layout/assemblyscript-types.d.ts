/**
 * Lets `tsc` read the descriptor files, which `asc` compiles too. The kernel keeps its own types:
 * `asc` never sees this file, and `tsc` never sees the kernel.
 */
declare type i8 = number
declare type u8 = number
declare type i16 = number
declare type u16 = number
declare type i32 = number
declare type u32 = number
declare type i64 = number
declare type u64 = number
declare type f64 = number
declare type usize = number
