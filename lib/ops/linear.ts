/** y = x · weight + bias + residual, over the last axis. */
import { defineOp } from "../graph/op.js";
import { sumRows } from "./sum-rows.js";

export const linear = defineOp({
  name: "linear",
  operands: {
    x: { shape: "... I" },
    weight: { shape: "I O", dtype: "weight" },
    bias: { shape: "O", dtype: "f32", optional: true },
    residual: { shape: "... O", optional: true },
  },
  results: { y: { shape: "... O" } },
  flops: "2*rows*I*O",
  gradient(graph, { operands: { x, weight }, upstream: { y: dy }, wants }) {
    if (!dy) return {};
    return {
      x: wants("x") ? linearInputGradient(graph, { dy, weight }) : null,
      weight: wants("weight") ? linearWeightGradient(graph, { x, dy }) : null,
      bias: wants("bias") ? sumRows(graph, { x: dy }) : null,
      residual: dy,
    };
  },
  reference({ x, weight, bias, residual, y }) {
    const [inputs, outputs] = weight.shape;
    for (let row = 0; row < x.data.length / inputs; row++) {
      for (let o = 0; o < outputs; o++) {
        let sum = (bias?.data[o] ?? 0) + (residual?.data[row * outputs + o] ?? 0);
        for (let i = 0; i < inputs; i++) sum += x.data[row * inputs + i] * weight.data[i * outputs + o];
        y.data[row * outputs + o] = sum;
      }
    }
  },
});

/** dx = dy · weightᵀ. */
export const linearInputGradient = defineOp({
  name: "linearInputGradient",
  operands: { dy: { shape: "... O" }, weight: { shape: "I O" } },
  results: { dx: { shape: "... I" } },
  flops: "2*rows*I*O",
  reference({ dy, weight, dx }) {
    const [inputs, outputs] = weight.shape;
    for (let row = 0; row < dy.data.length / outputs; row++) {
      for (let i = 0; i < inputs; i++) {
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += dy.data[row * outputs + o] * weight.data[i * outputs + o];
        dx.data[row * inputs + i] = sum;
      }
    }
  },
});

/** dweight = xᵀ · dy, summed over all rows. */
export const linearWeightGradient = defineOp({
  name: "linearWeightGradient",
  operands: { x: { shape: "... I" }, dy: { shape: "... O" } },
  results: { dweight: { shape: "I O", dtype: "f32" } },
  flops: "2*rows*I*O",
  reference({ x, dy, dweight }) {
    const [inputs, outputs] = dweight.shape;
    for (let row = 0; row < x.data.length / inputs; row++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          dweight.data[i * outputs + o] += x.data[row * inputs + i] * dy.data[row * outputs + o];
        }
      }
    }
  },
});
