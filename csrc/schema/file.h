// file.h: the flatbuffer format: tables, vectors and strings by their positions in a file's bytes.
//
// Nothing that a file says is trusted: every position and length is looked at before it is
// followed. Numbers may lie at any alignment, and are little-endian, as processors here are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace intlite::schema {

// A file that is not valid; what() says where and why.
struct InvalidFile : std::runtime_error {
  using runtime_error::runtime_error;
};

// Where in a file, as messages name it: spelled only when something is wrong there.
class Place {
 public:
  explicit Place(const char* table) : Place(nullptr, Kind::kRoot, table, 0) {}
  Place field(const char* name) const { return {this, Kind::kField, name, 0}; }
  Place entry(size_t index) const { return {this, Kind::kEntry, "", index}; }
  Place option(const char* table) const { return {this, Kind::kOption, table, 0}; }

  std::string path() const;  // Model.subgraphs[0].operators[1].builtin_options(AddOptions)

 private:
  enum class Kind : uint8_t { kRoot, kField, kEntry, kOption };
  Place(const Place* in, Kind kind, const char* name, size_t index)
      : in_(in), name_(name), index_(index), kind_(kind) {}

  const Place* in_;  // which outlives this one
  const char* name_;
  size_t index_;
  Kind kind_;
};

// A table whose header was found to be valid: it lies in the file, and so does its vtable.
struct TableAt {
  int64_t position, vtable, vtable_size, table_size;
};

// Elements that lie in the file.
struct VectorAt {
  int64_t position, length;
};

// Each function throws InvalidFile for what is not so, naming the place.
class File {
 public:
  File(const uint8_t* data, size_t size) : data_(data), size_(static_cast<int64_t>(size)) {}

  int64_t size() const { return size_; }
  const uint8_t* at(int64_t position) const { return data_ + position; }

  // Of `width` bytes, at most 8.
  uint64_t number(int64_t position, size_t width, const Place& place) const {
    if (position < 0 || position > size_ - static_cast<int64_t>(width)) outside(position, place);
    uint64_t value = 0;
    std::memcpy(&value, data_ + position, width);
    return value;
  }
  // What the offset at this position leads to.
  int64_t follow(int64_t position, const Place& place) const;
  TableAt table(int64_t position, const Place& place) const;
  // Where the field of this number has its `width` bytes; 0 where the table leaves it out.
  int64_t field(const TableAt& table, size_t number, size_t width, const Place& place) const;
  VectorAt vector(int64_t position, size_t width, const Place& place) const;
  // An entry of a vector of tables.
  int64_t entry(const VectorAt& tables, size_t index, const Place& place) const {
    const int64_t at = tables.position + 4 * static_cast<int64_t>(index);
    return at + static_cast<int64_t>(number(at, 4, place));
  }

 private:
  [[noreturn]] void outside(int64_t position, const Place& place) const;

  const uint8_t* data_;
  int64_t size_;
};

[[noreturn]] void fail(const Place& place, const std::string& what);

// Why these bytes are no UTF-8, in Python's words; null if they are.
const char* wrong_utf8(const uint8_t* text, size_t size);

}  // namespace intlite::schema
