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

  // Calls work(0) .. work(count - 1), each once, on up to threads() threads, the
  // caller's among them; returns when all are done.
  void run(size_t count, const std::function<void(size_t)>& work);

 private:
  struct Workers;
  size_t threads_;
  std::mutex busy_;
  std::unique_ptr<Workers> workers_;
};

}  // namespace intlite
