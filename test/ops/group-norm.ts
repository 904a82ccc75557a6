import { groupMoments, groupNorm, groupNormGradient } from "../../lib/ops/group-norm.js";
import type { Random } from "../random.js";
import { testOp } from "./harness.js";

const offset = (random: Random) => 1000 + random.normal();
const spiked = (random: Random, index: number) => (index === 0 ? 1e4 : random.normal());
/** Means around 0, and squared deviations of blocks of ten positions or so. */
const momentsOf = (channels: number) => (random: Random, index: number) =>
  Math.floor(index / channels) % 2 === 0 ? 0.1 * random.normal() : 5 + 10 * random.uniform();

testOp(
  groupNorm,
  [
    { shapes: { x: [2, 6], gamma: [6], beta: [6] }, attributes: { groups: 2 } },
    { shapes: { x: [2, 5, 7, 1], gamma: [1], beta: [1] }, attributes: { groups: 1, activation: "silu" } },
    { shapes: { x: [2, 3, 3, 12], gamma: [12], beta: [12] }, attributes: { groups: 4, activation: "silu" } },
    {
      shapes: { x: [2, 4, 4, 12], gamma: [12], beta: [12], scale: [2, 12], shift: [2, 12] },
      attributes: { groups: 3, activation: "silu" },
    },
    {
      shapes: { x: [2, 3, 20], gamma: [20], beta: [20], scale: [2, 20], shift: [2, 20] },
      attributes: { groups: 20 },
    },
    {
      shapes: { x: [2, 16, 16, 64], gamma: [64], beta: [64], scale: [2, 64], shift: [2, 64] },
      attributes: { groups: 32, activation: "silu" },
      tolerance: 1e-6,
      differentiate: [],
    },
    {
      name: "mean of a thousand deviations",
      shapes: { x: [1, 16, 16, 40], gamma: [40], beta: [40] },
      attributes: { groups: 5 },
      values: { x: offset },
      tolerance: 1e-4,
      differentiate: [],
    },
    {
      name: "a spike in the first row",
      shapes: { x: [1, 16, 16, 40], gamma: [40], beta: [40] },
      attributes: { groups: 5 },
      values: { x: spiked },
      differentiate: [],
    },
    { name: "two sources", shapes: { x: [2, 6], more: [2, 3], gamma: [9], beta: [9] }, attributes: { groups: 3 } },
    {
      name: "a group of both sources",
      shapes: { x: [2, 3, 5, 7], more: [2, 3, 5, 5], gamma: [12], beta: [12], scale: [2, 12], shift: [2, 12] },
      attributes: { groups: 2, activation: "silu" },
    },
    {
      name: "whole vectors of both sources",
      shapes: { x: [2, 16, 16, 64], more: [2, 16, 16, 32], gamma: [96], beta: [96] },
      attributes: { groups: 32, activation: "silu" },
      tolerance: 1e-6,
      differentiate: [],
    },
    {
      name: "two sources",
      shapes: { x: [2, 8, 8, 8], more: [2, 8, 8, 24], gamma: [32], beta: [32], moments: [2, 2, 2, 32] },
      attributes: { groups: 4, activation: "silu" },
      values: { moments: momentsOf(32) },
      differentiate: [],
    },
    {
      shapes: { x: [2, 6, 6], gamma: [6], beta: [6], moments: [2, 3, 2, 6] },
      attributes: { groups: 2 },
      values: { moments: momentsOf(6) },
      differentiate: [],
    },
    {
      shapes: {
        x: [2, 16, 16, 40],
        gamma: [40],
        beta: [40],
        scale: [2, 40],
        shift: [2, 40],
        moments: [2, 8, 2, 40],
      },
      attributes: { groups: 5, activation: "silu" },
      values: { moments: momentsOf(40) },
      differentiate: [],
    },
  ],
  { gradientTolerance: 1e-5 },
);
testOp(groupMoments, [
  { shapes: { x: [1, 1] }, attributes: { block: 1 } },
  { shapes: { x: [2, 6, 5] }, attributes: { block: 3 } },
  { shapes: { x: [2, 8, 8, 72] }, attributes: { block: 32 } },
]);
testOp(groupNormGradient, [
  { shapes: { x: [2, 6], gamma: [6], beta: [6], dy: [2, 6] }, attributes: { groups: 2 } },
  {
    shapes: { x: [2, 5, 7, 3], gamma: [3], beta: [3], dy: [2, 5, 7, 3] },
    attributes: { groups: 3, activation: "silu" },
  },
  {
    shapes: { x: [3, 4, 4, 12], gamma: [12], beta: [12], scale: [3, 12], shift: [3, 12], dy: [3, 4, 4, 12] },
    attributes: { groups: 3 },
  },
  {
    shapes: { x: [2, 16, 16, 64], gamma: [64], beta: [64], scale: [2, 64], shift: [2, 64], dy: [2, 16, 16, 64] },
    attributes: { groups: 32, activation: "silu" },
  },
]);
