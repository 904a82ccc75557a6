// Generated from lib/ops by `npm run generate`; never edited by hand.
#pragma once
#include "generated/ops.h"

namespace counterpoint::cuda {

class Launcher;

#define WEAK __attribute__((weak))

// Each defined, or not, by the file of its op's name in cuda/; null where it is not.
WEAK void absoluteError(const AbsoluteError& op, Launcher& launcher);
WEAK void absoluteErrorGradient(const AbsoluteErrorGradient& op, Launcher& launcher);
WEAK void adamw(const Adamw& op, Launcher& launcher);
WEAK void add(const Add& op, Launcher& launcher);
WEAK void addMasked(const AddMasked& op, Launcher& launcher);
WEAK void addMaskedGradient(const AddMaskedGradient& op, Launcher& launcher);
WEAK void attention(const Attention& op, Launcher& launcher);
WEAK void attentionGradient(const AttentionGradient& op, Launcher& launcher);
WEAK void attentionProbabilities(const AttentionProbabilities& op, Launcher& launcher);
WEAK void cast(const Cast& op, Launcher& launcher);
WEAK void clamp(const Clamp& op, Launcher& launcher);
WEAK void clampGradient(const ClampGradient& op, Launcher& launcher);
WEAK void clipFactor(const ClipFactor& op, Launcher& launcher);
WEAK void combineBranches(const CombineBranches& op, Launcher& launcher);
WEAK void concatChannels(const ConcatChannels& op, Launcher& launcher);
WEAK void concatTokens(const ConcatTokens& op, Launcher& launcher);
WEAK void conv2d(const Conv2d& op, Launcher& launcher);
WEAK void conv2dInputGradient(const Conv2dInputGradient& op, Launcher& launcher);
WEAK void conv2dShifted(const Conv2dShifted& op, Launcher& launcher);
WEAK void conv2dWeightGradient(const Conv2dWeightGradient& op, Launcher& launcher);
WEAK void conv2dWithMoments(const Conv2dWithMoments& op, Launcher& launcher);
WEAK void downsample(const Downsample& op, Launcher& launcher);
WEAK void embedding(const Embedding& op, Launcher& launcher);
WEAK void embeddingGradient(const EmbeddingGradient& op, Launcher& launcher);
WEAK void expandTokens(const ExpandTokens& op, Launcher& launcher);
WEAK void fill(const Fill& op, Launcher& launcher);
WEAK void fromRgb8(const FromRgb8& op, Launcher& launcher);
WEAK void gatherRows(const GatherRows& op, Launcher& launcher);
WEAK void gatherRowsGradient(const GatherRowsGradient& op, Launcher& launcher);
WEAK void gaussian(const Gaussian& op, Launcher& launcher);
WEAK void geglu(const Geglu& op, Launcher& launcher);
WEAK void gegluGradient(const GegluGradient& op, Launcher& launcher);
WEAK void gelu(const Gelu& op, Launcher& launcher);
WEAK void geluGradient(const GeluGradient& op, Launcher& launcher);
WEAK void groupMoments(const GroupMoments& op, Launcher& launcher);
WEAK void groupNorm(const GroupNorm& op, Launcher& launcher);
WEAK void groupNormGradient(const GroupNormGradient& op, Launcher& launcher);
WEAK void l2Normalize(const L2Normalize& op, Launcher& launcher);
WEAK void l2NormalizeGradient(const L2NormalizeGradient& op, Launcher& launcher);
WEAK void layerNorm(const LayerNorm& op, Launcher& launcher);
WEAK void layerNormGradient(const LayerNormGradient& op, Launcher& launcher);
WEAK void linear(const Linear& op, Launcher& launcher);
WEAK void linearActivated(const LinearActivated& op, Launcher& launcher);
WEAK void linearCombination(const LinearCombination& op, Launcher& launcher);
WEAK void linearGated(const LinearGated& op, Launcher& launcher);
WEAK void linearInputGradient(const LinearInputGradient& op, Launcher& launcher);
WEAK void linearWeightGradient(const LinearWeightGradient& op, Launcher& launcher);
WEAK void matmulTransposed(const MatmulTransposed& op, Launcher& launcher);
WEAK void mean(const Mean& op, Launcher& launcher);
WEAK void meanGradient(const MeanGradient& op, Launcher& launcher);
WEAK void meanTokens(const MeanTokens& op, Launcher& launcher);
WEAK void modulate(const Modulate& op, Launcher& launcher);
WEAK void modulateGradient(const ModulateGradient& op, Launcher& launcher);
WEAK void multiply(const Multiply& op, Launcher& launcher);
WEAK void multiplyAdds(const MultiplyAdds& op, Launcher& launcher);
WEAK void padChannels(const PadChannels& op, Launcher& launcher);
WEAK void padTokens(const PadTokens& op, Launcher& launcher);
WEAK void quickGelu(const QuickGelu& op, Launcher& launcher);
WEAK void quickGeluGradient(const QuickGeluGradient& op, Launcher& launcher);
WEAK void scaleBy(const ScaleBy& op, Launcher& launcher);
WEAK void scaleRows(const ScaleRows& op, Launcher& launcher);
WEAK void shuffle(const Shuffle& op, Launcher& launcher);
WEAK void silu(const Silu& op, Launcher& launcher);
WEAK void siluGradient(const SiluGradient& op, Launcher& launcher);
WEAK void sinusoidal(const Sinusoidal& op, Launcher& launcher);
WEAK void sliceChannels(const SliceChannels& op, Launcher& launcher);
WEAK void sliceTokens(const SliceTokens& op, Launcher& launcher);
WEAK void softmaxCrossEntropy(const SoftmaxCrossEntropy& op, Launcher& launcher);
WEAK void softmaxCrossEntropyGradient(const SoftmaxCrossEntropyGradient& op, Launcher& launcher);
WEAK void squaredError(const SquaredError& op, Launcher& launcher);
WEAK void squaredErrorGradient(const SquaredErrorGradient& op, Launcher& launcher);
WEAK void store(const Store& op, Launcher& launcher);
WEAK void sumRows(const SumRows& op, Launcher& launcher);
WEAK void sumSquares(const SumSquares& op, Launcher& launcher);
WEAK void toRgb8(const ToRgb8& op, Launcher& launcher);
WEAK void unshuffle(const Unshuffle& op, Launcher& launcher);
WEAK void upsample(const Upsample& op, Launcher& launcher);

#undef WEAK

struct OpEntry {
  uint32_t opcode;
  void (*run)(void (*function)(), const Tensor* tensors, const double* attributes, Launcher& launcher);
  void (*function)();  // null: this op has no kernel
};

// Null where no op has that opcode.
const OpEntry* findOp(uint32_t opcode);

}  // namespace counterpoint::cuda
