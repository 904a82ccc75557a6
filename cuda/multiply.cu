// y = a * b; any shape, elementwise. See lib/ops/multiply.ts.
#include "map.h"

namespace counterpoint::cuda {

namespace {
struct Product {
  DEVICE float operator()(float a, float b) const { return a * b; }
};
}  // namespace

void multiply(const Multiply& op, Launcher& launcher) { map(launcher, op.y, Product{}, op.a, op.b); }

}  // namespace counterpoint::cuda
