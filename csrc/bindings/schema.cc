// schema.cc: a file's tables as Python objects that read a field when it is asked for.
//
// Schema.read has verified the file before there is a table of it; each later step is checked
// again, so that a buffer that changes meanwhile gives other values, and nothing worse.
#include "../schema/verify.h"

#include <unordered_map>

#include "faces.h"

#include <structmember.h>

namespace intlite {
namespace {

using schema::InvalidFile;
using schema::Kind;
using schema::Place;

PyTypeObject* table_type = nullptr;  // made when the module is loaded
PyTypeObject* slot_type = nullptr;
PyTypeObject* source_type = nullptr;

void raise_model_error(const InvalidFile& error) {
  py::set_error(py::module_::import("intlite.errors").attr("ModelError"), error.what());
}

// Calls f; what it throws becomes a Python error, and the result null.
template <class F>
PyObject* checked(F f) {
  try {
    return f();
  } catch (const InvalidFile& error) {
    raise_model_error(error);
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  return nullptr;
}

// ------------------------------------------------------------------------------- Slot

// A field of a class of tables: where the file has it, and the descriptor that reads it.
struct Slot {
  PyObject_HEAD PyObject *name, *kind, *type, *default_value;
  Py_ssize_t number;
  PyArray_Descr* element;  // of scalars and vectors, otherwise null
  Kind stored;
  Py_ssize_t table;  // which one of the schema, of kTable and kTables
};

constexpr std::pair<const char*, Kind> kKinds[] = {
    {"scalar", Kind::kScalar}, {"string", Kind::kString}, {"vector", Kind::kVector},
    {"table", Kind::kTable},   {"tables", Kind::kTables}, {"union", Kind::kUnion}};

bool find_kind(PyObject* name, Kind* kind) {
  for (const auto& [known, value] : kKinds)
    if (PyUnicode_CompareWithASCIIString(name, known) == 0) {
      *kind = value;
      return true;
    }
  PyErr_Format(PyExc_ValueError, "a slot can't be a %R", name);
  return false;
}

// Of these read_scalar knows how to make numbers.
bool find_element(PyObject* code, PyArray_Descr** element) {
  for (const char* known : {"?", "i1", "u1", "i4", "u4", "i8", "u8", "f4"})
    if (PyUnicode_CompareWithASCIIString(code, known) == 0)
      return PyArray_DescrConverter(code, element) != 0;
  PyErr_Format(PyExc_ValueError, "a slot can't be of the type %R", code);
  return false;
}

void slot_delete(PyObject* self) {
  Slot* slot = reinterpret_cast<Slot*>(self);
  for (PyObject* held : {slot->name, slot->kind, slot->type, slot->default_value}) Py_XDECREF(held);
  Py_XDECREF(slot->element);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* slot_new(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  static const char* const names[] = {"number", "kind", "type", "default", nullptr};
  Py_ssize_t number;
  PyObject *kind, *code, *value;
  Kind stored;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "nUUO", const_cast<char**>(names), &number,
                                   &kind, &code, &value) ||
      !find_kind(kind, &stored))
    return nullptr;
  if (number < 0 || number > 1000)
    return PyErr_Format(PyExc_ValueError, "a slot can't have the number %zd", number);
  if (stored == Kind::kUnion && number == 0) {
    PyErr_SetString(PyExc_ValueError, "a union needs the field before for its type");
    return nullptr;
  }
  PyArray_Descr* element = nullptr;
  if ((stored == Kind::kScalar || stored == Kind::kVector) && !find_element(code, &element))
    return nullptr;
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) {
    Py_XDECREF(element);
    return nullptr;
  }
  Slot* slot = reinterpret_cast<Slot*>(self);
  slot->name = PyUnicode_FromString("");
  slot->kind = Py_NewRef(kind);
  slot->type = Py_NewRef(code);
  slot->default_value = Py_NewRef(value);
  slot->number = number;
  slot->element = element;
  slot->stored = stored;
  slot->table = -1;
  return self;
}

PyObject* slot_set_name(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count != 2 || !PyUnicode_Check(args[1])) {
    PyErr_SetString(PyExc_TypeError, "__set_name__ takes a class and a name");
    return nullptr;
  }
  PyObject* name = Py_NewRef(args[1]);
  PyUnicode_InternInPlace(&name);
  Py_XSETREF(reinterpret_cast<Slot*>(self)->name, name);
  Py_RETURN_NONE;
}

