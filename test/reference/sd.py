"""The nets of lib/models/sd-*.ts as diffusers and transformers build them, from our configs."""

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from layers import sinusoidal


class Sinusoidal(nn.Module):
    """In the place of diffusers' Timesteps, which computes in f32 whatever it is given."""

    def __init__(self, theirs):
        super().__init__()
        self.theirs = theirs

    def forward(self, t):
        y = sinusoidal(t, self.theirs.num_channels)
        torch.testing.assert_close(y.float(), self.theirs(t), rtol=1e-3, atol=1e-3)
        return y


def unet(config):
    widths, attention = config["widths"], config["attentionLevels"]
    levels = range(len(widths))
    net = UNet2DConditionModel(
        in_channels=config["latentChannels"],
        out_channels=config["latentChannels"],
        block_out_channels=widths,
        layers_per_block=config["blocks"],
        down_block_types=["CrossAttnDownBlock2D" if i in attention else "DownBlock2D" for i in levels],
        up_block_types=["CrossAttnUpBlock2D" if i in attention else "UpBlock2D" for i in reversed(levels)],
        attention_head_dim=config["heads"],
        cross_attention_dim=config["contextWidth"],
        norm_num_groups=config["groups"],
        use_linear_projection=config["projection"] == "linear",
    )
    net.time_proj = Sinusoidal(net.time_proj)
    return net


def vae(config):
    """The decoder alone, with the convolution before it."""
    levels = len(config["widths"])
    net = AutoencoderKL(
        out_channels=config["imageChannels"],
        latent_channels=config["latentChannels"],
        block_out_channels=config["widths"],
        layers_per_block=config["blocks"],
        down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels,
        norm_num_groups=config["groups"],
    )
    del net.encoder, net.quant_conv
    return net


def text(config):
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=config["vocabulary"],
            max_position_embeddings=config["words"],
            hidden_size=config["width"],
            intermediate_size=4 * config["width"],
            num_hidden_layers=config["layers"],
            num_attention_heads=config["heads"],
            hidden_act={"quickGelu": "quick_gelu", "gelu": "gelu"}[config["activation"]],
        )
    )
