"""The nets of the cases in plain torch, over weights by the names of lib/models, in torch's layouts.

Activations are [N C H W] in channels_last. The keys and values of the context are computed once, as here.
"""

import math
import sys
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parents[2] / "test/reference"))

from layers import Pyramid, shuffle, sinusoidal, unshuffle
from peers import tensors_of
from unet import GLOBALS, LOCALS, Unet


def conv(p, name, x, stride=1):
    weight = p[f"{name}.weight"]
    return F.conv2d(x, weight, p[f"{name}.bias"], stride, weight.shape[2] // 2)


def linear(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def group_norm(p, name, x, groups, eps):
    return F.group_norm(x, groups, p[f"{name}.weight"], p[f"{name}.bias"], eps)


def layer_norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"])


def upsampled(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def attend(q, k, v, heads):
    apart = lambda x: x.unflatten(2, (heads, -1)).transpose(1, 2)
    return F.scaled_dot_product_attention(apart(q), apart(k), apart(v)).transpose(1, 2).flatten(2)


def resnet(p, name, x, groups, eps, embedding=None):
    h = conv(p, f"{name}.conv1", F.silu(group_norm(p, f"{name}.norm1", x, groups, eps)))
    if embedding is not None:
        h = h + linear(p, f"{name}.time_emb_proj", embedding)[:, :, None, None]
    h = conv(p, f"{name}.conv2", F.silu(group_norm(p, f"{name}.norm2", h, groups, eps)))
    return h + (conv(p, f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in p else x)


def self_attention(p, name, x, heads):
    return linear(p, f"{name}.to_out.0", attend(*(linear(p, f"{name}.to_{part}", x) for part in "qkv"), heads))


def transformer(p, name, x, heads, groups, encoded):
    n, c, height, width = x.shape
    h = conv(p, f"{name}.proj_in", group_norm(p, f"{name}.norm", x, groups, 1e-6)).flatten(2).transpose(1, 2)
    block = f"{name}.transformer_blocks.0"
    h = h + self_attention(p, f"{block}.attn1", layer_norm(p, f"{block}.norm1", h), heads)
    q = linear(p, f"{block}.attn2.to_q", layer_norm(p, f"{block}.norm2", h))
    k, v = (encoded[f"{block}.attn2.to_{part}"] for part in "kv")
    h = h + linear(p, f"{block}.attn2.to_out.0", attend(q, k, v, heads))
    value, gate = linear(p, f"{block}.ff.net.0.proj", layer_norm(p, f"{block}.norm3", h)).chunk(2, dim=-1)
    h = h + linear(p, f"{block}.ff.net.2", value * F.gelu(gate))
    return x + conv(p, f"{name}.proj_out", h.transpose(1, 2).reshape(n, c, height, width))


def encode(p, context):
    """The keys and values of every attention to the context."""
    names = [name.removesuffix(".weight") for name in p if ".attn2.to_k." in name or ".attn2.to_v." in name]
    return {name: linear(p, name, context) for name in names}


def unet(p, config, latents, t, encoded):
    """Stable Diffusion's: lib/models/sd-unet.ts."""
    groups, levels, heads = config["groups"], len(config["widths"]), config["heads"]
    embedding = sinusoidal(t, config["widths"][0]).to(latents.dtype)
    embedding = linear(p, "time_embedding.linear_2", F.silu(linear(p, "time_embedding.linear_1", embedding)))
    embedding = F.silu(embedding)

    def stage(block, index, level, h, attends):
        h = resnet(p, f"{block}.resnets.{index}", h, groups, 1e-5, embedding)
        return transformer(p, f"{block}.attentions.{index}", h, heads[level], groups, encoded) if attends else h

    h = conv(p, "conv_in", latents)
    kept = [h]
    for level in range(levels):
        block = f"down_blocks.{level}"
        for i in range(config["blocks"]):
            h = stage(block, i, level, h, level in config["attentionLevels"])
            kept.append(h)
        if level < levels - 1:
            h = conv(p, f"{block}.downsamplers.0.conv", h, stride=2)
            kept.append(h)
    h = stage("mid_block", 0, levels - 1, h, True)
    h = stage("mid_block", 1, levels - 1, h, False)
    for index in range(levels):
        block, level = f"up_blocks.{index}", levels - 1 - index
        for i in range(config["blocks"] + 1):
            h = stage(block, i, level, torch.cat([h, kept.pop()], dim=1), level in config["attentionLevels"])
        if level > 0:
            h = conv(p, f"{block}.upsamplers.0.conv", upsampled(h))
    return conv(p, "conv_out", F.silu(group_norm(p, "conv_norm_out", h, groups, 1e-5)))


def decoder(p, config, latents):
    """Of Stable Diffusion's autoencoder: lib/models/sd-vae.ts."""
    groups, levels = config["groups"], len(config["widths"])
    block = lambda name, h: resnet(p, f"decoder.{name}", h, groups, 1e-6)
    h = conv(p, "decoder.conv_in", conv(p, "post_quant_conv", latents / config["scale"]))
    h = block("mid_block.resnets.0", h)
    attention = "decoder.mid_block.attentions.0"
    tokens = group_norm(p, f"{attention}.group_norm", h, groups, 1e-6).flatten(2).transpose(1, 2)
    h = h + self_attention(p, attention, tokens, 1).transpose(1, 2).reshape(h.shape)
    h = block("mid_block.resnets.1", h)
    for index in range(levels):
        for i in range(config["blocks"] + 1):
            h = block(f"up_blocks.{index}.resnets.{i}", h)
        if index < levels - 1:
            h = conv(p, f"decoder.up_blocks.{index}.upsamplers.0.conv", upsampled(h))
    return conv(p, "decoder.conv_out", F.silu(group_norm(p, "decoder.conv_norm_out", h, groups, 1e-6)))


class Composer(Unet):
    """Composer's, what does not depend on the step apart. Inputs have the names of lib/models/unet-inputs.ts."""

    def encode(self, inputs, rows):
        config = self.config
        unit = math.sqrt(config["embedding"])
        values = {
            "caption": inputs["sentence"] * unit,
            "semantics": inputs["semantics"] * unit,
            "palette": inputs["palette"] * math.sqrt(config["palette"]) / 0.2,
        }
        tokens = lambda name: self.context[name](values[name]).reshape(rows, -1, config["context"]["width"])
        context = torch.cat([self.context["words"](inputs["words"]), tokens("semantics"), tokens("palette")], dim=1)
        planes = sum(self.local[name](inputs[name].permute(0, 3, 1, 2)) for name in LOCALS)
        return sum(self.embedding[name](values[name]) for name in GLOBALS), context, planes.expand(rows, -1, -1, -1)

    def forward(self, latents, t, encoded, mask):
        embedding, context, planes = encoded
        block = self.config["block"]
        e = sinusoidal(t, self.config["width"]).to(latents.dtype)
        e = self.embedding["time2"](F.silu(self.embedding["time1"](e))) + embedding
        h = self.stem["conv"](torch.cat([unshuffle(latents, block), planes], dim=1))
        h = Pyramid.forward(self, h, F.silu(e), context, mask)
        return shuffle(self.head(F.silu(self.norm(h))), block)


class Twin:
    """The step of a case in torch, in `dtype`; `result` is what the case's state then holds."""

    def __init__(self, case, weights, dtype, device):
        """`weights`: those of the case, [I O] and [K K I O], in whatever dtype they have there."""
        last = torch.channels_last
        spread = lambda x: x.contiguous(memory_format=last) if x.dim() == 4 else x.contiguous()
        turned = lambda w: w.permute(3, 2, 0, 1) if w.dim() == 4 else w.T if w.dim() == 2 else w
        p = {name: spread(turned(w).to(device, dtype)) for name, w in weights.items()}
        places = [place for program in case.programs for place in case.inputs(program)]
        inputs = {place.name: tensor_of(place).to(device) for place in places}
        drawn = {place.name: tensor_of(place) for place in case.state if place.fill}
        latents = spread(next(iter(drawn.values())).to(device, dtype).permute(0, 3, 1, 2))
        config, self.model = case.record["net"]["config"], case.record["net"]["model"]
        t = inputs["t"].to(torch.promote_types(dtype, torch.float32)) if "t" in inputs else None
        if self.model == "decoder":
            self.step, self.arguments = (lambda x: decoder(p, config, x)), (latents,)
        elif self.model == "unet":
            encoded = encode(p, inputs["context"].to(dtype))
            self.step, self.arguments = (lambda x, t: unet(p, config, x, t, encoded)), (latents, t)
            p = {**p, **encoded}
        else:
            net = Composer(config).to(device, dtype, memory_format=last).eval()
            net.load_state_dict({name.removeprefix("unet."): w for name, w in p.items()})
            rounded = {name: x.to(dtype) if x.is_floating_point() else x for name, x in inputs.items()}
            encoded, mask = net.encode(rounded, len(latents)), rounded["mask.context"]
            self.step, self.arguments = (lambda x, t: net(x, t, encoded, mask)), (latents, t)
            p = dict(net.named_parameters())
        self.constants = list(p.values())
        self.clean = inputs["clean"][0, 1].item() if "clean" in inputs else None

    def run(self):
        return self.step(*self.arguments)

    def result(self, y):
        y = y.permute(0, 2, 3, 1).double()
        return y if self.clean is None else (self.clean * y).clamp(-1, 1)


def tensor_of(place):
    return tensors_of({place.name: place.content()}, {place.name: place}, "cpu")[place.name]
