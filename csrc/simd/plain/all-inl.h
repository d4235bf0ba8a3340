// all-inl.h: every body for plain numbers, those that are not quantized. Included once per target
// that the last column of targets.inc names, like ../all-inl.h, in a translation unit of its own.
//
// Sums and products round by themselves unless `fused` says otherwise: which of them do is part of
// what a runtime computes.

#include "arg-inl.h"
#include "binary-inl.h"
#include "blend-inl.h"
#include "cast-inl.h"
#include "integer_binary-inl.h"
#include "peak-inl.h"
#include "pool-inl.h"
#include "quantize_rows-inl.h"
#include "products-inl.h"
#include "depthwise-inl.h"
#include "unary-inl.h"
// What needs the bodies above.

#include "softmax-inl.h"
// And this one the last.

#include "reduction-inl.h"
