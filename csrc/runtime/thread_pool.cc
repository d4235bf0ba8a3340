// thread_pool.cc: workers wait on a condition variable; items are taken from a counter.
#include "thread_pool.h"

#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

namespace intlite {
namespace {

int process_id() {
#if defined(_WIN32)
  return _getpid();
#else
  return getpid();
#endif
}

}  // namespace

struct ThreadPool::Workers {
  explicit Workers(size_t count) : process(process_id()) {
    for (size_t i = 0; i < count; ++i) threads.emplace_back([this] { loop(); });
  }

  ~Workers() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void take_items() {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) (*work)(i);
  }

  void loop() {
    size_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stop || generation != seen; });
      if (stop) return;
      seen = generation;
      lock.unlock();
      take_items();
      lock.lock();
      if (--running == 0) done.notify_one();
    }
  }

  void run(size_t items, const std::function<void(size_t)>& f) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      work = &f;
      count = items;
      next = 0;
      running = threads.size();
      ++generation;
    }
    wake.notify_all();
    take_items();
    std::unique_lock<std::mutex> lock(mutex);
    done.wait(lock, [&] { return running == 0; });
  }

  const int process;
  std::mutex mutex;
  std::condition_variable wake, done;
  size_t generation = 0, running = 0;
  bool stop = false;
  const std::function<void(size_t)>* work = nullptr;
  size_t count = 0;
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
};

ThreadPool::ThreadPool(size_t threads) : threads_(threads) {}

ThreadPool::~ThreadPool() {
  // A forked child cannot join threads that it does not have.
  if (workers_ != nullptr && workers_->process != process_id()) (void)workers_.release();
}

void ThreadPool::run(size_t count, const std::function<void(size_t)>& work) {
  std::unique_lock<std::mutex> lock(busy_, std::try_to_lock);
  if (threads_ <= 1 || count <= 1 || !lock.owns_lock()) {
    for (size_t i = 0; i < count; ++i) work(i);
    return;
  }
  if (workers_ != nullptr && workers_->process != process_id()) (void)workers_.release();
  if (workers_ == nullptr) workers_ = std::make_unique<Workers>(threads_ - 1);
  workers_->run(count, work);
}

}  // namespace intlite
