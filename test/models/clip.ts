import assert from "node:assert/strict";
import { flopsOf, parametersOf } from "../../lib/graph/flops.js";
import { Graph } from "../../lib/graph/graph.js";
import { contrastiveLoss, encodeImage, encodeText } from "../../lib/models/clip.js";
import { clipMini } from "../../lib/models/presets.js";

describe("models/clip", () => {
  it("clip-mini has the size it should have", () => {
    const config = clipMini(80);
    const graph = new Graph();
    const images = encodeImage(graph, config, graph.input("image", [4, 64, 64, 3]));
    const { words, sentence } = encodeText(graph, config, {
      ids: graph.input("ids", [4, 32], "i32"),
      end: graph.input("end", [4], "i32"),
    });
    const targets = graph.input("targets", [4], "i32");
    const loss = contrastiveLoss(graph, { images, sentences: sentence, targets });
    assert.deepEqual([words.shape, sentence.shape, loss.shape], [[4, 32, 160], [4, 128], [1]]);
    const count = parametersOf(graph);
    console.log(`      clip-mini: ${(count / 1e6).toFixed(2)} M, ${(flopsOf(graph) / 4e9).toFixed(2)} GFLOP a pair`);
    assert.ok(Math.abs(count / 2e6 - 1) < 0.1, `${count} parameters`);
  });
});
