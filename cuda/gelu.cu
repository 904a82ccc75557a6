// y = x P(x), P the standard normal's distribution function; any shape, elementwise. See lib/ops/gelu.ts.
#include "map.h"
#include "normal-cdf.h"

namespace counterpoint::cuda {

namespace {
struct GeluOf {
  DEVICE float operator()(float x) const { return x * normalCdf(x); }
};
}  // namespace

void gelu(const Gelu& op, Launcher& launcher) { map(launcher, op.y, GeluOf{}, op.x); }

}  // namespace counterpoint::cuda
