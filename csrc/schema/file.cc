// file.cc: checked steps through a flatbuffer.
#include "file.h"

namespace intlite::schema {

std::string Place::path() const {
  switch (kind_) {
    case Kind::kField:
      return in_->path() + "." + name_;
    case Kind::kEntry:
      return in_->path() + "[" + std::to_string(index_) + "]";
    case Kind::kOption:
      return in_->path() + "(" + name_ + ")";
    default:
      return name_;
  }
}

void fail(const Place& place, const std::string& what) {
  throw InvalidFile(place.path() + ": " + what);
}

void File::outside(int64_t position, const Place& place) const {
  fail(place, "position " + std::to_string(position) + " is outside the " + std::to_string(size_) +
                  " bytes");
}

int64_t File::follow(int64_t position, const Place& place) const {
  const uint64_t offset = number(position, 4, place);
  if (offset == 0) fail(place, "offset is zero");
  return position + static_cast<int64_t>(offset);
}

TableAt File::table(int64_t position, const Place& place) const {
  const auto back = static_cast<int32_t>(static_cast<uint32_t>(number(position, 4, place)));
  const int64_t vtable = position - back;
  const auto vtable_size = static_cast<int64_t>(number(vtable, 2, place));
  const auto table_size = static_cast<int64_t>(number(vtable + 2, 2, place));
  if (vtable_size < 4 || vtable_size % 2 != 0 || vtable + vtable_size > size_)
    fail(place, "vtable of " + std::to_string(vtable_size) + " bytes is not valid");
  if (table_size < 4 || position + table_size > size_)
    fail(place, "table of " + std::to_string(table_size) + " bytes is not valid");
  return {position, vtable, vtable_size, table_size};
}

int64_t File::field(const TableAt& table, size_t number, size_t width, const Place& place) const {
  const int64_t entry = 4 + 2 * static_cast<int64_t>(number);
  if (entry + 2 > table.vtable_size) return 0;
  const auto at = static_cast<int64_t>(this->number(table.vtable + entry, 2, place));
  if (at == 0) return 0;
  if (at + static_cast<int64_t>(width) > table.table_size)
    fail(place, "field lies outside its table");
  return table.position + at;
}

VectorAt File::vector(int64_t position, size_t width, const Place& place) const {
  const auto length = static_cast<int64_t>(number(position, 4, place));
  if (length * static_cast<int64_t>(width) > size_ - position - 4)
    fail(place, "vector of " + std::to_string(length) + " elements runs past the end");
  return {position + 4, length};
}

const char* wrong_utf8(const uint8_t* text, size_t size) {
  for (size_t i = 0; i < size;) {
    uint64_t eight;
    if (size - i >= 8) {
      std::memcpy(&eight, text + i, 8);
      if ((eight & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    const uint8_t first = text[i++];
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return "invalid start byte";
    // What may follow: no longer form of what is shorter, no surrogate, nothing past U+10FFFF.
    uint8_t low = 0x80, high = 0xbf;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    for (int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3; more > 0; --more, ++i) {
      if (i == size) return "unexpected end of data";
      if (text[i] < low || text[i] > high) return "invalid continuation byte";
      low = 0x80;
      high = 0xbf;
    }
  }
  return nullptr;
}

}  // namespace intlite::schema
