import {
  conv2d,
  conv2dInputGradient,
  conv2dShifted,
  conv2dWeightGradient,
  conv2dWithMoments,
} from "../../lib/ops/conv2d.js";
import { testOp } from "./harness.js";

testOp(conv2d, [
  { shapes: { x: [1, 1, 1, 1], weight: [1, 1, 1, 1] } },
  { shapes: { x: [2, 3, 5, 4], weight: [1, 1, 4, 7], bias: [7] } },
  { shapes: { x: [2, 5, 4, 3], weight: [3, 3, 3, 6], bias: [6], residual: [2, 5, 4, 6] } },
  { shapes: { x: [2, 6, 4, 3], weight: [3, 3, 3, 5], bias: [5], residual: [2, 3, 2, 5] }, attributes: { stride: 2 } },
  { shapes: { x: [1, 3, 2, 4], weight: [3, 3, 4, 5], residual: [1, 6, 4, 5] }, attributes: { upsample: 2 } },
  { shapes: { x: [1, 3, 2, 4], weight: [3, 3, 4, 5], bias: [5] }, attributes: { upsample: 2, stride: 2 } },
  { shapes: { x: [1, 8, 4, 2], weight: [1, 1, 2, 3] }, attributes: { stride: 4 } },
  { shapes: { x: [1, 8, 8, 2], weight: [7, 7, 2, 9] }, attributes: { stride: 4 } },
  { name: "a kernel wider than the image", shapes: { x: [1, 2, 3, 2], weight: [5, 5, 2, 3] } },
  { name: "whole tiles", shapes: { x: [1, 9, 17, 16], weight: [3, 3, 16, 33], bias: [33] }, differentiate: [] },
  { name: "deep", shapes: { x: [2, 16, 16, 64], weight: [3, 3, 64, 32], bias: [32] }, differentiate: [] },
  {
    name: "strict",
    shapes: { x: [2, 9, 11, 40], weight: [3, 3, 40, 33], bias: [33], residual: [2, 9, 11, 33] },
    attributes: { accuracy: "strict" },
    differentiate: [],
  },
  { name: "two sources", shapes: { x: [2, 3, 5, 4], more: [2, 3, 5, 3], weight: [1, 1, 7, 6], bias: [6] } },
  {
    name: "two sources",
    shapes: { x: [2, 6, 4, 3], more: [2, 6, 4, 6], weight: [3, 3, 9, 5], bias: [5], residual: [2, 3, 2, 5] },
    attributes: { stride: 2 },
  },
  {
    name: "two sources",
    shapes: { x: [2, 3, 2, 5], more: [2, 3, 2, 1], weight: [1, 1, 6, 5], residual: [2, 6, 4, 5] },
    attributes: { upsample: 2 },
  },
  {
    name: "two sources of a border within vectors",
    shapes: { x: [2, 9, 17, 15], more: [2, 9, 17, 33], weight: [3, 3, 48, 33], bias: [33] },
    differentiate: [],
  },
  {
    name: "two sources of whole vectors",
    shapes: { x: [2, 16, 16, 64], more: [2, 16, 16, 32], weight: [3, 3, 96, 32], residual: [2, 16, 16, 32] },
    differentiate: [],
  },
  {
    name: "two sources, strict",
    shapes: { x: [2, 9, 11, 31], more: [2, 9, 11, 9], weight: [3, 3, 40, 33], bias: [33] },
    attributes: { accuracy: "strict" },
    differentiate: [],
  },
  {
    name: "two deep sources",
    shapes: { x: [2, 3, 3, 390], more: [2, 3, 3, 20], weight: [1, 1, 410, 40], bias: [40], residual: [2, 3, 3, 40] },
    differentiate: [],
  },
]);

