// fuzz_reader.cc: files of drawn schemas, damaged or whole: refused, or read to the last byte.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include "../../../csrc/schema/verify.h"
#include "bytes.h"

namespace intlite::fuzz {
namespace {

using schema::Field;
using schema::Kind;
using schema::Place;
using schema::Schema;
using schema::Table;

// A table holds later ones only, and a union the last.
Schema draw_schema(Bytes& bytes) {
  std::vector<Table> tables(1 + bytes.below(5));
  const size_t last = tables.size() - 1;
  for (size_t i = 0; i <= last; ++i) {
    tables[i].name = "Table" + std::to_string(i);
    for (size_t n = bytes.below(6), number = 0; n-- > 0; number += 1 + bytes.below(2)) {
      const auto kind = static_cast<Kind>(bytes.below(i == last ? 3 : 6));
      if (kind == Kind::kUnion) {
        tables[i].fields.push_back({"type", Kind::kScalar, number++, 1, 0});
        tables[i].fields.push_back({"union", kind, number, 1, 0});
        continue;
      }
      const size_t width = bytes.pick<size_t>({1, 2, 4, 8});
      const size_t table = i == last ? Schema::kNone : i + 1 + bytes.below(last - i);
      tables[i].fields.push_back({"field", kind, number, width, table});
    }
  }
  return Schema(std::move(tables), {Schema::kNone, last}, 0);
}

// Front to back: what a table holds lies behind it.
class Writer {
 public:
  Writer(Bytes& bytes, const Schema& schema) : bytes_(bytes), schema_(schema) {
    put(0, 4);
    put(0, 4);
    point(0, table(schema.root));
  }
  std::vector<uint8_t> file() const { return file_; }
  bool shares() const { return shares_; }

 private:
  size_t table(size_t index) {
    const Table& table = schema_.tables[index];
    size_t numbers = 0;
    for (const Field& field : table.fields) numbers = field.number + 1;
    const size_t vtable = file_.size(), start = vtable + 4 + 2 * numbers;
    file_.resize(start);
    put(start - vtable, 4);
    std::vector<std::pair<size_t, const Field*>> children;
    for (const Field& field : table.fields) {
      if (field.name != "union" && bytes_.below(4) == 0) continue;
      set(vtable + 4 + 2 * field.number, file_.size() - start, 2);
      if (field.kind != Kind::kScalar) children.emplace_back(file_.size(), &field);
      const uint64_t scalar = field.name == "type" ? bytes_.below(3) : bytes_.integer(2);
      put(field.kind == Kind::kScalar ? scalar : 0, field.inline_width());
    }
    set(vtable, start - vtable, 2);
    set(vtable + 2, file_.size() - start, 2);
    for (const auto& [at, field] : children) point(at, child(*field));
    return start;
  }
  size_t child(const Field& field) {
    if (field.kind == Kind::kTable) return table(field.table);
    if (field.kind == Kind::kUnion) return table(schema_.tables.size() - 1);
    const size_t start = file_.size(), length = bytes_.below(4);
    put(length, 4);
    if (field.kind == Kind::kTables) {
      file_.resize(start + 4 + 4 * length);
      const bool share = length > 1 && bytes_.below(4) == 0;
      const size_t first = length == 0 ? 0 : table(field.table);
      for (size_t i = 0; i < length; ++i)
        point(start + 4 + 4 * i, i == 0 || share ? first : table(field.table));
      shares_ = shares_ || share;
      return start;
    }
    for (size_t i = 0; i < length; ++i)
      put(field.kind == Kind::kString ? 'a' + i : i, field.kind == Kind::kString ? 1 : field.width);
    return start;
  }
  void put(uint64_t value, size_t width) {
    file_.resize(file_.size() + width);
    set(file_.size() - width, value, width);
  }
  void set(size_t at, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) file_[at + i] = static_cast<uint8_t>(value >> (8 * i));
  }
  void point(size_t at, size_t target) { set(at, target - at, 4); }

