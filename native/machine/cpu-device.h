// The CPU as a device: one queue thread, a pool of kernel threads, an arena as large as the largest loaded program's.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "machine/op-table.h"
#include "machine/pool.h"
#include "machine/program.h"
#include "machine/queue.h"
#include "machine/region.h"

namespace counterpoint {

constexpr int maxThreads = 256;

class CpuDevice {
 public:
  // `threads` 0: as many as this process may keep busy. `isa` "": the best this CPU has; else "baseline" or "avx2".
  // Throws Error CP_ARG_RANGE, CP_ISA_UNSUPPORTED.
  CpuDevice(int threads, const std::string& isa);

  int threads() const { return pool.threads(); }
  const char* isaName() const;

  std::shared_ptr<const Program> load(const uint8_t* bytes, size_t size);

  // The job gets its work and is queued. All throw at once, and queue nothing, where memory does not fit the program
  // (CP_ARG_SHAPE), a range its region (CP_ARG_RANGE), or the device is closed (CP_CLOSED).
  void run(std::unique_ptr<Job> job, std::shared_ptr<const Program> program, std::shared_ptr<Region> weights,
           std::shared_ptr<Region> state, Memory inputs);
  void write(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, std::vector<uint8_t> bytes);
  void read(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, uint64_t bytes);

  void cancel(uint64_t ticket) { queue.cancel(ticket); }
  void close(std::unique_ptr<Job> last);
  void abort() { queue.abort(); }

 private:
  void execute(const Program& program, Region& weights, Region& state, const Memory& inputs, const Job& job);
  uint64_t largestArena();

  Isa isa;
  Pool pool;

  std::mutex mutex;  // guards `loaded`
  std::vector<std::weak_ptr<const Program>> loaded;

  // Of the queue's thread.
  Memory arena;
  CpuContext context;
  std::vector<Tensor> tensors;

  Queue queue;  // last: its thread ends before anything it uses goes away
};

}  // namespace counterpoint
