// From attention or attentionProbabilities to what its kernels take.
#pragma once
#include <cmath>

#include "attention/flash.h"
#include "operands.h"

namespace counterpoint::cuda {

// Queries, keys and what is visible; values and outputs are left null.
template <class T, class Op>
AttentionProblem<T> attentionProblem(const Op& op) {
  const int64_t width = op.q.shape[2] / op.heads;
  return {static_cast<const T*>(op.q.data),
          static_cast<const T*>(op.k.data),
          nullptr,
          op.keyMask.f32(),
          nullptr,
          toInt(op.q.shape[1]),
          toInt(op.k.shape[1]),
          op.keyMask ? toInt(op.keyMask.shape[1]) : 0,
          toInt(op.heads),
          toInt(width),
          op.causal != 0,
          static_cast<float>(1 / std::sqrt(static_cast<double>(width)))};
}

}  // namespace counterpoint::cuda
