#!/usr/bin/env bash
# Installs the peers that benchmarks compare with into build/peers, from PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv build/peers
build/peers/bin/pip install --quiet --upgrade pip
# The CPU build of torch, where that index can be reached; PyPI's own carries CUDA, which costs disk and nothing else.
build/peers/bin/pip install --quiet torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu ||
  build/peers/bin/pip install --quiet torch==2.13.0
build/peers/bin/pip install --quiet openvino onnxruntime onnx safetensors numpy diffusers transformers
build/peers/bin/pip list 2>/dev/null | grep -iE "^(torch|openvino|onnxruntime|diffusers|transformers) "
