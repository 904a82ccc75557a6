// Generated from lib/ops by `npm run generate`; never edited by hand.
#include "generated/ops.h"

#include <algorithm>

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

// add(a:f32[...],b:f32[...];)->(y:f32[...])
void checkAdd(ShapeCheck& check) {
  check.operand("a", Dtype::f32, {rest});
  check.operand("b", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// addMasked(base?:f32[B H W C],plane:f32[P H W C],mask:f32[B];)->(y:f32[B H W C]) where B % P == 0
void checkAddMasked(ShapeCheck& check) {
  Size B, H, W, C, P;
  check.optional("base", Dtype::f32, {&B, &H, &W, &C});
  check.operand("plane", Dtype::f32, {&P, &H, &W, &C});
  check.operand("mask", Dtype::f32, {&B});
  check.where("B % P == 0", B % P == Size(0));
  check.result("y", Dtype::f32, {B, H, W, C});
}

// addMaskedGradient(dy:f32[B H W C],mask:f32[B];images:int)->(dplane:f32[images H W C]) where B % images == 0
void checkAddMaskedGradient(ShapeCheck& check) {
  Size B, H, W, C;
  const Size images = check.integer("images");
  check.operand("dy", Dtype::f32, {&B, &H, &W, &C});
  check.operand("mask", Dtype::f32, {&B});
  check.where("B % images == 0", B % images == Size(0));
  check.result("dplane", Dtype::f32, {images, H, W, C});
}

// attention(q:f32[N T C],k:f32[N S C],v:f32[N S C],keyMask?:f32[N U];heads:int,causal:int)->(y:f32[N T C]) where C % heads == 0,U <= S
void checkAttention(ShapeCheck& check) {
  Size N, T, C, S, U;
  const Size heads = check.integer("heads");
  check.integer("causal");
  check.operand("q", Dtype::f32, {&N, &T, &C});
  check.operand("k", Dtype::f32, {&N, &S, &C});
  check.operand("v", Dtype::f32, {&N, &S, &C});
  check.optional("keyMask", Dtype::f32, {&N, &U});
  check.where("C % heads == 0", C % heads == Size(0));
  check.where("U <= S", U <= S);
  check.result("y", Dtype::f32, {N, T, C});
}

// attentionGradient(q:f32[N T C],k:f32[N S C],v:f32[N S C],keyMask?:f32[N U],dy:f32[N T C];heads:int,causal:int)->(dq:f32[N T C],dk:f32[N S C],dv:f32[N S C]) where C % heads == 0,U <= S
void checkAttentionGradient(ShapeCheck& check) {
  Size N, T, C, S, U;
  const Size heads = check.integer("heads");
  check.integer("causal");
  check.operand("q", Dtype::f32, {&N, &T, &C});
  check.operand("k", Dtype::f32, {&N, &S, &C});
  check.operand("v", Dtype::f32, {&N, &S, &C});
  check.optional("keyMask", Dtype::f32, {&N, &U});
  check.operand("dy", Dtype::f32, {&N, &T, &C});
  check.where("C % heads == 0", C % heads == Size(0));
  check.where("U <= S", U <= S);
  check.result("dq", Dtype::f32, {N, T, C});
  check.result("dk", Dtype::f32, {N, S, C});
  check.result("dv", Dtype::f32, {N, S, C});
}

// clamp(x:f32[...];low:float,high:float)->(y:f32[...])
void checkClamp(ShapeCheck& check) {
  check.real("low");
  check.real("high");
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// clampGradient(x:f32[...],dy:f32[...];low:float,high:float)->(dx:f32[...])
void checkClampGradient(ShapeCheck& check) {
  check.real("low");
  check.real("high");
  check.operand("x", Dtype::f32, {rest});
  check.operand("dy", Dtype::f32, {rest});
  check.result("dx", Dtype::f32, {rest});
}

// clipFactor(sum:f32[1];maxNorm:float)->(y:f32[1])
void checkClipFactor(ShapeCheck& check) {
  check.real("maxNorm");
  check.operand("sum", Dtype::f32, {Size(1)});
  check.result("y", Dtype::f32, {Size(1)});
}

// combineBranches(x:f32[B ...],weights:f32[R P];)->(y:f32[P ...]) where B == R*P
void checkCombineBranches(ShapeCheck& check) {
  Size B, R, P;
  check.operand("x", Dtype::f32, {&B, rest});
  check.operand("weights", Dtype::f32, {&R, &P});
  check.where("B == R*P", B == R * P);
  check.result("y", Dtype::f32, {P, rest});
}

// concatChannels(a:f32[... A],b:f32[... B];)->(y:f32[... A+B])
void checkConcatChannels(ShapeCheck& check) {
  Size A, B;
  check.operand("a", Dtype::f32, {rest, &A});
  check.operand("b", Dtype::f32, {rest, &B});
  check.result("y", Dtype::f32, {rest, A + B});
}

// concatTokens(a:f32[N A C],b:f32[N B C];)->(y:f32[N A+B C])
void checkConcatTokens(ShapeCheck& check) {
  Size N, A, C, B;
  check.operand("a", Dtype::f32, {&N, &A, &C});
  check.operand("b", Dtype::f32, {&N, &B, &C});
  check.result("y", Dtype::f32, {N, A + B, C});
}

// conv2d(x:f32[N H W I],weight:f32[K K I O],bias?:f32[O],residual?:f32[N (H*upsample)/stride (W*upsample)/stride O];stride:int,upsample:int)->(y:f32[N (H*upsample)/stride (W*upsample)/stride O]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2d(ShapeCheck& check) {
  Size N, H, W, I, K, O;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.operand("x", Dtype::f32, {&N, &H, &W, &I});
  check.operand("weight", Dtype::f32, {&K, &K, &I, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.optional("residual", Dtype::f32, {&N, any, any, &O});
  check.expect(3, "residual", {N, H * upsample / stride, W * upsample / stride, O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("y", Dtype::f32, {N, H * upsample / stride, W * upsample / stride, O});
}

// conv2dInputGradient(dy:f32[N H W O],weight:f32[K K I O];stride:int,upsample:int)->(dx:f32[N (H*stride)/upsample (W*stride)/upsample I]) where K % 2 == 1,K <= 15,upsample <= 2
void checkConv2dInputGradient(ShapeCheck& check) {
  Size N, H, W, O, K, I;
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.operand("dy", Dtype::f32, {&N, &H, &W, &O});
  check.operand("weight", Dtype::f32, {&K, &K, &I, &O});
  check.where("K % 2 == 1", K % Size(2) == Size(1));
  check.where("K <= 15", K <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("dx", Dtype::f32, {N, H * stride / upsample, W * stride / upsample, I});
}

// conv2dWeightGradient(x:f32[N H W I],dy:f32[N (H*upsample)/stride (W*upsample)/stride O];kernel:int,stride:int,upsample:int)->(dweight:f32[kernel kernel I O]) where kernel % 2 == 1,kernel <= 15,upsample <= 2
void checkConv2dWeightGradient(ShapeCheck& check) {
  Size N, H, W, I, O;
  const Size kernel = check.integer("kernel");
  const Size stride = check.integer("stride");
  const Size upsample = check.integer("upsample");
  check.operand("x", Dtype::f32, {&N, &H, &W, &I});
  check.operand("dy", Dtype::f32, {&N, any, any, &O});
  check.expect(1, "dy", {N, H * upsample / stride, W * upsample / stride, O});
  check.where("kernel % 2 == 1", kernel % Size(2) == Size(1));
  check.where("kernel <= 15", kernel <= Size(15));
  check.where("upsample <= 2", upsample <= Size(2));
  check.result("dweight", Dtype::f32, {kernel, kernel, I, O});
}

// downsample(x:f32[N H W C];)->(y:f32[N H/2 W/2 C])
void checkDownsample(ShapeCheck& check) {
  Size N, H, W, C;
  check.operand("x", Dtype::f32, {&N, &H, &W, &C});
  check.result("y", Dtype::f32, {N, H / Size(2), W / Size(2), C});
}

// embedding(table:f32[V C],ids:i32[...];)->(y:f32[... C])
void checkEmbedding(ShapeCheck& check) {
  Size V, C;
  check.operand("table", Dtype::f32, {&V, &C});
  check.operand("ids", Dtype::i32, {rest});
  check.result("y", Dtype::f32, {rest, C});
}

// embeddingGradient(ids:i32[...],dy:f32[... C];vocabulary:int)->(dtable:f32[vocabulary C])
void checkEmbeddingGradient(ShapeCheck& check) {
  Size C;
  const Size vocabulary = check.integer("vocabulary");
  check.operand("ids", Dtype::i32, {rest});
  check.operand("dy", Dtype::f32, {rest, &C});
  check.result("dtable", Dtype::f32, {vocabulary, C});
}

// expandTokens(x:f32[N C];tokens:int)->(y:f32[N tokens C])
void checkExpandTokens(ShapeCheck& check) {
  Size N, C;
  const Size tokens = check.integer("tokens");
  check.operand("x", Dtype::f32, {&N, &C});
  check.result("y", Dtype::f32, {N, tokens, C});
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

// gatherRows(x:f32[N T C],index:i32[N];)->(y:f32[N C])
void checkGatherRows(ShapeCheck& check) {
  Size N, T, C;
  check.operand("x", Dtype::f32, {&N, &T, &C});
  check.operand("index", Dtype::i32, {&N});
  check.result("y", Dtype::f32, {N, C});
}

// gatherRowsGradient(dy:f32[N C],index:i32[N];tokens:int)->(dx:f32[N tokens C])
void checkGatherRowsGradient(ShapeCheck& check) {
  Size N, C;
  const Size tokens = check.integer("tokens");
  check.operand("dy", Dtype::f32, {&N, &C});
  check.operand("index", Dtype::i32, {&N});
  check.result("dx", Dtype::f32, {N, tokens, C});
}

// gaussian(key:i32[N 4],step:i32[1];count:int)->(y:f32[N count])
void checkGaussian(ShapeCheck& check) {
  Size N;
  const Size count = check.integer("count");
  check.operand("key", Dtype::i32, {&N, Size(4)});
  check.operand("step", Dtype::i32, {Size(1)});
  check.result("y", Dtype::f32, {N, count});
}

// geglu(x:f32[... D];)->(y:f32[... D/2])
void checkGeglu(ShapeCheck& check) {
  Size D;
  check.operand("x", Dtype::f32, {rest, &D});
  check.result("y", Dtype::f32, {rest, D / Size(2)});
}

// gegluGradient(x:f32[... D],dy:f32[... D/2];)->(dx:f32[... D])
void checkGegluGradient(ShapeCheck& check) {
  Size D;
  check.operand("x", Dtype::f32, {rest, &D});
  check.operand("dy", Dtype::f32, {rest, any});
  check.expect(1, "dy", {rest, D / Size(2)});
  check.result("dx", Dtype::f32, {rest, D});
}

// gelu(x:f32[...];)->(y:f32[...])
void checkGelu(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// geluGradient(x:f32[...],dy:f32[...];)->(dx:f32[...])
void checkGeluGradient(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.operand("dy", Dtype::f32, {rest});
  check.result("dx", Dtype::f32, {rest});
}

// groupNorm(x:f32[N ... C],gamma:f32[C],beta:f32[C],scale?:f32[N C],shift?:f32[N C];groups:int,eps:float,activation:none|silu)->(y:f32[N ... C]) where C % groups == 0
void checkGroupNorm(ShapeCheck& check) {
  Size N, C;
  const Size groups = check.integer("groups");
  check.real("eps");
  check.choice("activation", 2);
  check.operand("x", Dtype::f32, {&N, rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("beta", Dtype::f32, {&C});
  check.optional("scale", Dtype::f32, {&N, &C});
  check.optional("shift", Dtype::f32, {&N, &C});
  check.where("C % groups == 0", C % groups == Size(0));
  check.result("y", Dtype::f32, {N, rest, C});
}

// groupNormGradient(x:f32[N ... C],gamma:f32[C],beta:f32[C],scale?:f32[N C],shift?:f32[N C],dy:f32[N ... C];groups:int,eps:float,activation:none|silu)->(dx:f32[N ... C],dgamma:f32[C],dbeta:f32[C],dscale:f32[N C],dshift:f32[N C]) where C % groups == 0
void checkGroupNormGradient(ShapeCheck& check) {
  Size N, C;
  const Size groups = check.integer("groups");
  check.real("eps");
  check.choice("activation", 2);
  check.operand("x", Dtype::f32, {&N, rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("beta", Dtype::f32, {&C});
  check.optional("scale", Dtype::f32, {&N, &C});
  check.optional("shift", Dtype::f32, {&N, &C});
  check.operand("dy", Dtype::f32, {&N, rest, &C});
  check.where("C % groups == 0", C % groups == Size(0));
  check.result("dx", Dtype::f32, {N, rest, C});
  check.result("dgamma", Dtype::f32, {C});
  check.result("dbeta", Dtype::f32, {C});
  check.result("dscale", Dtype::f32, {N, C});
  check.result("dshift", Dtype::f32, {N, C});
}

// l2Normalize(x:f32[... C];eps:float)->(y:f32[... C])
void checkL2Normalize(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", Dtype::f32, {rest, &C});
  check.result("y", Dtype::f32, {rest, C});
}

// l2NormalizeGradient(x:f32[... C],dy:f32[... C];eps:float)->(dx:f32[... C])
void checkL2NormalizeGradient(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", Dtype::f32, {rest, &C});
  check.operand("dy", Dtype::f32, {rest, &C});
  check.result("dx", Dtype::f32, {rest, C});
}

// layerNorm(x:f32[... C],gamma:f32[C],beta:f32[C];eps:float)->(y:f32[... C])
void checkLayerNorm(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", Dtype::f32, {rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("beta", Dtype::f32, {&C});
  check.result("y", Dtype::f32, {rest, C});
}

// layerNormGradient(x:f32[... C],gamma:f32[C],dy:f32[... C];eps:float)->(dx:f32[... C],dgamma:f32[C],dbeta:f32[C])
void checkLayerNormGradient(ShapeCheck& check) {
  Size C;
  check.real("eps");
  check.operand("x", Dtype::f32, {rest, &C});
  check.operand("gamma", Dtype::f32, {&C});
  check.operand("dy", Dtype::f32, {rest, &C});
  check.result("dx", Dtype::f32, {rest, C});
  check.result("dgamma", Dtype::f32, {C});
  check.result("dbeta", Dtype::f32, {C});
}

// linear(x:f32[... I],weight:f32[I O],bias?:f32[O],residual?:f32[... O];)->(y:f32[... O])
void checkLinear(ShapeCheck& check) {
  Size I, O;
  check.operand("x", Dtype::f32, {rest, &I});
  check.operand("weight", Dtype::f32, {&I, &O});
  check.optional("bias", Dtype::f32, {&O});
  check.optional("residual", Dtype::f32, {rest, &O});
  check.result("y", Dtype::f32, {rest, O});
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

// linearInputGradient(dy:f32[... O],weight:f32[I O];)->(dx:f32[... I])
void checkLinearInputGradient(ShapeCheck& check) {
  Size O, I;
  check.operand("dy", Dtype::f32, {rest, &O});
  check.operand("weight", Dtype::f32, {&I, &O});
  check.result("dx", Dtype::f32, {rest, I});
}

// linearWeightGradient(x:f32[... I],dy:f32[... O];)->(dweight:f32[I O])
void checkLinearWeightGradient(ShapeCheck& check) {
  Size I, O;
  check.operand("x", Dtype::f32, {rest, &I});
  check.operand("dy", Dtype::f32, {rest, &O});
  check.result("dweight", Dtype::f32, {I, O});
}

// matmulTransposed(a:f32[M K],b:f32[N K];)->(y:f32[M N])
void checkMatmulTransposed(ShapeCheck& check) {
  Size M, K, N;
  check.operand("a", Dtype::f32, {&M, &K});
  check.operand("b", Dtype::f32, {&N, &K});
  check.result("y", Dtype::f32, {M, N});
}

// mean(x:f32[...];)->(y:f32[1])
void checkMean(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {Size(1)});
}

// meanGradient(x:f32[...],dy:f32[1];)->(dx:f32[...])
void checkMeanGradient(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.operand("dy", Dtype::f32, {Size(1)});
  check.result("dx", Dtype::f32, {rest});
}

// meanTokens(x:f32[N ... C];)->(y:f32[N C])
void checkMeanTokens(ShapeCheck& check) {
  Size N, C;
  check.operand("x", Dtype::f32, {&N, rest, &C});
  check.result("y", Dtype::f32, {N, C});
}

// modulate(x:f32[N ... C],scale:f32[N C],shift:f32[N C];)->(y:f32[N ... C])
void checkModulate(ShapeCheck& check) {
  Size N, C;
  check.operand("x", Dtype::f32, {&N, rest, &C});
  check.operand("scale", Dtype::f32, {&N, &C});
  check.operand("shift", Dtype::f32, {&N, &C});
  check.result("y", Dtype::f32, {N, rest, C});
}

// modulateGradient(x:f32[N ... C],scale:f32[N C],dy:f32[N ... C];)->(dx:f32[N ... C],dscale:f32[N C],dshift:f32[N C])
void checkModulateGradient(ShapeCheck& check) {
  Size N, C;
  check.operand("x", Dtype::f32, {&N, rest, &C});
  check.operand("scale", Dtype::f32, {&N, &C});
  check.operand("dy", Dtype::f32, {&N, rest, &C});
  check.result("dx", Dtype::f32, {N, rest, C});
  check.result("dscale", Dtype::f32, {N, C});
  check.result("dshift", Dtype::f32, {N, C});
}

// multiply(a:f32[...],b:f32[...];)->(y:f32[...])
void checkMultiply(ShapeCheck& check) {
  check.operand("a", Dtype::f32, {rest});
  check.operand("b", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// multiplyAdds(;rounds:int,count:int)->(y:f32[count])
void checkMultiplyAdds(ShapeCheck& check) {
  check.integer("rounds");
  const Size count = check.integer("count");
  check.result("y", Dtype::f32, {count});
}

// padChannels(x:f32[... C];before:int,after:int)->(y:f32[... before+C+after])
void checkPadChannels(ShapeCheck& check) {
  Size C;
  const Size before = check.integer("before");
  const Size after = check.integer("after");
  check.operand("x", Dtype::f32, {rest, &C});
  check.result("y", Dtype::f32, {rest, before + C + after});
}

// padTokens(x:f32[N T C];before:int,after:int)->(y:f32[N before+T+after C])
void checkPadTokens(ShapeCheck& check) {
  Size N, T, C;
  const Size before = check.integer("before");
  const Size after = check.integer("after");
  check.operand("x", Dtype::f32, {&N, &T, &C});
  check.result("y", Dtype::f32, {N, before + T + after, C});
}

// quickGelu(x:f32[...];)->(y:f32[...])
void checkQuickGelu(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// quickGeluGradient(x:f32[...],dy:f32[...];)->(dx:f32[...])
void checkQuickGeluGradient(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.operand("dy", Dtype::f32, {rest});
  check.result("dx", Dtype::f32, {rest});
}

// scaleBy(x:f32[...];factor:float)->(y:f32[...])
void checkScaleBy(ShapeCheck& check) {
  check.real("factor");
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// scaleRows(x:f32[N ...],factor:f32[N];)->(y:f32[N ...])
void checkScaleRows(ShapeCheck& check) {
  Size N;
  check.operand("x", Dtype::f32, {&N, rest});
  check.operand("factor", Dtype::f32, {&N});
  check.result("y", Dtype::f32, {N, rest});
}

// shuffle(x:f32[N H W C];block:int)->(y:f32[N H*block W*block C/(block*block)])
void checkShuffle(ShapeCheck& check) {
  Size N, H, W, C;
  const Size block = check.integer("block");
  check.operand("x", Dtype::f32, {&N, &H, &W, &C});
  check.result("y", Dtype::f32, {N, H * block, W * block, C / (block * block)});
}

// silu(x:f32[...];)->(y:f32[...])
void checkSilu(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {rest});
}

// siluGradient(x:f32[...],dy:f32[...];)->(dx:f32[...])
void checkSiluGradient(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.operand("dy", Dtype::f32, {rest});
  check.result("dx", Dtype::f32, {rest});
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

// sliceChannels(x:f32[... C];begin:int,count:int)->(y:f32[... count]) where begin+count <= C
void checkSliceChannels(ShapeCheck& check) {
  Size C;
  const Size begin = check.integer("begin");
  const Size count = check.integer("count");
  check.operand("x", Dtype::f32, {rest, &C});
  check.where("begin+count <= C", begin + count <= C);
  check.result("y", Dtype::f32, {rest, count});
}

// sliceTokens(x:f32[N T C];begin:int,count:int)->(y:f32[N count C]) where begin+count <= T
void checkSliceTokens(ShapeCheck& check) {
  Size N, T, C;
  const Size begin = check.integer("begin");
  const Size count = check.integer("count");
  check.operand("x", Dtype::f32, {&N, &T, &C});
  check.where("begin+count <= T", begin + count <= T);
  check.result("y", Dtype::f32, {N, count, C});
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

// store(value:f32[...],target!:f32[...];)->()
void checkStore(ShapeCheck& check) {
  check.operand("value", Dtype::f32, {rest});
  check.mutated("target", Dtype::f32, {rest});
}

// sumRows(x:f32[... C];)->(y:f32[C])
void checkSumRows(ShapeCheck& check) {
  Size C;
  check.operand("x", Dtype::f32, {rest, &C});
  check.result("y", Dtype::f32, {C});
}

// sumSquares(x:f32[...];)->(y:f32[1])
void checkSumSquares(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.result("y", Dtype::f32, {Size(1)});
}

// toRgb8(x:f32[...],target!:u8[...];)->()
void checkToRgb8(ShapeCheck& check) {
  check.operand("x", Dtype::f32, {rest});
  check.mutated("target", Dtype::u8, {rest});
}

// unshuffle(x:f32[N H W C];block:int)->(y:f32[N H/block W/block C*block*block])
void checkUnshuffle(ShapeCheck& check) {
  Size N, H, W, C;
  const Size block = check.integer("block");
  check.operand("x", Dtype::f32, {&N, &H, &W, &C});
  check.result("y", Dtype::f32, {N, H / block, W / block, C * block * block});
}

// upsample(x:f32[N H W C];)->(y:f32[N H*2 W*2 C])
void checkUpsample(ShapeCheck& check) {
  Size N, H, W, C;
  check.operand("x", Dtype::f32, {&N, &H, &W, &C});
  check.result("y", Dtype::f32, {N, H * Size(2), W * Size(2), C});
}

#if defined(__x86_64__)
#define RUN(type, kernel) {run<type, avx512::kernel>, run<type, avx2::kernel>, run<type, baseline::kernel>}
#elif defined(__aarch64__)
#define RUN(type, kernel) {run<type, neon::kernel>}
#endif

const OpEntry table[] = {
    {0x02a466cc, "meanTokens", 2, 0, checkMeanTokens, RUN(MeanTokens, meanTokens)},
    {0x05883a17, "attentionGradient", 8, 2, checkAttentionGradient, RUN(AttentionGradient, attentionGradient)},
    {0x08145b2c, "expandTokens", 2, 1, checkExpandTokens, RUN(ExpandTokens, expandTokens)},
    {0x0b63ccec, "gatherRowsGradient", 3, 1, checkGatherRowsGradient, RUN(GatherRowsGradient, gatherRowsGradient)},
    {0x112ff5e4, "modulate", 4, 0, checkModulate, RUN(Modulate, modulate)},
    {0x11426605, "gatherRows", 3, 0, checkGatherRows, RUN(GatherRows, gatherRows)},
    {0x143ba006, "softmaxCrossEntropy", 3, 0, checkSoftmaxCrossEntropy, RUN(SoftmaxCrossEntropy, softmaxCrossEntropy)},
    {0x167312a4, "geglu", 2, 0, checkGeglu, RUN(Geglu, geglu)},
    {0x19ec07ed, "scaleBy", 2, 1, checkScaleBy, RUN(ScaleBy, scaleBy)},
    {0x1a6a9392, "squaredError", 4, 0, checkSquaredError, RUN(SquaredError, squaredError)},
    {0x1b307eec, "addMasked", 4, 0, checkAddMasked, RUN(AddMasked, addMasked)},
    {0x1ea14d30, "absoluteErrorGradient", 5, 0, checkAbsoluteErrorGradient, RUN(AbsoluteErrorGradient, absoluteErrorGradient)},
    {0x1f0fed48, "softmaxCrossEntropyGradient", 4, 0, checkSoftmaxCrossEntropyGradient, RUN(SoftmaxCrossEntropyGradient, softmaxCrossEntropyGradient)},
    {0x200738d0, "sliceTokens", 2, 2, checkSliceTokens, RUN(SliceTokens, sliceTokens)},
    {0x2639e836, "conv2d", 5, 2, checkConv2d, RUN(Conv2d, conv2d)},
    {0x2d7c7251, "mean", 2, 0, checkMean, RUN(Mean, mean)},
    {0x2f943092, "squaredErrorGradient", 5, 0, checkSquaredErrorGradient, RUN(SquaredErrorGradient, squaredErrorGradient)},
    {0x33b0c970, "upsample", 2, 0, checkUpsample, RUN(Upsample, upsample)},
    {0x3745c4a9, "sinusoidal", 2, 2, checkSinusoidal, RUN(Sinusoidal, sinusoidal)},
    {0x3d33084c, "scaleRows", 3, 0, checkScaleRows, RUN(ScaleRows, scaleRows)},
    {0x3ffe0abe, "addMaskedGradient", 3, 1, checkAddMaskedGradient, RUN(AddMaskedGradient, addMaskedGradient)},
    {0x428a340c, "sliceChannels", 2, 2, checkSliceChannels, RUN(SliceChannels, sliceChannels)},
    {0x44ffd46b, "multiplyAdds", 1, 2, checkMultiplyAdds, RUN(MultiplyAdds, multiplyAdds)},
    {0x47ff4c14, "gelu", 2, 0, checkGelu, RUN(Gelu, gelu)},
    {0x4969ecab, "fill", 1, 2, checkFill, RUN(Fill, fill)},
    {0x51f044cc, "padTokens", 2, 2, checkPadTokens, RUN(PadTokens, padTokens)},
    {0x55905832, "l2NormalizeGradient", 3, 1, checkL2NormalizeGradient, RUN(L2NormalizeGradient, l2NormalizeGradient)},
    {0x568de660, "concatChannels", 3, 0, checkConcatChannels, RUN(ConcatChannels, concatChannels)},
    {0x590a5603, "linear", 5, 0, checkLinear, RUN(Linear, linear)},
    {0x59e1f498, "absoluteError", 4, 0, checkAbsoluteError, RUN(AbsoluteError, absoluteError)},
    {0x5ac62cf0, "clamp", 2, 2, checkClamp, RUN(Clamp, clamp)},
    {0x6032883f, "clampGradient", 3, 2, checkClampGradient, RUN(ClampGradient, clampGradient)},
    {0x61f1789d, "downsample", 2, 0, checkDownsample, RUN(Downsample, downsample)},
    {0x62eb062a, "matmulTransposed", 3, 0, checkMatmulTransposed, RUN(MatmulTransposed, matmulTransposed)},
    {0x6315f4ba, "layerNormGradient", 6, 1, checkLayerNormGradient, RUN(LayerNormGradient, layerNormGradient)},
    {0x6324b831, "quickGelu", 2, 0, checkQuickGelu, RUN(QuickGelu, quickGelu)},
    {0x6c83abea, "gaussian", 3, 1, checkGaussian, RUN(Gaussian, gaussian)},
    {0x6ccb7b83, "siluGradient", 3, 0, checkSiluGradient, RUN(SiluGradient, siluGradient)},
    {0x6d38f887, "clipFactor", 2, 1, checkClipFactor, RUN(ClipFactor, clipFactor)},
    {0x73a28c89, "linearCombination", 5, 0, checkLinearCombination, RUN(LinearCombination, linearCombination)},
    {0x767e9d5c, "silu", 2, 0, checkSilu, RUN(Silu, silu)},
    {0x8068d387, "linearInputGradient", 3, 0, checkLinearInputGradient, RUN(LinearInputGradient, linearInputGradient)},
    {0x8d1bd6dc, "fromRgb8", 2, 0, checkFromRgb8, RUN(FromRgb8, fromRgb8)},
    {0x8df79875, "layerNorm", 4, 1, checkLayerNorm, RUN(LayerNorm, layerNorm)},
    {0x926f0c12, "store", 2, 0, checkStore, RUN(Store, store)},
    {0x955717be, "adamw", 7, 0, checkAdamw, RUN(Adamw, adamw)},
    {0x99e63112, "l2Normalize", 2, 1, checkL2Normalize, RUN(L2Normalize, l2Normalize)},
    {0xa036b287, "sumRows", 2, 0, checkSumRows, RUN(SumRows, sumRows)},
    {0xa44404bd, "unshuffle", 2, 1, checkUnshuffle, RUN(Unshuffle, unshuffle)},
    {0xa638baa7, "attention", 5, 2, checkAttention, RUN(Attention, attention)},
    {0xae86a8df, "conv2dWeightGradient", 3, 3, checkConv2dWeightGradient, RUN(Conv2dWeightGradient, conv2dWeightGradient)},
    {0xb8912efa, "toRgb8", 2, 0, checkToRgb8, RUN(ToRgb8, toRgb8)},
    {0xbd33d61e, "add", 3, 0, checkAdd, RUN(Add, add)},
    {0xbda9215c, "quickGeluGradient", 3, 0, checkQuickGeluGradient, RUN(QuickGeluGradient, quickGeluGradient)},
    {0xc09380cf, "linearWeightGradient", 3, 0, checkLinearWeightGradient, RUN(LinearWeightGradient, linearWeightGradient)},
    {0xc194e187, "embeddingGradient", 3, 1, checkEmbeddingGradient, RUN(EmbeddingGradient, embeddingGradient)},
    {0xca6fe0c9, "groupNorm", 6, 3, checkGroupNorm, RUN(GroupNorm, groupNorm)},
    {0xcfd98193, "concatTokens", 3, 0, checkConcatTokens, RUN(ConcatTokens, concatTokens)},
    {0xd0dae314, "combineBranches", 3, 0, checkCombineBranches, RUN(CombineBranches, combineBranches)},
    {0xd0f8b969, "multiply", 3, 0, checkMultiply, RUN(Multiply, multiply)},
    {0xd4b7c031, "gegluGradient", 3, 0, checkGegluGradient, RUN(GegluGradient, gegluGradient)},
    {0xd63e454b, "geluGradient", 3, 0, checkGeluGradient, RUN(GeluGradient, geluGradient)},
    {0xd6f6205e, "modulateGradient", 6, 0, checkModulateGradient, RUN(ModulateGradient, modulateGradient)},
    {0xde9b706c, "embedding", 3, 0, checkEmbedding, RUN(Embedding, embedding)},
    {0xe1e317c8, "shuffle", 2, 1, checkShuffle, RUN(Shuffle, shuffle)},
    {0xe780457a, "meanGradient", 3, 0, checkMeanGradient, RUN(MeanGradient, meanGradient)},
    {0xe7fb5aa9, "conv2dInputGradient", 3, 2, checkConv2dInputGradient, RUN(Conv2dInputGradient, conv2dInputGradient)},
    {0xe87028a9, "sumSquares", 2, 0, checkSumSquares, RUN(SumSquares, sumSquares)},
    {0xf61192d8, "groupNormGradient", 11, 3, checkGroupNormGradient, RUN(GroupNormGradient, groupNormGradient)},
    {0xf7a74ff2, "padChannels", 2, 2, checkPadChannels, RUN(PadChannels, padChannels)},
};

#undef RUN

}  // namespace

const OpEntry* findOp(uint32_t opcode) {
  const OpEntry* entry = std::lower_bound(std::begin(table), std::end(table), opcode,
                                          [](const OpEntry& op, uint32_t wanted) { return op.opcode < wanted; });
  return entry != std::end(table) && entry->opcode == opcode ? entry : nullptr;
}

}  // namespace counterpoint
