// Generated from lib/ops by `npm run generate`; never edited by hand.
#pragma once
#include "machine/context.h"

namespace counterpoint {

// The instruction sets that kernels are compiled for here, the best one first; an index of OpEntry::run.
#if defined(__x86_64__)
enum class Isa : uint8_t { avx512bf16, avx512, avx2, baseline };
constexpr const char* isaNames[] = {"avx512bf16", "avx512", "avx2", "baseline"};
#elif defined(__aarch64__)
enum class Isa : uint8_t { neon };
constexpr const char* isaNames[] = {"neon"};
#endif
constexpr int isaCount = sizeof(isaNames) / sizeof(*isaNames);

// Of the interfaces of all ops: parts of a build that differ in it do not fit together.
constexpr uint32_t interfaceHash = 0x089072cd;

struct AbsoluteError {
  Tensor prediction, target, weight;
  Tensor loss;
  static AbsoluteError from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct AbsoluteErrorGradient {
  Tensor prediction, target, weight, dloss;
  Tensor dprediction;
  static AbsoluteErrorGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4]}; }
};

struct Adamw {
  Tensor parameter, moment1, moment2, average, gradient, clip, settings;
  static Adamw from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], t[6]}; }
};

struct Add {
  Tensor a, b;
  Tensor y;
  static Add from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct AddMasked {
  Tensor base, plane, mask;
  Tensor y;
  static AddMasked from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct AddMaskedGradient {
  Tensor dy, mask;
  Tensor dplane;
  int64_t images;
  static AddMaskedGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0])}; }
};

enum class AttentionRounding : int { f32, bf16 };
struct Attention {
  Tensor q, k, v, keyMask;
  Tensor y;
  int64_t heads;
  int64_t causal;
  AttentionRounding rounding;
  static Attention from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1]), static_cast<AttentionRounding>(static_cast<int>(a[2]))}; }
};

struct AttentionGradient {
  Tensor q, k, v, keyMask, dy;
  Tensor dq, dk, dv;
  int64_t heads;
  int64_t causal;
  static AttentionGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct AttentionProbabilities {
  Tensor q, k, keyMask;
  Tensor p;
  int64_t heads;
  int64_t causal;
  static AttentionProbabilities from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

enum class CastTo : int { f32, f16, bf16 };
struct Cast {
  Tensor x;
  Tensor y;
  CastTo to;
  static Cast from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<CastTo>(static_cast<int>(a[0]))}; }
};

struct Clamp {
  Tensor x;
  Tensor y;
  double low;
  double high;
  static Clamp from(const Tensor* t, const double* a) { return {t[0], t[1], a[0], a[1]}; }
};

struct ClampGradient {
  Tensor x, dy;
  Tensor dx;
  double low;
  double high;
  static ClampGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], a[0], a[1]}; }
};

struct ClipFactor {
  Tensor sum;
  Tensor y;
  double maxNorm;
  static ClipFactor from(const Tensor* t, const double* a) { return {t[0], t[1], a[0]}; }
};

struct CombineBranches {
  Tensor x, weights;
  Tensor y;
  static CombineBranches from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct ConcatChannels {
  Tensor a, b;
  Tensor y;
  static ConcatChannels from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct ConcatTokens {
  Tensor a, b;
  Tensor y;
  static ConcatTokens from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

enum class Conv2dAccuracy : int { fast, strict };
struct Conv2d {
  Tensor x, more, weight, bias, residual;
  Tensor y;
  int64_t stride;
  int64_t upsample;
  Conv2dAccuracy accuracy;
  static Conv2d from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1]), static_cast<Conv2dAccuracy>(static_cast<int>(a[2]))}; }
};

struct Conv2dInputGradient {
  Tensor dy, weight;
  Tensor dx;
  int64_t stride;
  int64_t upsample;
  static Conv2dInputGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

enum class Conv2dShiftedAccuracy : int { fast, strict };
struct Conv2dShifted {
  Tensor x, more, weight, bias, shift;
  Tensor y;
  int64_t stride;
  int64_t upsample;
  Conv2dShiftedAccuracy accuracy;
  static Conv2dShifted from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1]), static_cast<Conv2dShiftedAccuracy>(static_cast<int>(a[2]))}; }
};

struct Conv2dWeightGradient {
  Tensor x, dy;
  Tensor dweight;
  int64_t kernel;
  int64_t stride;
  int64_t upsample;
  static Conv2dWeightGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1]), static_cast<int64_t>(a[2])}; }
};

enum class Conv2dWithMomentsAccuracy : int { fast, strict };
struct Conv2dWithMoments {
  Tensor x, more, weight, bias, residual;
  Tensor y, moments;
  int64_t stride;
  int64_t upsample;
  Conv2dWithMomentsAccuracy accuracy;
  int64_t block;
  static Conv2dWithMoments from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], t[6], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1]), static_cast<Conv2dWithMomentsAccuracy>(static_cast<int>(a[2])), static_cast<int64_t>(a[3])}; }
};

