// The threads that kernels run on: a fixed set, woken for one loop at a time.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace counterpoint {

// How many threads this process may keep busy: the lesser of its CPU affinity and its control group's quota, at
// least 1.
int availableThreads();

// Thread 0 is whoever calls `parallel`; the others spin for some tens of microseconds after a loop (the next
// instruction usually comes sooner) and then sleep. The destructor wakes and joins them.
//
// Where there are CPUs for all of them, the others are kept off the caller's. The system may let a thread that it wakes wait
// behind whoever woke it though other CPUs idle (those of a virtual machine look taken once they have halted), until it
// balances the load, tens of milliseconds later.
class Pool {
 public:
  explicit Pool(int threads = availableThreads());
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers.size()) + 1; }

  // Calls body(index, thread) once for every index in [0, count) and returns when all calls have returned. Indices are
  // handed out in order, to whichever thread is free. An exception from a body stops the handing out and is rethrown
  // here (the first of them, if several). One caller at a time; not re-entrant.
  void parallel(int64_t count, const std::function<void(int64_t index, int thread)>& body);

 private:
  void work(int thread);
  void drain(int thread);
  bool isNews(uint64_t seen) const;
  bool noteCpu(int thread);  // the one it runs on; whether it is another than before
  void spread();             // gives each of the others the CPUs that no thread but itself was last seen on

  // A loop is open while `generation` is odd. A worker announces itself in `active` before it looks again whether the
  // loop is still open; the caller closes the loop before it waits for `active` to fall to zero. One of the two
  // therefore sees the other, and a worker that wakes too late is never waited for.
  alignas(64) std::atomic<uint64_t> generation{0};
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<int> active{0};
  int64_t count = 0;
  const std::function<void(int64_t, int)>* body = nullptr;

  std::mutex mutex;  // guards `failure` and the sleep
  std::exception_ptr failure;
  std::condition_variable wake;
  std::atomic<int> sleeping{0};
  std::atomic<bool> stopping{false};
  std::vector<std::atomic<int>> cpus;  // of thread 0, 1, ...; -1: not seen yet
  std::vector<std::thread> workers;
};

}  // namespace counterpoint
