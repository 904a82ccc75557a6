// A device: regions of its memory, programs it has verified, and a queue whose thread runs them. What is common to all; a
// device says where memory lies and how a program is executed.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "machine/program.h"
#include "machine/queue.h"
#include "machine/region.h"

namespace counterpoint {

struct DeviceFacts {
  std::string name;  // "": the host knows it
  std::string isa;   // that its kernels are compiled for
  int threads = 0;   // of a CPU's pool; multiprocessors of a GPU
  uint64_t totalBytes = 0, freeBytes = 0;  // 0: the host's own memory
};

class Device {
 public:
  virtual ~Device() = default;

  virtual DeviceFacts facts() const = 0;

  // Throw Error CP_OOM_HOST, CP_OOM_DEVICE; a program, CP_PROGRAM_INVALID and CP_OP_UNSUPPORTED.
  virtual std::shared_ptr<Region> createRegion(uint64_t bytes) = 0;
  virtual std::shared_ptr<const Program> load(const uint8_t* bytes, size_t size) = 0;

  // The job gets its work and is queued. All throw at once, and queue nothing, where memory does not fit the program
  // (CP_ARG_SHAPE), a range its region (CP_ARG_RANGE), or the device is closed (CP_CLOSED).
  void run(std::unique_ptr<Job> job, std::shared_ptr<const Program> program, std::shared_ptr<Region> weights,
           std::shared_ptr<Region> state, Memory inputs);
  void write(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, std::vector<uint8_t> bytes);
  void read(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, uint64_t bytes);

  void cancel(uint64_t ticket) { queue.cancel(ticket); }
  void close(std::unique_ptr<Job> last);
  void abort() { queue.abort(); }

 protected:
  // On the queue's thread; program and regions are this device's own. A device's destructor calls `abort` first.
  virtual void execute(const Program& program, Region& weights, Region& state, const Memory& inputs,
                       const Job& job) = 0;
  // What only runs need.
  virtual void release() {}

 private:
  Queue queue;
};

}  // namespace counterpoint
