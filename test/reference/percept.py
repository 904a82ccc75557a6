"""Twin of lib/models/percept.ts: depth and objects of a picture."""

from torch import nn
from torch.nn import functional as F

from layers import Pyramid, ResidualBlock, shuffle, unshuffle

CHANNELS = {"depth": 1, "shape": 4, "colour": 9, "size": 2, "material": 2, "centre": 1, "offset": 2}
WEIGHTS = {"depth": 4, "shape": 1, "colour": 0.5, "size": 0.5, "material": 0.5, "centre": 50, "offset": 2}


class Percept(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.block, width, groups = config["block"], config["width"], config["groups"]
        self.stem = nn.Conv2d(3 * self.block**2, width, 3, padding=1)
        whole = config | {"blocks": 1, "ascent": "entered", "attentionLevels": []}
        pyramid = Pyramid(whole, lambda inputs, outputs, resample, _: ResidualBlock(inputs, outputs, groups, resample))
        self.down, self.middle, self.up = pyramid.down, pyramid.middle, pyramid.up
        self.norm = nn.GroupNorm(groups, pyramid.channels)
        self.head = nn.Conv2d(pyramid.channels, sum(CHANNELS.values()) * self.block**2, 3, padding=1)

    def forward(self, inputs):
        h = Pyramid.forward(self, self.stem(unshuffle(inputs["image"], self.block)))
        h = shuffle(self.head(F.silu(self.norm(h))), self.block)
        return dict(zip(CHANNELS, h.split(list(CHANNELS.values()), dim=1)))

    def loss(self, outputs, inputs):
        target = lambda name: inputs[f"target.{name}"]
        labelled = lambda name: F.cross_entropy(
            outputs[name], target(name).long(), ignore_index=-1, reduction="sum"
        ) / target(name).numel()
        losses = {
            "depth": (outputs["depth"] - target("depth")).abs().mean(),
            **{name: labelled(name) for name in ["shape", "colour", "size", "material"]},
            "centre": (outputs["centre"] - target("centre")).square().mean(),
            "offset": (outputs["offset"] * target("offsetMask") - target("offset")).abs().mean(),
        }
        return sum(WEIGHTS[name] * loss for name, loss in losses.items())
