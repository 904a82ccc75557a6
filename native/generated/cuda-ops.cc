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
    {0x02a466cc, run<MeanTokens>, reinterpret_cast<void (*)()>(meanTokens)},
    {0x05883a17, run<AttentionGradient>, reinterpret_cast<void (*)()>(attentionGradient)},
    {0x08145b2c, run<ExpandTokens>, reinterpret_cast<void (*)()>(expandTokens)},
    {0x0b63ccec, run<GatherRowsGradient>, reinterpret_cast<void (*)()>(gatherRowsGradient)},
    {0x112ff5e4, run<Modulate>, reinterpret_cast<void (*)()>(modulate)},
    {0x11426605, run<GatherRows>, reinterpret_cast<void (*)()>(gatherRows)},
    {0x143ba006, run<SoftmaxCrossEntropy>, reinterpret_cast<void (*)()>(softmaxCrossEntropy)},
    {0x167312a4, run<Geglu>, reinterpret_cast<void (*)()>(geglu)},
    {0x19ec07ed, run<ScaleBy>, reinterpret_cast<void (*)()>(scaleBy)},
    {0x1a6a9392, run<SquaredError>, reinterpret_cast<void (*)()>(squaredError)},
    {0x1b307eec, run<AddMasked>, reinterpret_cast<void (*)()>(addMasked)},
    {0x1ea14d30, run<AbsoluteErrorGradient>, reinterpret_cast<void (*)()>(absoluteErrorGradient)},
    {0x1f0fed48, run<SoftmaxCrossEntropyGradient>, reinterpret_cast<void (*)()>(softmaxCrossEntropyGradient)},
    {0x200738d0, run<SliceTokens>, reinterpret_cast<void (*)()>(sliceTokens)},
    {0x2639e836, run<Conv2d>, reinterpret_cast<void (*)()>(conv2d)},
    {0x2d7c7251, run<Mean>, reinterpret_cast<void (*)()>(mean)},
    {0x2f943092, run<SquaredErrorGradient>, reinterpret_cast<void (*)()>(squaredErrorGradient)},
    {0x33b0c970, run<Upsample>, reinterpret_cast<void (*)()>(upsample)},
    {0x3745c4a9, run<Sinusoidal>, reinterpret_cast<void (*)()>(sinusoidal)},
    {0x3d33084c, run<ScaleRows>, reinterpret_cast<void (*)()>(scaleRows)},
    {0x3ffe0abe, run<AddMaskedGradient>, reinterpret_cast<void (*)()>(addMaskedGradient)},
    {0x428a340c, run<SliceChannels>, reinterpret_cast<void (*)()>(sliceChannels)},
    {0x44ffd46b, run<MultiplyAdds>, reinterpret_cast<void (*)()>(multiplyAdds)},
    {0x47ff4c14, run<Gelu>, reinterpret_cast<void (*)()>(gelu)},
    {0x4969ecab, run<Fill>, reinterpret_cast<void (*)()>(fill)},
    {0x51f044cc, run<PadTokens>, reinterpret_cast<void (*)()>(padTokens)},
    {0x55905832, run<L2NormalizeGradient>, reinterpret_cast<void (*)()>(l2NormalizeGradient)},
    {0x568de660, run<ConcatChannels>, reinterpret_cast<void (*)()>(concatChannels)},
    {0x590a5603, run<Linear>, reinterpret_cast<void (*)()>(linear)},
    {0x59e1f498, run<AbsoluteError>, reinterpret_cast<void (*)()>(absoluteError)},
    {0x5ac62cf0, run<Clamp>, reinterpret_cast<void (*)()>(clamp)},
    {0x6032883f, run<ClampGradient>, reinterpret_cast<void (*)()>(clampGradient)},
    {0x61f1789d, run<Downsample>, reinterpret_cast<void (*)()>(downsample)},
    {0x62eb062a, run<MatmulTransposed>, reinterpret_cast<void (*)()>(matmulTransposed)},
    {0x6315f4ba, run<LayerNormGradient>, reinterpret_cast<void (*)()>(layerNormGradient)},
    {0x6324b831, run<QuickGelu>, reinterpret_cast<void (*)()>(quickGelu)},
    {0x6c83abea, run<Gaussian>, reinterpret_cast<void (*)()>(gaussian)},
    {0x6ccb7b83, run<SiluGradient>, reinterpret_cast<void (*)()>(siluGradient)},
    {0x6d38f887, run<ClipFactor>, reinterpret_cast<void (*)()>(clipFactor)},
    {0x73a28c89, run<LinearCombination>, reinterpret_cast<void (*)()>(linearCombination)},
    {0x767e9d5c, run<Silu>, reinterpret_cast<void (*)()>(silu)},
    {0x8068d387, run<LinearInputGradient>, reinterpret_cast<void (*)()>(linearInputGradient)},
    {0x8d1bd6dc, run<FromRgb8>, reinterpret_cast<void (*)()>(fromRgb8)},
    {0x8df79875, run<LayerNorm>, reinterpret_cast<void (*)()>(layerNorm)},
    {0x926f0c12, run<Store>, reinterpret_cast<void (*)()>(store)},
    {0x955717be, run<Adamw>, reinterpret_cast<void (*)()>(adamw)},
    {0x99e63112, run<L2Normalize>, reinterpret_cast<void (*)()>(l2Normalize)},
    {0xa036b287, run<SumRows>, reinterpret_cast<void (*)()>(sumRows)},
    {0xa44404bd, run<Unshuffle>, reinterpret_cast<void (*)()>(unshuffle)},
    {0xa638baa7, run<Attention>, reinterpret_cast<void (*)()>(attention)},
    {0xae86a8df, run<Conv2dWeightGradient>, reinterpret_cast<void (*)()>(conv2dWeightGradient)},
    {0xb8912efa, run<ToRgb8>, reinterpret_cast<void (*)()>(toRgb8)},
    {0xbd33d61e, run<Add>, reinterpret_cast<void (*)()>(add)},
    {0xbda9215c, run<QuickGeluGradient>, reinterpret_cast<void (*)()>(quickGeluGradient)},
    {0xc09380cf, run<LinearWeightGradient>, reinterpret_cast<void (*)()>(linearWeightGradient)},
    {0xc194e187, run<EmbeddingGradient>, reinterpret_cast<void (*)()>(embeddingGradient)},
    {0xca6fe0c9, run<GroupNorm>, reinterpret_cast<void (*)()>(groupNorm)},
    {0xcfd98193, run<ConcatTokens>, reinterpret_cast<void (*)()>(concatTokens)},
    {0xd0dae314, run<CombineBranches>, reinterpret_cast<void (*)()>(combineBranches)},
    {0xd0f8b969, run<Multiply>, reinterpret_cast<void (*)()>(multiply)},
    {0xd4b7c031, run<GegluGradient>, reinterpret_cast<void (*)()>(gegluGradient)},
    {0xd63e454b, run<GeluGradient>, reinterpret_cast<void (*)()>(geluGradient)},
    {0xd6f6205e, run<ModulateGradient>, reinterpret_cast<void (*)()>(modulateGradient)},
    {0xde9b706c, run<Embedding>, reinterpret_cast<void (*)()>(embedding)},
    {0xe1e317c8, run<Shuffle>, reinterpret_cast<void (*)()>(shuffle)},
    {0xe780457a, run<MeanGradient>, reinterpret_cast<void (*)()>(meanGradient)},
    {0xe7fb5aa9, run<Conv2dInputGradient>, reinterpret_cast<void (*)()>(conv2dInputGradient)},
    {0xe87028a9, run<SumSquares>, reinterpret_cast<void (*)()>(sumSquares)},
    {0xf61192d8, run<GroupNormGradient>, reinterpret_cast<void (*)()>(groupNormGradient)},
    {0xf7a74ff2, run<PadChannels>, reinterpret_cast<void (*)()>(padChannels)},
};

}  // namespace

const OpEntry* findOp(uint32_t opcode) {
  const OpEntry* entry = std::lower_bound(std::begin(table), std::end(table), opcode,
                                          [](const OpEntry& op, uint32_t wanted) { return op.opcode < wanted; });
  return entry != std::end(table) && entry->opcode == opcode ? entry : nullptr;
}

}  // namespace counterpoint::cuda
