// dispatch.cc: chooses the kernels once, when the module is loaded.
#include "dispatch.h"

#include <cstdlib>
#include <stdexcept>

namespace intlite {

// What is left of the list for the processor that this is built for.
#define INTLITE_FOR_ANY(...) __VA_ARGS__
#if defined(INTLITE_EMULATIONS)
#define INTLITE_FOR_EMULATED(...) __VA_ARGS__
#else
#define INTLITE_FOR_EMULATED(...)
#endif
#if defined(INTLITE_X86)
#define INTLITE_FOR_X86(...) __VA_ARGS__
#else
#define INTLITE_FOR_X86(...)
#endif

#define INTLITE_TARGET(name, processor, plain)                     \
  INTLITE_FOR_##processor(extern const KernelTable name##_kernels; \
                          extern const PlainKernels plain##_plain_kernels;)
#include "targets.inc"
#undef INTLITE_TARGET

std::vector<const KernelTable*> all_kernel_tables() {
  return {
#define INTLITE_TARGET(name, processor, plain) INTLITE_FOR_##processor(&name##_kernels, )
#include "targets.inc"
#undef INTLITE_TARGET
  };
}

const PlainKernels& plain_kernels(const KernelTable& table) {
#define INTLITE_TARGET(name, processor, plain) \
  INTLITE_FOR_##processor(if (&table == &name##_kernels) return plain##_plain_kernels;)
#include "targets.inc"
#undef INTLITE_TARGET
  return portable_plain_kernels;
}

const KernelTable* find_kernels(const std::string& name) {
  for (const KernelTable* table : all_kernel_tables())
    if (name == table->name) return table;
  return nullptr;
}

const KernelTable& choose_kernels() {
  const char* forced = std::getenv("INTLITE_ISA");
  if (forced != nullptr && *forced != '\0') {
    const KernelTable* table = find_kernels(forced);
    if (table == nullptr)
      throw std::invalid_argument(std::string("INTLITE_ISA=") + forced +
                                  ": no such instruction set");
    if (!table->supported())
      throw std::invalid_argument(std::string("INTLITE_ISA=") + forced +
                                  ": this processor does not have it");
    return *table;
  }
  for (const KernelTable* table : all_kernel_tables())
    if (table->supported()) return *table;
  return portable_kernels;
}

}  // namespace intlite