struct Downsample {
  Tensor x;
  Tensor y;
  static Downsample from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct Embedding {
  Tensor table, ids;
  Tensor y;
  static Embedding from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct EmbeddingGradient {
  Tensor ids, dy;
  Tensor dtable;
  int64_t vocabulary;
  static EmbeddingGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0])}; }
};

struct ExpandTokens {
  Tensor x;
  Tensor y;
  int64_t tokens;
  static ExpandTokens from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0])}; }
};

struct Fill {
  Tensor y;
  int64_t count;
  double value;
  static Fill from(const Tensor* t, const double* a) { return {t[0], static_cast<int64_t>(a[0]), a[1]}; }
};

struct FromRgb8 {
  Tensor x;
  Tensor y;
  static FromRgb8 from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct GatherRows {
  Tensor x, index;
  Tensor y;
  static GatherRows from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct GatherRowsGradient {
  Tensor dy, index;
  Tensor dx;
  int64_t tokens;
  static GatherRowsGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0])}; }
};

struct Gaussian {
  Tensor key, step;
  Tensor y;
  int64_t count;
  static Gaussian from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], static_cast<int64_t>(a[0])}; }
};

struct Geglu {
  Tensor x;
  Tensor y;
  static Geglu from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct GegluGradient {
  Tensor x, dy;
  Tensor dx;
  static GegluGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct Gelu {
  Tensor x;
  Tensor y;
  static Gelu from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct GeluGradient {
  Tensor x, dy;
  Tensor dx;
  static GeluGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct GroupMoments {
  Tensor x;
  Tensor moments;
  int64_t block;
  static GroupMoments from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0])}; }
};

enum class GroupNormActivation : int { none, silu };
struct GroupNorm {
  Tensor x, more, gamma, beta, scale, shift, moments;
  Tensor y;
  int64_t groups;
  double eps;
  GroupNormActivation activation;
  static GroupNorm from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], static_cast<int64_t>(a[0]), a[1], static_cast<GroupNormActivation>(static_cast<int>(a[2]))}; }
};

enum class GroupNormGradientActivation : int { none, silu };
struct GroupNormGradient {
  Tensor x, gamma, beta, scale, shift, dy;
  Tensor dx, dgamma, dbeta, dscale, dshift;
  int64_t groups;
  double eps;
  GroupNormGradientActivation activation;
  static GroupNormGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], static_cast<int64_t>(a[0]), a[1], static_cast<GroupNormGradientActivation>(static_cast<int>(a[2]))}; }
};

struct L2Normalize {
  Tensor x;
  Tensor y;
  double eps;
  static L2Normalize from(const Tensor* t, const double* a) { return {t[0], t[1], a[0]}; }
};

struct L2NormalizeGradient {
  Tensor x, dy;
  Tensor dx;
  double eps;
  static L2NormalizeGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], a[0]}; }
};

struct LayerNorm {
  Tensor x, gamma, beta;
  Tensor y;
  double eps;
  static LayerNorm from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], a[0]}; }
};

struct LayerNormGradient {
  Tensor x, gamma, dy;
  Tensor dx, dgamma, dbeta;
  double eps;
  static LayerNormGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5], a[0]}; }
};

struct Linear {
  Tensor x, weight, bias, residual;
  Tensor y;
  static Linear from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4]}; }
};

enum class LinearActivatedActivation : int { silu, gelu, quickGelu };
struct LinearActivated {
  Tensor x, weight, bias;
  Tensor y;
  LinearActivatedActivation activation;
  static LinearActivated from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], static_cast<LinearActivatedActivation>(static_cast<int>(a[0]))}; }
};

struct LinearCombination {
  Tensor x, y, z, coefficients;
  Tensor out;
  static LinearCombination from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4]}; }
};

