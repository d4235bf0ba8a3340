// program.cc: tiles of a batch go through all steps, each on one thread; the steps of a
// single tile are split.
#include "program.h"

#include "../simd/standard_floats.h"

#include <algorithm>
#include <stdexcept>

namespace intlite {
namespace {

// More parts than threads, since one of them may come late.
constexpr size_t kPartsPerThread = 2;
// So many of what a kernel finds worth a thread go between two looks at a watch: they take
// milliseconds, which hide what splitting costs, and portable kernels a fraction of a second.
constexpr size_t kPartsPerLook = 512;
// And so many of several steps: to look costs as much as a small step.
constexpr size_t kStepsPerLook = 16;
// How often a lock that is only ever held for moments is tried.
constexpr int kTries = 100;

bool over(Watch* watch, bool own) { return watch != nullptr && watch->over(own); }

}  // namespace

void run_watched(const Kernel& kernel, const uint8_t* const* inputs, uint8_t* const* outputs,
                 size_t samples, uint8_t* scratch, Watch* watch, bool own) noexcept {
  const size_t count = watch == nullptr ? 1 : kernel.parts(samples) / kPartsPerLook;
  if (count <= 1) {
    kernel.run(inputs, outputs, samples, scratch);
    return;
  }
  for (size_t i = 0; i < count && !over(watch, own); ++i)
    kernel.run_part(inputs, outputs, samples, {i, count}, scratch);
}

// A workspace for the time of one run; given back for the next. Nobody waits for another: if
// the others' workspaces can't be had at once, as in the child of a fork that found them
// locked, for ever, this one is made for one run.
class Program::Lease {
 public:
  explicit Lease(const Program& program) : program_(program) {
    if (const auto lock = program_.lock_idle(); lock && !program_.idle_.empty()) {
      workspace_ = std::move(program_.idle_.back());
      program_.idle_.pop_back();
    }
    if (workspace_ == nullptr) workspace_ = program_.make_workspace();
  }
  ~Lease() {
    try {
      if (const auto lock = program_.lock_idle()) program_.idle_.push_back(std::move(workspace_));
    } catch (const std::bad_alloc&) {
      // Not kept, then.
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Workspace& operator*() const { return *workspace_; }

 private:
  const Program& program_;
  std::unique_ptr<Workspace> workspace_;
};

std::unique_lock<std::mutex> Program::lock_idle() const {
  std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  for (int i = 0; i < kTries && !lock; ++i) (void)lock.try_lock();
  return lock;
}

Program::Program(ProgramPlan plan) : plan_(std::move(plan)) {
  check();
  // A pointer to no bytes must not be null either, or memcpy would be undefined.
  for (std::vector<uint8_t>& constant : plan_.constants) constant.reserve(1);
  prepare();
  scratch_offset_ = round_up(plan_.arena_bytes, 64);
  workspace_bytes_ = scratch_offset_ + scratch_bytes_;
  if (plan_.threads > 1) {
    pool_ = plan_.pool != nullptr ? plan_.pool : std::make_shared<ThreadPool>(plan_.threads);
    if (pool_->threads() != plan_.threads)
      throw std::invalid_argument("Program: the pool has another number of threads");
    pool_scratch_ = make_aligned<uint8_t>(scratch_bytes_ * (plan_.threads - 1));
  }
}

void Program::prepare() {
  for (const Step& step : plan_.steps) {
    const Kernel& kernel = *step.kernel;
    const bool is_idle = kernel.is_idle();
    // After what calls Python, which may have raised, somebody looks at once.
    const size_t parts = kernel.on_caller() ? kStepsPerLook
                         : is_idle          ? 0
                                            : kernel.parts(plan_.tile_samples);
    stages_.push_back(
        {.kernel = &kernel,
         .input = inputs_,
         .output = outputs_,
         .parts = parts,
         .is_idle = is_idle,
         .by_sample = std::any_of(step.inputs.begin(), step.inputs.end(),
                                  [this](const TensorRef& ref) { return is_single(ref); })});
    const auto note = [](const std::vector<TensorRef>& tensors, size_t& at,
                         std::vector<Lent>& lent) {
      for (const TensorRef& ref : tensors) {
        if (ref.place == TensorRef::Place::kInput || ref.place == TensorRef::Place::kOutput)
          lent.push_back({at, ref});
        ++at;
      }
    };
    note(step.inputs, inputs_, read_);
    note(step.outputs, outputs_, written_);
    on_caller_ = on_caller_ || kernel.on_caller();
    scratch_bytes_ = std::max(scratch_bytes_, round_up(kernel.scratch_bytes(), 64));
    most_tensors_ = std::max({most_tensors_, step.inputs.size(), step.outputs.size()});
  }
}

void Program::check() const {
  const auto fail = [](const char* what) { throw std::invalid_argument(what); };
  if (plan_.tile_samples == 0) fail("Program: a tile has no samples");
  const auto check_ref = [&](const TensorRef& ref, size_t kernel_bytes, bool writes) {
    if (ref.sample_bytes != kernel_bytes) fail("Program: tensor and kernel differ in size");
    switch (ref.place) {
      case TensorRef::Place::kInput:
        if (writes || ref.index >= plan_.input_bytes.size() ||
            plan_.input_bytes[ref.index] != ref.sample_bytes)
          fail("Program: bad input reference");
        break;
      case TensorRef::Place::kOutput:
        if (ref.index >= plan_.output_bytes.size() ||
            plan_.output_bytes[ref.index] != ref.sample_bytes)
          fail("Program: bad output reference");
        break;
      case TensorRef::Place::kArena:
        if (ref.index % 64 != 0 || ref.index > plan_.arena_bytes ||
            ref.sample_bytes > (plan_.arena_bytes - ref.index) / plan_.tile_samples)
          fail("Program: bad arena reference");
        break;
      case TensorRef::Place::kConstant:
        if (writes || ref.index >= plan_.constants.size() ||
            (plan_.constants[ref.index].size() != ref.sample_bytes &&
             plan_.constants[ref.index].size() != ref.sample_bytes * plan_.tile_samples))
          fail("Program: bad constant reference");
        break;
    }
  };
  for (const Step& step : plan_.steps) {
    const std::vector<size_t>& in = step.kernel->input_bytes();
    const std::vector<size_t>& out = step.kernel->output_bytes();
    if (in.size() != step.inputs.size() || out.size() != step.outputs.size())
      fail("Program: a step's tensors and its kernel's differ in number");
    for (size_t i = 0; i < in.size(); ++i) check_ref(step.inputs[i], in[i], false);
    for (size_t i = 0; i < out.size(); ++i) check_ref(step.outputs[i], out[i], true);
  }
}

// Whether it is a constant that lies there once, though a tile has several samples.
bool Program::is_single(const TensorRef& ref) const {
  return ref.place == TensorRef::Place::kConstant &&
         plan_.constants[ref.index].size() != ref.sample_bytes * plan_.tile_samples;
}

std::unique_ptr<Program::Workspace> Program::make_workspace() const {
  auto workspace = std::make_unique<Workspace>();
  workspace->memory = make_aligned<uint8_t>(workspace_bytes_);
  workspace->sample_inputs.resize(most_tensors_);
  workspace->sample_outputs.resize(most_tensors_);
  uint8_t* arena = workspace->memory.get();
  for (const Step& step : plan_.steps) {
    for (const TensorRef& ref : step.inputs)
      workspace->inputs.push_back(ref.place == TensorRef::Place::kArena ? arena + ref.index
                                  : ref.place == TensorRef::Place::kConstant
                                      ? plan_.constants[ref.index].data()
                                      : nullptr);
    for (const TensorRef& ref : step.outputs)
      workspace->outputs.push_back(ref.place == TensorRef::Place::kArena ? arena + ref.index
                                                                         : nullptr);
  }
  return workspace;
}

void Program::lend(const uint8_t* const* inputs, uint8_t* const* outputs, size_t first,
                   Workspace& workspace) const {
  for (const auto& [at, ref] : read_)
    workspace.inputs[at] =
        (ref.place == TensorRef::Place::kInput ? inputs[ref.index] : outputs[ref.index]) +
        first * ref.sample_bytes;
  for (const auto& [at, ref] : written_)
    workspace.outputs[at] = outputs[ref.index] + first * ref.sample_bytes;
}

const char* Program::run_tile(const uint8_t* const* inputs, uint8_t* const* outputs, size_t first,
                              size_t samples, Workspace& workspace, bool split, Watch* watch,
                              bool own) const noexcept {
  lend(inputs, outputs, first, workspace);
  size_t unseen = 0;
  for (size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    if (stage.is_idle) continue;
    if (unseen >= kStepsPerLook) {
      if (over(watch, own)) return nullptr;
      unseen = 0;
    }
    unseen += stage.parts;
    const char* refusal = stage.by_sample ? run_samples(i, samples, workspace, split, watch, own)
                                          : run_step(stage, workspace.inputs.data() + stage.input,
                                                     workspace.outputs.data() + stage.output,
                                                     samples, workspace, split, watch, own);
    if (refusal != nullptr) return refusal;
  }
  return nullptr;
}

const char* Program::run_samples(size_t i, size_t samples, Workspace& workspace, bool split,
                                 Watch* watch, bool own) const {
  const Step& step = plan_.steps[i];
  const Stage& stage = stages_[i];
  for (size_t k = 0; k < samples && !over(watch, own); ++k) {
    for (size_t t = 0; t < step.inputs.size(); ++t)
      workspace.sample_inputs[t] =
          workspace.inputs[stage.input + t] +
          (is_single(step.inputs[t]) ? 0 : k * step.inputs[t].sample_bytes);
    for (size_t t = 0; t < step.outputs.size(); ++t)
      workspace.sample_outputs[t] =
          workspace.outputs[stage.output + t] + k * step.outputs[t].sample_bytes;
    if (const char* refusal =
            run_step(stage, workspace.sample_inputs.data(), workspace.sample_outputs.data(), 1,
                     workspace, split, watch, own))
      return refusal;
  }
  return nullptr;
}

const char* Program::run_step(const Stage& stage, const uint8_t* const* inputs,
                              uint8_t* const* outputs, size_t samples, Workspace& workspace,
                              bool split, Watch* watch, bool own) const {
  const Kernel& kernel = *stage.kernel;
  if (const char* refusal = kernel.refusal(inputs, samples)) return refusal;
  uint8_t* scratch = workspace.memory.get() + scratch_offset_;
  if (stage.parts <= 1) {
    kernel.run(inputs, outputs, samples, scratch);
    return nullptr;
  }
  const size_t worth = split && !kernel.in_order() ? kernel.parts(samples) : 1;
  if (worth <= 1) {
    run_watched(kernel, inputs, outputs, samples, scratch, watch, own);
    return nullptr;
  }
  const size_t looks = watch == nullptr ? 0 : worth / kPartsPerLook;
  const size_t most = std::max(plan_.threads * kPartsPerThread, looks);
  const size_t parts = std::min({worth, most, ThreadPool::kMaxItems});
  const auto run_part = [&](size_t i, size_t thread) {
    if (over(watch, thread == 0)) return;
    uint8_t* memory = thread == 0 ? scratch : pool_scratch_.get() + (thread - 1) * scratch_bytes_;
    kernel.run_part(inputs, outputs, samples, {i, parts}, memory);
  };
  pool_->run(parts, std::ref(run_part), watch);  // by reference, so that nothing is allocated
  return nullptr;
}

void Program::run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
                  Watch* watch) const {
  const StandardFloats floats;
  const size_t tile = plan_.tile_samples;
  const size_t tiles = (samples + tile - 1) / tile;
  if (pool_ == nullptr || tiles <= 1 || on_caller_) {
    const Lease workspace(*this);
    for (size_t first = 0; first < samples && !over(watch, true); first += tile)
      if (const char* refusal = run_tile(inputs, outputs, first, std::min(tile, samples - first),
                                         *workspace, pool_ != nullptr, watch, true))
        throw ValuesRefused(refusal);
    return;
  }
  // Each thread takes one contiguous share of the tiles, so it leases once.
  const size_t shares = std::min(tiles, plan_.threads);
  std::vector<std::unique_ptr<Lease>> leases;
  for (size_t i = 0; i < shares; ++i) leases.push_back(std::make_unique<Lease>(*this));
  std::atomic<size_t> next{0};
  std::atomic<const char*> refused{nullptr};
  const auto run_share = [&](size_t share, size_t thread) {
    for (size_t t = next.fetch_add(1); t < tiles && refused == nullptr && !over(watch, thread == 0);
         t = next.fetch_add(1))
      if (const char* refusal =
              run_tile(inputs, outputs, t * tile, std::min(tile, samples - t * tile),
                       **leases[share], false, watch, thread == 0))
        refused = refusal;
  };
  pool_->run(shares, std::ref(run_share), watch);
  if (const char* refusal = refused) throw ValuesRefused(refusal);
}

}  // namespace intlite
