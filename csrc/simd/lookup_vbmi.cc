// lookup_vbmi.cc: tables of 256 bytes as two halves, each one vpermi2b.
#include "target.h"

#if defined(__x86_64__)
INTLITE_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
namespace intlite::avx512_vbmi {
namespace {

struct Table {
  __m512i v[4];
};
inline Table load_table(const uint8_t* p) {
  return {{_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64), _mm512_loadu_si512(p + 128),
           _mm512_loadu_si512(p + 192)}};
}
inline __m512i look_up(__m512i x, const Table& table) {
  const __m512i low = _mm512_permutex2var_epi8(table.v[0], x, table.v[1]);
  const __m512i high = _mm512_permutex2var_epi8(table.v[2], x, table.v[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high);
}

void lookup(const LookupArgs& args) {
  const Table table = load_table(args.table);
  size_t i = 0;
  for (; i + 64 <= args.size; i += 64)
    _mm512_storeu_si512(args.output + i, look_up(_mm512_loadu_si512(args.input + i), table));
  if (i == args.size) return;
  const __mmask64 left = (uint64_t{1} << (args.size - i)) - 1;
  const __m512i x = _mm512_maskz_loadu_epi8(left, args.input + i);
  _mm512_mask_storeu_epi8(args.output + i, left, look_up(x, table));
}

}  // namespace
}  // namespace intlite::avx512_vbmi
INTLITE_END_TARGET

namespace intlite {
void lookup_vbmi(const LookupArgs& args) { avx512_vbmi::lookup(args); }
}  // namespace intlite
#endif
