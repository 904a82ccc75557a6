// AdamW and the moving average of the parameters in one pass over memory. See lib/ops/adamw.ts for the formulas.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {

void adamw(const Adamw& op, Context& context) {
  const float* settings = op.settings.f32();
  const Vec rate = broadcast(settings[0]), weightDecay = broadcast(settings[4]), epsilon = broadcast(settings[3]);
  const Vec beta1 = broadcast(settings[1]), rest1 = broadcast(1.0f - settings[1]);
  const Vec beta2 = broadcast(settings[2]), rest2 = broadcast(1.0f - settings[2]);
  const Vec correction1 = broadcast(1.0f / settings[5]), correction2 = broadcast(1.0f / settings[6]);
  const Vec decay = broadcast(settings[7]), restDecay = broadcast(1.0f - settings[7]);
  const Vec clip = broadcast(*op.clip.f32());
  float *parameter = op.parameter.f32(), *moment1 = op.moment1.f32(), *moment2 = op.moment2.f32();
  float* average = op.average.f32();
  const float* gradient = op.gradient.f32();
  overImages(context, 1, op.parameter.size(), [&](int64_t, int64_t begin, int64_t end) {
    overLanes(begin, end, [&](int64_t i, auto lane) {
      const Vec g = mul(clip, lane.read(gradient + i));
      const Vec m = fma(beta1, lane.read(moment1 + i), mul(rest1, g));
      const Vec v = fma(beta2, lane.read(moment2 + i), mul(rest2, mul(g, g)));
      const Vec step = div(mul(m, correction1), add(sqrt(mul(v, correction2)), epsilon));
      const Vec before = lane.read(parameter + i);
      const Vec p = fnma(rate, fma(weightDecay, before, step), before);
      lane.write(moment1 + i, m);
      lane.write(moment2 + i, v);
      lane.write(parameter + i, p);
      lane.write(average + i, fma(decay, lane.read(average + i), mul(restDecay, p)));
    });
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
