"""One command for a machine with an NVIDIA GPU: builds, checks every kernel, times layers and steps against torch.

    python3 benchmarks/gpu/run.py [--out out/gpu.json] [--library …/libcounterpoint-cuda.so] [--only checks,layers]
    python3 benchmarks/gpu/run.py --emulated        the same, but for what needs a GPU, with tiny cases on the emulator

Needs Python 3.11 with numpy; nvcc and cmake unless a library is given; torch with CUDA for what is compared with it. No
Node and no network. Every section is a process of its own with a limit of time, and what it has measured by then is kept.
Ends with one table and a code other than 0 where a section failed or a result is wrong. Where there is no .git, the commit is
what COUNTERPOINT_COMMIT says.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

try:
    import numpy  # noqa: F401
except ImportError:
    sys.exit("benchmarks/gpu/run.py needs numpy, which this Python does not have: python3 -m pip install numpy")

from report import report_of, table_of

ROOT = Path(__file__).parents[2]
NETS = [("sd15-unet, batch 2", "f16"), ("composer-mini, batch 1", "f16"), ("sd-vae-decoder, batch 1", "f16")]
NETS += [("composer-mini, batch 8", "f16"), ("sd15-unet, batch 2", "bf16"), ("composer-mini, batch 1", "bf16")]
NETS += [("composer-mini, batch 2", "f16")]
TINY = [("tiny-unet, batch 1", "f16"), ("tiny-composer, batch 2", "f16"), ("tiny-decoder, batch 1", "f16")]
TINY += [("tiny-unet, batch 1", "bf16")]


def nets(session, count=None):
    return [session.cases.net(*name) for name in (TINY if session.emulated else NETS)[:count]]


def run_environment(session):
    from environment import environment

    environment(session.with_torch())


def run_ceilings(session):
    from environment import ceilings

    ceilings(session.with_torch())


def run_checks(session):
    from checks import checks

    checks(session, session.cases.ops)


def run_checks_once(session):
    from checks import checks

    checks(session, session.cases.ops, runs=1)


def run_layers(session):
    from layer_times import layers

    layers(session.with_torch(), nets(session, 3))


def run_steps(session):
    from steps import steps

    steps(session.with_torch(), nets(session))


def run_compiled(session, mode="reduce-overhead"):
    from steps import compiled

    compiled(session.with_torch(), nets(session, 3), mode)


# The limits, in seconds, are shortened to what is left of the budget. Those that come first matter most.
SECTIONS = {
    "build": (None, 240),
    "environment": (run_environment, 30),
    "checks": (run_checks, 60),
    "steps": (run_steps, 120),
    "layers": (run_layers, 180),
    "memcheck": (run_checks_once, 90),
    "racecheck": (run_checks_once, 90),
    "compiled": (run_compiled, 180),
    "autotuned": (lambda session: run_compiled(session, "max-autotune-no-cudagraphs"), 600),
    "ceilings": (run_ceilings, 20),
}
CLOCKS = ["clocks.sm", "clocks.mem", "power.draw", "temperature.gpu", "clocks_event_reasons.active"]
SANITIZERS = ["memcheck", "racecheck"]
# Tuning a U-Net can take all of ten minutes: only when it is asked for.
ASKED_FOR = ["autotuned"]
EMULATED = ["environment", "checks", "steps", "layers"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "out/gpu.json", help="the report (default out/gpu.json)")
    parser.add_argument("--library", type=Path, help="one that is built already")
    parser.add_argument("--emulated", action="store_true", help="no GPU, tiny cases; its times mean nothing")
    parser.add_argument("--only", help=f"sections, of {', '.join(SECTIONS)}")
    parser.add_argument("--budget", type=float, default=570, help="seconds for all of it (default 570)")
    parser.add_argument("--cases", type=Path, help="another file of cases")
    parser.add_argument("--section", help=argparse.SUPPRESS)
    parser.add_argument("--ceiling", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    name = "libcounterpoint-cuda-emulated.so" if options.emulated else "libcounterpoint-cuda.so"
    options.build = options.library is None and not options.emulated
    options.library = options.library or ROOT / "build/Release" / name
    return options


def chosen(options):
    if options.only:
        names = options.only.split(",")
        unknown = [name for name in names if name not in SECTIONS]
        if unknown:
            sys.exit(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}")
        return names
    if options.emulated:
        return EMULATED
    return [name for name in SECTIONS if name not in ASKED_FOR and (name != "build" or options.build)]


def build_command():
    """None where this machine cannot build."""
    if not shutil.which("cmake") or not shutil.which("nvcc"):
        return None
    query = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    found = subprocess.run(query, capture_output=True, text=True) if shutil.which(query[0]) else None
    capability = found.stdout.split()[0].replace(".", "") if found and found.stdout.strip() else "80;90;100;120"
    folder = str(ROOT / "build/cuda")
    options = f'-DCMAKE_BUILD_TYPE=Release "-DCOUNTERPOINT_CUDA_ARCHITECTURES={capability}"'
    build = f'cmake --build "{folder}" --target counterpoint-cuda -j {os.cpu_count()}'
    return ["sh", "-c", f'cmake -S "{ROOT}" -B "{folder}" {options} && {build}']


def section_command(name, options, records, ceiling):
    command = [sys.executable, __file__, "--section", name, "--out", str(records), "--library", str(options.library)]
    command += ["--emulated"] if options.emulated else []
    command += ["--cases", str(options.cases)] if options.cases else []
    command += ["--ceiling", json.dumps(ceiling)] if ceiling else []
    if name in SANITIZERS:
        tool = shutil.which("compute-sanitizer")
        return tool and [tool, "--tool", name, "--target-processes", "all", "--error-exitcode", "9", *command]
    return command


def run_section(name, options, records, left, ceiling):
    """What became of it; its records are in the file `records`."""
    command = build_command() if name == "build" else section_command(name, options, records, ceiling)
    result = {"name": name, "wall_s": 0.0, "rc": None, "timed_out": False}
    missing = {"build": "nvcc or cmake is not there: nothing was built"}
    if not command:
        return {**result, "skipped": missing.get(name, "compute-sanitizer is not there")}
    limit = min(SECTIONS[name][1], left)
    if limit < 5:
        return {**result, "skipped": "no time was left"}
    begun = time.time()
    print(f"{name} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            result["rc"] = child.wait(limit)
        except subprocess.TimeoutExpired:
            result["timed_out"] = True
            os.killpg(child.pid, signal.SIGKILL)  # with whatever it has started
            child.wait()
        result["wall_s"] = round(time.time() - begun, 1)
        said.seek(0)
        if result["rc"] != 0 or name in SANITIZERS:
            result["output"] = said.read()[-2000:]
    return result


def read_records(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def commit():
    if not shutil.which("git"):
        return os.environ.get("COUNTERPOINT_COMMIT", "")
    found = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else os.environ.get("COUNTERPOINT_COMMIT", "")


def sampled_clocks(file):
    """nvidia-smi's account of clocks once a second; None where there is none."""
    query = ",".join(CLOCKS)
    command = ["nvidia-smi", "-i", "0", f"--query-gpu={query}", "--format=csv,noheader,nounits", "-l", "1"]
    if not shutil.which(command[0]):
        return None
    return subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)


