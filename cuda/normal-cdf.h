// The standard normal's distribution function, as the complementary error function gives it without cancellation on either side.
#pragma once
#include <cmath>

#include "primitives/words.h"

namespace counterpoint::cuda {

DEVICE float normalCdf(float x) { return 0.5f * erfcf(x * -0.70710678f); }

}  // namespace counterpoint::cuda
