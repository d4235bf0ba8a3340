// lookup.h: 8-bit values through a table of 256 entries.
#pragma once

#include <cstddef>
#include <cstdint>

namespace intlite {

struct LookupArgs {
  const uint8_t* table;  // 256 entries
  const uint8_t* input;
  size_t size;
  uint8_t* output;
};

// For AVX-512 with VBMI, which not every processor with AVX-512 VNNI has: on x86-64 only.
void lookup_vbmi(const LookupArgs& args);

}  // namespace intlite
