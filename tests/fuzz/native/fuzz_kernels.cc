// fuzz_kernels.cc: one kernel on every instruction set of this processor, in one piece and in
// parts, on arrays of exactly its size: the same bytes each time, and nothing else touched.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <typeinfo>

#include "cases.h"

namespace intlite::fuzz {
namespace {

using Array = std::unique_ptr<uint8_t[]>;
using Arrays = std::vector<std::vector<uint8_t>>;

// Parts may run in any order, unless the kernel says otherwise: here the last one's first.
Arrays run(const Kernel& kernel, const Arrays& inputs, size_t samples, size_t parts) {
  std::vector<Array> in, out;
  std::vector<const uint8_t*> in_data;
  std::vector<uint8_t*> out_data;
  for (const auto& input : inputs) {
    in.emplace_back(new uint8_t[input.size()]);
    std::copy(input.begin(), input.end(), in.back().get());
    in_data.push_back(in.back().get());
  }
  for (const size_t size : kernel.output_bytes()) {
    out.emplace_back(new uint8_t[size * samples]);
    std::fill_n(out.back().get(), size * samples, uint8_t{0xa5});
    out_data.push_back(out.back().get());
  }
  for (size_t i = 0; i < parts; ++i) {
    require(kernel.scratch_bytes() <= kMostScratch);
    // Each part may be another thread's.
    const AlignedArray<uint8_t> scratch = make_aligned<uint8_t>(kernel.scratch_bytes());
    std::fill_n(scratch.get(), kernel.scratch_bytes(), uint8_t{0x5a});
    if (parts == 1)
      kernel.run(in_data.data(), out_data.data(), samples, scratch.get());
    else
      kernel.run_part(in_data.data(), out_data.data(), samples,
                      {kernel.in_order() ? i : parts - 1 - i, parts}, scratch.get());
  }
  Arrays results;
  for (size_t i = 0; i < out.size(); ++i)
    results.emplace_back(out[i].get(), out[i].get() + kernel.output_bytes()[i] * samples);
  return results;
}

// What the float32 is that byte i lies in.
enum class Kind { kOther, kNan, kNearly0, kNearlyMinus0 };
Kind kind_at(const std::vector<uint8_t>& bytes, size_t i) {
  float word = 0;
  if (i / sizeof(word) * sizeof(word) + sizeof(word) > bytes.size()) return Kind::kOther;
  std::memcpy(&word, bytes.data() + i / sizeof(word) * sizeof(word), sizeof(word));
  if (std::isnan(word)) return Kind::kNan;
  if (std::isnormal(word) || std::isinf(word)) return Kind::kOther;
  return std::signbit(word) ? Kind::kNearlyMinus0 : Kind::kNearly0;
}

// NaN of any kind are the same. So are numbers that are flushed to 0, and 0: where kernels flush
// them, the greater of two is in plain C++ the number or 0, as the compiler chooses.
bool alike(const std::vector<uint8_t>& found, const std::vector<uint8_t>& expected, size_t i) {
  const Kind kind = kind_at(found, i);
  return found[i] == expected[i] || (kind != Kind::kOther && kind == kind_at(expected, i));
}

void same(const Arrays& found, const Arrays& expected, const Kernel& kernel, const char* isa,
          size_t parts) {
  for (size_t i = 0; i < expected.size(); ++i) {
    for (size_t k = 0; k < expected[i].size(); ++k) {
      if (alike(found[i], expected[i], k)) continue;
      std::fprintf(stderr,
                   "%s: %s in %zu parts: byte %zu of output %zu is %d, not %d as in portable\n",
                   typeid(kernel).name(), isa, parts, k, i, found[i][k], expected[i][k]);
      std::abort();
    }
  }
}

void test_one(Bytes bytes) {
  const size_t samples = bytes.pick<size_t>({1, 1, 2, 3, 0, 5, 17});
  const size_t most_parts = 1 + bytes.below(8);
  Contents contents(bytes);
  const MakeKernel make = draw_kernel(bytes);
  Arrays inputs, expected;
  for (const KernelTable* table :
       {find_kernels("portable"), find_kernels("avx2"), find_kernels("avx_vnni"),
        find_kernels("avx512_vnni"), find_kernels("avx512_amx"), find_kernels("emulated_amx")}) {
    if (table == nullptr || !table->supported()) continue;
    const std::shared_ptr<const Kernel> kernel = make(*table);
    const bool first = inputs.empty() && expected.empty();
    if (first) {
      for (const size_t size : kernel->input_bytes())
        inputs.push_back(contents.vector<uint8_t>(product({size, samples})));
      for (const size_t size : kernel->output_bytes()) product({size, samples});
      expected = run(*kernel, inputs, samples, 1);
    } else {
      same(run(*kernel, inputs, samples, 1), expected, *kernel, table->name, 1);
    }
    // Small kernels that go in order have no two parts that are worth it.
    const size_t parts =
        kernel->in_order() ? most_parts : std::min(kernel->parts(samples), most_parts);
    if (parts > 1)
      same(run(*kernel, inputs, samples, parts), expected, *kernel, table->name, parts);
  }
}

}  // namespace
}  // namespace intlite::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    intlite::fuzz::test_one({data, size});
  } catch (const intlite::fuzz::Refused&) {
    return -1;  // not for the corpus
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
