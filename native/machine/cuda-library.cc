// See cuda-library.h.
#include "machine/cuda-library.h"

#include <dlfcn.h>
#include <unistd.h>

#include "generated/ops.h"

namespace counterpoint {

namespace {

bool hasDriver() {
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver) dlclose(driver);
  return driver != nullptr;
}

void* opened(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    if (!hasDriver()) throw Error{"CP_CUDA_NO_DRIVER", "this machine has no NVIDIA driver"};
    throw Error{"CP_CUDA_PACKAGE_MISSING", "the CUDA library is not there: " + path};
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) throw Error{"CP_NATIVE_LOAD", std::string("the CUDA library does not load: ") + dlerror()};
  return library;
}

[[noreturn]] void refuse(const std::string& path) {
  throw Error{"CP_CUDA_PACKAGE_MISMATCH", "the CUDA library is of another build than the addon: " + path};
}

}  // namespace

CudaLibrary::CudaLibrary(const std::string& path) {
  void* library = opened(path);
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    if (!function) refuse(path);
  };
  find(failure, "counterpointCudaFailure");
  find(build, "counterpointCudaBuild");
  uint32_t abi = 0, ops = 0;
  build(&abi, &ops);
  if (abi != counterpointCudaAbi || ops != interfaceHash) refuse(path);
  find(open, "counterpointCudaOpen");
  find(describe, "counterpointCudaDescribe");
  find(close, "counterpointCudaClose");
  find(createRegion, "counterpointCudaCreateRegion");
  find(freeRegion, "counterpointCudaFreeRegion");
  find(write, "counterpointCudaWrite");
  find(read, "counterpointCudaRead");
  find(load, "counterpointCudaLoad");
  find(freeProgram, "counterpointCudaFreeProgram");
  find(run, "counterpointCudaRun");
}

void CudaLibrary::require(int result) const {
  if (result == 0) return;
  const CounterpointCudaFailure& why = *failure();
  throw Error{why.code, why.message, why.instruction};
}

}  // namespace counterpoint