// ---------------------------------------------------------------- a file and its tables

// Python's classes of the tables, in the schema's order.
struct BoundSchema {
  schema::Schema schema;
  std::vector<py::type> classes;
};

// What the vectors of a file are views of.
struct Source {
  PyObject_HEAD Py_buffer buffer;
  std::shared_ptr<const BoundSchema> schema;

  schema::File file() const {
    return {static_cast<const uint8_t*>(buffer.buf), static_cast<size_t>(buffer.len)};
  }
};

void source_delete(PyObject* self) {
  Source* source = reinterpret_cast<Source*>(self);
  PyBuffer_Release(&source->buffer);
  std::destroy_at(&source->schema);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// Without a source a table that Python has made, of which only what it was given is known.
struct Table {
  PyObject_HEAD Source* source;
  int64_t position;
};

void table_delete(PyObject* self) {
  Py_XDECREF(reinterpret_cast<Table*>(self)->source);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* make_table(PyTypeObject* type, Source* source, int64_t position) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  Table* table = reinterpret_cast<Table*>(self);
  Py_XINCREF(source);
  table->source = source;
  table->position = position;
  return self;
}

// FileTable.__new__(cls), or of a table that this one is to be a copy of, as far as it is of a
// file.
PyObject* table_new(PyTypeObject* type, PyObject* args, PyObject*) {
  if (PyTuple_GET_SIZE(args) == 0) return make_table(type, nullptr, 0);
  PyObject* like = PyTuple_GET_ITEM(args, 0);
  if (Py_TYPE(like) != type || PyTuple_GET_SIZE(args) != 1) {
    PyErr_Format(PyExc_TypeError, "expected one %s", type->tp_name);
    return nullptr;
  }
  const Table* table = reinterpret_cast<Table*>(like);
  return make_table(type, table->source, table->position);
}

// ---------------------------------------------------------------------- reading a field

PyObject* read_scalar(uint64_t bits, char kind, size_t width) {
  if (kind == 'b') return PyBool_FromLong(bits != 0);
  if (kind == 'u') return PyLong_FromUnsignedLongLong(bits);
  if (kind == 'f') {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return PyFloat_FromDouble(value);
  }
  const auto unused = static_cast<int>(64 - 8 * width);
  return PyLong_FromLongLong(static_cast<int64_t>(bits << unused) >> unused);
}

PyObject* read_vector(Source* source, const schema::VectorAt& found, PyArray_Descr* element) {
  Py_INCREF(element);
  const npy_intp length = found.length;
  uint8_t* data = const_cast<uint8_t*>(source->file().at(found.position));
  PyObject* array =
      PyArray_NewFromDescr(&PyArray_Type, element, 1, &length, nullptr, data,
                           source->buffer.readonly ? 0 : NPY_ARRAY_WRITEABLE, nullptr);
  if (array == nullptr) return nullptr;
  Py_INCREF(source);
  if (PyArray_SetBaseObject(as_array(array), reinterpret_cast<PyObject*>(source)) == 0)
    return array;
  Py_DECREF(array);
  return nullptr;
}

PyTypeObject* class_of(const Source* source, size_t table) {
  return reinterpret_cast<PyTypeObject*>(source->schema->classes.at(table).ptr());
}

PyObject* read_tables(Source* source, const schema::VectorAt& found, size_t table,
                      const Place& place) {
  PyObject* all = PyTuple_New(found.length);
  if (all == nullptr) return nullptr;
  auto held = py::reinterpret_steal<py::object>(all);
  for (Py_ssize_t i = 0; i < found.length; ++i) {
    const int64_t at = source->file().entry(found, static_cast<size_t>(i), place);
    PyObject* one = make_table(class_of(source, table), source, at);
    if (one == nullptr) return nullptr;
    PyTuple_SET_ITEM(all, i, one);
  }
  return held.release().ptr();
}

// The table that a union holds; None for one that is not looked into.
PyObject* read_option(Source* source, const schema::TableAt& table, int64_t at, size_t number,
                      const Place& place) {
  const schema::File file = source->file();
  const int64_t type = file.field(table, number - 1, 1, place);
  const size_t option = source->schema->schema.option(type == 0 ? 0 : file.number(type, 1, place));
  if (option == schema::Schema::kNone) Py_RETURN_NONE;
  return make_table(class_of(source, option), source, file.follow(at, place));
}

PyObject* read_field(const Slot& slot, Source* source, int64_t position, const Place& place) {
  const schema::File file = source->file();
  const auto number = static_cast<size_t>(slot.number);
  const size_t width =
      slot.element == nullptr ? 1 : static_cast<size_t>(PyDataType_ELSIZE(slot.element));
  const schema::TableAt table = file.table(position, place);
  const int64_t at = file.field(table, number, slot.stored == Kind::kScalar ? width : 4, place);
  if (at == 0) return Py_NewRef(slot.default_value);
  switch (slot.stored) {
    case Kind::kScalar:
      return read_scalar(file.number(at, width, place), slot.element->kind, width);
    case Kind::kString: {
      const schema::VectorAt text = file.vector(file.follow(at, place), 1, place);
      return PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(file.at(text.position)),
                                  text.length, "strict");
    }
    case Kind::kVector:
      return read_vector(source, file.vector(file.follow(at, place), width, place), slot.element);
    case Kind::kTable:
      return make_table(class_of(source, static_cast<size_t>(slot.table)), source,
                        file.follow(at, place));
    case Kind::kTables:
      return read_tables(source, file.vector(file.follow(at, place), 4, place),
                         static_cast<size_t>(slot.table), place);
    default:
      return read_option(source, table, at, number, place);
  }
}

