// Moments of blocks of positions, for the ops that give them: see norms/group-norm.h.
#pragma once
#include "launcher.h"

namespace counterpoint::cuda {

// Of every `block` positions of x [N, ..., C], to moments [N, positions / block, 2, C].
void momentsOf(const Tensor& x, int64_t block, float* moments, Launcher& launcher);

}  // namespace counterpoint::cuda
