"""Writes test/fixtures/*.safetensors: random nets at reduced width, what they compute and every gradient, from PyTorch.

    pip install torch==2.13.0 safetensors==0.8.0 diffusers==0.42.1 transformers==5.23.0
    python test/reference/write_fixtures.py

Everything is computed in f64 from values that are exact in f32, and stored as f32. Tensors are named
`parameter:<name>`, `input:<name>`, `output:<name>` and `gradient:<name>`, in the layouts of lib/models (NHWC; conv weights
[K K I O], linear weights [I O]); whole numbers are stored as floats. The config is in the metadata.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

import sd
from clip import Clip
from percept import CHANNELS, Percept
from unet import LOCALS, Unet

FOLDER = Path(__file__).parent.parent / "fixtures"

MINI = {
    "imageSize": 16, "outputChannels": 3, "block": 2, "width": 8, "multipliers": [1, 2, 3], "blocks": 1,
    "ascent": "entered", "attentionLevels": [1], "headWidth": 8, "groups": 4, "embedding": 10, "palette": 12,
    "context": {"width": 12, "words": 5, "wordWidth": 6, "tokens": 2},
    "locals": {"planeSize": 16, "block": 2, "strides": [1, 1], "width": 6, "outputs": 4},
}  # fmt: skip
PAPER = MINI | {
    "imageSize": 8, "outputChannels": 6, "block": 1, "multipliers": [1, 2], "blocks": 2, "ascent": "left",
    "headWidth": 4, "locals": {"planeSize": 48, "block": 1, "strides": [3, 2], "width": 6, "outputs": 4},
}  # fmt: skip
CLIP = {
    "embedding": 12,
    "text": {"width": 24, "layers": 2, "heads": 3, "vocabulary": 20, "words": 7},
    "image": {"width": 24, "layers": 2, "heads": 3, "imageSize": 16, "patch": 4},
}
PERCEPT = {"imageSize": 16, "block": 2, "width": 8, "multipliers": [1, 2, 2], "groups": 4}
SD_UNET = {
    "latentChannels": 4, "widths": [8, 12], "blocks": 1, "attentionLevels": [0], "heads": [2, 3], "contextWidth": 12,
    "groups": 4, "projection": "conv",
}  # fmt: skip
SD_VAE = {"latentChannels": 4, "imageChannels": 3, "widths": [4, 8], "blocks": 1, "groups": 2, "scale": 0.5}
SD_TEXT = {"width": 12, "layers": 2, "heads": 3, "vocabulary": 20, "words": 7, "activation": "quickGelu"}
SD2_TEXT = SD_TEXT | {"activation": "gelu"}

random = torch.Generator().manual_seed(20261121)


def normal(*shape):
    return torch.randn(*shape, generator=random)


def below(limit, *shape):
    return torch.randint(limit, shape, generator=random)


def randomise(net):
    """Every parameter away from its initial value, the signal at size one; rounded to f32, kept in f64."""
    for name, parameter in net.named_parameters():
        noise = normal(*parameter.shape)
        owner = net.get_submodule(name.rpartition(".")[0])
        if name.endswith("bias"):
            value = 0.2 * noise
        elif isinstance(owner, (nn.GroupNorm, nn.LayerNorm)) or name == "logitScale":
            value = 1 + 0.2 * noise
        elif isinstance(owner, (nn.Linear, nn.Conv2d)):
            value = noise / parameter[0].numel() ** 0.5
        else:
            value = 0.5 * noise
        parameter.data = value.double()


def stored(tensor):
    """Activations to NHWC."""
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


def stored_weight(net, name, tensor):
    owner = net.get_submodule(name.rpartition(".")[0])
    if isinstance(owner, nn.Conv2d) and tensor.dim() == 4:
        return tensor.permute(2, 3, 1, 0)
    return tensor.T if isinstance(owner, nn.Linear) and tensor.dim() == 2 else tensor


def write(file, scope, config, net, inputs, outputs, loss):
    loss.backward()
    tensors = {f"input:{name}": stored(value) for name, value in inputs.items()}
    tensors |= {f"output:{name}": stored(value) for name, value in (outputs | {"loss": loss.reshape(1)}).items()}
    for name, parameter in net.named_parameters():
        tensors[f"parameter:{scope}{name}"] = stored_weight(net, name, parameter.data)
        tensors[f"gradient:{scope}{name}"] = stored_weight(net, name, parameter.grad)
    tensors = {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}
    save_file(tensors, FOLDER / f"{file}.safetensors", {"config": json.dumps(config)})


def unet(file, config):
    net = Unet(config)
    randomise(net)
    rows, size, context = 3, config["imageSize"], config["context"]
    plane = config["locals"]["planeSize"]
    unit = lambda x: x / x.norm(dim=1, keepdim=True)
    inputs = {
        "xT": normal(rows, 3, size, size),
        "t": torch.tensor([17.0, 803.5, 420.0]),
        "words": normal(rows, context["words"], context["wordWidth"]),
        "sentence": unit(normal(rows, config["embedding"])),
        "semantics": unit(normal(rows, config["embedding"])),
        "palette": normal(rows, config["palette"]).softmax(dim=1),
        **{name: normal(rows, channels, plane, plane) for name, channels in LOCALS.items()},
        "target": normal(rows, config["outputChannels"], size, size),
        "lossWeight": torch.tensor([1.0, 0.25, 3.0]),
    }
    # The first row has everything, the second nothing, the third a part.
    some = {"caption", "palette", "sketch", "masking"}
    present = {name: torch.tensor([1.0, 0.0, name in some]) for name in ["caption", "semantics", "palette", *LOCALS]}
    inputs |= {f"mask.{name}": mask for name, mask in present.items()}
    words = torch.arange(context["words"]) < torch.tensor([[context["words"]], [0], [3]])
    tokens = [present[name][:, None].expand(-1, context["tokens"]) for name in ["semantics", "palette"]]
    inputs["mask.context"] = torch.cat([words.float(), *tokens], dim=1)
    inputs = {name: value.double() for name, value in inputs.items()}
    prediction = net(inputs)
    error = (prediction - inputs["target"]).square().mean(dim=(1, 2, 3))
    write(file, "unet.", config, net, inputs, {"prediction": prediction}, (inputs["lossWeight"] * error).mean())


def clip():
    net = Clip(CLIP)
    randomise(net)
    pairs, size = 4, CLIP["image"]["imageSize"]
    inputs = {
        "image": normal(pairs, 3, size, size).double(),
        "ids": below(CLIP["text"]["vocabulary"], pairs, CLIP["text"]["words"]),
        "end": torch.tensor([6, 2, 4, 1]),
        "targets": torch.tensor([0, 1, -1, 3]),
    }
    outputs = net(inputs)
    write("clip", "clip.", CLIP, net, inputs, outputs, net.loss(outputs, inputs))


def percept():
    net = Percept(PERCEPT)
    randomise(net)
    images, size = 2, PERCEPT["imageSize"]
    plane = lambda channels: normal(images, channels, size, size).double()
    mask = (plane(1) > 0).double().expand(-1, 2, -1, -1)
    inputs = {
        "image": plane(3),
        "target.depth": plane(1),
        "target.shape": below(CHANNELS["shape"], images, size, size),
        "target.colour": below(CHANNELS["colour"], images, size, size),
        "target.size": below(3, images, size, size) - 1,
        "target.material": below(3, images, size, size) - 1,
        "target.centre": plane(1),
        "target.offset": plane(2) * mask,
        "target.offsetMask": mask,
    }
    outputs = net(inputs)
    write("percept", "percept.", PERCEPT, net, inputs, outputs, net.loss(outputs, inputs))


def write_regression(file, scope, config, net, inputs, prediction):
    """With the squared error from random targets for a loss."""
    inputs |= {"target": normal(*prediction.shape).double(), "lossWeight": torch.tensor([1.0, 0.25]).double()}
    error = (prediction - inputs["target"]).square().flatten(1).mean(dim=1)
    loss = (inputs["lossWeight"] * error).mean()
    write(file, scope, config, net, inputs, {"prediction": prediction}, loss)


def sd_unet(file, config):
    net = sd.unet(config)
    randomise(net)
    inputs = {
        "latents": normal(2, config["latentChannels"], 8, 8).double(),
        "t": torch.tensor([17.0, 803.5]).double(),
        "context": normal(2, 5, config["contextWidth"]).double(),
    }
    prediction = net(inputs["latents"], inputs["t"], inputs["context"]).sample
    write_regression(file, "", config, net, inputs, prediction)


def sd_vae(file, config):
    net = sd.vae(config)
    randomise(net)
    inputs = {"latents": normal(2, config["latentChannels"], 8, 8).double()}
    prediction = net.decode(inputs["latents"] / config["scale"]).sample
    write_regression(file, "", config, net, inputs, prediction)


def sd_text(file, config):
    net = sd.text(config)
    randomise(net)
    inputs = {"ids": below(config["vocabulary"], 2, config["words"])}
    prediction = net(inputs["ids"]).last_hidden_state
    # Published files have the names of before transformers 5, which took this word out.
    write_regression(file, "text_model.", config, net, inputs, prediction)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float32)
    unet("unet-mini", MINI)
    unet("unet-paper", PAPER)
    clip()
    percept()
    sd_unet("sd-unet", SD_UNET)
    sd_vae("sd-vae", SD_VAE)
    sd_text("sd-text", SD_TEXT)
    sd_text("sd2-text", SD2_TEXT)
