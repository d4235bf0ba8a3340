// watch.h: how a run that takes long learns that it is no longer wanted.
#pragma once

#include <atomic>
#include <chrono>

namespace intlite {

// Made by the thread that starts a run, whose threads look at it between steps and parts.
class Watch {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};

  Watch() : next_(std::chrono::steady_clock::now() + kInterval) {}
  virtual ~Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Whether to leave the rest of the run undone. `own`: the thread that made the watch looks,
  // and so asks, once an interval.
  bool over(bool own) {
    if (over_.load(std::memory_order_relaxed)) return true;
    if (!own) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return false;
    if (ask()) over_.store(true, std::memory_order_relaxed);
    next_ = std::chrono::steady_clock::now() + kInterval;
    return over_.load(std::memory_order_relaxed);
  }

 protected:
  virtual bool ask() = 0;

 private:
  std::chrono::steady_clock::time_point next_;
  std::atomic<bool> over_{false};
};

}  // namespace intlite
