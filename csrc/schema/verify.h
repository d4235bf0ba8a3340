// verify.h: a walk through every table of a file, as its schema says what they are.
#pragma once

#include <vector>

#include "../runtime/watch.h"
#include "file.h"

namespace intlite::schema {

enum class Kind : uint8_t { kScalar, kString, kVector, kTable, kTables, kUnion };

struct Field {
  std::string name;
  Kind kind;
  size_t number;  // in its table; the type of a union is the field before
  size_t width;   // bytes of a scalar, of an element of a vector
  size_t table;   // which one, of kTable and kTables

  size_t inline_width() const { return kind == Kind::kScalar ? width : 4; }
};

struct Table {
  std::string name;
  std::vector<Field> fields;
};

// What the tables of a file may be. No table holds itself.
struct Schema {
  static constexpr size_t kNone = SIZE_MAX;

  // Throws std::invalid_argument for a schema that contradicts itself.
  Schema(std::vector<Table> tables, std::vector<size_t> unions, size_t root);

  // The table that a union holds, by its type; kNone for one that is not looked into.
  size_t option(uint64_t type) const { return type < unions.size() ? unions[type] : kNone; }

  std::vector<Table> tables;
  std::vector<size_t> unions;
  size_t root;
};

// Writers may store equal strings and vectors once: so often may each byte be read.
constexpr int64_t kMaxSharing = 8;

// Throws InvalidFile for the first offset, length or string that is not valid. Returns early
// when the watch says so.
void verify(const File& file, const Schema& schema, Watch* watch = nullptr);

}  // namespace intlite::schema