def main():
    options = arguments()
    os.environ["PATH"] += os.pathsep + "/usr/local/cuda/bin"  # where CUDA installs itself and often nothing says so
    if options.section:
        return run_in_process(options)
    begun = time.time()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    head = {"commit": commit(), "utc": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    head["device"] = "emulated" if options.emulated else "cuda"
    clock_file = tempfile.TemporaryFile("w+")
    clocks = None if options.emulated else sampled_clocks(clock_file)
    records, sections = {}, []
    for name in chosen(options):
        part = options.out.with_name(f"{options.out.stem}.{name}.jsonl")
        part.unlink(missing_ok=True)
        measured = [record for part_of in records.values() for record in part_of if record["kind"] == "ceilings"]
        left = options.budget - (time.time() - begun)
        sections.append(run_section(name, options, part, left, measured[-1] if measured else None))
        records[name] = read_records(part)
        sections[-1]["records"] = len(records[name])
        part.unlink(missing_ok=True)
        report = report_of(head, sections, records)
        options.out.write_text(json.dumps(report, indent=1) + "\n")
    if clocks:
        clocks.terminate()
        clocks.wait()
        clock_file.seek(0)
        report["clocks"] = [dict(zip(CLOCKS, line.strip().split(", "))) for line in clock_file]
        options.out.write_text(json.dumps(report, indent=1) + "\n")
    print(table_of(report))
    print(f"{options.out}: {'all is well' if report['ok'] else 'NOT all is well'}")
    return 0 if report["ok"] else 1


def run_in_process(options):
    from cases import Cases
    from session import Session

    session = Session(options.library, options.out, options.emulated, Cases(options.cases), options.ceiling)
    SECTIONS[options.section][0](session)
    return 0


if __name__ == "__main__":
    sys.exit(main())
