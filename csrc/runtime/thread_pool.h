// thread_pool.h: a few threads that share out the tiles of a batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "watch.h"

namespace intlite {

// Threads are started by the first parallel run and sleep between runs. One run
// at a time: a caller that finds the pool busy does its own work alone. In a
// forked child, where the threads do not exist, they are started anew, also if
// the fork was in the middle of a run.
class ThreadPool {
 public:
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t threads() const { return threads_; }

  // An item's number and the number of the thread that does it, below threads(); the
  // caller's is 0.
  using Work = std::function<void(size_t item, size_t thread)>;
  static constexpr size_t kMaxItems = 65535;

  // Calls work for each item below count, once, on up to threads() threads, the caller's
  // among them; returns when all are done. While the caller waits for the others it looks
  // at `watch`, if there is one, which they must do between items.
  void run(size_t count, const Work& work, Watch* watch);

 private:
  struct Workers;
  bool take(uint32_t process);

  size_t threads_;
  std::atomic<uint32_t> busy_{0};  // the process whose run this is, or 0
  std::unique_ptr<Workers> workers_;
};

}  // namespace intlite