// What an instance holds itself goes before this, since a slot can't be assigned to: a value that
// was given, or that was read before.
PyObject* slot_get(PyObject* self, PyObject* object, PyObject*) {
  if (object == nullptr || object == Py_None) return Py_NewRef(self);
  if (!PyObject_TypeCheck(object, table_type)) {
    PyErr_SetString(PyExc_TypeError, "a slot is a field of tables");
    return nullptr;
  }
  const Slot& slot = *reinterpret_cast<Slot*>(self);
  const Table& table = *reinterpret_cast<Table*>(object);
  if (table.source == nullptr) return Py_NewRef(slot.default_value);
  PyObject* value = checked([&] {
    const Place place(Py_TYPE(object)->tp_name);
    return read_field(slot, table.source, table.position, place);
  });
  // Numbers are read as fast as they would be found.
  if (value == nullptr || slot.stored == Kind::kScalar || value == slot.default_value) return value;
  if (PyObject_GenericSetAttr(object, slot.name, value) == 0) return value;
  Py_DECREF(value);
  return nullptr;
}

// ----------------------------------------------------------------------------- the schema

using Indices = std::unordered_map<std::string, size_t>;

size_t index_of(const Indices& indices, const std::string& table) {
  const auto found = indices.find(table);
  if (found == indices.end()) throw std::invalid_argument("no table " + table);
  return found->second;
}

schema::Field field_of(const std::string& name, Slot& slot, const Indices& indices) {
  schema::Field field{name, slot.stored, static_cast<size_t>(slot.number), 1,
                      schema::Schema::kNone};
  if (slot.element != nullptr) field.width = static_cast<size_t>(PyDataType_ELSIZE(slot.element));
  if (slot.stored != Kind::kTable && slot.stored != Kind::kTables) return field;
  const auto type = py::reinterpret_borrow<py::str>(slot.type).cast<std::string>();
  field.table = index_of(indices, type);
  slot.table = static_cast<Py_ssize_t>(field.table);
  return field;
}

std::shared_ptr<BoundSchema> make_schema(const std::vector<py::type>& classes,
                                         const std::vector<std::string>& unions,
                                         const std::string& root) {
  Indices indices;
  std::vector<schema::Table> tables;
  for (const py::type& cls : classes) {
    if (!PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(cls.ptr()), table_type))
      throw py::type_error("expected classes of tables");
    tables.push_back({cls.attr("__name__").cast<std::string>(), {}});
    indices.emplace(tables.back().name, indices.size());
  }
  for (size_t i = 0; i < classes.size(); ++i)
    for (const py::handle pair : classes[i].attr("slots")) {
      const auto [name, slot] = pair.cast<std::pair<std::string, py::object>>();
      if (Py_TYPE(slot.ptr()) != slot_type) throw py::type_error(name + " is no slot");
      tables[i].fields.push_back(field_of(name, *reinterpret_cast<Slot*>(slot.ptr()), indices));
    }
  std::vector<size_t> options;
  for (const std::string& name : unions) {
    const auto found = indices.find(name);
    options.push_back(found == indices.end() ? schema::Schema::kNone : found->second);
  }
  return std::make_shared<BoundSchema>(BoundSchema{
      schema::Schema(std::move(tables), std::move(options), index_of(indices, root)), classes});
}

