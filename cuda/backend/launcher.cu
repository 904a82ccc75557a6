// See launcher.h.
#include "launcher.h"

namespace counterpoint::cuda {

namespace {
// Of a call that was wrong: the device itself is well.
bool isOurs(cudaError_t error) { return error == cudaErrorInvalidValue || error == cudaErrorStreamCaptureUnsupported; }
}  // namespace

void require(cudaError_t result) {
  if (result == cudaSuccess) return;
  const std::string text = "CUDA error " + std::to_string(static_cast<int>(result)) + ": " + cudaGetErrorString(result);
  if (result == cudaErrorMemoryAllocation) throw Error{"CP_OOM_DEVICE", text};
  throw Error{isOurs(result) ? "CP_INTERNAL" : "CP_DEVICE_LOST", text};
}

void Launcher::check(Grid grid, int threads, size_t sharedBytes) const {
  constexpr int64_t most = 65535;
  const bool good = grid.x > 0 && grid.x <= INT32_MAX && grid.y > 0 && grid.y <= most && grid.z > 0 && grid.z <= most &&
                    threads > 0 && threads <= 1024 && threads % 32 == 0 && sharedBytes <= deviceLimits.sharedBytes;
  if (good) return;
  throw Error{"CP_INTERNAL", "a launch of " + std::to_string(grid.x) + " x " + std::to_string(grid.y) + " x " +
                                 std::to_string(grid.z) + " blocks of " + std::to_string(threads) + " threads with " +
                                 std::to_string(sharedBytes) + " bytes of shared memory"};
}

}  // namespace counterpoint::cuda
