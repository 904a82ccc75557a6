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
    # Of the steps so far, where the case is training.
    losses: list[float] | None = None
    # OpenVINO's fused subgraphs end the process with a segmentation fault (2026.4; composer-mini's masked attention).
    snippets_crash: bool = False
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


class Result(nn.Module):
    """A module of diffusers or transformers with a plain tensor for its result."""

    def __init__(self, module, call):
        super().__init__()
        self.module, self.call = module, call

    def forward(self, *inputs):
        return self.call(self.module, *inputs)


def unet(batch, channels, widths, context, attention):
    from diffusers import UNet2DConditionModel

    kinds = lambda plain, attending: tuple(attending if attends else plain for attends in attention)
    module = UNet2DConditionModel(
        sample_size=64,
        in_channels=channels,
        out_channels=channels,
        layers_per_block=2,
        block_out_channels=widths,
        cross_attention_dim=context,
        attention_head_dim=8,
        down_block_types=kinds("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=kinds("UpBlock2D", "CrossAttnUpBlock2D")[::-1],
    )
    inputs = [torch.randn(batch, channels, 64, 64), torch.full((batch,), 500), torch.randn(batch, 77, context)]
    return Result(module, lambda net, x, t, words: net(x, t, words, return_dict=False)[0]), inputs


def vae_decoder(batch):
    from diffusers import AutoencoderKL

    module = AutoencoderKL(
        latent_channels=4,
        layers_per_block=2,
        block_out_channels=(128, 256, 512, 512),
        norm_num_groups=32,
        sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    decode = lambda net, latents: net.decode(latents, return_dict=False)[0]
    return Result(module, decode), [torch.randn(batch, 4, 64, 64)]


def clip_text(batch):
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    encode = lambda net, ids: net(input_ids=ids).last_hidden_state
    return Result(CLIPTextModel(config), encode), [torch.randint(1, 49405, (batch, 77))]


NETS = {
    "composer-mini": composer,
    "small-unet": lambda batch: unet(batch, 3, (64, 128, 192, 256), 128, (False, False, True, True)),
    "sd15-unet": lambda batch: unet(batch, 4, (320, 640, 1280, 1280), 768, (True, True, True, False)),
    "sd-vae-decoder": vae_decoder,
    "clip-vit-l14-text": clip_text,
}


def net(case, operands):
    torch.manual_seed(0)
    module, inputs = NETS[case["net"]](case["batch"])
    return Work(module.eval(), inputs, snippets_crash=case["net"] == "composer-mini")


def peer_weight(net, name, weight):
    """A parameter of `net` from this engine's layout."""
    owner = net.get_submodule(name.rpartition(".")[0])
    if isinstance(owner, nn.Conv2d) and weight.dim() == 4:
        return weight.permute(3, 2, 0, 1).contiguous()
    return weight.T.contiguous() if isinstance(owner, nn.Linear) and weight.dim() == 2 else weight


def train(case, operands):
    named = {name[6:]: x for name, x in operands.items() if name.startswith("input:")}
    inputs = {name: images(x) if x.dim() == 4 else x for name, x in named.items()}
    target, weight = inputs.pop("target"), inputs.pop("weight")
    module = Composer(list(inputs))
    for name, parameter in module.net.named_parameters():
        parameter.data = peer_weight(module.net, name, operands[f"parameter:unet.{name}"])
    losses = []

    def step_of(net, inputs):
        parameters = list(module.parameters())
        averages = [p.detach().clone() for p in parameters]
        optimiser = torch.optim.AdamW(parameters, lr=6e-4, betas=(0.9, 0.99), weight_decay=0.01, fused=True)

        def step():
            loss = (weight * (net(*inputs) - target).square().mean(dim=(1, 2, 3))).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            with torch.no_grad():
                torch._foreach_lerp_(averages, parameters, 1e-3)
            losses.append(loss.item())

        return step

    return Work(module.train(), list(inputs.values()), step=step_of, losses=losses)


WORKS = {"conv": conv, "linear": linear, "attention": attention, "groupNorm": group_norm, "net": net, "train": train}