struct LinearGated {
  Tensor x, weight, bias;
  Tensor y;
  static LinearGated from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct LinearInputGradient {
  Tensor dy, weight;
  Tensor dx;
  static LinearInputGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct LinearWeightGradient {
  Tensor x, dy;
  Tensor dweight;
  static LinearWeightGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct MatmulTransposed {
  Tensor a, b;
  Tensor y;
  static MatmulTransposed from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct Mean {
  Tensor x;
  Tensor y;
  static Mean from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct MeanGradient {
  Tensor x, dy;
  Tensor dx;
  static MeanGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct MeanTokens {
  Tensor x;
  Tensor y;
  static MeanTokens from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct Modulate {
  Tensor x, scale, shift;
  Tensor y;
  static Modulate from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct ModulateGradient {
  Tensor x, scale, dy;
  Tensor dx, dscale, dshift;
  static ModulateGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4], t[5]}; }
};

struct Multiply {
  Tensor a, b;
  Tensor y;
  static Multiply from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct MultiplyAdds {
  Tensor y;
  int64_t rounds;
  int64_t count;
  static MultiplyAdds from(const Tensor* t, const double* a) { return {t[0], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct PadChannels {
  Tensor x;
  Tensor y;
  int64_t before;
  int64_t after;
  static PadChannels from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct PadTokens {
  Tensor x;
  Tensor y;
  int64_t before;
  int64_t after;
  static PadTokens from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct QuickGelu {
  Tensor x;
  Tensor y;
  static QuickGelu from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct QuickGeluGradient {
  Tensor x, dy;
  Tensor dx;
  static QuickGeluGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct ScaleBy {
  Tensor x;
  Tensor y;
  double factor;
  static ScaleBy from(const Tensor* t, const double* a) { return {t[0], t[1], a[0]}; }
};

struct ScaleRows {
  Tensor x, factor;
  Tensor y;
  static ScaleRows from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct Shuffle {
  Tensor x;
  Tensor y;
  int64_t block;
  static Shuffle from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0])}; }
};

struct Silu {
  Tensor x;
  Tensor y;
  static Silu from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct SiluGradient {
  Tensor x, dy;
  Tensor dx;
  static SiluGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct Sinusoidal {
  Tensor t;
  Tensor y;
  int64_t width;
  double maxPeriod;
  static Sinusoidal from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0]), a[1]}; }
};

struct SliceChannels {
  Tensor x;
  Tensor y;
  int64_t begin;
  int64_t count;
  static SliceChannels from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct SliceTokens {
  Tensor x;
  Tensor y;
  int64_t begin;
  int64_t count;
  static SliceTokens from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0]), static_cast<int64_t>(a[1])}; }
};

struct SoftmaxCrossEntropy {
  Tensor logits, target;
  Tensor loss;
  static SoftmaxCrossEntropy from(const Tensor* t, const double* a) { return {t[0], t[1], t[2]}; }
};

struct SoftmaxCrossEntropyGradient {
  Tensor logits, target, dloss;
  Tensor dlogits;
  static SoftmaxCrossEntropyGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct SquaredError {
  Tensor prediction, target, weight;
  Tensor loss;
  static SquaredError from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3]}; }
};

struct SquaredErrorGradient {
  Tensor prediction, target, weight, dloss;
  Tensor dprediction;
  static SquaredErrorGradient from(const Tensor* t, const double* a) { return {t[0], t[1], t[2], t[3], t[4]}; }
};

struct Store {
  Tensor value, target;
  static Store from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct SumRows {
  Tensor x;
  Tensor y;
  static SumRows from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct SumSquares {
  Tensor x;
  Tensor y;
  static SumSquares from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct ToRgb8 {
  Tensor x, target;
  static ToRgb8 from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
};

struct Unshuffle {
  Tensor x;
  Tensor y;
  int64_t block;
  static Unshuffle from(const Tensor* t, const double* a) { return {t[0], t[1], static_cast<int64_t>(a[0])}; }
};

struct Upsample {
  Tensor x;
  Tensor y;
  static Upsample from(const Tensor* t, const double* a) { return {t[0], t[1]}; }
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
  void attentionProbabilities(const AttentionProbabilities& op, Context& context); \
  void cast(const Cast& op, Context& context); \
  void clamp(const Clamp& op, Context& context); \
  void clampGradient(const ClampGradient& op, Context& context); \
  void clipFactor(const ClipFactor& op, Context& context); \
  void combineBranches(const CombineBranches& op, Context& context); \
  void concatChannels(const ConcatChannels& op, Context& context); \
  void concatTokens(const ConcatTokens& op, Context& context); \
  void conv2d(const Conv2d& op, Context& context); \
  void conv2dInputGradient(const Conv2dInputGradient& op, Context& context); \
  void conv2dShifted(const Conv2dShifted& op, Context& context); \
  void conv2dWeightGradient(const Conv2dWeightGradient& op, Context& context); \
  void conv2dWithMoments(const Conv2dWithMoments& op, Context& context); \
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
  void groupMoments(const GroupMoments& op, Context& context); \
  void groupNorm(const GroupNorm& op, Context& context); \
  void groupNormGradient(const GroupNormGradient& op, Context& context); \
  void l2Normalize(const L2Normalize& op, Context& context); \
  void l2NormalizeGradient(const L2NormalizeGradient& op, Context& context); \
  void layerNorm(const LayerNorm& op, Context& context); \
  void layerNormGradient(const LayerNormGradient& op, Context& context); \
  void linear(const Linear& op, Context& context); \
  void linearActivated(const LinearActivated& op, Context& context); \
  void linearCombination(const LinearCombination& op, Context& context); \
  void linearGated(const LinearGated& op, Context& context); \
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
COUNTERPOINT_KERNELS(avx512bf16)
COUNTERPOINT_KERNELS(avx512)
COUNTERPOINT_KERNELS(avx2)
COUNTERPOINT_KERNELS(baseline)
#elif defined(__aarch64__)
COUNTERPOINT_KERNELS(neon)
#endif

#undef COUNTERPOINT_KERNELS

}  // namespace counterpoint
