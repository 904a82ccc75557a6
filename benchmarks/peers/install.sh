#!/usr/bin/env bash
# Installs the peers that benchmarks compare with into out/peers, from PyPI. PyPI's torch for Linux carries CUDA, which
# costs disk and nothing else; with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu pip takes the CPU build.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv out/peers
out/peers/bin/pip install --quiet torch==2.13.0
out/peers/bin/pip install --quiet openvino onnxruntime onnx safetensors numpy diffusers transformers
# Compiled here, which takes minutes and a C++ compiler. For AVX2 on any machine, since ggml's products for AVX-512 do a head of
# 40, Stable Diffusion's, without vectors; and with the products of llamafile, which the package leaves out unless told.
if ! CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_LLAMAFILE=ON" out/peers/bin/pip install --quiet stable-diffusion-cpp-python==0.4.7; then
  echo "stable-diffusion.cpp did not build: there is no peer sd.cpp. The others are installed." >&2
fi
out/peers/bin/pip list 2>/dev/null | grep -iE "^(torch|openvino|onnxruntime|diffusers|transformers|stable.diffusion.cpp.python) "
