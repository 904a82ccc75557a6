"""The instructions of a net's step, each timed alone against torch, those first that weigh most in the step."""

import numpy as np

from cases import BYTES, DTYPES, numbers_of
from timing import CLOCK, Baseline, Uses, interleaved, quantiles, set_count


def convolution_flops(s):
    return 2 * np.prod(s["y"]) * np.prod(s["weight"][:3])


FLOPS = {
    "conv2d": convolution_flops,
    "conv2dWithMoments": convolution_flops,
    "linear": lambda s: 2 * np.prod(s["y"]) * s["weight"][0],
    "attention": lambda s: 4 * np.prod(s["q"]) * s["k"][1],
}


def distinct(case):
    """[(op, attributes, tensors, how many)] of the step; where tensors lie does not count, nor do strides."""
    found = {}
    for op, attributes, tensors in case.instructions("step"):
        if any(record is not None and DTYPES[record[1]] in ("i32", "u8") for record in tensors):
            continue
        shapes = [record and [int(record[0] == 0), record[1], record[4:]] for record in tensors]
        key = str((op["name"], attributes, shapes))
        first = found.setdefault(key, [op, attributes, tensors, 0])
        first[3] += 1
    return list(found.values())


def roof_us(op, shapes, size, ceiling):
    """The larger of the times that arithmetic and memory alone would take at the ceilings measured, and the flops."""
    flops = float(FLOPS[op["name"]](shapes)) if op["name"] in FLOPS else 0.0
    return max(flops / ceiling["gemm_tflops"], size / ceiling["copy_tbs"]) / 1e6, flops


class TorchLayer:
    """The same instruction in torch, over the same operands."""

    def __init__(self, session, uses, attributes):
        import peers

        self.session, self.peers, self.uses = session, peers, uses
        named = dict(zip(uses.op["attributes"], attributes))
        first = peers.tensors_of(uses.contents, uses.places, session.torch_device)
        self.call = peers.CALLS.get(uses.op["name"])
        self.sets, self.named = [first], named
        if self.call:
            copy = lambda: {name: t.clone() for name, t in first.items()}
            self.sets += [copy() for _ in range(uses.sets - 1)]

    def reference(self):
        """In f64, from the very operands that were rounded."""
        operands = self.peers.doubled(self.sets[0])
        with self.session.untuned():
            return self.call(operands, self.named)["torch"](operands)

    def runs(self, uses):
        """By peer: (its result on the first operands, a run of `uses` calls)."""
        calls = [self.call(tensors, self.named) for tensors in self.sets]
        runs = {}
        for name in calls[0]:
            try:
                once = calls[0][name](self.sets[0])
                bodies = [lambda i=i: calls[i % len(calls)][name](self.sets[i % len(calls)]) for i in range(uses)]
                runs[name] = once, self.session.recorded(bodies)
            except RuntimeError as error:
                self.session.note(f"{name} does not run {self.uses.op['name']}: {str(error)[:200]}")
        return runs


def measure(session, baseline, op, attributes, tensors, temperature):
    sets, count, size = set_count(tensors, session)
    uses = Uses(session.device, op, attributes, tensors, 1 if temperature == "hot" else sets, count)
    try:
        for _ in range(3):
            uses.run()
        peers, reference = {}, None
        if session.torch:
            torch_layer = TorchLayer(session, uses, attributes)
            if torch_layer.call:
                peers = torch_layer.runs(count)
                reference = torch_layer.reference() if temperature == "hot" else None
        runs = {"ours": uses.run, **{name: run for name, (_, run) in peers.items()}}
        idle = {name: baseline.ms if name == "ours" else session.torch_idle_ms for name in runs}
        times = interleaved(runs, repeats=session.repeats)
        us = {name: [1e3 * (t - idle[name]) / count for t in values] for name, values in times.items()}
        record = {name: quantiles(values) for name, values in us.items()}
        spread = max((q["p90"] - q["p10"]) / max(q["p50"], 1e-9) for q in record.values())
        error = None if reference is None else errors(session, uses, peers, reference)
        return record, 100 * spread, error, {"sets": uses.sets, "uses": count, "bytes": size}
    finally:
        uses.free()


def errors(session, uses, peers, reference):
    data, place = uses.result()
    ours = session.torch.from_numpy(numbers_of(data, place.dtype)).reshape(place.shape).to(reference.device)
    relative = session.peers.relative
    return {
        "ours_rel": relative(ours, reference),
        "ours_max": (ours - reference).abs().max().item(),
        "peer_rel": {name: relative(out, reference) for name, (out, _) in peers.items()},
    }


ALLOWED = {"f32": 1e-5, "f16": 6e-4, "bf16": 4e-3}


def layers(session, cases):
    baseline = Baseline(session)
    session.note(f"layers: {CLOCK}; ours {baseline.ms:.4f} ms, torch {session.torch_idle_ms or 0:.4f} ms")
    for case in cases:
        rows = []
        for op, attributes, tensors, count in distinct(case):
            shapes = {name: record[4:] for name, record in zip(op["tensors"], tensors) if record is not None}
            size = sum(int(np.prod(record[4:])) * BYTES[DTYPES[record[1]]] for record in tensors if record is not None)
            roof, flops = roof_us(op, shapes, size, session.ceiling)
            rows.append((count * roof, op, attributes, tensors, count, shapes, size, roof, flops))
        for _, op, attributes, tensors, count, shapes, size, roof, flops in sorted(rows, key=lambda row: -row[0]):
            record = {
                "net": case.name,
                "id": f"{op['name']} {' '.join(f'{name}{list(shape)}' for name, shape in shapes.items())}",
                "op": op["name"],
                "shape": shapes,
                "attributes": dict(zip(op["attributes"], attributes)),
                "dtype": case.dtype,
                "count_in_step": count,
                "gflop": flops / 1e9,
                "bytes_min": size,
                "roof_us": roof,
            }
            session.emit("layers", {**record, **timed(session, baseline, op, attributes, tensors, record)})


def timed(session, baseline, op, attributes, tensors, record):
    hot, spread, error, _ = measure(session, baseline, op, attributes, tensors, "hot")
    cold, cold_spread, _, about = measure(session, baseline, op, attributes, tensors, "cold")
    ours = cold["ours"]["p50"]
    peers = [{"name": name, "cold_us": cold.get(name), "hot_us": hot[name]} for name in hot if name != "ours"]
    best = min((peer["cold_us"]["p50"] for peer in peers if peer["cold_us"]), default=None)
    result = {
        "ours": {"cold_us": cold["ours"], "hot_us": hot["ours"], "pct_roof": 100 * record["roof_us"] / max(ours, 1e-9)},
        "peers": peers,
        "ratio_best_peer": best / ours if best and ours > 0 else None,
        "spread_pct": max(spread, cold_spread),
        "rotation": about,
    }
    if record["gflop"]:
        result["ours"]["tflops"] = record["gflop"] / max(ours, 1e-9) * 1e3
    if error:
        result["err"] = error
        # A sum of n terms in f32 may be off by more; 16 bits hide it.
        result["ok"] = error["ours_rel"] <= ALLOWED[record["dtype"]]
    return result
