// loss = log sum exp(logits) - logits[target] of each row, and its gradient. logits: [rows, K]; target: [rows]; one below 0
// means no label, one beyond the last class counts as the last.
#include "cpu/loops.h"
#include "generated/ops.h"

namespace counterpoint::COUNTERPOINT_ISA {
namespace {

struct Softmax {
  float largest, sum;  // of the logits; of exp(logit - largest)
};

// A vector of logits, or the last ones of a row with -infinity behind.
Vec logitsAt(const float* p, Whole) { return load(p); }
Vec logitsAt(const float* p, Part part) {
  float padded[lanes];
  store(padded, broadcast(-__builtin_inff()));
  storePart(padded, loadPart(p, part.count), part.count);
  return load(padded);
}

Softmax softmaxOf(const float* logits, int64_t classes) {
  Vec largest = broadcast(-__builtin_inff());
  overLanes(0, classes, [&](int64_t k, auto lane) { largest = max(largest, logitsAt(logits + k, lane)); });
  const float shift = maxOfLanes(largest);
  Vec sum = zero();
  overLanes(0, classes, [&](int64_t k, auto lane) {
    sum = add(sum, exp(sub(logitsAt(logits + k, lane), broadcast(shift))));
  });
  return {shift, sumOfLanes(sum)};
}

}  // namespace

void softmaxCrossEntropy(const SoftmaxCrossEntropy& op, Context& context) {
  const int64_t classes = op.logits.columns();
  overRows(context, op.target.size(), classes, [&](int64_t row) {
    const float* logits = op.logits.f32() + row * classes;
    const int64_t target = std::min<int64_t>(op.target.i32()[row], classes - 1);
    op.loss.f32()[row] = 0.0f;
    if (target < 0) return;
    const Softmax softmax = softmaxOf(logits, classes);
    storePart(op.loss.f32() + row, add(log(broadcast(softmax.sum)), broadcast(softmax.largest - logits[target])), 1);
  });
}

void softmaxCrossEntropyGradient(const SoftmaxCrossEntropyGradient& op, Context& context) {
  const int64_t classes = op.logits.columns();
  overRows(context, op.target.size(), classes, [&](int64_t row) {
    const float* logits = op.logits.f32() + row * classes;
    float* dlogits = op.dlogits.f32() + row * classes;
    const int64_t target = std::min<int64_t>(op.target.i32()[row], classes - 1);
    if (target < 0) {
      std::fill_n(dlogits, classes, 0.0f);
      return;
    }
    const float dloss = op.dloss.f32()[row];
    const Softmax softmax = softmaxOf(logits, classes);
    const Vec largest = broadcast(softmax.largest), share = broadcast(dloss / softmax.sum);
    overLanes(0, classes, [&](int64_t k, auto lane) {
      lane.write(dlogits + k, mul(share, exp(sub(lane.read(logits + k), largest))));
    });
    dlogits[target] -= dloss;
  });
}

}  // namespace counterpoint::COUNTERPOINT_ISA
