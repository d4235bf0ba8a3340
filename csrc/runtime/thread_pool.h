// thread_pool.h: a few threads that share out the tiles of a batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace intlite {

// Threads are started by the first parallel run and sleep between runs. One run
// at a time: a caller that finds the pool busy does its own work alone. In a
// forked child, where the threads do not exist, they are started anew.
class ThreadPool {
 public:
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t threads() const { return threads_; }

  // An item's number and the number of the thread that does it, below threads().
  using Work = std::function<void(size_t item, size_t thread)>;
  static constexpr size_t kMaxItems = 65535;

  // Calls work for each item below count, once, on up to threads() threads, the caller's
  // among them; returns when all are done.
  void run(size_t count, const Work& work);

 private:
  struct Workers;
  size_t threads_;
  std::mutex busy_;
  std::unique_ptr<Workers> workers_;
};

}  // namespace intlite
