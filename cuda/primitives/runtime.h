// The few calls of the CUDA runtime that the library makes: NVIDIA's for nvcc, their twins on the emulator for the host's
// compiler.
#pragma once

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#else
#include "emulator/runtime.h"
#endif
