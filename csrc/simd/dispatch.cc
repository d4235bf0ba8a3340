// dispatch.cc: chooses the kernels once, when the module is loaded.
#include "dispatch.h"

#include <cstdlib>
#include <stdexcept>

namespace intlite {

#if defined(INTLITE_X86)
extern const KernelTable avx512_amx_kernels, avx512_vnni_kernels, avx_vnni_kernels, avx2_kernels;
#endif
extern const KernelTable portable_kernels, emulated_amx_kernels;

std::vector<const KernelTable*> all_kernel_tables() {
  return {
#if defined(INTLITE_X86)
      &avx512_amx_kernels, &avx512_vnni_kernels, &avx_vnni_kernels, &avx2_kernels,
#endif
      &portable_kernels,   &emulated_amx_kernels};
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
