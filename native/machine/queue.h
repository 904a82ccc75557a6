// A device's thread: takes jobs one at a time, in the order of their submission.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "machine/error.h"

namespace counterpoint {

struct Job {
  virtual ~Job() = default;

  // On the queue's thread; what it throws becomes `error`.
  std::function<void(Job&)> work;
  // On the queue's thread, exactly once, after the work or in its place. Must not throw.
  std::function<void(std::unique_ptr<Job>)> done;

  uint64_t ticket = 0;  // what `Queue::cancel` names it by; 0: cannot be named
  std::atomic<bool> cancelled{false};
  std::optional<Error> error;
  std::vector<uint8_t> bytes;  // what a read brings back
};

class Queue {
 public:
  Queue();
  ~Queue() { abort(); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void submit(std::unique_ptr<Job> job);  // throws Error CP_CLOSED after `close` and `abort`

  // Raises the flag of every job of this ticket, waiting or running. One that has not begun never will.
  void cancel(uint64_t ticket);

  // Takes nothing more; the thread ends once everything submitted is done, `last` after it.
  void close(std::unique_ptr<Job> last);

  // Takes nothing more, cancels everything, and returns when the thread has ended. Idempotent.
  void abort();

 private:
  void work();

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::unique_ptr<Job>> waiting;
  Job* running = nullptr;
  bool closed = false;
  std::thread thread;
};

}  // namespace counterpoint
