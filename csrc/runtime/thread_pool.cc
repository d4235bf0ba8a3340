// thread_pool.cc: workers spin, then wait on a condition variable; items are taken from a
// counter.
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

// Some 20 microseconds.
constexpr int kSpins = 2000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
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

  // The next run most often follows at once, and waking a sleeping thread takes longer than
  // many a step: so a while is spent looking before going to sleep.
  template <class F>
  static bool spin(F ready) {
    for (int i = 0; i < kSpins; ++i) {
      if (ready()) return true;
      pause();
    }
    return ready();
  }

  void loop() {
    size_t seen = 0;
    for (;;) {
      const auto ready = [&] { return stop.load() || generation.load() != seen; };
      if (!spin(ready)) {
        std::unique_lock<std::mutex> lock(mutex);
        ++sleeping;
        wake.wait(lock, ready);
        --sleeping;
      }
      if (stop.load()) return;
      seen = generation.load();
      take_items();
      if (running.fetch_sub(1) == 1) {
        const std::lock_guard<std::mutex> lock(mutex);
        done.notify_one();
      }
    }
  }

  void run(size_t items, const std::function<void(size_t)>& f) {
    work = &f;
    count = items;
    next = 0;
    running = threads.size();
    bool anyone_sleeps;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      ++generation;
      anyone_sleeps = sleeping != 0;
    }
    if (anyone_sleeps) wake.notify_all();
    take_items();
    const auto finished = [&] { return running.load() == 0; };
    if (spin(finished)) return;
    std::unique_lock<std::mutex> lock(mutex);
    done.wait(lock, finished);
  }

  const int process;
  std::mutex mutex;
  std::condition_variable wake, done;
  std::atomic<size_t> generation{0}, running{0};
  std::atomic<bool> stop{false};
  size_t sleeping = 0;
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
