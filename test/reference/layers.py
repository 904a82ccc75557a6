"""The layers that the twins share, on NCHW activations, with the parameter names of lib/models."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def unshuffle(x, block):
    """[N C H W] -> [N C*b*b H/b W/b], channels ordered (row in block, column in block, c)."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // block, block, w // block, block)
    return x.permute(0, 3, 5, 1, 2, 4).reshape(n, block * block * c, h // block, w // block)


def shuffle(x, block):
    """The inverse of `unshuffle`."""
    n, c, h, w = x.shape
    c //= block * block
    x = x.reshape(n, block, block, c, h, w)
    return x.permute(0, 3, 4, 1, 5, 2).reshape(n, c, h * block, w * block)


def sinusoidal(t, width, max_period=10000.0):
    half = width // 2
    angles = t[:, None] * torch.exp(-math.log(max_period) * torch.arange(half, dtype=t.dtype, device=t.device) / half)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def attend(q, k, v, heads, mask=None, causal=False):
    """q [N T C], k and v [N S C]; mask [N U] of 0 and 1 over the first U keys."""
    n, t, c = q.shape
    split = lambda x: x.reshape(n, -1, heads, c // heads).transpose(1, 2)
    allowed = None
    if mask is not None:
        rest = mask.new_ones(n, k.shape[1] - mask.shape[1])
        allowed = (torch.cat([mask, rest], dim=1) > 0)[:, None, None, :]
    y = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=allowed, is_causal=causal)
    return y.transpose(1, 2).reshape(n, t, c)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, groups, resample, embedding=None):
        super().__init__()
        self.resample = resample
        self.norm1 = nn.GroupNorm(groups, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        if embedding is not None:
            self.film = nn.Linear(embedding, 2 * outputs)
        self.norm2 = nn.GroupNorm(groups, outputs)
        if inputs != outputs:
            self.skip = nn.Conv2d(inputs, outputs, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def resampled(self, x):
        if self.resample == "up":
            return F.interpolate(x, scale_factor=2, mode="nearest")
        return F.avg_pool2d(x, 2) if self.resample == "down" else x

    def forward(self, x, embedding=None):
        h = self.conv1(self.resampled(F.silu(self.norm1(x))))
        h = self.norm2(h)
        if embedding is not None:
            scale, shift = self.film(embedding)[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        x = self.resampled(x)
        return self.conv2(F.silu(h)) + (self.skip(x) if hasattr(self, "skip") else x)


class AttentionBlock(nn.Module):
    def __init__(self, channels, groups, head_width, context):
        super().__init__()
        self.heads = channels // head_width
        self.norm = nn.GroupNorm(groups, channels)
        for name in ["query", "key", "value", "out"]:
            self.add_module(name, nn.Linear(channels, channels))
        for name in ["context-keys", "context-values"]:
            self.add_module(name, nn.Linear(context, channels))

    def forward(self, x, context, mask):
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        k = torch.cat([self.get_submodule("context-keys")(context), self.key(tokens)], dim=1)
        v = torch.cat([self.get_submodule("context-values")(context), self.value(tokens)], dim=1)
        y = self.out(attend(self.query(tokens), k, v, self.heads, mask))
        return x + y.transpose(1, 2).reshape(x.shape)


class Pyramid(nn.Module):
    """The down, middle and up blocks of a U-Net with the skips of ADM."""

    def __init__(self, config, make):
        """`make(inputs, outputs, resample, attention)` builds one block."""
        super().__init__()
        widths = [config["width"] * m for m in config["multipliers"]]
        attention = lambda level: level in config["attentionLevels"]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels, kept = config["width"], [config["width"]]
        for level, width in enumerate(widths):
            blocks = nn.ModuleDict()
            for i in range(config["blocks"]):
                blocks[str(i)] = make(channels, width, "none", attention(level))
                channels = width
                kept.append(channels)
            if level < len(widths) - 1:
                blocks["resample"] = make(channels, channels, "down", False)
                kept.append(channels)
            self.down.append(blocks)
        self.middle = nn.ModuleList(
            [make(channels, channels, "none", True), make(channels, channels, "none", False)]
        )
        for level in reversed(range(len(widths))):
            blocks = nn.ModuleDict()
            for i in range(config["blocks"] + 1):
                blocks[str(i)] = make(channels + kept.pop(), widths[level], "none", attention(level))
                channels = widths[level]
            if level > 0:
                outputs = channels if config["ascent"] == "left" else widths[level - 1]
                blocks["resample"] = make(channels, outputs, "up", False)
                channels = outputs
            self.up.insert(0, blocks)
        self.channels = channels

    def forward(self, h, *conditions):
        kept = [h]
        for blocks in self.down:
            for block in blocks.values():
                h = block(h, *conditions)
                kept.append(h)
        for block in self.middle:
            h = block(h, *conditions)
        for blocks in reversed(self.up):
            for name, block in blocks.items():
                h = block(h if name == "resample" else torch.cat([h, kept.pop()], dim=1), *conditions)
        return h
