// thread_pool.cc: workers spin, then wait on a condition variable; items are taken one by one.
#include "thread_pool.h"

#include <exception>
#include <new>

#include "../simd/standard_floats.h"
#include "process.h"

namespace intlite {
namespace {

// Some 100 microseconds.
constexpr int kSpins = 10000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

struct ThreadPool::Workers {
  Workers(size_t count, uint32_t in_process) : process(in_process), shares(count + 1) {
    threads.reserve(count);
    try {
      for (size_t i = 0; i < count; ++i) threads.emplace_back([this, i] { loop(i + 1); });
    } catch (const std::exception&) {
      // The system gives no more: those that there are do it all.
    }
  }

  ~Workers() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  // Which run, and what is left of a thread's share of it, in one word: so a thread that comes
  // late to a run finds nothing left of it, and nobody need wait for it to look.
  struct alignas(uint64_t) Ticket {
    uint32_t generation;
    uint16_t next, end;
  };
  static_assert(sizeof(Ticket) == sizeof(uint64_t), "a ticket is exchanged as one word");
  struct alignas(64) Share {
    std::atomic<Ticket> ticket{Ticket{0, 0, 0}};
  };

  // Its own share first: from run to run it is the same part of the data, which its cache has.
  // Then what others have not begun.
  void take_items(uint32_t generation, size_t thread) {
    for (size_t i = 0; i < shares.size(); ++i) {
      std::atomic<Ticket>& ticket = shares[(thread + i) % shares.size()].ticket;
      Ticket t = ticket.load();
      while (t.generation == generation && t.next < t.end) {
        const Ticket taken{t.generation, static_cast<uint16_t>(t.next + 1), t.end};
        if (!ticket.compare_exchange_weak(t, taken)) continue;
        (*work)(t.next, thread);
        const size_t all = items;  // once this one is counted the next run may write it
        if (finished.fetch_add(1) + 1 == all) {
          const std::lock_guard<std::mutex> lock(mutex);
          done.notify_one();
        }
        t = ticket.load();
      }
    }
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

  void loop(size_t thread) {
    const StandardFloats floats;
    uint32_t seen = 0;
    for (;;) {
      const std::atomic<Ticket>& own = shares[thread].ticket;
      const auto ready = [&] { return stop.load() || own.load().generation != seen; };
      if (!spin(ready)) {
        std::unique_lock<std::mutex> lock(mutex);
        ++sleeping;
        wake.wait(lock, ready);
        --sleeping;
      }
      if (stop.load()) return;
      seen = own.load().generation;
      take_items(seen, thread);
    }
  }

  void run(size_t count, const Work& f, Watch* watch) {
    work = &f;
    items = count;
    finished = 0;
    const uint32_t generation = shares[0].ticket.load().generation + 1;
    bool anyone_sleeps;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      for (size_t i = 0; i < shares.size(); ++i)
        shares[i].ticket.store({generation, static_cast<uint16_t>(count * i / shares.size()),
                                static_cast<uint16_t>(count * (i + 1) / shares.size())});
      anyone_sleeps = sleeping != 0;
    }
    if (anyone_sleeps) wake.notify_all();
    take_items(generation, 0);
    const auto all = [&] { return finished.load() == count; };
    if (spin(all)) return;
    std::unique_lock<std::mutex> lock(mutex);
    while (watch != nullptr && !done.wait_for(lock, Watch::kInterval, all)) {
      lock.unlock();
      // A signal's handler may have forked: here the others will never be done.
      if (watch->over(true) && process != process_number()) return;
      lock.lock();
    }
    done.wait(lock, all);
  }

  const uint32_t process;
  std::mutex mutex;
  std::condition_variable wake, done;
  std::vector<Share> shares;  // the caller's first
  std::atomic<size_t> items{0};
  std::atomic<size_t> finished{0};
  std::atomic<bool> stop{false};
  size_t sleeping = 0;
  const Work* work = nullptr;
  std::vector<std::thread> threads;
};

ThreadPool::ThreadPool(size_t threads) : threads_(threads) {}

ThreadPool::~ThreadPool() {
  // A forked child cannot join threads that it does not have.
  if (workers_ != nullptr && workers_->process != process_number()) (void)workers_.release();
}

// Whether the pool is this run's alone. One that the parent process was using is free here.
bool ThreadPool::take(uint32_t process) {
  uint32_t holder = 0;
  if (busy_.compare_exchange_strong(holder, process)) return true;
  return holder != process && busy_.compare_exchange_strong(holder, process);
}

void ThreadPool::run(size_t count, const Work& work, Watch* watch) {
  const uint32_t process = process_number();
  if (threads_ <= 1 || count <= 1 || !take(process)) {
    for (size_t i = 0; i < count; ++i) work(i, 0);
    return;
  }
  if (workers_ != nullptr && workers_->process != process) (void)workers_.release();
  try {
    if (workers_ == nullptr) workers_ = std::make_unique<Workers>(threads_ - 1, process);
    workers_->run(count, work, watch);
  } catch (const std::bad_alloc&) {  // of the workers: work itself throws nothing
    for (size_t i = 0; i < count; ++i) work(i, 0);
  }
  busy_.store(0);
}

}  // namespace intlite
