// driver.cc: libFuzzer's part where there is none: runs files, or drawn inputs that a number names.
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// There where a sanitizer is.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

volatile unsigned long number = 0;  // of the input drawn last: what a crash comes from

void tell() { std::fprintf(stderr, "in the drawn input -runs=1 -seed=%lu\n", number); }

void run(const std::vector<uint8_t>& input) {
  // On the heap and of its own size: a sanitizer sees what is read beyond it.
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::vector<uint8_t> drawn(unsigned long number) {
  std::mt19937_64 random(number);
  std::vector<uint8_t> input(16 + random() % 240);
  for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
  return input;
}

// Of an option like -runs=10.
unsigned long number_of(const char* argument, const char* name, unsigned long otherwise) {
  const size_t length = std::strlen(name);
  return std::strncmp(argument, name, length) == 0 ? std::strtoul(argument + length, nullptr, 10)
                                                   : otherwise;
}

}  // namespace

// FILE..., or -runs=COUNT and -max_total_time=SECONDS, [-seed=NUMBER], as libFuzzer has them.
int main(int argc, char** argv) {
  unsigned long runs = 0, seconds = 0, seed = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') {
      runs = number_of(argv[i], "-runs=", runs);
      seconds = number_of(argv[i], "-max_total_time=", seconds);
      seed = number_of(argv[i], "-seed=", seed);
      continue;
    }
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
      return 2;
    }
    run({std::istreambuf_iterator<char>(file), {}});
  }
  if (seconds != 0 && runs == 0) runs = ULONG_MAX;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::signal(SIGABRT, [](int) { tell(); });
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(tell);
  unsigned long done = 0;
  for (; done < runs && (seconds == 0 || std::chrono::steady_clock::now() < end); ++done) {
    number = seed + done;
    run(drawn(number));
  }
  std::fprintf(stderr, "%s: %lu drawn inputs\n", argv[0], done);
  return 0;
}
