// target.h: what each instruction set's translation unit includes before its target region.
//
// Headers come before the region: were their inline code built for AVX-512, the
// linker might keep that copy for every processor.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "../numerics/requantize.h"
#include "cpu.h"
#include "dispatch.h"
#include "root_estimates.h"
#include "store_some.h"

// Where registers are handed from function to function.
#if defined(__GNUC__)
#if defined(INTLITE_SMALL)
#define INTLITE_INLINE inline
#else
#define INTLITE_INLINE inline __attribute__((always_inline))
#endif
#define INTLITE_NOINLINE __attribute__((noinline))
#define INTLITE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define INTLITE_INLINE inline
#define INTLITE_NOINLINE
#define INTLITE_INLINE_LAMBDA
#endif

#define INTLITE_PRAGMA_(x) _Pragma(#x)
// Before loops over registers: left rolled, their arrays would live in memory.
#if defined(__clang__)
#define INTLITE_UNROLL _Pragma("unroll")
#define INTLITE_UNROLL_BY(n) INTLITE_PRAGMA_(unroll n)
#elif defined(__GNUC__)
#define INTLITE_UNROLL _Pragma("GCC unroll 16")
#define INTLITE_UNROLL_BY(n) INTLITE_PRAGMA_(GCC unroll n)
#else
#define INTLITE_UNROLL
#define INTLITE_UNROLL_BY(n)
#endif

#if defined(__clang__)
#define INTLITE_BEGIN_TARGET(features) \
  INTLITE_PRAGMA_(clang attribute push(__attribute__((target(features))), apply_to = function))
#define INTLITE_END_TARGET _Pragma("clang attribute pop")
#else
#define INTLITE_BEGIN_TARGET(features) \
  _Pragma("GCC push_options") INTLITE_PRAGMA_(GCC target(features))
#define INTLITE_END_TARGET _Pragma("GCC pop_options")
#endif

#define INTLITE_TABLE_(isa) isa##_kernels
#define INTLITE_TABLE(isa) INTLITE_TABLE_(isa)
#define INTLITE_PLAIN_TABLE_(isa) isa##_plain_kernels
#define INTLITE_PLAIN_TABLE(isa) INTLITE_PLAIN_TABLE_(isa)
