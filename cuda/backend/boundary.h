// What every implementation of abi.h does at its edge: failures become the thread's last one, operands become tensors.
#pragma once
#include <algorithm>

#include "backend/abi.h"
#include "machine/context.h"
#include "machine/error.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace counterpoint::cuda {

// An operand's region where there is no operand.
constexpr uint8_t absent = 255;

struct Failure {
  Error error;
  CounterpointCudaFailure view{"", "", -1};
};
inline thread_local Failure failure;

// Runs `body`; what it throws becomes `failure`, and the result other than 0.
template <class Body>
int guarded(const Body& body) {
  try {
    body();
    return 0;
  } catch (...) {
    failure.error = currentError();
    failure.view = {failure.error.code.c_str(), failure.error.message.c_str(), failure.error.instruction};
    return 1;
  }
}

// The operand's tensor, apart from where its data is.
inline Tensor tensorOf(const CounterpointCudaTensor& from) {
  Tensor tensor;
  tensor.dtype = static_cast<Dtype>(from.dtype);
  tensor.rank = from.rank;
  tensor.immutable = from.region == 0;
  tensor.rowStride = from.rowStride;
  std::copy_n(from.shape, maxRank, tensor.shape);
  return tensor;
}

}  // namespace counterpoint::cuda
