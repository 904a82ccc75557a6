"""Twin of lib/models/unet.ts: Composer's U-Net."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from layers import AttentionBlock, Pyramid, ResidualBlock, shuffle, sinusoidal, unshuffle

LOCALS = {"sketch": 1, "instances": 4, "depth": 1, "intensity": 1, "masking": 4}
GLOBALS = ["caption", "semantics", "palette"]


class Stage(ResidualBlock):
    def __init__(self, config, inputs, outputs, resample, attention):
        super().__init__(inputs, outputs, config["groups"], resample, 4 * config["width"])
        if attention:
            context = config["context"]["width"]
            self.attention = AttentionBlock(outputs, config["groups"], config["headWidth"], context)

    def forward(self, x, embedding, context, mask):
        h = super().forward(x, embedding)
        return self.attention(h, context, mask) if hasattr(self, "attention") else h


class LocalEncoder(nn.Module):
    def __init__(self, config, channels):
        super().__init__()
        self.block = config["block"]
        first, second = config["strides"]
        width = config["width"]
        self.conv1 = nn.Conv2d(channels * self.block**2, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, stride=first)
        self.conv3 = nn.Conv2d(width, config["outputs"], 3, padding=1, stride=second)

    def forward(self, plane):
        return self.conv3(F.silu(self.conv2(F.silu(self.conv1(unshuffle(plane, self.block))))))


class Unet(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        width, context = config["width"], config["context"]
        lengths = {"caption": config["embedding"], "semantics": config["embedding"], "palette": config["palette"]}
        embedding = {"time1": nn.Linear(width, 4 * width), "time2": nn.Linear(4 * width, 4 * width)}
        self.embedding = nn.ModuleDict(
            embedding | {name: nn.Linear(length, 4 * width) for name, length in lengths.items()}
        )
        tokens = context["tokens"] * context["width"]
        self.context = nn.ModuleDict(
            {
                "words": nn.Linear(context["wordWidth"], context["width"]),
                "semantics": nn.Linear(config["embedding"], tokens),
                "palette": nn.Linear(config["palette"], tokens),
            }
        )
        self.local = nn.ModuleDict({name: LocalEncoder(config["locals"], k) for name, k in LOCALS.items()})
        folded = 3 * config["block"] ** 2 + config["locals"]["outputs"]
        self.stem = nn.ModuleDict({"conv": nn.Conv2d(folded, width, 3, padding=1)})
        pyramid = Pyramid(config, lambda *shape: Stage(config, *shape))
        self.down, self.middle, self.up = pyramid.down, pyramid.middle, pyramid.up
        self.norm = nn.GroupNorm(config["groups"], pyramid.channels)
        self.head = nn.Conv2d(pyramid.channels, config["outputChannels"] * config["block"] ** 2, 3, padding=1)

    def forward(self, inputs):
        """`inputs` by the names of lib/models/unet-inputs.ts, images and planes as [N C H W]."""
        config, width = self.config, self.config["width"]
        unit = math.sqrt(config["embedding"])
        values = {
            "caption": inputs["sentence"] * unit,
            "semantics": inputs["semantics"] * unit,
            "palette": inputs["palette"] * math.sqrt(config["palette"]) / 0.2,
        }
        e = self.embedding["time2"](F.silu(self.embedding["time1"](sinusoidal(inputs["t"], width))))
        for name in GLOBALS:
            e = e + inputs[f"mask.{name}"][:, None] * self.embedding[name](values[name])
        tokens = lambda name: self.context[name](values[name]).reshape(len(e), -1, config["context"]["width"])
        context = torch.cat([self.context["words"](inputs["words"]), tokens("semantics"), tokens("palette")], dim=1)
        planes = sum(inputs[f"mask.{name}"][:, None, None, None] * self.local[name](inputs[name]) for name in LOCALS)
        h = self.stem["conv"](torch.cat([unshuffle(inputs["xT"], config["block"]), planes], dim=1))
        h = Pyramid.forward(self, h, F.silu(e), context, inputs["mask.context"])
        return shuffle(self.head(F.silu(self.norm(h))), config["block"])
