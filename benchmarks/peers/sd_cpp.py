"""stable-diffusion.cpp as a contender: a process that answers the questions of benchmarks/protocol.ts.

    sd_cpp.py <sd.cpp> <threads>

It generates pictures, and has no call for one evaluation of a net. So what is timed is one of its steps towards a picture
of 512 × 512 with guidance, from one call of its progress callback to the next: two evaluations of the U-Net, one after the
other, which the others do as one of batch 2. Encoding the prompts and decoding lie outside.

From the start of the process to the end of `open` it has written the weights' files, loaded them, and made a whole picture in
one step, both prompts and a tiny decoder included. Later starts in the same folder find the files.
"""

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from wire import peak_bytes, serve

THREADS = int(sys.argv[2])


def loaded(folder):
    """With random weights, which a process of its own writes, since making them takes more memory than running.

    Flash attention is the faster here, direct convolutions are the slower.
    """
    from stable_diffusion_cpp import StableDiffusion

    if not folder.exists():
        subprocess.run([sys.executable, Path(__file__).with_name("sd15_checkpoint.py"), folder], check=True)
    return StableDiffusion(
        model_path=str(folder),
        taesd_path=str(folder / "taesd.safetensors"),
        vae_decode_only=True,
        wtype="f32",
        flash_attn=True,
        n_threads=THREADS,
        verbose=False,
    )


def steps(model, count):
    """Generates a picture in so many steps; the time of each in milliseconds."""
    marks = []
    model.generate_image(
        prompt="a photograph of a cat",
        width=512,
        height=512,
        cfg_scale=7.5,
        sample_method="euler",
        sample_steps=count,
        progress_callback=lambda *_: marks.append(time.perf_counter()),
    )
    if len(marks) != count + 1:
        raise RuntimeError(f"{len(marks)} calls of the progress callback for {count} steps")
    return [1e3 * (after - before) for before, after in zip(marks, marks[1:])]


def answer(question, state):
    if "open" in question:
        case = question["open"]
        if case["kind"] != "net" or case["net"] != "sd15-unet" or case["batch"] != 2:
            raise ValueError("generates with Stable Diffusion alone: sd15-unet, batch 2")
        state["model"] = loaded(Path(question["folder"]) / "stable-diffusion")
        about = {"version": version("stable-diffusion-cpp-python"), "f16": "weights of convolutions, keys, values"}
        return {"firstMs": steps(state["model"], 1)[0], "about": about}
    return {"ms": steps(state["model"], question["run"]), "peakBytes": peak_bytes()}


serve(answer)