// Files below this are verified before another thread could make use of the GIL.
constexpr Py_ssize_t kWorthReleasing = 1 << 20;

PyObject* read_file(const std::shared_ptr<BoundSchema>& schema, PyObject* data) {
  PyObject* made = source_type->tp_alloc(source_type, 0);
  if (made == nullptr) throw py::error_already_set();
  Source* source = reinterpret_cast<Source*>(made);
  new (&source->schema) std::shared_ptr<const BoundSchema>(schema);
  const auto held = py::reinterpret_steal<py::object>(made);
  if (PyObject_GetBuffer(data, &source->buffer, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  const schema::File file = source->file();
  if (source->buffer.len > kWorthReleasing)
    without_gil([&](Watch& watch) { schema::verify(file, schema->schema, &watch); });
  else
    schema::verify(file, schema->schema);
  raise_pending();
  const Place place("file");
  return make_table(class_of(source, schema->schema.root), source, file.follow(0, place));
}

// ------------------------------------------------------------------------------ the types

PyMemberDef kSlotMembers[] = {
    {"name", T_OBJECT, offsetof(Slot, name), READONLY, nullptr},
    {"number", T_PYSSIZET, offsetof(Slot, number), READONLY, nullptr},
    {"kind", T_OBJECT, offsetof(Slot, kind), READONLY, nullptr},
    {"type", T_OBJECT, offsetof(Slot, type), READONLY, nullptr},
    {"default", T_OBJECT, offsetof(Slot, default_value), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
PyMethodDef kSlotMethods[] = {{"__set_name__", as_cfunction(slot_set_name), METH_FASTCALL, nullptr},
                              {nullptr, nullptr, 0, nullptr}};
PyType_Slot kSlotSlots[] = {{Py_tp_doc, const_cast<char*>("A field of a class of tables.")},
                            {Py_tp_new, reinterpret_cast<void*>(slot_new)},
                            {Py_tp_dealloc, reinterpret_cast<void*>(slot_delete)},
                            {Py_tp_descr_get, reinterpret_cast<void*>(slot_get)},
                            {Py_tp_members, kSlotMembers},
                            {Py_tp_methods, kSlotMethods},
                            {0, nullptr}};
PyType_Spec kSlotSpec = {"intlite._native.Slot", sizeof(Slot), 0, Py_TPFLAGS_DEFAULT, kSlotSlots};

PyType_Slot kSourceSlots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(source_delete)},
                              {0, nullptr}};
PyType_Spec kSourceSpec = {"intlite._native.Source", sizeof(Source), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, kSourceSlots};

PyType_Slot kTableSlots[] = {
    {Py_tp_doc, const_cast<char*>("A table of a file, or one that Python has made.")},
    {Py_tp_new, reinterpret_cast<void*>(table_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(table_delete)},
    {0, nullptr}};
PyType_Spec kTableSpec = {"intlite._native.FileTable", sizeof(Table), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, kTableSlots};

}  // namespace

void bind_schema(py::module_& m) {
  slot_type = add_type(m, "Slot", kSlotSpec);
  table_type = add_type(m, "FileTable", kTableSpec);
  source_type = add_type(m, "Source", kSourceSpec);
  py::class_<BoundSchema, std::shared_ptr<BoundSchema>>(m, "Schema")
      .def(py::init(&make_schema), py::arg("tables"), py::arg("unions"), py::arg("root"))
      .def(
          "read",
          [](const std::shared_ptr<BoundSchema>& self, const py::object& data) {
            PyObject* root = checked([&] { return read_file(self, data.ptr()); });
            if (root == nullptr) throw py::error_already_set();
            return py::reinterpret_steal<py::object>(root);
          },
          py::arg("data"), "The root of a file's tables, all of which are verified.");
}

}  // namespace intlite