  Bytes& bytes_;
  const Schema& schema_;
  std::vector<uint8_t> file_;
  bool shares_ = false;
};

void damage(Bytes& bytes, std::vector<uint8_t>& file) {
  if (bytes.below(8) == 0) file.resize(bytes.below(file.size() + 1));
  for (size_t n = 1 + bytes.below(3); n-- > 0 && !file.empty();) {
    const size_t at = bytes.below(file.size());
    const auto value = static_cast<uint32_t>(bytes.flag() ? bytes.int32() : bytes.dimension());
    for (size_t i = 0, width = bytes.pick<size_t>({1, 2, 4}); i < width && at + i < file.size();
         ++i)
      file[at + i] = static_cast<uint8_t>(value >> (8 * i));
  }
}

// What the bindings do with each field that is asked for, here with all of them.
class Reader {
 public:
  Reader(const schema::File& file, const Schema& schema) : file_(file), schema_(schema) {
    const Place place("file");
    table(file.follow(0, place), schema.root, place);
  }
  uint64_t sum() const { return sum_; }

 private:
  void table(int64_t position, size_t index, const Place& place) {
    const schema::TableAt table = file_.table(position, place);
    for (const Field& field : schema_.tables[index].fields) {
      const int64_t at = file_.field(table, field.number, field.inline_width(), place);
      if (at == 0) continue;
      if (field.kind == Kind::kScalar) {
        sum_ += file_.number(at, field.width, place);
        continue;
      }
      const size_t held = field.kind == Kind::kUnion ? option(table, field, place) : field.table;
      if (held == Schema::kNone) continue;
      child(file_.follow(at, place), field, held, place);
    }
  }
  size_t option(const schema::TableAt& table, const Field& field, const Place& place) {
    const int64_t at = file_.field(table, field.number - 1, 1, place);
    return schema_.option(at == 0 ? 0 : file_.number(at, 1, place));
  }
  void child(int64_t position, const Field& field, size_t held, const Place& place) {
    if (field.kind == Kind::kTable || field.kind == Kind::kUnion)
      return table(position, held, place);
    const size_t width = field.kind == Kind::kVector   ? field.width
                         : field.kind == Kind::kString ? 1
                                                       : 4;
    const schema::VectorAt found = file_.vector(position, width, place);
    const auto length = static_cast<size_t>(found.length);
    if (field.kind == Kind::kTables)
      for (size_t i = 0; i < length; ++i) table(file_.entry(found, i, place), held, place);
    else
      for (size_t i = 0; i < length * width; ++i) sum_ += file_.at(found.position)[i];
  }

  const schema::File& file_;
  const Schema& schema_;
  uint64_t sum_ = 0;
};

void test_one(Bytes bytes) {
  const bool whole = bytes.below(4) == 0;
  const Schema schema = draw_schema(bytes);
  const Writer writer(bytes, schema);
  std::vector<uint8_t> data = writer.file();
  if (!whole) damage(bytes, data);
  // Of its own size: a sanitizer sees what is read beyond it.
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[data.size()]);
  std::copy(data.begin(), data.end(), exact.get());
  const schema::File file(exact.get(), data.size());
  try {
    schema::verify(file, schema);
  } catch (const schema::InvalidFile& error) {
    // Each byte may be read so often; of what is shared, more may be wanted.
    if (!whole || writer.shares()) return;
    std::fprintf(stderr, "a file that is whole is refused: %s\n", error.what());
    std::abort();
  }
  try {
    volatile uint64_t sum = Reader(file, schema).sum();
    static_cast<void>(sum);
  } catch (const schema::InvalidFile& error) {
    std::fprintf(stderr, "a file that was verified is refused: %s\n", error.what());
    std::abort();
  }
}

}  // namespace
}  // namespace intlite::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  intlite::fuzz::test_one({data, size});
  return 0;
}
