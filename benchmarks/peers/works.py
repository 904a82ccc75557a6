"""What each case of benchmarks/cases.ts is in PyTorch; the other peers convert the same module."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parents[2] / "test/reference"))


@dataclass
class Work:
    module: nn.Module
    inputs: list[torch.Tensor]
    # (module, inputs) -> one training step, where the case is one.
    step: Callable | None = None
    # A result in this project's layout.
    stored: Callable = lambda y: y


def work_of(case, operands):
    return WORKS[case["kind"]](case, operands)


def images(x):
    return x.permute(0, 3, 1, 2).contiguous()


def pixels(y):
    return y.permute(0, 2, 3, 1)


def conv(case, operands):
    kernel = case["kernel"]
    module = nn.Conv2d(case["inputs"], case["outputs"], kernel, padding=kernel // 2)
    module.weight.data = operands["weight"].permute(3, 2, 0, 1).contiguous()
    module.bias.data = operands["bias"]
    return Work(module.eval(), [images(operands["x"])], stored=pixels)


def linear(case, operands):
    module = nn.Linear(case["inputs"], case["outputs"])
    module.weight.data = operands["weight"].T.contiguous()
    module.bias.data = operands["bias"]
    return Work(module.eval(), [operands["x"]])


class Attention(nn.Module):
    """From and to [N T heads·width], as a net has them."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, q, k, v):
        apart = lambda x: x.unflatten(2, (self.heads, -1)).transpose(1, 2)
        return F.scaled_dot_product_attention(apart(q), apart(k), apart(v)).transpose(1, 2).flatten(2)


def attention(case, operands):
    return Work(Attention(case["heads"]).eval(), [operands[name] for name in "qkv"])


def group_norm(case, operands):
    norm = nn.GroupNorm(case["groups"], case["channels"])
    norm.weight.data, norm.bias.data = operands["gamma"], operands["beta"]
    return Work(nn.Sequential(norm, nn.SiLU()).eval(), [images(operands["x"])], stored=pixels)


# The preset composerMini of lib/models/presets.ts.
COMPOSER_MINI = {
    "imageSize": 64,
    "outputChannels": 3,
    "block": 2,
    "width": 64,
    "multipliers": [1, 2, 3, 3],
    "blocks": 1,
    "ascent": "entered",
    "attentionLevels": [1, 2],
    "headWidth": 64,
    "groups": 32,
    "embedding": 128,
    "palette": 180,
    "context": {"width": 128, "words": 32, "wordWidth": 160, "tokens": 4},
    "locals": {"planeSize": 64, "block": 2, "strides": [1, 1], "width": 32, "outputs": 8},
}


class Composer(nn.Module):
    """composer-mini with its inputs in a row, as converters want them."""

    def __init__(self, names):
        super().__init__()
        from unet import Unet

        self.names = names
        self.net = Unet(COMPOSER_MINI)

    def forward(self, *inputs):
        return self.net(dict(zip(self.names, inputs)))


def composer(batch):
    from unet import LOCALS

    size, context = COMPOSER_MINI["imageSize"], COMPOSER_MINI["context"]
    inputs = {
        "xT": torch.randn(batch, 3, size, size),
        "t": torch.full((batch,), 500.0),
        "words": torch.randn(batch, context["words"], context["wordWidth"]),
        "sentence": torch.randn(batch, COMPOSER_MINI["embedding"]),
        "semantics": torch.randn(batch, COMPOSER_MINI["embedding"]),
        "palette": torch.full((batch, COMPOSER_MINI["palette"]), 1 / COMPOSER_MINI["palette"]),
        **{name: torch.randn(batch, channels, size, size) for name, channels in LOCALS.items()},
        **{f"mask.{name}": torch.ones(batch) for name in ["caption", "semantics", "palette", *LOCALS]},
        "mask.context": torch.ones(batch, context["words"] + 2 * context["tokens"]),
    }
    return Composer(list(inputs)), list(inputs.values())


def net(case, operands):
    torch.manual_seed(0)
    module, inputs = composer(case["batch"])
    return Work(module.eval(), inputs)


def train(case, operands):
    torch.manual_seed(0)
    module, inputs = composer(case["batch"])
    target = torch.randn_like(inputs[0])

    def step_of(net, inputs):
        parameters = list(module.parameters())
        averages = [p.detach().clone() for p in parameters]
        optimiser = torch.optim.AdamW(parameters, lr=6e-4, betas=(0.9, 0.99), weight_decay=0.01, fused=True)

        def step():
            loss = F.mse_loss(net(*inputs), target)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            with torch.no_grad():
                torch._foreach_lerp_(averages, parameters, 1e-3)

        return step

    return Work(module.train(), inputs, step=step_of)


WORKS = {"conv": conv, "linear": linear, "attention": attention, "groupNorm": group_norm, "net": net, "train": train}
