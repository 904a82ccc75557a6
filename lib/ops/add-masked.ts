/**
 * y[b] = base[b] + mask[b] · plane[b mod P]: an encoded local condition enters the branches that have it. Where the mask
 * is 0 the plane contributes exactly nothing, even if it is not finite. The P planes repeat over the branches. An absent
 * base counts as zero. No gradient with respect to the mask.
 */
import { defineOp } from "../graph/op.js";

export const addMasked = defineOp({
  name: "addMasked",
  operands: {
    base: { shape: "B H W C", optional: true },
    plane: { shape: "P H W C" },
    mask: { shape: "B", dtype: "f32" },
  },
  results: { y: { shape: "B H W C" } },
  where: ["B % P == 0"],
  gradient: (graph, { operands: { base, plane, mask }, upstream: { y: dy }, wants }) => ({
    base: base && dy,
    plane: dy && wants("plane") ? addMaskedGradient(graph, { dy, mask }, { images: plane.shape[0] }) : null,
  }),
  reference({ base, plane, mask, y }) {
    const size = y.data.length / mask.data.length;
    for (let i = 0; i < y.data.length; i++) {
      const factor = mask.data[Math.floor(i / size)];
      y.data[i] = (base?.data[i] ?? 0) + (factor === 0 ? 0 : factor * plane.data[i % plane.data.length]);
    }
  },
});

/** dplane[p] = Σ mask[b] · dy[b] over the branches b with b mod images = p. */
export const addMaskedGradient = defineOp({
  name: "addMaskedGradient",
  operands: { dy: { shape: "B H W C" }, mask: { shape: "B", dtype: "f32" } },
  attributes: { images: { kind: "int" } },
  results: { dplane: { shape: "images H W C" } },
  where: ["B % images == 0"],
  reference({ dy, mask, dplane }) {
    const size = dy.data.length / mask.data.length;
    for (let i = 0; i < dy.data.length; i++) {
      const factor = mask.data[Math.floor(i / size)];
      if (factor !== 0) dplane.data[i % dplane.data.length] += factor * dy.data[i];
    }
  },
});
