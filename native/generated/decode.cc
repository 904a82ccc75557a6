// Generated from lib/ops by `npm run generate`; never edited by hand.
#include "generated/ops.h"

#include <algorithm>
#include <array>

#include "machine/op-table.h"
#include "machine/shape-check.h"

namespace counterpoint {
namespace {

template <class Op, void (*kernel)(const Op&, Context&)>
void run(const Tensor* tensors, const double* attributes, Context& context) {
  kernel(Op::from(tensors, attributes), context);
}

// absoluteError(prediction:f32[N ...],target:f32[N ...],weight:f32[N];)->(loss:f32[N])
void checkAbsoluteError(ShapeCheck& check) {
  Size N;
  check.operand("prediction", Dtype::f32, {&N, rest});
  check.operand("target", Dtype::f32, {&N, rest});
  check.operand("weight", Dtype::f32, {&N});
  check.result("loss", Dtype::f32, {N});
}

// absoluteErrorGradient(prediction:f32[N ...],target:f32[N ...],weight:f32[N],dloss:f32[N];)->(dprediction:f32[N ...])
void checkAbsoluteErrorGradient(ShapeCheck& check) {
  Size N;
  check.operand("prediction", Dtype::f32, {&N, rest});
  check.operand("target", Dtype::f32, {&N, rest});
  check.operand("weight", Dtype::f32, {&N});
  check.operand("dloss", Dtype::f32, {&N});
  check.result("dprediction", Dtype::f32, {N, rest});
}

// adamw(parameter!:f32[...],moment1!:f32[...],moment2!:f32[...],average!:f32[...],gradient:f32[...],clip:f32[1],settings:f32[8];)->()
void checkAdamw(ShapeCheck& check) {
  check.mutated("parameter", Dtype::f32, {rest});
  check.mutated("moment1", Dtype::f32, {rest});
  check.mutated("moment2", Dtype::f32, {rest});
  check.mutated("average", Dtype::f32, {rest});
  check.operand("gradient", Dtype::f32, {rest});
  check.operand("clip", Dtype::f32, {Size(1)});
  check.operand("settings", Dtype::f32, {Size(8)});
}

// add(a:storage[...],b:storage[...];)->(y:storage[...])
void checkAdd(ShapeCheck& check) {
  check.operand("a", storage, {rest});
  check.operand("b", storage, {rest});
  check.result("y", storage, {rest});
}

// addMasked(base?:storage[B H W C],plane:storage[P H W C],mask:f32[B];)->(y:storage[B H W C]) where B % P == 0
void checkAddMasked(ShapeCheck& check) {
  Size B, H, W, C, P;
  check.optional("base", storage, {&B, &H, &W, &C});
  check.operand("plane", storage, {&P, &H, &W, &C});
  check.operand("mask", Dtype::f32, {&B});
  check.where("B % P == 0", B % P == Size(0));
  check.result("y", storage, {B, H, W, C});
}

// addMaskedGradient(dy:storage[B H W C],mask:f32[B];images:int)->(dplane:storage[images H W C]) where B % images == 0
void checkAddMaskedGradient(ShapeCheck& check) {
  Size B, H, W, C;
  const Size images = check.integer("images");
  check.operand("dy", storage, {&B, &H, &W, &C});
  check.operand("mask", Dtype::f32, {&B});
  check.where("B % images == 0", B % images == Size(0));
  check.result("dplane", storage, {images, H, W, C});
}

// attention(q:storage[N T C],k:storage[N S C],v:storage[N S C],keyMask?:f32[N U];heads:int,causal:int,rounding:f32|bf16)->(y:storage[N T C]) where C % heads == 0,U <= S
void checkAttention(ShapeCheck& check) {
  Size N, T, C, S, U;
  const Size heads = check.integer("heads");
  check.integer("causal");
  check.choice("rounding", 2);
  check.operand("q", storage, {&N, &T, &C});
  check.operand("k", storage, {&N, &S, &C});
  check.operand("v", storage, {&N, &S, &C});
  check.optional("keyMask", Dtype::f32, {&N, &U});
  check.where("C % heads == 0", C % heads == Size(0));
  check.where("U <= S", U <= S);
  check.result("y", storage, {N, T, C});
}

// attentionGradient(q:storage[N T C],k:storage[N S C],v:storage[N S C],keyMask?:f32[N U],dy:storage[N T C];heads:int,causal:int)->(dq:storage[N T C],dk:storage[N S C],dv:storage[N S C]) where C % heads == 0,U <= S
void checkAttentionGradient(ShapeCheck& check) {
  Size N, T, C, S, U;
  const Size heads = check.integer("heads");
  check.integer("causal");
  check.operand("q", storage, {&N, &T, &C});
  check.operand("k", storage, {&N, &S, &C});
  check.operand("v", storage, {&N, &S, &C});
  check.optional("keyMask", Dtype::f32, {&N, &U});
  check.operand("dy", storage, {&N, &T, &C});
  check.where("C % heads == 0", C % heads == Size(0));
  check.where("U <= S", U <= S);
  check.result("dq", storage, {N, T, C});
  check.result("dk", storage, {N, S, C});
  check.result("dv", storage, {N, S, C});
}

// attentionProbabilities(q:storage[N T C],k:storage[N S C],keyMask?:f32[N U];heads:int,causal:int)->(p:f32[N T S]) where C % heads == 0,U <= S
void checkAttentionProbabilities(ShapeCheck& check) {
  Size N, T, C, S, U;
  const Size heads = check.integer("heads");
  check.integer("causal");
  check.operand("q", storage, {&N, &T, &C});
  check.operand("k", storage, {&N, &S, &C});
  check.optional("keyMask", Dtype::f32, {&N, &U});
  check.where("C % heads == 0", C % heads == Size(0));
  check.where("U <= S", U <= S);
  check.result("p", Dtype::f32, {N, T, S});
}

// cast(x:real[...];to:f32|f16|bf16)->(y:to[...])
void checkCast(ShapeCheck& check) {
  const Dtype to = std::array{Dtype::f32, Dtype::f16, Dtype::bf16}[check.choice("to", 3)];
  check.operand("x", anyReal, {rest});
  check.result("y", to, {rest});
}

// clamp(x:storage[...];low:float,high:float)->(y:storage[...])
void checkClamp(ShapeCheck& check) {
  check.real("low");
  check.real("high");
  check.operand("x", storage, {rest});
  check.result("y", storage, {rest});
}

// clampGradient(x:storage[...],dy:storage[...];low:float,high:float)->(dx:storage[...])
void checkClampGradient(ShapeCheck& check) {
  check.real("low");
  check.real("high");
  check.operand("x", storage, {rest});
  check.operand("dy", storage, {rest});
  check.result("dx", storage, {rest});
}

// clipFactor(sum:f32[1];maxNorm:float)->(y:f32[1])
void checkClipFactor(ShapeCheck& check) {
  check.real("maxNorm");
  check.operand("sum", Dtype::f32, {Size(1)});
  check.result("y", Dtype::f32, {Size(1)});
}

// combineBranches(x:storage[B ...],weights:f32[R P];)->(y:f32[P ...]) where B == R*P
void checkCombineBranches(ShapeCheck& check) {
  Size B, R, P;
  check.operand("x", storage, {&B, rest});
  check.operand("weights", Dtype::f32, {&R, &P});
  check.where("B == R*P", B == R * P);
  check.result("y", Dtype::f32, {P, rest});
}

// concatChannels(a:storage[... A],b:storage[... B];)->(y:storage[... A+B])
void checkConcatChannels(ShapeCheck& check) {
  Size A, B;
  check.operand("a", storage, {rest, &A});
  check.operand("b", storage, {rest, &B});
  check.result("y", storage, {rest, A + B});
}

// concatTokens(a:storage[N A C],b:storage[N B C];)->(y:storage[N A+B C])
void checkConcatTokens(ShapeCheck& check) {
  Size N, A, C, B;
  check.operand("a", storage, {&N, &A, &C});
  check.operand("b", storage, {&N, &B, &C});
  check.result("y", storage, {N, A + B, C});
}

// conv2d(x:storage[N H W I],more?:storage[N H W J],weight:weight[K K I+J O],bias?:f32[O],residual?:storage[N (H*upsample)/stride (W*upsample)/stride O];stride:int,upsample:int,accuracy:fast|strict)->(y:storage[N (H*upsample)/stride (W*upsample)/stride O]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2d(ShapeCheck& check) {
  Size N, H, W, I, J, K, O;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.choice("accuracy", 2);
  check.operand("x", storage, {&N, &H, &W, &I});
  check.optional("more", storage, {&N, &H, &W, &J});
  check.operand("weight", weight, {&K, &K, any, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.optional("residual", storage, {&N, any, any, &O});
  check.expect(2, "weight", {K, K, I + J, O});
  check.expect(4, "residual", {N, H * upsample / stride, W * upsample / stride, O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("y", storage, {N, H * upsample / stride, W * upsample / stride, O});
}

// conv2dInputGradient(dy:storage[N H W O],weight:storage[K K I O];stride:int,upsample:int)->(dx:storage[N (H*stride)/upsample (W*stride)/upsample I]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2dInputGradient(ShapeCheck& check) {
  Size N, H, W, O, K, I;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.operand("dy", storage, {&N, &H, &W, &O});
  check.operand("weight", storage, {&K, &K, &I, &O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("dx", storage, {N, H * stride / upsample, W * stride / upsample, I});
}

// conv2dShifted(x:storage[N H W I],more?:storage[N H W J],weight:weight[K K I+J O],bias?:f32[O],shift:storage[N O];stride:int,upsample:int,accuracy:fast|strict)->(y:storage[N (H*upsample)/stride (W*upsample)/stride O]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2dShifted(ShapeCheck& check) {
  Size N, H, W, I, J, K, O;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.choice("accuracy", 2);
  check.operand("x", storage, {&N, &H, &W, &I});
  check.optional("more", storage, {&N, &H, &W, &J});
  check.operand("weight", weight, {&K, &K, any, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.operand("shift", storage, {&N, &O});
  check.expect(2, "weight", {K, K, I + J, O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("y", storage, {N, H * upsample / stride, W * upsample / stride, O});
}

// conv2dWeightGradient(x:storage[N H W I],dy:storage[N (H*upsample)/stride (W*upsample)/stride O];kernel:int,stride:int,upsample:int)->(dweight:f32[kernel kernel I O]) where kernel % 2 == 1,kernel <= 15,upsample <= 2
void checkConv2dWeightGradient(ShapeCheck& check) {
  Size N, H, W, I, O;
  const Size kernel = check.integer("kernel");
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.operand("x", storage, {&N, &H, &W, &I});
  check.operand("dy", storage, {&N, any, any, &O});
  check.expect(1, "dy", {N, H * upsample / stride, W * upsample / stride, O});
  check.where("kernel % 2 == 1", kernel % Size(2) == Size(1));
  check.where("kernel <= 15", kernel <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("dweight", Dtype::f32, {kernel, kernel, I, O});
}

// conv2dWithMoments(x:storage[N H W I],more?:storage[N H W J],weight:weight[K K I+J O],bias?:f32[O],residual?:storage[N (H*upsample)/stride (W*upsample)/stride O];stride:int,upsample:int,accuracy:fast|strict,block:int)->(y:storage[N (H*upsample)/stride (W*upsample)/stride O],moments:f32[N ((H*upsample)/stride)*((W*upsample)/stride)/block 2 O]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2dWithMoments(ShapeCheck& check) {
  Size N, H, W, I, J, K, O;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.choice("accuracy", 2);
  const Size block = check.integer("block");
  check.operand("x", storage, {&N, &H, &W, &I});
  check.optional("more", storage, {&N, &H, &W, &J});
  check.operand("weight", weight, {&K, &K, any, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.optional("residual", storage, {&N, any, any, &O});
  check.expect(2, "weight", {K, K, I + J, O});
  check.expect(4, "residual", {N, H * upsample / stride, W * upsample / stride, O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("y", storage, {N, H * upsample / stride, W * upsample / stride, O});
  check.result("moments", Dtype::f32, {N, H * upsample / stride * (W * upsample / stride) / block, Size(2), O});
}

// downsample(x:storage[N H W C];)->(y:storage[N H/2 W/2 C])
void checkDownsample(ShapeCheck& check) {
  Size N, H, W, C;
  check.operand("x", storage, {&N, &H, &W, &C});
  check.result("y", storage, {N, H / Size(2), W / Size(2), C});
}

// embedding(table:real[V C],ids:i32[...];)->(y:table[... C])
void checkEmbedding(ShapeCheck& check) {
  Size V, C;
  check.operand("table", anyReal, {&V, &C});
  check.operand("ids", Dtype::i32, {rest});
  check.result("y", check.dtypeOf(0), {rest, C});
}

// embeddingGradient(ids:i32[...],dy:storage[... C];vocabulary:int)->(dtable:f32[vocabulary C])
void checkEmbeddingGradient(ShapeCheck& check) {
  Size C;
  const Size vocabulary = check.integer("vocabulary");
  check.operand("ids", Dtype::i32, {rest});
  check.operand("dy", storage, {rest, &C});
  check.result("dtable", Dtype::f32, {vocabulary, C});
}

// expandTokens(x:storage[N C];tokens:int)->(y:storage[N tokens C])
void checkExpandTokens(ShapeCheck& check) {
  Size N, C;
  const Size tokens = check.integer("tokens");
  check.operand("x", storage, {&N, &C});
  check.result("y", storage, {N, tokens, C});
}

// fill(;count:int,value:float)->(y:f32[count])
void checkFill(ShapeCheck& check) {
  const Size count = check.integer("count");
  check.real("value");
  check.result("y", Dtype::f32, {count});
}

// fromRgb8(x:u8[...];)->(y:f32[...])
void checkFromRgb8(ShapeCheck& check) {
  check.operand("x", Dtype::u8, {rest});
  check.result("y", Dtype::f32, {rest});
}

// gatherRows(x:storage[N T C],index:i32[N];)->(y:storage[N C])
void checkGatherRows(ShapeCheck& check) {
  Size N, T, C;
  check.operand("x", storage, {&N, &T, &C});
  check.operand("index", Dtype::i32, {&N});
  check.result("y", storage, {N, C});
}

// gatherRowsGradient(dy:storage[N C],index:i32[N];tokens:int)->(dx:storage[N tokens C])
void checkGatherRowsGradient(ShapeCheck& check) {
  Size N, C;
  const Size tokens = check.integer("tokens");
  check.operand("dy", storage, {&N, &C});
  check.operand("index", Dtype::i32, {&N});
  check.result("dx", storage, {N, tokens, C});
}

// gaussian(key:i32[N 4],step:i32[1];count:int)->(y:f32[N count])
void checkGaussian(ShapeCheck& check) {
  Size N;
  const Size count = check.integer("count");
  check.operand("key", Dtype::i32, {&N, Size(4)});
  check.operand("step", Dtype::i32, {Size(1)});
  check.result("y", Dtype::f32, {N, count});
}

// geglu(x:storage[... D];)->(y:storage[... D/2])
void checkGeglu(ShapeCheck& check) {
  Size D;
  check.operand("x", storage, {rest, &D});
  check.result("y", storage, {rest, D / Size(2)});
}

// gegluGradient(x:storage[... D],dy:storage[... D/2];)->(dx:storage[... D])
void checkGegluGradient(ShapeCheck& check) {
  Size D;
  check.operand("x", storage, {rest, &D});
  check.operand("dy", storage, {rest, any});
  check.expect(1, "dy", {rest, D / Size(2)});
  check.result("dx", storage, {rest, D});
}

// gelu(x:storage[...];)->(y:storage[...])
void checkGelu(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.result("y", storage, {rest});
}

// geluGradient(x:storage[...],dy:storage[...];)->(dx:storage[...])
void checkGeluGradient(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.operand("dy", storage, {rest});
  check.result("dx", storage, {rest});
}

// groupMoments(x:storage[N ... C];block:int)->(moments:f32[N rows/block 2 C])
void checkGroupMoments(ShapeCheck& check) {
  Size N, C;
  const Size block = check.integer("block");
  check.operand("x", storage, {&N, rest, &C});
  const Size rows = check.rows();
  check.result("moments", Dtype::f32, {N, rows / block, Size(2), C});
}

// groupNorm(x:storage[N ... C],more?:storage[N ... D],gamma:f32[C+D],beta:f32[C+D],scale?:storage[N C+D],shift?:storage[N C+D],moments?:f32[N B 2 C+D];groups:int,eps:float,activation:none|silu)->(y:storage[N ... C+D]) where (C+D) % groups == 0,rows % B == 0
void checkGroupNorm(ShapeCheck& check) {
  Size N, C, D, B;
  const Size groups = check.integer("groups");
  check.real("eps");
  check.choice("activation", 2);
  check.operand("x", storage, {&N, rest, &C});
  check.optional("more", storage, {&N, rest, &D});
  check.operand("gamma", Dtype::f32, {any});
  check.operand("beta", Dtype::f32, {any});
  check.optional("scale", storage, {&N, any});
  check.optional("shift", storage, {&N, any});
  check.optional("moments", Dtype::f32, {&N, &B, Size(2), any});
  const Size rows = check.rows();
  check.expect(2, "gamma", {C + D});
  check.expect(3, "beta", {C + D});
  check.expect(4, "scale", {N, C + D});
  check.expect(5, "shift", {N, C + D});
  check.expect(6, "moments", {N, B, Size(2), C + D});
  check.where("(C+D) % groups == 0", (C + D) % groups == Size(0));
  check.where("rows % B == 0", rows % B == Size(0));
  check.result("y", storage, {N, rest, C + D});
}

// groupNormGradient(x:storage[N ... C],gamma:f32[C],beta:f32[C],scale?:storage[N C],shift?:storage[N C],dy:storage[N ... C];groups:int,eps:float,activation:none|silu)->(dx:storage[N ... C],dgamma:f32[C],dbeta:f32[C],dscale:storage[N C],dshift:storage[N C]) where C % groups == 0
void checkGroupNormGradient(ShapeCheck& check) {
  Size N, C;
  const Size groups = check.integer("groups");
  check.real("eps");
  check.choice("activation", 2);
  check.operand("x", storage, {&N, rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("beta", Dtype::f32, {&C});
  check.optional("scale", storage, {&N, &C});
  check.optional("shift", storage, {&N, &C});
  check.operand("dy", storage, {&N, rest, &C});
  check.where("C % groups == 0", C % groups == Size(0));
  check.result("dx", storage, {N, rest, C});
  check.result("dgamma", Dtype::f32, {C});
  check.result("dbeta", Dtype::f32, {C});
  check.result("dscale", storage, {N, C});
  check.result("dshift", storage, {N, C});
}

// l2Normalize(x:storage[... C];eps:float)->(y:storage[... C])
void checkL2Normalize(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", storage, {rest, &C});
  check.result("y", storage, {rest, C});
}

// l2NormalizeGradient(x:storage[... C],dy:storage[... C];eps:float)->(dx:storage[... C])
void checkL2NormalizeGradient(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", storage, {rest, &C});
  check.operand("dy", storage, {rest, &C});
  check.result("dx", storage, {rest, C});
}

// layerNorm(x:storage[... C],gamma:f32[C],beta:f32[C];eps:float)->(y:storage[... C])
void checkLayerNorm(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", storage, {rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("beta", Dtype::f32, {&C});
  check.result("y", storage, {rest, C});
}

// layerNormGradient(x:storage[... C],gamma:f32[C],dy:storage[... C];eps:float)->(dx:storage[... C],dgamma:f32[C],dbeta:f32[C])
void checkLayerNormGradient(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", storage, {rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("dy", storage, {rest, &C});
  check.result("dx", storage, {rest, C});
  check.result("dgamma", Dtype::f32, {C});
  check.result("dbeta", Dtype::f32, {C});
}

// linear(x:storage[... I],weight:weight[I O],bias?:f32[O],residual?:storage[... O];)->(y:storage[... O])
void checkLinear(ShapeCheck& check) {
  Size I, O;
  check.operand("x", storage, {rest, &I});
  check.operand("weight", weight, {&I, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.optional("residual", storage, {rest, &O});
  check.result("y", storage, {rest, O});
}

// linearActivated(x:storage[... I],weight:weight[I O],bias?:f32[O];activation:silu|gelu|quickGelu)->(y:storage[... O])
void checkLinearActivated(ShapeCheck& check) {
  Size I, O;
  check.choice("activation", 3);
  check.operand("x", storage, {rest, &I});
  check.operand("weight", weight, {&I, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.result("y", storage, {rest, O});
}

// linearCombination(x:f32[N ...],y?:f32[N ...],z?:f32[N ...],coefficients:f32[N 3];)->(out:f32[N ...])
void checkLinearCombination(ShapeCheck& check) {
  Size N;
  check.operand("x", Dtype::f32, {&N, rest});
  check.optional("y", Dtype::f32, {&N, rest});
  check.optional("z", Dtype::f32, {&N, rest});
  check.operand("coefficients", Dtype::f32, {&N, Size(3)});
  check.result("out", Dtype::f32, {N, rest});
}

// linearGated(x:storage[... I],weight:weight[I O],bias?:f32[O];)->(y:storage[... O/2])
void checkLinearGated(ShapeCheck& check) {
  Size I, O;
  check.operand("x", storage, {rest, &I});
  check.operand("weight", weight, {&I, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.result("y", storage, {rest, O / Size(2)});
}

// linearInputGradient(dy:storage[... O],weight:storage[I O];)->(dx:storage[... I])
void checkLinearInputGradient(ShapeCheck& check) {
  Size O, I;
  check.operand("dy", storage, {rest, &O});
  check.operand("weight", storage, {&I, &O});
  check.result("dx", storage, {rest, I});
}

// linearWeightGradient(x:storage[... I],dy:storage[... O];)->(dweight:f32[I O])
void checkLinearWeightGradient(ShapeCheck& check) {
  Size I, O;
  check.operand("x", storage, {rest, &I});
  check.operand("dy", storage, {rest, &O});
  check.result("dweight", Dtype::f32, {I, O});
}

// matmulTransposed(a:storage[M K],b:storage[N K];)->(y:storage[M N])
void checkMatmulTransposed(ShapeCheck& check) {
  Size M, K, N;
  check.operand("a", storage, {&M, &K});
  check.operand("b", storage, {&N, &K});
  check.result("y", storage, {M, N});
}

// mean(x:storage[...];)->(y:f32[1])
void checkMean(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.result("y", Dtype::f32, {Size(1)});
}

// meanGradient(x:storage[...],dy:f32[1];)->(dx:storage[...])
void checkMeanGradient(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.operand("dy", Dtype::f32, {Size(1)});
  check.result("dx", storage, {rest});
}

// meanTokens(x:storage[N ... C];)->(y:storage[N C])
void checkMeanTokens(ShapeCheck& check) {
  Size N, C;
  check.operand("x", storage, {&N, rest, &C});
  check.result("y", storage, {N, C});
}

// modulate(x:storage[N ... C],scale:storage[N C],shift:storage[N C];)->(y:storage[N ... C])
void checkModulate(ShapeCheck& check) {
  Size N, C;
  check.operand("x", storage, {&N, rest, &C});
  check.operand("scale", storage, {&N, &C});
  check.operand("shift", storage, {&N, &C});
  check.result("y", storage, {N, rest, C});
}

// modulateGradient(x:storage[N ... C],scale:storage[N C],dy:storage[N ... C];)->(dx:storage[N ... C],dscale:storage[N C],dshift:storage[N C])
void checkModulateGradient(ShapeCheck& check) {
  Size N, C;
  check.operand("x", storage, {&N, rest, &C});
  check.operand("scale", storage, {&N, &C});
  check.operand("dy", storage, {&N, rest, &C});
  check.result("dx", storage, {N, rest, C});
  check.result("dscale", storage, {N, C});
  check.result("dshift", storage, {N, C});
}

// multiply(a:storage[...],b:storage[...];)->(y:storage[...])
void checkMultiply(ShapeCheck& check) {
  check.operand("a", storage, {rest});
  check.operand("b", storage, {rest});
  check.result("y", storage, {rest});
}

// multiplyAdds(;rounds:int,count:int)->(y:f32[count])
void checkMultiplyAdds(ShapeCheck& check) {
  check.integer("rounds");
  const Size count = check.integer("count");
  check.result("y", Dtype::f32, {count});
}

// padChannels(x:storage[... C];before:int,after:int)->(y:storage[... before+C+after])
void checkPadChannels(ShapeCheck& check) {
  Size C;
  const Size before = check.integer("before");
  const Size after = check.integer("after");
  check.operand("x", storage, {rest, &C});
  check.result("y", storage, {rest, before + C + after});
}

// padTokens(x:storage[N T C];before:int,after:int)->(y:storage[N before+T+after C])
void checkPadTokens(ShapeCheck& check) {
  Size N, T, C;
  const Size before = check.integer("before");
  const Size after = check.integer("after");
  check.operand("x", storage, {&N, &T, &C});
  check.result("y", storage, {N, before + T + after, C});
}

// quickGelu(x:storage[...];)->(y:storage[...])
void checkQuickGelu(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.result("y", storage, {rest});
}

// quickGeluGradient(x:storage[...],dy:storage[...];)->(dx:storage[...])
void checkQuickGeluGradient(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.operand("dy", storage, {rest});
  check.result("dx", storage, {rest});
}

// scaleBy(x:storage[...];factor:float)->(y:storage[...])
void checkScaleBy(ShapeCheck& check) {
  check.real("factor");
  check.operand("x", storage, {rest});
  check.result("y", storage, {rest});
}

// scaleRows(x:storage[N ...],factor:f32[N];)->(y:storage[N ...])
void checkScaleRows(ShapeCheck& check) {
  Size N;
  check.operand("x", storage, {&N, rest});
  check.operand("factor", Dtype::f32, {&N});
  check.result("y", storage, {N, rest});
}

// shuffle(x:storage[N H W C];block:int)->(y:storage[N H*block W*block C/(block*block)])
void checkShuffle(ShapeCheck& check) {
  Size N, H, W, C;
  const Size block = check.integer("block");
  check.operand("x", storage, {&N, &H, &W, &C});
  check.result("y", storage, {N, H * block, W * block, C / (block * block)});
}

// silu(x:storage[...];)->(y:storage[...])
void checkSilu(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.result("y", storage, {rest});
}

// siluGradient(x:storage[...],dy:storage[...];)->(dx:storage[...])
void checkSiluGradient(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.operand("dy", storage, {rest});
  check.result("dx", storage, {rest});
}

// sinusoidal(t:f32[N];width:int,maxPeriod:float)->(y:f32[N width]) where width % 2 == 0
void checkSinusoidal(ShapeCheck& check) {
  Size N;
  const Size width = check.integer("width");
  check.real("maxPeriod");
  check.operand("t", Dtype::f32, {&N});
  check.where("width % 2 == 0", width % Size(2) == Size(0));
  check.result("y", Dtype::f32, {N, width});
}

// sliceChannels(x:storage[... C];begin:int,count:int)->(y:storage[... count]) where begin+count <= C
void checkSliceChannels(ShapeCheck& check) {
  Size C;
  const Size begin = check.integer("begin");
  const Size count = check.integer("count");
  check.operand("x", storage, {rest, &C});
  check.where("begin+count <= C", begin + count <= C);
  check.result("y", storage, {rest, count});
}

// sliceTokens(x:storage[N T C];begin:int,count:int)->(y:storage[N count C]) where begin+count <= T
void checkSliceTokens(ShapeCheck& check) {
  Size N, T, C;
  const Size begin = check.integer("begin");
  const Size count = check.integer("count");
  check.operand("x", storage, {&N, &T, &C});
  check.where("begin+count <= T", begin + count <= T);
  check.result("y", storage, {N, count, C});
}

// softmaxCrossEntropy(logits:f32[... K],target:i32[...];)->(loss:f32[...])
void checkSoftmaxCrossEntropy(ShapeCheck& check) {
  Size K;
  check.operand("logits", Dtype::f32, {rest, &K});
  check.operand("target", Dtype::i32, {rest});
  check.result("loss", Dtype::f32, {rest});
}

// softmaxCrossEntropyGradient(logits:f32[... K],target:i32[...],dloss:f32[...];)->(dlogits:f32[... K])
void checkSoftmaxCrossEntropyGradient(ShapeCheck& check) {
  Size K;
  check.operand("logits", Dtype::f32, {rest, &K});
  check.operand("target", Dtype::i32, {rest});
  check.operand("dloss", Dtype::f32, {rest});
  check.result("dlogits", Dtype::f32, {rest, K});
}

// squaredError(prediction:f32[N ...],target:f32[N ...],weight:f32[N];)->(loss:f32[N])
void checkSquaredError(ShapeCheck& check) {
  Size N;
  check.operand("prediction", Dtype::f32, {&N, rest});
  check.operand("target", Dtype::f32, {&N, rest});
  check.operand("weight", Dtype::f32, {&N});
  check.result("loss", Dtype::f32, {N});
}

// squaredErrorGradient(prediction:f32[N ...],target:f32[N ...],weight:f32[N],dloss:f32[N];)->(dprediction:f32[N ...])
void checkSquaredErrorGradient(ShapeCheck& check) {
  Size N;
  check.operand("prediction", Dtype::f32, {&N, rest});
  check.operand("target", Dtype::f32, {&N, rest});
  check.operand("weight", Dtype::f32, {&N});
  check.operand("dloss", Dtype::f32, {&N});
  check.result("dprediction", Dtype::f32, {N, rest});
}

// store(value:storage[...],target!:storage[...];)->()
void checkStore(ShapeCheck& check) {
  check.operand("value", storage, {rest});
  check.mutated("target", storage, {rest});
}

// sumRows(x:storage[... C];)->(y:f32[C])
void checkSumRows(ShapeCheck& check) {
  Size C;
  check.operand("x", storage, {rest, &C});
  check.result("y", Dtype::f32, {C});
}

// sumSquares(x:storage[...];)->(y:f32[1])
void checkSumSquares(ShapeCheck& check) {
  check.operand("x", storage, {rest});
  check.result("y", Dtype::f32, {Size(1)});
}

// toRgb8(x:f32[...],target!:u8[...];)->()
void checkToRgb8(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.mutated("target", Dtype::u8, {rest});
}

// unshuffle(x:storage[N H W C];block:int)->(y:storage[N H/block W/block C*block*block])
void checkUnshuffle(ShapeCheck& check) {
  Size N, H, W, C;
  const Size block = check.integer("block");
  check.operand("x", storage, {&N, &H, &W, &C});
  check.result("y", storage, {N, H / block, W / block, C * block * block});
}

// upsample(x:storage[N H W C];)->(y:storage[N H*2 W*2 C])
void checkUpsample(ShapeCheck& check) {
  Size N, H, W, C;
  check.operand("x", storage, {&N, &H, &W, &C});
  check.result("y", storage, {N, H * Size(2), W * Size(2), C});
}

#if defined(__x86_64__)
#define RUN(type, kernel) {run<type, avx512bf16::kernel>, run<type, avx512::kernel>, run<type, avx2::kernel>, run<type, baseline::kernel>}
#elif defined(__aarch64__)
#define RUN(type, kernel) {run<type, neon::kernel>}
#endif

const OpEntry table[] = {
    {0x01d00a94, "matmulTransposed", 3, 0, checkMatmulTransposed, RUN(MatmulTransposed, matmulTransposed)},
    {0x0e12218d, "geluGradient", 3, 0, checkGeluGradient, RUN(GeluGradient, geluGradient)},
    {0x124f9808, "clamp", 2, 2, checkClamp, RUN(Clamp, clamp)},
    {0x143ba006, "softmaxCrossEntropy", 3, 0, checkSoftmaxCrossEntropy, RUN(SoftmaxCrossEntropy, softmaxCrossEntropy)},
    {0x1a6a9392, "squaredError", 4, 0, checkSquaredError, RUN(SquaredError, squaredError)},
    {0x1c5e2e71, "clampGradient", 3, 2, checkClampGradient, RUN(ClampGradient, clampGradient)},
    {0x1ea14d30, "absoluteErrorGradient", 5, 0, checkAbsoluteErrorGradient, RUN(AbsoluteErrorGradient, absoluteErrorGradient)},
    {0x1f0fed48, "softmaxCrossEntropyGradient", 4, 0, checkSoftmaxCrossEntropyGradient, RUN(SoftmaxCrossEntropyGradient, softmaxCrossEntropyGradient)},
    {0x2463ce08, "shuffle", 2, 1, checkShuffle, RUN(Shuffle, shuffle)},
    {0x2ab84e52, "combineBranches", 3, 0, checkCombineBranches, RUN(CombineBranches, combineBranches)},
    {0x2f943092, "squaredErrorGradient", 5, 0, checkSquaredErrorGradient, RUN(SquaredErrorGradient, squaredErrorGradient)},
    {0x365a8c36, "store", 2, 0, checkStore, RUN(Store, store)},
    {0x3745c4a9, "sinusoidal", 2, 2, checkSinusoidal, RUN(Sinusoidal, sinusoidal)},
    {0x38666c48, "groupNorm", 8, 3, checkGroupNorm, RUN(GroupNorm, groupNorm)},
    {0x3bda31d0, "attentionProbabilities", 4, 2, checkAttentionProbabilities, RUN(AttentionProbabilities, attentionProbabilities)},
    {0x3e27f891, "scaleBy", 2, 1, checkScaleBy, RUN(ScaleBy, scaleBy)},
    {0x44ffd46b, "multiplyAdds", 1, 2, checkMultiplyAdds, RUN(MultiplyAdds, multiplyAdds)},
    {0x4591f4bc, "expandTokens", 2, 1, checkExpandTokens, RUN(ExpandTokens, expandTokens)},
    {0x47a6922c, "silu", 2, 0, checkSilu, RUN(Silu, silu)},
    {0x48171b66, "linear", 5, 0, checkLinear, RUN(Linear, linear)},
    {0x4969ecab, "fill", 1, 2, checkFill, RUN(Fill, fill)},
    {0x4c03daee, "addMaskedGradient", 3, 1, checkAddMaskedGradient, RUN(AddMaskedGradient, addMaskedGradient)},
    {0x4e304e38, "sliceChannels", 2, 2, checkSliceChannels, RUN(SliceChannels, sliceChannels)},
    {0x50a6511a, "meanGradient", 3, 0, checkMeanGradient, RUN(MeanGradient, meanGradient)},
    {0x53da1856, "conv2d", 6, 3, checkConv2d, RUN(Conv2d, conv2d)},
    {0x576d18c1, "concatTokens", 3, 0, checkConcatTokens, RUN(ConcatTokens, concatTokens)},
    {0x59af6145, "embeddingGradient", 3, 1, checkEmbeddingGradient, RUN(EmbeddingGradient, embeddingGradient)},
    {0x59e1f498, "absoluteError", 4, 0, checkAbsoluteError, RUN(AbsoluteError, absoluteError)},
    {0x5b3e688e, "l2Normalize", 2, 1, checkL2Normalize, RUN(L2Normalize, l2Normalize)},
    {0x6040b1e4, "layerNormGradient", 6, 1, checkLayerNormGradient, RUN(LayerNormGradient, layerNormGradient)},
    {0x63299f33, "attention", 5, 3, checkAttention, RUN(Attention, attention)},
    {0x634c6883, "cast", 2, 1, checkCast, RUN(Cast, cast)},
    {0x6b592d1a, "concatChannels", 3, 0, checkConcatChannels, RUN(ConcatChannels, concatChannels)},
    {0x6c83abea, "gaussian", 3, 1, checkGaussian, RUN(Gaussian, gaussian)},
    {0x6ccac50e, "quickGeluGradient", 3, 0, checkQuickGeluGradient, RUN(QuickGeluGradient, quickGeluGradient)},
    {0x6d38f887, "clipFactor", 2, 1, checkClipFactor, RUN(ClipFactor, clipFactor)},
    {0x6d8b4764, "gatherRowsGradient", 3, 1, checkGatherRowsGradient, RUN(GatherRowsGradient, gatherRowsGradient)},
    {0x73a28c89, "linearCombination", 5, 0, checkLinearCombination, RUN(LinearCombination, linearCombination)},
    {0x740959d0, "embedding", 3, 0, checkEmbedding, RUN(Embedding, embedding)},
    {0x7756dec9, "layerNorm", 4, 1, checkLayerNorm, RUN(LayerNorm, layerNorm)},
    {0x88b62858, "upsample", 2, 0, checkUpsample, RUN(Upsample, upsample)},
    {0x8ae22db7, "sumSquares", 2, 0, checkSumSquares, RUN(SumSquares, sumSquares)},
    {0x8d1bd6dc, "fromRgb8", 2, 0, checkFromRgb8, RUN(FromRgb8, fromRgb8)},
    {0x8dcbca55, "siluGradient", 3, 0, checkSiluGradient, RUN(SiluGradient, siluGradient)},
    {0x8ffc62c9, "downsample", 2, 0, checkDownsample, RUN(Downsample, downsample)},
    {0x92e1fe40, "scaleRows", 3, 0, checkScaleRows, RUN(ScaleRows, scaleRows)},
    {0x955717be, "adamw", 7, 0, checkAdamw, RUN(Adamw, adamw)},
    {0x9a3f3c08, "padTokens", 2, 2, checkPadTokens, RUN(PadTokens, padTokens)},
    {0x9bea0afc, "meanTokens", 2, 0, checkMeanTokens, RUN(MeanTokens, meanTokens)},
    {0x9ca36f3f, "linearWeightGradient", 3, 0, checkLinearWeightGradient, RUN(LinearWeightGradient, linearWeightGradient)},
    {0x9fd23504, "add", 3, 0, checkAdd, RUN(Add, add)},
    {0xa13d9140, "modulate", 4, 0, checkModulate, RUN(Modulate, modulate)},
    {0xa304468e, "groupNormGradient", 11, 3, checkGroupNormGradient, RUN(GroupNormGradient, groupNormGradient)},
    {0xa76d1913, "conv2dWeightGradient", 3, 3, checkConv2dWeightGradient, RUN(Conv2dWeightGradient, conv2dWeightGradient)},
    {0xa92a9fa6, "addMasked", 4, 0, checkAddMasked, RUN(AddMasked, addMasked)},
    {0xa967bdab, "multiply", 3, 0, checkMultiply, RUN(Multiply, multiply)},
    {0xab2b3f9d, "conv2dWithMoments", 7, 4, checkConv2dWithMoments, RUN(Conv2dWithMoments, conv2dWithMoments)},
    {0xab798b2a, "modulateGradient", 6, 0, checkModulateGradient, RUN(ModulateGradient, modulateGradient)},
    {0xacd0112d, "attentionGradient", 8, 2, checkAttentionGradient, RUN(AttentionGradient, attentionGradient)},
    {0xb33c9bc0, "geglu", 2, 0, checkGeglu, RUN(Geglu, geglu)},
    {0xb8912efa, "toRgb8", 2, 0, checkToRgb8, RUN(ToRgb8, toRgb8)},
    {0xba7f8b3c, "sliceTokens", 2, 2, checkSliceTokens, RUN(SliceTokens, sliceTokens)},
    {0xbe015a2f, "gegluGradient", 3, 0, checkGegluGradient, RUN(GegluGradient, gegluGradient)},
    {0xc6e6662d, "sumRows", 2, 0, checkSumRows, RUN(SumRows, sumRows)},
    {0xccf1a575, "linearInputGradient", 3, 0, checkLinearInputGradient, RUN(LinearInputGradient, linearInputGradient)},
    {0xce3f6724, "groupMoments", 2, 1, checkGroupMoments, RUN(GroupMoments, groupMoments)},
    {0xd0874965, "unshuffle", 2, 1, checkUnshuffle, RUN(Unshuffle, unshuffle)},
    {0xd54e8c2f, "mean", 2, 0, checkMean, RUN(Mean, mean)},
    {0xda49fa9b, "linearActivated", 4, 1, checkLinearActivated, RUN(LinearActivated, linearActivated)},
    {0xdc27355b, "conv2dInputGradient", 3, 2, checkConv2dInputGradient, RUN(Conv2dInputGradient, conv2dInputGradient)},
    {0xdf85ea1d, "quickGelu", 2, 0, checkQuickGelu, RUN(QuickGelu, quickGelu)},
    {0xe466d262, "conv2dShifted", 6, 3, checkConv2dShifted, RUN(Conv2dShifted, conv2dShifted)},
    {0xe6125761, "gatherRows", 3, 0, checkGatherRows, RUN(GatherRows, gatherRows)},
    {0xe64e9576, "padChannels", 2, 2, checkPadChannels, RUN(PadChannels, padChannels)},
    {0xe7727c60, "l2NormalizeGradient", 3, 1, checkL2NormalizeGradient, RUN(L2NormalizeGradient, l2NormalizeGradient)},
    {0xeba6ad6e, "linearGated", 4, 0, checkLinearGated, RUN(LinearGated, linearGated)},
    {0xf0739744, "gelu", 2, 0, checkGelu, RUN(Gelu, gelu)},
};

#undef RUN

}  // namespace

const OpEntry* findOp(uint32_t opcode) {
  const OpEntry* entry = std::lower_bound(std::begin(table), std::end(table), opcode,
                                          [](const OpEntry& op, uint32_t wanted) { return op.opcode < wanted; });
  return entry != std::end(table) && entry->opcode == opcode ? entry : nullptr;
}

}  // namespace counterpoint
