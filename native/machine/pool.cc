// Pool: see pool.h. How many threads are worth having is read from the affinity mask and from cgroup v1 and v2 files.
#include "machine/pool.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>

#ifdef __linux__
#include <sched.h>
#endif
#ifdef __x86_64__
#include <emmintrin.h>
#endif

namespace counterpoint {

namespace {

constexpr int spins = 2000;  // of about 40 cycles each

// Leaves the core's units to its other thread for a moment.
inline void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // `yield` does nothing on most cores
#endif
}

#ifdef __linux__
// Whole CPUs allowed by the group at `path` of the unified hierarchy or of the `cpu` controller; 0 where it sets no
// limit.
double quotaOf(const std::string& path) {
  std::ifstream unified("/sys/fs/cgroup" + path + "/cpu.max");
  double quota = 0, period = 0;
  if (unified >> quota >> period) return period > 0 ? quota / period : 0;  // "max 100000" fails to parse: no limit
  std::ifstream first("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_quota_us");
  std::ifstream second("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_period_us");
  if (first >> quota && second >> period && quota > 0 && period > 0) return quota / period;
  return 0;
}

// The tightest quota on the way from this process's group up to the root; 0 for none.
double cgroupQuota() {
  double tightest = 0;
  std::ifstream groups("/proc/self/cgroup");  // lines of id:controllers:path
  for (std::string line; std::getline(groups, line);) {
    const size_t colon = line.find(':');
    const size_t slash = line.find(":/", colon + 1);
    if (colon == std::string::npos || slash == std::string::npos) continue;
    const std::string controllers = "," + line.substr(colon + 1, slash - colon - 1) + ",";
    if (controllers != ",," && controllers.find(",cpu,") == std::string::npos) continue;
    for (std::string path = line.substr(slash + 1);;) {
      const double quota = quotaOf(path == "/" ? "" : path);
      if (quota > 0) tightest = tightest > 0 ? std::min(tightest, quota) : quota;
      if (path.size() <= 1) break;
      path.resize(std::max<size_t>(path.rfind('/'), 1));
    }
  }
  return tightest;
}
#endif

}  // namespace

int availableThreads() {
  int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = std::max(1, CPU_COUNT(&set));
  // A spinning thread beyond the quota would only bring the throttling on sooner, hence rounded down.
  const double quota = cgroupQuota();
  if (quota > 0) count = std::max(1, std::min(count, static_cast<int>(quota)));
#endif
  return count;
}

Pool::Pool(int threads) : cpus(static_cast<size_t>(std::max(threads, 1))) {
  for (std::atomic<int>& cpu : cpus) cpu = -1;
  workers.reserve(cpus.size() - 1);
  try {
    for (int i = 1; i < threads; ++i) workers.emplace_back([this, i] { work(i); });
  } catch (const std::system_error&) {
    // The system grants no more threads: go on with those there are.
  }
}

Pool::~Pool() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (std::thread& worker : workers) worker.join();
}

bool Pool::isNews(uint64_t seen) const {
  const uint64_t now = generation.load();
  return stopping || ((now & 1) != 0 && now != seen);
}

void Pool::drain(int thread) {
  for (int64_t index; (index = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
    try {
      (*body)(index, thread);
    } catch (...) {
      std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next.store(count, std::memory_order_relaxed);
    }
  }
}

bool Pool::noteCpu(int thread) {
#ifdef __linux__
  std::atomic<int>& noted = cpus[static_cast<size_t>(thread)];
  const int cpu = sched_getcpu();
  if (cpu == noted.load(std::memory_order_relaxed)) return false;
  noted.store(cpu, std::memory_order_relaxed);
  return true;
#else
  static_cast<void>(thread);
  return false;
#endif
}

void Pool::spread() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < threads()) return;
  for (size_t i = 1; i <= workers.size(); ++i) {
    cpu_set_t free = allowed;
    for (size_t other = 0; other <= workers.size(); ++other) {
      const int cpu = cpus[other].load(std::memory_order_relaxed);
      if (other != i && cpu >= 0) CPU_CLR(static_cast<size_t>(cpu), &free);
    }
    pthread_setaffinity_np(workers[i - 1].native_handle(), sizeof free, &free);
  }
#endif
}

void Pool::work(int thread) {
  for (uint64_t seen = 0;;) {
    for (int i = 0; i < spins && !isNews(seen); ++i) pause();
    if (!isNews(seen)) {
      std::unique_lock lock(mutex);
      ++sleeping;  // before the last look: `parallel` opens the loop before it asks whether anyone sleeps
      wake.wait(lock, [&] { return isNews(seen); });
      --sleeping;
    }
    if (stopping) return;
    seen = generation.load();
    if ((seen & 1) == 0) continue;  // already over
    noteCpu(thread);
    ++active;
    if (generation.load() == seen) drain(thread);
    --active;
  }
}

void Pool::parallel(int64_t total, const std::function<void(int64_t, int)>& function) {
  if (total <= 1 || workers.empty()) {
    for (int64_t i = 0; i < total; ++i) function(i, 0);
    return;
  }
  if (noteCpu(0)) spread();
  count = total;
  body = &function;
  next.store(0, std::memory_order_relaxed);
  ++generation;
  if (sleeping > 0) {
    { std::lock_guard lock(mutex); }  // a worker between its last look and its sleep holds the mutex
    wake.notify_all();
  }
  drain(0);
  ++generation;
  for (int i = 0; active > 0; ++i) {
    if (i < spins) pause();
    else std::this_thread::yield();
  }
  if (failure) {
    const std::exception_ptr thrown = failure;
    failure = nullptr;
    std::rethrow_exception(thrown);
  }
}

}  // namespace counterpoint
