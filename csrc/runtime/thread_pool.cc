// thread_pool.cc: workers spin, then wait on a condition variable; items are taken one by one.
#include "thread_pool.h"

#include "../simd/standard_floats.h"

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
constexpr int kSpins = 10000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

struct ThreadPool::Workers {
  explicit Workers(size_t count) : process(process_id()), shares(count + 1) {
    for (size_t i = 0; i < count; ++i) threads.emplace_back([this, i] { loop(i + 1); });
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
  struct Ticket {
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
        if (finished.fetch_add(1) + 1 == items) {
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

  void run(size_t count, const Work& f) {
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
    done.wait(lock, all);
  }

  const int process;
  std::mutex mutex;
  std::condition_variable wake, done;
  std::vector<Share> shares;  // the caller's first
  size_t items = 0;
  std::atomic<size_t> finished{0};
  std::atomic<bool> stop{false};
  size_t sleeping = 0;
  const Work* work = nullptr;
  std::vector<std::thread> threads;
};

ThreadPool::ThreadPool(size_t threads) : threads_(threads) {}

ThreadPool::~ThreadPool() {
  // A forked child cannot join threads that it does not have.
  if (workers_ != nullptr && workers_->process != process_id()) (void)workers_.release();
}

void ThreadPool::run(size_t count, const Work& work) {
  std::unique_lock<std::mutex> lock(busy_, std::try_to_lock);
  if (threads_ <= 1 || count <= 1 || !lock.owns_lock()) {
    for (size_t i = 0; i < count; ++i) work(i, 0);
    return;
  }
  if (workers_ != nullptr && workers_->process != process_id()) (void)workers_.release();
  if (workers_ == nullptr) workers_ = std::make_unique<Workers>(threads_ - 1);
  workers_->run(count, work);
}

}  // namespace intlite
