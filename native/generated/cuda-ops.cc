// Generated from lib/ops by `npm run generate`; never edited by hand.
#include "generated/cuda-ops.h"

#include <algorithm>

namespace counterpoint::cuda {
namespace {

template <class Op>
void run(void (*function)(), const Tensor* tensors, const double* attributes, Launcher& launcher) {
  reinterpret_cast<void (*)(const Op&, Launcher&)>(function)(Op::from(tensors, attributes), launcher);
}

const OpEntry table[] = {
    {0x01d00a94, run<MatmulTransposed>, reinterpret_cast<void (*)()>(matmulTransposed)},
    {0x0e12218d, run<GeluGradient>, reinterpret_cast<void (*)()>(geluGradient)},
    {0x124f9808, run<Clamp>, reinterpret_cast<void (*)()>(clamp)},
    {0x143ba006, run<SoftmaxCrossEntropy>, reinterpret_cast<void (*)()>(softmaxCrossEntropy)},
    {0x1a6a9392, run<SquaredError>, reinterpret_cast<void (*)()>(squaredError)},
    {0x1c5e2e71, run<ClampGradient>, reinterpret_cast<void (*)()>(clampGradient)},
    {0x1ea14d30, run<AbsoluteErrorGradient>, reinterpret_cast<void (*)()>(absoluteErrorGradient)},
    {0x1f0fed48, run<SoftmaxCrossEntropyGradient>, reinterpret_cast<void (*)()>(softmaxCrossEntropyGradient)},
    {0x2463ce08, run<Shuffle>, reinterpret_cast<void (*)()>(shuffle)},
    {0x2ab84e52, run<CombineBranches>, reinterpret_cast<void (*)()>(combineBranches)},
    {0x2f943092, run<SquaredErrorGradient>, reinterpret_cast<void (*)()>(squaredErrorGradient)},
    {0x365a8c36, run<Store>, reinterpret_cast<void (*)()>(store)},
    {0x3745c4a9, run<Sinusoidal>, reinterpret_cast<void (*)()>(sinusoidal)},
    {0x38666c48, run<GroupNorm>, reinterpret_cast<void (*)()>(groupNorm)},
    {0x3bda31d0, run<AttentionProbabilities>, reinterpret_cast<void (*)()>(attentionProbabilities)},
    {0x3e27f891, run<ScaleBy>, reinterpret_cast<void (*)()>(scaleBy)},
    {0x44ffd46b, run<MultiplyAdds>, reinterpret_cast<void (*)()>(multiplyAdds)},
    {0x4591f4bc, run<ExpandTokens>, reinterpret_cast<void (*)()>(expandTokens)},
    {0x47a6922c, run<Silu>, reinterpret_cast<void (*)()>(silu)},
    {0x48171b66, run<Linear>, reinterpret_cast<void (*)()>(linear)},
    {0x4969ecab, run<Fill>, reinterpret_cast<void (*)()>(fill)},
    {0x4c03daee, run<AddMaskedGradient>, reinterpret_cast<void (*)()>(addMaskedGradient)},
    {0x4e304e38, run<SliceChannels>, reinterpret_cast<void (*)()>(sliceChannels)},
    {0x50a6511a, run<MeanGradient>, reinterpret_cast<void (*)()>(meanGradient)},
    {0x53da1856, run<Conv2d>, reinterpret_cast<void (*)()>(conv2d)},
    {0x576d18c1, run<ConcatTokens>, reinterpret_cast<void (*)()>(concatTokens)},
    {0x59af6145, run<EmbeddingGradient>, reinterpret_cast<void (*)()>(embeddingGradient)},
    {0x59e1f498, run<AbsoluteError>, reinterpret_cast<void (*)()>(absoluteError)},
    {0x5b3e688e, run<L2Normalize>, reinterpret_cast<void (*)()>(l2Normalize)},
    {0x6040b1e4, run<LayerNormGradient>, reinterpret_cast<void (*)()>(layerNormGradient)},
    {0x63299f33, run<Attention>, reinterpret_cast<void (*)()>(attention)},
    {0x634c6883, run<Cast>, reinterpret_cast<void (*)()>(cast)},
    {0x6b592d1a, run<ConcatChannels>, reinterpret_cast<void (*)()>(concatChannels)},
    {0x6c83abea, run<Gaussian>, reinterpret_cast<void (*)()>(gaussian)},
    {0x6ccac50e, run<QuickGeluGradient>, reinterpret_cast<void (*)()>(quickGeluGradient)},
    {0x6d38f887, run<ClipFactor>, reinterpret_cast<void (*)()>(clipFactor)},
    {0x6d8b4764, run<GatherRowsGradient>, reinterpret_cast<void (*)()>(gatherRowsGradient)},
    {0x73a28c89, run<LinearCombination>, reinterpret_cast<void (*)()>(linearCombination)},
    {0x740959d0, run<Embedding>, reinterpret_cast<void (*)()>(embedding)},
    {0x7756dec9, run<LayerNorm>, reinterpret_cast<void (*)()>(layerNorm)},
    {0x88b62858, run<Upsample>, reinterpret_cast<void (*)()>(upsample)},
    {0x8ae22db7, run<SumSquares>, reinterpret_cast<void (*)()>(sumSquares)},
    {0x8d1bd6dc, run<FromRgb8>, reinterpret_cast<void (*)()>(fromRgb8)},
    {0x8dcbca55, run<SiluGradient>, reinterpret_cast<void (*)()>(siluGradient)},
    {0x8ffc62c9, run<Downsample>, reinterpret_cast<void (*)()>(downsample)},
    {0x92e1fe40, run<ScaleRows>, reinterpret_cast<void (*)()>(scaleRows)},
    {0x955717be, run<Adamw>, reinterpret_cast<void (*)()>(adamw)},
    {0x9a3f3c08, run<PadTokens>, reinterpret_cast<void (*)()>(padTokens)},
    {0x9bea0afc, run<MeanTokens>, reinterpret_cast<void (*)()>(meanTokens)},
    {0x9ca36f3f, run<LinearWeightGradient>, reinterpret_cast<void (*)()>(linearWeightGradient)},
    {0x9fd23504, run<Add>, reinterpret_cast<void (*)()>(add)},
    {0xa13d9140, run<Modulate>, reinterpret_cast<void (*)()>(modulate)},
    {0xa304468e, run<GroupNormGradient>, reinterpret_cast<void (*)()>(groupNormGradient)},
    {0xa76d1913, run<Conv2dWeightGradient>, reinterpret_cast<void (*)()>(conv2dWeightGradient)},
    {0xa92a9fa6, run<AddMasked>, reinterpret_cast<void (*)()>(addMasked)},
    {0xa967bdab, run<Multiply>, reinterpret_cast<void (*)()>(multiply)},
    {0xab2b3f9d, run<Conv2dWithMoments>, reinterpret_cast<void (*)()>(conv2dWithMoments)},
    {0xab798b2a, run<ModulateGradient>, reinterpret_cast<void (*)()>(modulateGradient)},
    {0xacd0112d, run<AttentionGradient>, reinterpret_cast<void (*)()>(attentionGradient)},
    {0xb33c9bc0, run<Geglu>, reinterpret_cast<void (*)()>(geglu)},
    {0xb8912efa, run<ToRgb8>, reinterpret_cast<void (*)()>(toRgb8)},
    {0xba7f8b3c, run<SliceTokens>, reinterpret_cast<void (*)()>(sliceTokens)},
    {0xbe015a2f, run<GegluGradient>, reinterpret_cast<void (*)()>(gegluGradient)},
    {0xc6e6662d, run<SumRows>, reinterpret_cast<void (*)()>(sumRows)},
    {0xccf1a575, run<LinearInputGradient>, reinterpret_cast<void (*)()>(linearInputGradient)},
    {0xce3f6724, run<GroupMoments>, reinterpret_cast<void (*)()>(groupMoments)},
    {0xd0874965, run<Unshuffle>, reinterpret_cast<void (*)()>(unshuffle)},
    {0xd54e8c2f, run<Mean>, reinterpret_cast<void (*)()>(mean)},
    {0xda49fa9b, run<LinearActivated>, reinterpret_cast<void (*)()>(linearActivated)},
    {0xdc27355b, run<Conv2dInputGradient>, reinterpret_cast<void (*)()>(conv2dInputGradient)},
    {0xdf85ea1d, run<QuickGelu>, reinterpret_cast<void (*)()>(quickGelu)},
    {0xe466d262, run<Conv2dShifted>, reinterpret_cast<void (*)()>(conv2dShifted)},
    {0xe6125761, run<GatherRows>, reinterpret_cast<void (*)()>(gatherRows)},
    {0xe64e9576, run<PadChannels>, reinterpret_cast<void (*)()>(padChannels)},
    {0xe7727c60, run<L2NormalizeGradient>, reinterpret_cast<void (*)()>(l2NormalizeGradient)},
    {0xeba6ad6e, run<LinearGated>, reinterpret_cast<void (*)()>(linearGated)},
    {0xf0739744, run<Gelu>, reinterpret_cast<void (*)()>(gelu)},
};

}  // namespace

const OpEntry* findOp(uint32_t opcode) {
  const OpEntry* entry = std::lower_bound(std::begin(table), std::end(table), opcode,
                                          [](const OpEntry& op, uint32_t wanted) { return op.opcode < wanted; });
  return entry != std::end(table) && entry->opcode == opcode ? entry : nullptr;
}

}  // namespace counterpoint::cuda
