// stress.cc: two programs run by several threads at once, their steps split and their tiles shared.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "../../csrc/runtime/program.h"

namespace {

using namespace intlite;
using Place = TensorRef::Place;

constexpr size_t kBytes = 64, kTile = 3, kRuns = 400;

// Adds 1 to each byte, by way of the scratch memory, in as many parts as there may be.
class Increment final : public Kernel {
 public:
  Increment() : Kernel({kBytes}, {kBytes}) {}
  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           uint8_t* scratch) const noexcept override {
    run_part(inputs, outputs, samples, {}, scratch);
  }
  size_t scratch_bytes() const override { return kBytes; }
  size_t parts(size_t samples) const override { return 4 + samples; }
  void run_part(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples, Part part,
                uint8_t* scratch) const noexcept override {
    std::memset(scratch, 1, kBytes);
    for (size_t i = part.begin(kBytes * samples); i < part.end(kBytes * samples); ++i)
      outputs[0][i] = static_cast<uint8_t>(inputs[0][i] + scratch[i % kBytes]);
  }
};

ProgramPlan plan() {
  const auto kernel = std::make_shared<const Increment>();
  const TensorRef x{Place::kInput, 0, kBytes}, y{Place::kOutput, 0, kBytes};
  const TensorRef a{Place::kArena, 0, kBytes}, b{Place::kArena, kBytes * kTile, kBytes};
  ProgramPlan plan;
  plan.input_bytes = plan.output_bytes = {kBytes};
  plan.arena_bytes = 2 * kBytes * kTile;
  plan.tile_samples = kTile;
  plan.threads = 3;
  plan.steps = {{kernel, {x}, {a}}, {kernel, {a}, {b}}, {kernel, {b}, {y}}};
  return plan;
}

}  // namespace

int main() {
  // Two that share a pool, as programs of one model do.
  ProgramPlan first = plan(), second = plan();
  first.pool = second.pool = std::make_shared<ThreadPool>(first.threads);
  const Program programs[] = {Program(std::move(first)), Program(std::move(second))};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (size_t r = 0; r < kRuns; ++r) {
        const size_t samples = 1 + (r + t) % 8;
        std::vector<uint8_t> x(kBytes * samples, static_cast<uint8_t>(r)), y(x.size());
        const uint8_t* in = x.data();
        uint8_t* out = y.data();
        programs[(r + t) % 2].run(&in, &out, samples);
        for (const uint8_t v : y) wrong += v != static_cast<uint8_t>(r + 3);
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::printf("%zu wrong\n", wrong.load());
  return wrong == 0 ? 0 : 1;
}
