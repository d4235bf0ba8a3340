// cpu.cc: processor features by cpuid; AMX also needs leave from the kernel.
#include "cpu.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace intlite {
namespace {

#if defined(__x86_64__)
struct Leaf7 {
  unsigned ebx0 = 0, ecx0 = 0, edx0 = 0, eax1 = 0;
  Leaf7() {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return;
    ebx0 = ebx;
    ecx0 = ecx;
    edx0 = edx;
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) eax1 = eax;
  }
};

// Which register state the operating system saves: bits of XCR0.
bool os_saves(unsigned long long mask) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return false;
  if ((ecx & (1u << 27)) == 0) return false;  // OSXSAVE
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((static_cast<unsigned long long>(high) << 32 | low) & mask) == mask;
}

constexpr unsigned long long kAvxState = 0x6, kAvx512State = 0xE6, kTileState = 0x60000;

bool bit(unsigned word, int n) { return (word >> n & 1u) != 0; }
#endif

}  // namespace

bool cpu_is_any() { return true; }

#if defined(__x86_64__)
bool has_fma() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && bit(ecx, 12);
}

bool cpu_has_avx2() { return bit(Leaf7().ebx0, 5) && has_fma() && os_saves(kAvxState); }

bool cpu_has_avx_vnni() { return cpu_has_avx2() && bit(Leaf7().eax1, 4); }

bool cpu_has_avx512f() { return bit(Leaf7().ebx0, 16) && os_saves(kAvx512State); }

bool cpu_has_avx512_vnni() {
  const Leaf7 leaf;
  return bit(leaf.ebx0, 16) && bit(leaf.ebx0, 17) && bit(leaf.ebx0, 30) && bit(leaf.ebx0, 31) &&
         bit(leaf.ecx0, 11) && os_saves(kAvx512State);
}

bool cpu_has_avx512_vbmi() { return cpu_has_avx512_vnni() && bit(Leaf7().ecx0, 1); }

bool cpu_has_amx_int8() {
#if defined(__linux__)
  static const bool granted = [] {
    const Leaf7 leaf;
    if (!bit(leaf.edx0, 24) || !bit(leaf.edx0, 25) || !os_saves(kTileState)) return false;
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return granted && cpu_has_avx512_vnni();
#else
  return false;
#endif
}
#else
bool cpu_has_avx2() { return false; }
bool cpu_has_avx_vnni() { return false; }
bool cpu_has_avx512f() { return bit(Leaf7().ebx0, 16) && os_saves(kAvx512State); }

bool cpu_has_avx512f() { return false; }
bool cpu_has_avx512_vnni() { return false; }
bool cpu_has_avx512_vbmi() { return false; }
bool cpu_has_amx_int8() { return false; }
#endif

}  // namespace intlite
