"""Stable Diffusion 1.5 with random weights in f32, as files that stable-diffusion.cpp loads.

    sd15_checkpoint.py <folder>

The folder is laid out as diffusers does it: U-Net and text encoder. In the autoencoder's place stands taesd.safetensors,
the tiny one, since its decoding costs the least.
"""

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

from works import NETS


def save(module, file, prefix=""):
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({prefix + name: weight.contiguous() for name, weight in module.state_dict().items()}, file)


folder = Path(sys.argv[1])
torch.manual_seed(0)
save(NETS["sd15-unet"](1)[0].module, folder / "unet/diffusion_pytorch_model.safetensors")
# The checkpoints that are published have this prefix; transformers 5 has dropped it.
save(NETS["clip-vit-l14-text"](1)[0].module, folder / "text_encoder/model.safetensors", "text_model.")
save(AutoencoderTiny(), folder / "taesd.safetensors")
