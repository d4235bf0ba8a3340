// cpu.h: what the processor and the operating system offer.
#pragma once

namespace intlite {

bool cpu_is_any();
bool cpu_has_avx2();  // with fused multiply-adds, which came with it
bool cpu_has_avx_vnni();
bool cpu_has_avx512f();
bool cpu_has_avx512_vnni();
bool cpu_has_avx512_vbmi();
bool cpu_has_amx_int8();  // asks the kernel for leave to use tiles, once

}  // namespace intlite
