// fuzz_program.cc: programs of any plan: refused, or run by one thread and by several, in tiles
// or in one piece, with the same bytes, though other runs go on at once.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>

#include "../../../csrc/runtime/program.h"
#include "cases.h"

namespace intlite::fuzz {
namespace {

using Arrays = std::vector<std::vector<uint8_t>>;
using Place = TensorRef::Place;

// A tensor that is known, and which outputs each step may still write: a plan by Python writes
// each tensor once, and nothing that is still read.
class Planner {
 public:
  explicit Planner(Bytes& bytes) : bytes_(bytes) {
    plan_.tile_samples = 1 + bytes.below(4);
    for (size_t i = 1 + bytes.below(4); i-- > 0;) add_step();
    plan_.arena_bytes = arena_;
    if (bytes.below(8) == 0) damage();
  }
  ProgramPlan plan() const { return plan_; }

 private:
  void add_step() {
    const std::shared_ptr<const Kernel> kernel = draw_kernel(bytes_)(choose_kernels());
    require(kernel->scratch_bytes() <= kMostScratch);
    Step step{kernel, {}, {}};
    for (const size_t size : kernel->input_bytes()) step.inputs.push_back(source(size));
    for (const size_t size : kernel->output_bytes()) step.outputs.push_back(target(size));
    for (const TensorRef& ref : step.outputs) made_.push_back(ref);
    plan_.steps.push_back(std::move(step));
  }
  TensorRef source(size_t size) {
    for (const TensorRef& ref : made_)
      if (ref.sample_bytes == size && bytes_.below(4) != 0) return ref;
    if (bytes_.below(4) == 0) {
      plan_.constants.push_back(Contents(bytes_).vector<uint8_t>(
          product({size, bytes_.flag() ? plan_.tile_samples : 1})));
      return {Place::kConstant, plan_.constants.size() - 1, size};
    }
    plan_.input_bytes.push_back(product({size, 1}));
    return {Place::kInput, plan_.input_bytes.size() - 1, size};
  }
  TensorRef target(size_t size) {
    product({size, 1});
    if (bytes_.flag()) {
      plan_.output_bytes.push_back(size);
      return {Place::kOutput, plan_.output_bytes.size() - 1, size};
    }
    const size_t at = arena_;
    arena_ += round_up(size * plan_.tile_samples, 64);
    return {Place::kArena, at, size};
  }
  // One number of the plan that may contradict the rest.
  void damage() {
    Step& step = plan_.steps[bytes_.below(plan_.steps.size())];
    std::vector<TensorRef>& refs = bytes_.flag() ? step.inputs : step.outputs;
    const size_t kind = bytes_.below(6);
    if (kind < 3 && !refs.empty()) {
      TensorRef& ref = refs[bytes_.below(refs.size())];
      if (kind == 0) ref.place = static_cast<Place>(bytes_.below(4));
      if (kind == 1) ref.index = static_cast<size_t>(bytes_.integer(8));
      if (kind == 2) ref.sample_bytes = bytes_.dimension();
    } else if (kind == 3) {
      plan_.arena_bytes = std::min<size_t>(bytes_.dimension() * 64, 1 << 20);
    } else if (kind == 4) {
      plan_.tile_samples = bytes_.dimension();
    } else if (!refs.empty()) {
      refs.pop_back();
    }
  }

  Bytes& bytes_;
  ProgramPlan plan_;
  std::vector<TensorRef> made_;
  size_t arena_ = 0;
};

Arrays run(const Program& program, const Arrays& inputs, size_t samples) {
  std::vector<std::unique_ptr<uint8_t[]>> in, out;
  std::vector<const uint8_t*> in_data;
  std::vector<uint8_t*> out_data;
  for (const auto& input : inputs) {
    in.emplace_back(new uint8_t[input.size()]);
    std::copy(input.begin(), input.end(), in.back().get());
    in_data.push_back(in.back().get());
  }
  Arrays results;
  for (size_t i = 0; i < program.outputs(); ++i) {
    out.emplace_back(new uint8_t[program.output_bytes(i) * samples]());
    out_data.push_back(out.back().get());
  }
  program.run(in_data.data(), out_data.data(), samples);
  for (size_t i = 0; i < out.size(); ++i)
    results.emplace_back(out[i].get(), out[i].get() + program.output_bytes(i) * samples);
  return results;
}

void test_one(Bytes bytes) {
  const size_t samples = bytes.pick<size_t>({1, 1, 2, 3, 0, 7, 20}), threads = 1 + bytes.below(4);
  Contents contents(bytes);
  ProgramPlan plan = Planner(bytes).plan();
  Arrays inputs;
  for (const size_t size : plan.input_bytes)
    inputs.push_back(contents.vector<uint8_t>(product({size, samples})));
  for (const size_t size : plan.output_bytes) product({size, samples});
  const Program alone(plan);
  plan.threads = threads;
  const Program shared(plan);
  // What no step writes is what the arena had before, so only whole plans are compared.
  const Arrays expected = run(alone, inputs, samples);
  if (run(alone, inputs, samples) != expected) return;
  Arrays beside;
  std::thread other([&] { beside = run(shared, inputs, samples); });
  const Arrays found = run(shared, inputs, samples);
  other.join();
  if (found != expected || beside != expected) {
    std::fprintf(stderr, "%zu threads and one differ\n", threads);
    std::abort();
  }
}

}  // namespace
}  // namespace intlite::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    intlite::fuzz::test_one({data, size});
  } catch (const intlite::fuzz::Refused&) {
    return -1;
  } catch (const std::invalid_argument&) {
  } catch (const intlite::ValuesRefused&) {
  } catch (const std::bad_alloc&) {  // of scratch memory: depths are not bounded by what is run
  }
  return 0;
}
