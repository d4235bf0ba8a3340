// process.h: which process this is, as far as forks made it another.
#pragma once

#include <cstdint>

namespace intlite {

// Another number in a forked child than in its parent, never 0. Unlike a process's own
// number it costs no call of the system, and repeats in no container.
uint32_t process_number();

}  // namespace intlite
