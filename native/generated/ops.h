// Generated from lib/ops by `npm run generate`; never edited by hand.
#pragma once
#include "machine/context.h"

namespace counterpoint {

// The instruction sets that kernels are compiled for here, the best one first; an index of OpEntry::run.
#if defined(__x86_64__)
enum class Isa : uint8_t { avx512, avx2, baseline };
constexpr const char* isaNames[] = {"avx512", "avx2", "baseline"};
#elif defined(__aarch64__)
enum class Isa : uint8_t { neon };
constexpr const char* isaNames[] = {"neon"};
#endif
constexpr int isaCount = sizeof(isaNames) / sizeof(*isaNames);

struct AbsoluteError {
  Tensor prediction, target, weight;
  Tensor loss;
};

struct AbsoluteErrorGradient {
  Tensor prediction, target, weight, dloss;
  Tensor dprediction;
};

struct Adamw {
  Tensor parameter, moment1, moment2, average, gradient, clip, settings;
};

struct Add {
  Tensor a, b;
  Tensor y;
};

struct AddMasked {
  Tensor base, plane, mask;
  Tensor y;
};

struct AddMaskedGradient {
  Tensor dy, mask;
  Tensor dplane;
  int64_t images;
};

struct Attention {
  Tensor q, k, v, keyMask;
  Tensor y;
  int64_t heads;
  int64_t causal;
};

struct AttentionGradient {
  Tensor q, k, v, keyMask, dy;
  Tensor dq, dk, dv;
  int64_t heads;
  int64_t causal;
};

struct Clamp {
  Tensor x;
  Tensor y;
  double low;
  double high;
};

struct ClampGradient {
  Tensor x, dy;
  Tensor dx;
  double low;
  double high;
};

struct ClipFactor {
  Tensor sum;
  Tensor y;
  double maxNorm;
};

struct CombineBranches {
  Tensor x, weights;
  Tensor y;
};

struct ConcatChannels {
  Tensor a, b;
  Tensor y;
};

struct ConcatTokens {
  Tensor a, b;
  Tensor y;
};

struct Conv2d {
  Tensor x, weight, bias, residual;
  Tensor y;
  int64_t stride;
  int64_t upsample;
};

struct Conv2dInputGradient {
  Tensor dy, weight;
  Tensor dx;
  int64_t stride;
  int64_t upsample;
};

struct Conv2dWeightGradient {
  Tensor x, dy;
  Tensor dweight;
  int64_t kernel;
  int64_t stride;
  int64_t upsample;
};

struct Downsample {
  Tensor x;
  Tensor y;
};

struct Embedding {
  Tensor table, ids;
  Tensor y;
};

struct EmbeddingGradient {
  Tensor ids, dy;
  Tensor dtable;
  int64_t vocabulary;
};

struct ExpandTokens {
  Tensor x;
  Tensor y;
  int64_t tokens;
};

struct Fill {
  Tensor y;
  int64_t count;
  double value;
};

struct FromRgb8 {
  Tensor x;
  Tensor y;
};

struct GatherRows {
  Tensor x, index;
  Tensor y;
};

struct GatherRowsGradient {
  Tensor dy, index;
  Tensor dx;
  int64_t tokens;
};

struct Gaussian {
  Tensor key, step;
  Tensor y;
  int64_t count;
};

struct Geglu {
  Tensor x;
  Tensor y;
};

struct GegluGradient {
  Tensor x, dy;
  Tensor dx;
};

struct Gelu {
  Tensor x;
  Tensor y;
};

struct GeluGradient {
  Tensor x, dy;
  Tensor dx;
};

enum class GroupNormActivation : int { none, silu };
struct GroupNorm {
  Tensor x, gamma, beta, scale, shift;
  Tensor y;
  int64_t groups;
  double eps;
  GroupNormActivation activation;
};

enum class GroupNormGradientActivation : int { none, silu };
struct GroupNormGradient {
  Tensor x, gamma, beta, scale, shift, dy;
  Tensor dx, dgamma, dbeta, dscale, dshift;
  int64_t groups;
  double eps;
  GroupNormGradientActivation activation;
};

struct L2Normalize {
  Tensor x;
  Tensor y;
  double eps;
};

struct L2NormalizeGradient {
  Tensor x, dy;
  Tensor dx;
  double eps;
};

struct LayerNorm {
  Tensor x, gamma, beta;
  Tensor y;
  double eps;
};

struct LayerNormGradient {
  Tensor x, gamma, dy;
  Tensor dx, dgamma, dbeta;
  double eps;
};

struct Linear {
  Tensor x, weight, bias, residual;
  Tensor y;
};

struct LinearCombination {
  Tensor x, y, z, coefficients;
  Tensor out;
};

struct LinearInputGradient {
  Tensor dy, weight;
  Tensor dx;
};

struct LinearWeightGradient {
  Tensor x, dy;
  Tensor dweight;
};

struct MatmulTransposed {
  Tensor a, b;
  Tensor y;
};

struct Mean {
  Tensor x;
  Tensor y;
};

struct MeanGradient {
  Tensor x, dy;
  Tensor dx;
};

struct MeanTokens {
  Tensor x;
  Tensor y;
};

struct Modulate {
  Tensor x, scale, shift;
  Tensor y;
};

struct ModulateGradient {
  Tensor x, scale, dy;
  Tensor dx, dscale, dshift;
};

struct Multiply {
  Tensor a, b;
  Tensor y;
};

struct MultiplyAdds {
  Tensor y;
  int64_t rounds;
  int64_t count;
};

struct PadChannels {
  Tensor x;
  Tensor y;
  int64_t before;
  int64_t after;
};

struct PadTokens {
  Tensor x;
  Tensor y;
  int64_t before;
  int64_t after;
};

struct QuickGelu {
  Tensor x;
  Tensor y;
};

struct QuickGeluGradient {
  Tensor x, dy;
  Tensor dx;
};

struct ScaleBy {
  Tensor x;
  Tensor y;
  double factor;
};

struct ScaleRows {
  Tensor x, factor;
  Tensor y;
};

struct Shuffle {
  Tensor x;
  Tensor y;
  int64_t block;
};

struct Silu {
  Tensor x;
  Tensor y;
};

struct SiluGradient {
  Tensor x, dy;
  Tensor dx;
};

struct Sinusoidal {
  Tensor t;
  Tensor y;
  int64_t width;
  double maxPeriod;
};

struct SliceChannels {
  Tensor x;
  Tensor y;
  int64_t begin;
  int64_t count;
};

struct SliceTokens {
  Tensor x;
  Tensor y;
  int64_t begin;
  int64_t count;
};

struct SoftmaxCrossEntropy {
  Tensor logits, target;
  Tensor loss;
};

struct SoftmaxCrossEntropyGradient {
  Tensor logits, target, dloss;
  Tensor dlogits;
};

struct SquaredError {
  Tensor prediction, target, weight;
  Tensor loss;
};

struct SquaredErrorGradient {
  Tensor prediction, target, weight, dloss;
  Tensor dprediction;
};

struct Store {
  Tensor value, target;
};

struct SumRows {
  Tensor x;
  Tensor y;
};

struct SumSquares {
  Tensor x;
  Tensor y;
};

struct ToRgb8 {
  Tensor x, target;
};

struct Unshuffle {
  Tensor x;
  Tensor y;
  int64_t block;
};

struct Upsample {
  Tensor x;
  Tensor y;
};

#define COUNTERPOINT_KERNELS(isa) \
  namespace isa { \
  void absoluteError(const AbsoluteError& op, Context& context); \
  void absoluteErrorGradient(const AbsoluteErrorGradient& op, Context& context); \
  void adamw(const Adamw& op, Context& context); \
  void add(const Add& op, Context& context); \
  void addMasked(const AddMasked& op, Context& context); \
  void addMaskedGradient(const AddMaskedGradient& op, Context& context); \
  void attention(const Attention& op, Context& context); \
  void attentionGradient(const AttentionGradient& op, Context& context); \
  void clamp(const Clamp& op, Context& context); \
  void clampGradient(const ClampGradient& op, Context& context); \
  void clipFactor(const ClipFactor& op, Context& context); \
  void combineBranches(const CombineBranches& op, Context& context); \
  void concatChannels(const ConcatChannels& op, Context& context); \
  void concatTokens(const ConcatTokens& op, Context& context); \
  void conv2d(const Conv2d& op, Context& context); \
  void conv2dInputGradient(const Conv2dInputGradient& op, Context& context); \
  void conv2dWeightGradient(const Conv2dWeightGradient& op, Context& context); \
  void downsample(const Downsample& op, Context& context); \
  void embedding(const Embedding& op, Context& context); \
  void embeddingGradient(const EmbeddingGradient& op, Context& context); \
  void expandTokens(const ExpandTokens& op, Context& context); \
  void fill(const Fill& op, Context& context); \
  void fromRgb8(const FromRgb8& op, Context& context); \
  void gatherRows(const GatherRows& op, Context& context); \
  void gatherRowsGradient(const GatherRowsGradient& op, Context& context); \
  void gaussian(const Gaussian& op, Context& context); \
  void geglu(const Geglu& op, Context& context); \
  void gegluGradient(const GegluGradient& op, Context& context); \
  void gelu(const Gelu& op, Context& context); \
  void geluGradient(const GeluGradient& op, Context& context); \
  void groupNorm(const GroupNorm& op, Context& context); \
  void groupNormGradient(const GroupNormGradient& op, Context& context); \
  void l2Normalize(const L2Normalize& op, Context& context); \
  void l2NormalizeGradient(const L2NormalizeGradient& op, Context& context); \
  void layerNorm(const LayerNorm& op, Context& context); \
  void layerNormGradient(const LayerNormGradient& op, Context& context); \
  void linear(const Linear& op, Context& context); \
  void linearCombination(const LinearCombination& op, Context& context); \
  void linearInputGradient(const LinearInputGradient& op, Context& context); \
  void linearWeightGradient(const LinearWeightGradient& op, Context& context); \
  void matmulTransposed(const MatmulTransposed& op, Context& context); \
  void mean(const Mean& op, Context& context); \
  void meanGradient(const MeanGradient& op, Context& context); \
  void meanTokens(const MeanTokens& op, Context& context); \
  void modulate(const Modulate& op, Context& context); \
  void modulateGradient(const ModulateGradient& op, Context& context); \
  void multiply(const Multiply& op, Context& context); \
  void multiplyAdds(const MultiplyAdds& op, Context& context); \
  void padChannels(const PadChannels& op, Context& context); \
  void padTokens(const PadTokens& op, Context& context); \
  void quickGelu(const QuickGelu& op, Context& context); \
  void quickGeluGradient(const QuickGeluGradient& op, Context& context); \
  void scaleBy(const ScaleBy& op, Context& context); \
  void scaleRows(const ScaleRows& op, Context& context); \
  void shuffle(const Shuffle& op, Context& context); \
  void silu(const Silu& op, Context& context); \
  void siluGradient(const SiluGradient& op, Context& context); \
  void sinusoidal(const Sinusoidal& op, Context& context); \
  void sliceChannels(const SliceChannels& op, Context& context); \
  void sliceTokens(const SliceTokens& op, Context& context); \
  void softmaxCrossEntropy(const SoftmaxCrossEntropy& op, Context& context); \
  void softmaxCrossEntropyGradient(const SoftmaxCrossEntropyGradient& op, Context& context); \
  void squaredError(const SquaredError& op, Context& context); \
  void squaredErrorGradient(const SquaredErrorGradient& op, Context& context); \
  void store(const Store& op, Context& context); \
  void sumRows(const SumRows& op, Context& context); \
  void sumSquares(const SumSquares& op, Context& context); \
  void toRgb8(const ToRgb8& op, Context& context); \
  void unshuffle(const Unshuffle& op, Context& context); \
  void upsample(const Upsample& op, Context& context); \
  }

#if defined(__x86_64__)
COUNTERPOINT_KERNELS(avx512)
COUNTERPOINT_KERNELS(avx2)
COUNTERPOINT_KERNELS(baseline)
#elif defined(__aarch64__)
COUNTERPOINT_KERNELS(neon)
#endif

#undef COUNTERPOINT_KERNELS

}  // namespace counterpoint
