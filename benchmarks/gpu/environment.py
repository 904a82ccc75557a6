"""What machine this is, and its ceilings: a product of matrices of 8192³ in bf16, and a copy."""

import shutil
import subprocess

from timing import milliseconds


def environment(session):
    description = session.device.description()
    about = {
        "gpu": description.name.decode(),
        "capability": description.capability,
        "sm_count": description.multiprocessors,
        "memory_bytes": description.totalBytes,
        "library": str(session.library_path),
        "driver": asked(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]),
        "nvcc": asked(["nvcc", "--version"]),
    }
    torch = session.torch
    if torch:
        about |= {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
        about |= {"l2_mb": session.cache_bytes / 2**20}
        try:
            import triton

            about["triton"] = triton.__version__
        except ImportError:
            about["triton"] = None
    session.emit("env", about)
    ceilings(session)


def asked(command):
    """The last line that a command prints."""
    if not shutil.which(command[0]):
        return None
    lines = subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()
    return lines[-1] if lines else None


def ceilings(session):
    torch = session.torch
    if not session.on_gpu:
        return
    size, uses = 8192, 10
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    c = torch.empty_like(a)
    product = session.recorded([lambda: torch.mm(a, b, out=c)] * uses)
    x, y = (torch.randint(0, 255, (2**31,), device="cuda", dtype=torch.uint8) for _ in range(2))
    copy = session.recorded([lambda: y.copy_(x)] * uses)
    best = lambda run: min(milliseconds(run) for _ in range(5)) / uses / 1e3
    tflops, tbs = 2 * size**3 / best(product) / 1e12, 2 * 2**31 / best(copy) / 1e12
    session.emit("ceilings", {"gemm_tflops": tflops, "copy_tbs": tbs})
