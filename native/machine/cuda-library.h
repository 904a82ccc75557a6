// libcounterpoint-cuda, opened at run time: the functions of cuda/backend/abi.h by name.
#pragma once
#include <string>

#include "backend/abi.h"
#include "machine/error.h"

namespace counterpoint {

struct CudaLibrary {
  // The library at `path`, which stays open as long as the process. Throws Error CP_CUDA_NO_DRIVER or
  // CP_CUDA_PACKAGE_MISSING where there is no such file, CP_NATIVE_LOAD, CP_CUDA_PACKAGE_MISMATCH.
  explicit CudaLibrary(const std::string& path);

  // Throws the library's last failure where `result` says that there is one.
  void require(int result) const;

  decltype(&counterpointCudaFailure) failure;
  decltype(&counterpointCudaBuild) build;
  decltype(&counterpointCudaOpen) open;
  decltype(&counterpointCudaDescribe) describe;
  decltype(&counterpointCudaClose) close;
  decltype(&counterpointCudaCreateRegion) createRegion;
  decltype(&counterpointCudaFreeRegion) freeRegion;
  decltype(&counterpointCudaWrite) write;
  decltype(&counterpointCudaRead) read;
  decltype(&counterpointCudaLoad) load;
  decltype(&counterpointCudaFreeProgram) freeProgram;
  decltype(&counterpointCudaRun) run;
};

}  // namespace counterpoint
