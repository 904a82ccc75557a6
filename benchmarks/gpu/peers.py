"""What torch calls the ops of a net's step, on its fastest layouts; and their results in f64.

Operands come as tensors by name in this project's layouts: images [N H W C], convolutions [K K I O], matrices [I O].
"""

import torch
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

def images(x):
    """[N H W C] as torch's channels_last, without a copy."""
    return x.permute(0, 3, 1, 2)


def sources(t):
    """Operand x and, behind its channels, those of a second source."""
    return torch.cat([t["x"], t["more"]], dim=-1) if "more" in t else t["x"]


def conv2d(t, a):
    weight = t["weight"].permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    bias = None if "bias" not in t else t["bias"].to(weight.dtype)
    pad = weight.shape[2] // 2

    def run(t):
        x = images(sources(t))
        if a["upsample"] > 1:
            x = F.interpolate(x, scale_factor=a["upsample"], mode="nearest")
        y = F.conv2d(x, weight, bias, stride=int(a["stride"]), padding=pad)
        return (y + images(t["residual"]) if "residual" in t else y).permute(0, 2, 3, 1)

    return {"torch": run}


def linear(t, a):
    weight = t["weight"].T.contiguous()
    bias = None if "bias" not in t else t["bias"].to(weight.dtype)

    def run(t):
        y = F.linear(t["x"], weight, bias)
        return y + t["residual"] if "residual" in t else y

    return {"torch": run}


def attention(t, a):
    heads = int(a["heads"])
    apart = lambda x: x.unflatten(2, (heads, -1)).transpose(1, 2)

    allowed = None
    if "keyMask" in t:
        rest = t["keyMask"].new_ones(len(t["k"]), t["k"].shape[1] - t["keyMask"].shape[1])
        allowed = (torch.cat([t["keyMask"], rest], dim=1) > 0)[:, None, None, :]

    def run(t):
        q, k, v = (apart(t[name]) for name in "qkv")
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=bool(a["causal"]))
        return y.transpose(1, 2).flatten(2)

    def pinned(backend):
        def call(t):
            with sdpa_kernel(backend):
                return run(t)

        return call

    if t["q"].dtype == torch.float64 or not t["q"].is_cuda:
        return {"torch": run}
    backends = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}
    backends["efficient"] = SDPBackend.EFFICIENT_ATTENTION
    return {f"torch {name}": pinned(backend) for name, backend in backends.items()}


def group_norm(t, a):
    gamma, beta = (t[name].to(t["x"].dtype) for name in ["gamma", "beta"])

    def run(t):
        x = sources(t)
        y = F.group_norm(x.movedim(-1, 1), int(a["groups"]), gamma, beta, a["eps"])
        if "scale" in t:
            spread = lambda z: z.reshape(*z.shape, *[1] * (x.dim() - 2))
            y = y * (1 + spread(t["scale"])) + spread(t["shift"])
        # The second of the choices "none" and "silu".
        return (F.silu(y) if a["activation"] == 1 else y).movedim(1, -1)

    return {"torch": run}


def layer_norm(t, a):
    gamma, beta = (t[name].to(t["x"].dtype) for name in ["gamma", "beta"])
    return {"torch": lambda t: F.layer_norm(t["x"], gamma.shape, gamma, beta, a["eps"])}


def geglu(t, a):
    def run(t):
        value, gate = t["x"].chunk(2, dim=-1)
        return value * F.gelu(gate)

    return {"torch": run}


CALLS = {
    "conv2d": conv2d,
    "conv2dWithMoments": conv2d,
    "linear": linear,
    "attention": attention,
    "groupNorm": group_norm,
    "layerNorm": layer_norm,
    "geglu": geglu,
    "silu": lambda t, a: {"torch": lambda t: F.silu(t["x"])},
    "add": lambda t, a: {"torch": lambda t: t["a"] + t["b"]},
    "concatChannels": lambda t, a: {"torch": lambda t: torch.cat([t["a"], t["b"]], dim=-1)},
}


def tensors_of(contents, places, device):
    """numpy bytes as torch tensors, whose dtypes are those of the places."""
    dtypes = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i32": torch.int32, "u8": torch.uint8}
    return {
        name: torch.frombuffer(bytearray(contents[name]), dtype=dtypes[place.dtype]).reshape(place.shape).to(device)
        for name, place in places.items()
    }


def relative(out, reference):
    return (torch.linalg.vector_norm(out.double() - reference) / torch.linalg.vector_norm(reference)).item()


def doubled(tensors):
    return {name: t.double() if t.is_floating_point() else t for name, t in tensors.items()}