testOp(conv2dShifted, [
  { shapes: { x: [2, 3, 5, 4], weight: [1, 1, 4, 7], bias: [7], shift: [2, 7] } },
  { shapes: { x: [2, 6, 4, 3], weight: [3, 3, 3, 5], shift: [2, 5] }, attributes: { stride: 2 } },
  { shapes: { x: [3, 3, 2, 4], weight: [3, 3, 4, 5], bias: [5], shift: [3, 5] }, attributes: { upsample: 2 } },
  { name: "whole tiles", shapes: { x: [2, 9, 17, 16], weight: [3, 3, 16, 33], bias: [33], shift: [2, 33] } },
  {
    name: "two sources",
    shapes: { x: [2, 9, 11, 7], more: [2, 9, 11, 2], weight: [3, 3, 9, 8], bias: [8], shift: [2, 8] },
  },
  {
    name: "strict",
    shapes: { x: [2, 9, 11, 40], weight: [3, 3, 40, 33], bias: [33], shift: [2, 33] },
    attributes: { accuracy: "strict" },
  },
]);

testOp(
  conv2dWithMoments,
  [
    { shapes: { x: [2, 3, 4, 3], weight: [1, 1, 3, 5] }, attributes: { block: 4 } },
    {
      shapes: { x: [2, 8, 8, 3], weight: [3, 3, 3, 9], bias: [9], residual: [2, 8, 8, 9] },
      attributes: { block: 32, accuracy: "strict" },
    },
    {
      shapes: { x: [3, 16, 8, 16], weight: [3, 3, 16, 8], bias: [8], residual: [3, 8, 4, 8] },
      attributes: { block: 32, stride: 2 },
    },
    { shapes: { x: [1, 8, 8, 8], weight: [1, 1, 8, 70] }, attributes: { block: 32, upsample: 2 } },
    { name: "deep", shapes: { x: [2, 8, 8, 64], weight: [3, 3, 64, 32], bias: [32] }, attributes: { block: 32 } },
    {
      name: "two sources",
      shapes: { x: [2, 8, 8, 32], more: [2, 8, 8, 40], weight: [3, 3, 72, 32], bias: [32] },
      attributes: { block: 32 },
    },
  ],
  { ofStored: true },
);

testOp(conv2dInputGradient, [
  { shapes: { dy: [2, 3, 5, 4], weight: [1, 1, 7, 4] } },
  { shapes: { dy: [2, 5, 4, 6], weight: [3, 3, 5, 6] } },
  { shapes: { dy: [2, 3, 2, 5], weight: [3, 3, 9, 5] }, attributes: { stride: 2 } },
  { shapes: { dy: [1, 6, 4, 5], weight: [3, 3, 4, 5] }, attributes: { upsample: 2 } },
  { shapes: { dy: [1, 3, 2, 5], weight: [3, 3, 4, 5] }, attributes: { upsample: 2, stride: 2 } },
  { shapes: { dy: [1, 2, 1, 3], weight: [1, 1, 2, 3] }, attributes: { stride: 4 } },
  { name: "deep", shapes: { dy: [2, 16, 16, 32], weight: [3, 3, 64, 32] } },
]);

testOp(conv2dWeightGradient, [
  { shapes: { x: [2, 3, 5, 4], dy: [2, 3, 5, 7] }, attributes: { kernel: 1 } },
  { shapes: { x: [2, 5, 4, 3], dy: [2, 5, 4, 6] }, attributes: { kernel: 3 } },
  { shapes: { x: [2, 6, 4, 3], dy: [2, 3, 2, 5] }, attributes: { kernel: 3, stride: 2 } },
  { shapes: { x: [1, 3, 2, 4], dy: [1, 6, 4, 5] }, attributes: { kernel: 3, upsample: 2 } },
  { shapes: { x: [1, 8, 4, 2], dy: [1, 2, 1, 3] }, attributes: { kernel: 1, stride: 4 } },
  { name: "deep", shapes: { x: [2, 16, 16, 64], dy: [2, 16, 16, 32] }, attributes: { kernel: 3 } },
]);
