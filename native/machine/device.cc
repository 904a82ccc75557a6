// See device.h.
#include "machine/device.h"

namespace counterpoint {

namespace {

void requireBytes(bool fits, const char* name, uint64_t got, uint64_t expected) {
  if (fits) return;
  const std::string need = std::to_string(expected);
  throw Error{"CP_ARG_SHAPE", std::string(name) + ": got " + std::to_string(got) + " bytes, the program needs " + need};
}

void requireRange(const Region& region, uint64_t offset, uint64_t bytes) {
  const uint64_t size = region.bytes;
  if (offset <= size && bytes <= size - offset) return;
  throw Error{"CP_ARG_RANGE", std::to_string(bytes) + " bytes at " + std::to_string(offset) +
                                  " do not lie in a region of " + std::to_string(size)};
}

}  // namespace

void Device::run(std::unique_ptr<Job> job, std::shared_ptr<const Program> program, std::shared_ptr<Region> weights,
                 std::shared_ptr<Region> state, Memory inputs) {
  const auto require = [&](const char* name, uint64_t got, RegionKind kind, bool exactly) {
    const uint64_t expected = program->regionBytes(kind);
    requireBytes(exactly ? got == expected : got >= expected, name, got, expected);
  };
  require("weights", weights->bytes, RegionKind::weights, false);
  require("state", state->bytes, RegionKind::state, false);
  require("inputs", inputs.size(), RegionKind::inputs, true);
  if (weights == state) throw Error{"CP_ARG_CONFLICT", "weights and state are one region"};
  auto held = std::make_shared<Memory>(std::move(inputs));
  job->work = [=](Job& self) { execute(*program, *weights, *state, *held, self); };
  queue.submit(std::move(job));
}

void Device::write(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset,
                   std::vector<uint8_t> bytes) {
  requireRange(*region, offset, bytes.size());
  job->work = [region = std::move(region), offset, bytes = std::move(bytes)](Job&) {
    region->write(offset, bytes.data(), bytes.size());
  };
  queue.submit(std::move(job));
}

void Device::read(std::unique_ptr<Job> job, std::shared_ptr<Region> region, uint64_t offset, uint64_t bytes) {
  requireRange(*region, offset, bytes);
  job->work = [region = std::move(region), offset, bytes](Job& self) {
    self.bytes.resize(bytes);
    region->read(offset, self.bytes.data(), bytes);
  };
  queue.submit(std::move(job));
}

void Device::close(std::unique_ptr<Job> last) {
  last->work = [this](Job&) { release(); };
  queue.close(std::move(last));
}

}  // namespace counterpoint
