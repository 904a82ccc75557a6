/**
 * y[n, r, c, o] = bias[o] + residual[n, r, c, o] + Σ_{i, j, l} u[n, r·stride + i − p, c·stride + j − p, l] · weight[i, j, l, o]
 *
 * where u is x enlarged `upsample` times by repeating pixels, p = (K−1)/2, and u is zero outside the image. Where `more` is
 * given, its channels follow those of x.
 * Images are [N, H, W, channels], weights [K, K, inputs, outputs]; K is odd, at most 15, and `upsample` 1 or 2. Where
 * `accuracy` is "strict", devices take no algorithm that rounds more than the sum above does; otherwise they may take one
 * whose relative error is a few times as large. Gradients do as they see fit.
 */
import type { Value } from "../graph/graph.js";
import { defineOp, type ReferenceTensor } from "../graph/op.js";
import { joined, joinedTensor, parted } from "./concat-channels.js";
import { expandTokens } from "./expand-tokens.js";
import { groupMoments } from "./group-norm.js";
import { sumRows } from "./sum-rows.js";

const shapeOfResult = "N (H*upsample)/stride (W*upsample)/stride O";

const convolution = {
  operands: {
    x: { shape: "N H W I" },
    more: { shape: "N H W J", optional: true },
    weight: { shape: "K K I+J O", dtype: "weight" },
    bias: { shape: "O", dtype: "f32", optional: true },
    residual: { shape: shapeOfResult, optional: true },
  },
  attributes: {
    stride: { kind: "int", default: 1 },
    upsample: { kind: "int", default: 1 },
    accuracy: { kind: "choice", values: ["fast", "strict"], default: "fast" },
  },
  where: ["K % 2 == 1", "K <= 15", "upsample <= 2"],
  flops: "2*N*((H*upsample)/stride)*((W*upsample)/stride)*K*K*(I+J)*O",
} as const;

export const conv2d = defineOp({
  name: "conv2d",
  ...convolution,
  results: { y: { shape: shapeOfResult } },
  gradient(graph, { operands: { x, more, weight }, attributes: { stride, upsample }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    const kernel = weight.shape[0];
    const wantsInput = wants("x") || wants("more");
    const dx = wantsInput ? conv2dInputGradient(graph, { dy, weight }, { stride, upsample }) : null;
    const both = () => joined(graph, x, more);
    return {
      ...parted(graph, dx, x, more),
      weight: wants("weight") ? conv2dWeightGradient(graph, { x: both(), dy }, { kernel, stride, upsample }) : null,
      bias: wants("bias") ? sumRows(graph, { x: dy }) : null,
      residual: dy,
    };
  },
  // Of one source it is a primitive.
  definition: (graph, { x, more, ...operands }, attributes): Value =>
    conv2d(graph, { ...operands, x: joined(graph, x, more) }, attributes),
  reference: convolve,
});

/** conv2d, and the `groupMoments` of its result for a norm behind it. Made by a pass, after gradients. */
export const conv2dWithMoments = defineOp({
  name: "conv2dWithMoments",
  ...convolution,
  attributes: { ...convolution.attributes, block: { kind: "int" } },
  results: {
    y: { shape: shapeOfResult },
    moments: { shape: "N ((H*upsample)/stride)*((W*upsample)/stride)/block 2 O", dtype: "f32" },
  },
  definition(graph, operands, { block, ...attributes }): { y: Value; moments: Value } {
    const y = conv2d(graph, operands, attributes);
    return { y, moments: groupMoments(graph, { x: y }, { block }) };
  },
  reference({ moments, ...tensors }, { block, ...attributes }) {
    convolve(tensors, attributes);
    groupMoments.definition.reference({ x: tensors.y, moments }, { block });
  },
});

/** conv2d whose residual is `shift` [N, O] at every position of an image. Made by a pass, after gradients. */
export const conv2dShifted = defineOp({
  name: "conv2dShifted",
  ...convolution,
  operands: {
    x: convolution.operands.x,
    more: convolution.operands.more,
    weight: convolution.operands.weight,
    bias: convolution.operands.bias,
    shift: { shape: "N O" },
  },
  results: { y: { shape: shapeOfResult } },
  definition(graph, { shift, ...operands }, attributes): Value {
    const [images, height, width] = operands.x.shape;
    const side = (length: number) => (length * attributes.upsample) / attributes.stride;
    const everywhere = expandTokens(graph, { x: shift }, { tokens: side(height) * side(width) });
    const residual = graph.reshape(everywhere, [images, side(height), side(width), shift.shape[1]]);
    return conv2d(graph, { ...operands, residual }, attributes);
  },
  reference({ shift, y, ...tensors }, attributes) {
    const residual = { shape: y.shape, data: new Float64Array(y.data.length) };
    expandTokens.definition.reference({ x: shift, y: residual }, { tokens: y.shape[1] * y.shape[2] });
    convolve({ ...tensors, residual, y }, attributes);
  },
});

interface ConvolutionTensors {
  readonly x: ReferenceTensor;
  readonly more?: ReferenceTensor;
  readonly weight: ReferenceTensor;
  readonly bias?: ReferenceTensor;
  readonly residual?: ReferenceTensor;
  readonly y: ReferenceTensor;
}

function convolve(
  { x: first, more, weight, bias, residual, y }: ConvolutionTensors,
  { stride, upsample }: { stride: number; upsample: number },
): void {
  const x = joinedTensor(first, more);
  const [kernel, , inputs, outputs] = weight.shape;
  for (let i = 0; i < y.data.length; i++) y.data[i] = (bias?.data[i % outputs] ?? 0) + (residual?.data[i] ?? 0);
  forEachTap(x.shape, y.shape, { kernel, stride, upsample }, (pixel, outputPixel, tap) => {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        const w = weight.data[(tap * inputs + i) * outputs + o];
        y.data[outputPixel * outputs + o] += x.data[pixel * inputs + i] * w;
      }
    }
  });
}

