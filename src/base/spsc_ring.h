// A bounded ring between exactly one producer thread and one consumer thread (PCM between the audio callback and the
// loop). No locks, no allocation after construction. When it is full, write() takes what fits and drops the rest.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"

namespace farline {

template <typename T>
class SpscRing {
 public:
  // `capacity` is a power of two.
  explicit SpscRing(size_t capacity) : slots_(capacity) { INVARIANT(std::has_single_bit(capacity)); }

  size_t write(std::span<const T> from) {  // producer only
    const size_t head = head_.load(std::memory_order_relaxed);
    const size_t room = slots_.size() - (head - tail_.load(std::memory_order_acquire));
    const size_t count = std::min(room, from.size());
    for (size_t i = 0; i < count; ++i) slots_[(head + i) & (slots_.size() - 1)] = from[i];
    head_.store(head + count, std::memory_order_release);
    return count;
  }
  size_t read(std::span<T> to) {  // consumer only
    const size_t tail = tail_.load(std::memory_order_relaxed);
    const size_t count = std::min(head_.load(std::memory_order_acquire) - tail, to.size());
    for (size_t i = 0; i < count; ++i) to[i] = slots_[(tail + i) & (slots_.size() - 1)];
    tail_.store(tail + count, std::memory_order_release);
    return count;
  }
  size_t size() const {  // either; exact for the consumer as a lower bound, for the producer as an upper bound
    return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire);
  }

 private:
  std::vector<T> slots_;
  std::atomic<size_t> head_{0};
  std::atomic<size_t> tail_{0};
};

}  // namespace farline
