// program.h: a model's steps for one set of shapes, run in one call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../kernels/kernel.h"
#include "../simd/gemm.h"
#include "thread_pool.h"
#include "watch.h"

namespace intlite {

// Runs a kernel on the calling thread, in parts if it takes long and somebody watches; looks
// at the watch between them. `own` as for Watch::over.
void run_watched(const Kernel& kernel, const uint8_t* const* inputs, uint8_t* const* outputs,
                 size_t samples, uint8_t* scratch, Watch* watch, bool own) noexcept;

// Where a step's tensor lies. Offsets in the arena are for a whole tile.
struct TensorRef {
  enum class Place : int { kInput = 0, kOutput = 1, kArena = 2, kConstant = 3 };
  Place place;
  size_t index;  // of the input, output or constant; the offset in the arena
  size_t sample_bytes;
};

struct Step {
  std::shared_ptr<const Kernel> kernel;
  std::vector<TensorRef> inputs, outputs;
};

struct ProgramPlan {
  std::vector<Step> steps;
  std::vector<size_t> input_bytes, output_bytes;  // a sample
  // Each once, or as often as a tile has samples: worth it for what is small.
  std::vector<std::vector<uint8_t>> constants;
  size_t arena_bytes = 0;   // for a whole tile
  size_t tile_samples = 1;  // samples that go through all steps together
  size_t threads = 1;
  // Of so many threads, shared with programs that run one after the other: the threads of
  // several pools, which look for work for a while, would take the processor from each other.
  // Null: the program makes its own, where it has several threads.
  std::shared_ptr<ThreadPool> pool = nullptr;
};

class Program {
 public:
  // Throws std::invalid_argument where the plan contradicts itself.
  explicit Program(ProgramPlan plan);

  // Runs `samples` samples. Each input and output pointer has its bytes a sample
  // times `samples`. May be called from many threads at once. Throws std::bad_alloc, before
  // any output is written, and ValuesRefused. Then, and where `watch` says that the run is
  // over, the outputs are left half written.
  void run(const uint8_t* const* inputs, uint8_t* const* outputs, size_t samples,
           Watch* watch = nullptr) const;

  size_t inputs() const { return plan_.input_bytes.size(); }
  size_t outputs() const { return plan_.output_bytes.size(); }
  size_t input_bytes(size_t i) const { return plan_.input_bytes[i]; }
  size_t output_bytes(size_t i) const { return plan_.output_bytes[i]; }
  size_t arena_bytes() const { return plan_.arena_bytes; }
  size_t tile_samples() const { return plan_.tile_samples; }
  size_t steps() const { return plan_.steps.size(); }

 private:
  // A step as it runs: what can be known before is.
  struct Stage {
    const Kernel* kernel;
    size_t input, output;  // its first tensors, in the workspace
    size_t parts;          // of a tile, that are worth a thread each
    bool is_idle;
    // Some constant is there once for all samples, so these run one by one.
    bool by_sample;
  };
  // A tensor of the caller's, and where the workspace has it.
  struct Lent {
    size_t at;
    TensorRef ref;
  };
  // What one thread needs to run a tile: made on first use, then kept.
  struct Workspace {
    AlignedArray<uint8_t> memory;  // the arena, then scratch memory
    // Of all steps.
    std::vector<const uint8_t*> inputs;
    std::vector<uint8_t*> outputs;
    // Of a sample of a step whose samples run one by one.
    std::vector<const uint8_t*> sample_inputs;
    std::vector<uint8_t*> sample_outputs;
  };
  class Lease;

  void check() const;
  bool is_single(const TensorRef& ref) const;
  void prepare();
  // Where the caller's tensors of a tile are.
  void lend(const uint8_t* const* inputs, uint8_t* const* outputs, size_t first,
            Workspace& workspace) const;
  // `split`: steps that are worth it are shared among the pool's threads. `own`: on the
  // thread that started the run. Returns what a kernel refused, or nullptr.
  const char* run_tile(const uint8_t* const* inputs, uint8_t* const* outputs, size_t first,
                       size_t samples, Workspace& workspace, bool split, Watch* watch,
                       bool own) const noexcept;
  const char* run_samples(size_t step, size_t samples, Workspace& workspace, bool split,
                          Watch* watch, bool own) const;
  const char* run_step(const Stage& stage, const uint8_t* const* inputs, uint8_t* const* outputs,
                       size_t samples, Workspace& workspace, bool split, Watch* watch,
                       bool own) const;
  std::unique_ptr<Workspace> make_workspace() const;
  std::unique_lock<std::mutex> lock_idle() const;

  ProgramPlan plan_;
  std::vector<Stage> stages_;  // one a step
  std::vector<Lent> read_, written_;
  size_t inputs_ = 0, outputs_ = 0;  // tensors of all steps
  bool on_caller_ = false;           // tiles run on the caller's thread, which shares single steps
  size_t scratch_offset_ = 0, scratch_bytes_ = 0, workspace_bytes_ = 0, most_tensors_ = 0;
  std::shared_ptr<ThreadPool> pool_;
  AlignedArray<uint8_t> pool_scratch_;  // of the pool's own threads, which serve one run at a time
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace intlite
