// verify.cc: depth first, field by field in the order of the schema.
#include "verify.h"

namespace intlite::schema {
namespace {

constexpr int kMaxDepth = 16;
constexpr int64_t kTablesBetweenLooks = 1 << 12;

void check_depth(const Schema& schema, size_t index, int depth) {
  if (index >= schema.tables.size()) throw std::invalid_argument("schema: no such table");
  if (depth == kMaxDepth) throw std::invalid_argument("schema: tables are nested too deep");
  for (const Field& field : schema.tables[index].fields) {
    if (field.width > 8) throw std::invalid_argument("schema: too wide: " + field.name);
    if (field.kind == Kind::kTable || field.kind == Kind::kTables)
      check_depth(schema, field.table, depth + 1);
    if (field.kind != Kind::kUnion) continue;
    if (field.number == 0) throw std::invalid_argument("schema: no type: " + field.name);
    for (const size_t option : schema.unions)
      if (option != Schema::kNone) check_depth(schema, option, depth + 1);
  }
}

class Verifier {
 public:
  // A table takes four bytes at least. Files that share tables can still unfold into more than
  // that, without end: this bounds the work. Likewise the bytes of strings and vectors, which
  // whoever reads them may copy.
  Verifier(const File& file, const Schema& schema, Watch* watch)
      : file_(file),
        schema_(schema),
        watch_(watch),
        tables_left_(file.size() / 4 + 1),
        bytes_left_(kMaxSharing * file.size()) {}

  void table(int64_t position, size_t index, const Place& place) {
    if (over_) return;
    if (--tables_left_ < 0) fail(place, "more tables than the file has room for");
    if (watch_ != nullptr && tables_left_ % kTablesBetweenLooks == 0) over_ = watch_->over(true);
    const TableAt table = file_.table(position, place);
    for (const Field& f : schema_.tables[index].fields) {
      const Place here = place.field(f.name.c_str());
      const int64_t at = file_.field(table, f.number, f.inline_width(), here);
      if (at != 0) field(table, at, f, here);
    }
  }

 private:
  void field(const TableAt& table, int64_t at, const Field& f, const Place& place) {
    switch (f.kind) {
      case Kind::kScalar:
        return;
      case Kind::kString:
        return string(file_.follow(at, place), place);
      case Kind::kVector:
        vector(file_.follow(at, place), f.width, place);
        return;
      case Kind::kTable:
        return this->table(file_.follow(at, place), f.table, place);
      case Kind::kTables:
        return tables(file_.follow(at, place), f.table, place);
      case Kind::kUnion:
        return option(table, at, f, place);
    }
  }
  VectorAt vector(int64_t position, size_t width, const Place& place) {
    const VectorAt found = file_.vector(position, width, place);
    bytes_left_ -= found.length * static_cast<int64_t>(width);
    if (bytes_left_ < 0) fail(place, "more vectors than the file has room for");
    return found;
  }
  void string(int64_t position, const Place& place) {
    const VectorAt text = vector(position, 1, place);
    const char* wrong = wrong_utf8(file_.at(text.position), static_cast<size_t>(text.length));
    if (wrong != nullptr) fail(place, std::string("string is not UTF-8: ") + wrong);
  }
  void tables(int64_t position, size_t index, const Place& place) {
    const VectorAt found = vector(position, 4, place);
    for (size_t i = 0; i < static_cast<size_t>(found.length) && !over_; ++i)
      table(file_.entry(found, i, place), index, place.entry(i));
  }
  // Options of operators that are not known here are not looked into: their offset may be any.
  void option(const TableAt& table, int64_t at, const Field& f, const Place& place) {
    const int64_t type = file_.field(table, f.number - 1, 1, place);
    const size_t index = schema_.option(type == 0 ? 0 : file_.number(type, 1, place));
    if (index == Schema::kNone) return;
    const Place here = place.option(schema_.tables[index].name.c_str());
    this->table(file_.follow(at, place), index, here);
  }

  const File& file_;
  const Schema& schema_;
  Watch* watch_;
  int64_t tables_left_, bytes_left_;
  bool over_ = false;
};

}  // namespace

Schema::Schema(std::vector<Table> tables_, std::vector<size_t> unions_, size_t root_)
    : tables(std::move(tables_)), unions(std::move(unions_)), root(root_) {
  check_depth(*this, root, 0);
}

void verify(const File& file, const Schema& schema, Watch* watch) {
  const int64_t root = file.follow(0, Place("file"));
  Verifier(file, schema, watch)
      .table(root, schema.root, Place(schema.tables[schema.root].name.c_str()));
}

}  // namespace intlite::schema
