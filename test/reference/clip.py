"""Twin of lib/models/clip.ts: a contrastive pair of encoders."""

import torch
from torch import nn
from torch.nn import functional as F

from layers import attend, unshuffle


class Layer(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.value, self.out = (nn.Linear(width, width) for _ in range(3))
        self.key = nn.Linear(width, width, bias=False)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n = self.norm1(x)
        x = x + self.out(attend(self.query(n), self.key(n), self.value(n), self.heads, causal=self.causal))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Tower(nn.ModuleDict):
    def __init__(self, config, tokens, embedding, causal, first):
        layers = {str(i): Layer(config["width"], config["heads"], causal) for i in range(config["layers"])}
        super().__init__(layers | first)
        self.layers = list(layers)
        self.places = nn.Parameter(torch.empty(tokens, config["width"]))
        self.norm = nn.LayerNorm(config["width"])
        self.projection = nn.Linear(config["width"], embedding, bias=False)

    def run(self, x):
        x = x + self.places
        for name in self.layers:
            x = self[name](x)
        return self.norm(x)


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        text, image, embedding = config["text"], config["image"], config["embedding"]
        self.patch = image["patch"]
        self.text = Tower(text, text["words"], embedding, True, {})
        self.text.table = nn.Parameter(torch.empty(text["vocabulary"], text["width"]))
        first = {"patch": nn.Linear(3 * self.patch**2, image["width"])}
        self.image = Tower(image, (image["imageSize"] // self.patch) ** 2, embedding, False, first)
        self.logitScale = nn.Parameter(torch.ones(1, 1))

    def forward(self, inputs):
        words = self.text.run(self.text.table[inputs["ids"]])
        sentence = self.text.projection(words[torch.arange(len(words)), inputs["end"]])
        patches = unshuffle(inputs["image"], self.patch).flatten(2).transpose(1, 2)
        embedding = self.image.projection(self.image.run(self.image["patch"](patches)).mean(dim=1))
        return {"words": words, "sentence": F.normalize(sentence, dim=1), "embedding": F.normalize(embedding, dim=1)}

    def loss(self, outputs, inputs):
        logits = outputs["embedding"] @ outputs["sentence"].T * self.logitScale / 0.07
        targets, count = inputs["targets"].long(), len(logits)
        one_way = lambda x: F.cross_entropy(x, targets, ignore_index=-1, reduction="sum") / count
        return (one_way(logits) + one_way(logits.T)) / 2
