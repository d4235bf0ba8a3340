// lookup_int16.cc: element by element; a table of 128 KB lies in the second cache.
#include "lookup_int16.h"

#include <mutex>

namespace intlite {
namespace {

constexpr size_t kEntries = 65536, kPartSize = 16 << 10;

void look_up(const Int16Table& table, const uint8_t* input, size_t size, uint8_t* output) {
  const uint16_t* x = reinterpret_cast<const uint16_t*>(input);
  int16_t* y = reinterpret_cast<int16_t*>(output);
  for (size_t i = 0; i < size; ++i) y[i] = table[x[i]];
}

}  // namespace

std::shared_ptr<const Int16Table> shared_table(const int16_t* entries) {
  static std::mutex mutex;
  static std::vector<std::weak_ptr<const Int16Table>> tables;
  const std::lock_guard lock(mutex);
  std::erase_if(tables, [](const auto& table) { return table.expired(); });
  for (const auto& table : tables)
    if (const auto found = table.lock(); found && std::equal(found->begin(), found->end(), entries))
      return found;
  auto made = std::make_shared<const Int16Table>(entries, entries + kEntries);
  tables.push_back(made);
  return made;
}

size_t Int16Lookup::parts(size_t samples) const { return 1 + samples * size_ / kPartSize; }

void Int16Lookup::run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                           Part part, uint8_t*) const noexcept {
  // Of one table, samples are more elements.
  const bool is_flat = lanes_ == 1;
  const size_t size = is_flat ? samples * size_ : size_, blocks = size / lanes_ * lanes_;
  const size_t first = part.begin(size, 64), last = part.end(size, 64);
  const size_t middle = std::clamp(blocks, first, last);
  for (size_t s = 0; s < (is_flat ? 1 : samples); ++s) {
    const uint8_t* x = inputs[0] + 2 * s * size;
    uint8_t* y = outputs[0] + 2 * s * size;
    look_up(*block_, x + 2 * first, middle - first, y + 2 * first);
    look_up(*tail_, x + 2 * middle, last - middle, y + 2 * middle);
  }
}

}  // namespace intlite