/** dx of `conv2d`: every dy goes back to the pixels that it was computed from, by the weights it was computed with. */
export const conv2dInputGradient = defineOp({
  name: "conv2dInputGradient",
  operands: { dy: { shape: "N H W O" }, weight: { shape: "K K I O" } },
  attributes: { stride: { kind: "int", default: 1 }, upsample: { kind: "int", default: 1 } },
  results: { dx: { shape: "N (H*stride)/upsample (W*stride)/upsample I" } },
  where: ["K % 2 == 1", "K <= 15", "upsample <= 2"],
  flops: "2*N*H*W*K*K*I*O",
  reference({ dy, weight, dx }, { stride, upsample }) {
    const [kernel, , inputs, outputs] = weight.shape;
    forEachTap(dx.shape, dy.shape, { kernel, stride, upsample }, (pixel, outputPixel, tap) => {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const w = weight.data[(tap * inputs + i) * outputs + o];
          dx.data[pixel * inputs + i] += dy.data[outputPixel * outputs + o] * w;
        }
      }
    });
  },
});

/** dweight of `conv2d`, summed over all images and pixels. */
export const conv2dWeightGradient = defineOp({
  name: "conv2dWeightGradient",
  operands: { x: { shape: "N H W I" }, dy: { shape: "N (H*upsample)/stride (W*upsample)/stride O" } },
  attributes: {
    kernel: { kind: "int" },
    stride: { kind: "int", default: 1 },
    upsample: { kind: "int", default: 1 },
  },
  results: { dweight: { shape: "kernel kernel I O", dtype: "f32" } },
  where: ["kernel % 2 == 1", "kernel <= 15", "upsample <= 2"],
  flops: "2*N*((H*upsample)/stride)*((W*upsample)/stride)*kernel*kernel*I*O",
  reference({ x, dy, dweight }, { kernel, stride, upsample }) {
    const [, , inputs, outputs] = dweight.shape;
    forEachTap(x.shape, dy.shape, { kernel, stride, upsample }, (pixel, outputPixel, tap) => {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const product = x.data[pixel * inputs + i] * dy.data[outputPixel * outputs + o];
          dweight.data[(tap * inputs + i) * outputs + o] += product;
        }
      }
    });
  },
});

/** Calls `body` for every pixel of x, pixel of y and tap of the kernel (all flattened) that the convolution multiplies. */
function forEachTap(
  [images, height, width]: readonly number[],
  [, outputHeight, outputWidth]: readonly number[],
  { kernel, stride, upsample }: { kernel: number; stride: number; upsample: number },
  body: (pixel: number, outputPixel: number, tap: number) => void,
): void {
  const padding = (kernel - 1) / 2;
  for (let outputPixel = 0; outputPixel < images * outputHeight * outputWidth; outputPixel++) {
    const outputColumn = outputPixel % outputWidth;
    const outputRow = Math.floor(outputPixel / outputWidth) % outputHeight;
    const image = Math.floor(outputPixel / (outputWidth * outputHeight));
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const row = Math.floor((outputRow * stride + Math.floor(tap / kernel) - padding) / upsample);
      const column = Math.floor((outputColumn * stride + (tap % kernel) - padding) / upsample);
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      body((image * height + row) * width + column, outputPixel, tap);
    }
  }
}
