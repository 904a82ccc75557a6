"""Whole steps of nets against their twins in torch: eager, recorded as a CUDA graph, and compiled; errors against f64."""

import numpy as np

from cases import Loaded, numbers_of
from timing import milliseconds, quantiles

CLOCK = "host clock around one run, from its call until the device is idle; ours copies its inputs too"


def timed(run, repeats):
    for _ in range(3):
        run()
    return quantiles([milliseconds(run) for _ in range(repeats)])


def record_of(case, variant, ms):
    net = case.record["net"]
    return {"model": case.name, "batch": net["batch"], "dtype": case.dtype, "variant": variant, "ms": ms}


def ours(session, case):
    """Emits our time; gives the result as f64."""
    loaded = Loaded(session.device, case)
    try:
        if "prepare" in loaded.programs:
            loaded.run("prepare")
        result = next(place for place in case.state if place.name == case.record["net"]["result"])
        loaded.fill_state()
        loaded.run("step")
        out = numbers_of(loaded.state.read(result.offset, result.size), result.dtype).reshape(result.shape)

        def run():
            loaded.run("step")

        ms = timed(run, session.repeats)
        about = {"launches": len(case.programs["step"]["instructions"]), "clock": CLOCK}
        session.emit("steps", {**record_of(case, "ours", ms), **about})
        return out
    finally:
        loaded.free()


def twin_of(session, case, dtype):
    from twins import Twin, tensor_of

    weights = {place.name: tensor_of(place) for place in case.weights}
    return Twin(case, weights, dtype, session.torch_device)


def steps(session, cases):
    """Emits, for every case, our step, torch's eager and recorded ones, and the errors of both."""
    for case in cases:
        out = ours(session, case)
        if not np.isfinite(out).all():
            session.emit("steps", {**record_of(case, "errors", None), "ok": False, "why": "a result is not a number"})
            continue
        if not session.torch:
            continue
        with session.torch.inference_mode():
            twin = twin_of(session, case, session.dtypes[case.dtype])
            session.emit("steps", record_of(case, "torch eager", timed(session.settled(twin.run), session.repeats)))
            if session.on_gpu:
                recorded = session.recorded([twin.run])
                session.emit("steps", record_of(case, "torch graph", timed(recorded, session.repeats)))
            theirs = twin.result(twin.run()).cpu()
            del twin
            session.emptied()
            with session.untuned():
                exact = twin_of(session, case, session.torch.float64)
                reference = exact.result(exact.run()).cpu()
            del exact
            session.emptied()
        errors = [session.peers.relative(y, reference) for y in (session.torch.from_numpy(out), theirs)]
        about = {"err_vs_f64": errors[0], "torch_err_vs_f64": errors[1], "ok": errors[0] <= 1.3 * errors[1]}
        session.emit("steps", {**record_of(case, "errors", None), **about})


def compiled(session, cases, mode):
    """Emits the step of torch.compile, in `mode`, for every case."""
    if not session.torch:
        return
    import torch._dynamo

    torch = session.torch
    for case in cases:
        with torch.no_grad():
            twin = twin_of(session, case, session.dtypes[case.dtype])
            for tensor in [*twin.constants, *twin.arguments]:
                torch._dynamo.mark_static_address(tensor)
            step = torch.compile(twin.step, mode=mode)
            begun = milliseconds(session.settled(lambda: step(*twin.arguments)))
            ms = timed(session.settled(lambda: step(*twin.arguments)), session.repeats)
            session.emit("steps", {**record_of(case, f"torch compile {mode}", ms), "compile_s": begun / 1e3})
            del twin, step
            session.emptied()
