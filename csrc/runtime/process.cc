// process.cc: counts the forks between the first process and this one.
#include "process.h"

#include <atomic>

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace intlite {
namespace {

// The one thing of the native code that is global and changes: in a new child, which has
// one thread only.
std::atomic<uint32_t> number{1};

#if !defined(_WIN32)
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { number.fetch_add(1, std::memory_order_relaxed); });
#endif

}  // namespace

uint32_t process_number() { return number.load(std::memory_order_relaxed); }

}  // namespace intlite
