"""How long one use of an instruction takes, of this library and of torch, by one clock.

Both record some tens of uses, one after another, as a CUDA graph, and time its launches by the host's clock from launch to
idle, so launches cost as much as they do in a step that is replayed; what a graph with one tiny kernel takes is
subtracted. "cold": every use has operands of its own, together several times the L2 cache where 64 sets of them are; "hot":
all have the same ones.
"""

import time

import numpy as np

from abi import Program, Region
from cases import BYTES, DTYPES, REGIONS, Loaded, Place, content, numbers_of

CLOCK = "host clock around graph launch and wait, less that of a graph with one tiny kernel, by the number of uses"
ALIGNMENT, FEWEST_SETS, MOST_SETS, FEWEST_USES = 256, 4, 64, 20


def milliseconds(run):
    begun = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - begun)


def quantiles(values):
    return dict(zip(["p10", "p50", "p90"], (float(q) for q in np.quantile(values, [0.1, 0.5, 0.9]))))


def interleaved(runs, rounds=2, repeats=15):
    """The milliseconds of each of `runs` by name: ours, theirs, ours, theirs."""
    times = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            times[name] += [milliseconds(run) for _ in range(repeats)]
    return times


class Baseline:
    """What a run costs that computes next to nothing: the smallest op case."""

    def __init__(self, session):
        case = min(session.cases.ops, key=lambda case: case.record["stateBytes"])
        self.loaded = Loaded(session.device, case)
        for _ in range(3):
            self.loaded.run("run")
        self.ms = float(np.median([milliseconds(lambda: self.loaded.run("run")) for _ in range(50)]))


def moments_of(x, shape):
    """What groupMoments gives of x, as [N B 2 C]."""
    images, blocks, _, channels = shape
    rows = x.reshape(images, blocks, -1, channels)
    mean = rows.mean(axis=2)
    squares = ((rows - mean[:, :, None]) ** 2).sum(axis=2)
    return np.stack([mean, squares], axis=2).astype(np.float32).reshape(-1).view(np.uint8)


class Uses:
    """An instruction of a program again and again, over `sets` copies of its operands."""

    def __init__(self, device, op, attributes, tensors, sets, uses):
        self.device, self.op = device, op
        # Moments are given beside a result.
        self.result_name = op["tensors"][-2 if op["name"] == "conv2dWithMoments" else -1]
        self.places = {}
        ends = {"weights": 0, "state": 0}
        for index, (name, record) in enumerate(zip(op["tensors"], tensors)):
            if record is None:
                continue
            region = "weights" if REGIONS[record[0]] == "weights" else "state"
            shape = record[4:]
            placed = [REGIONS.index(region), record[1], ends[region], shape[-1] if shape else 1, *shape]
            fill = self.fill_of(name, shape, index)
            place = self.places[name] = Place({"name": name, "tensor": placed, "fill": fill})
            ends[region] += -(-place.size // ALIGNMENT) * ALIGNMENT
        self.ends, self.sets = ends, sets
        self.weights, self.state = (Region(device, sets * ends[region]) for region in ["weights", "state"])
        self.contents = {}
        for name, place in self.places.items():
            data = place.content()
            if op["name"] == "groupNorm" and name == "moments":
                data = moments_of(numbers_of(self.contents["x"], self.places["x"].dtype), place.shape)
            self.contents[name] = data
            for i in range(sets):
                self.region(place).write(i * ends[place.region] + place.offset, data)
        used = [[self.moved(self.places.get(name), i % sets) for name in op["tensors"]] for i in range(uses)]
        sizes = [sets * ends["weights"], sets * ends["state"], 0, 0]
        self.program = Program(device, [(op, attributes, operands) for operands in used], sizes)

    def fill_of(self, name, shape, index):
        if name == self.result_name:
            return {"bytes": "/w=="}  # a result: NaN until it is written
        if name == "keyMask":
            return {"bytes": "AACAPw=="}  # 1 in f32: nothing is hidden
        std = 1 / np.sqrt(np.prod(shape[:-1])) if name == "weight" else 1
        return {"normal": [1 if name == "gamma" else 0, float(std), 7919 * index]}

    def region(self, place):
        return self.weights if place.region == "weights" else self.state

    def moved(self, place, index):
        if place is None:
            return None
        region, dtype, offset, *rest = place.record
        return [region, dtype, offset + index * self.ends[place.region], *rest]

    def run(self):
        self.program.run(self.weights, self.state, np.zeros(0, np.uint8))

    def result(self):
        place = self.places[self.result_name]
        return self.state.read(place.offset, place.size), place

    def free(self):
        self.program.free()
        self.weights.free()
        self.state.free()


def set_count(tensors, session):
    """How many sets of operands to go round, how often an instruction is used, and the bytes of one set."""
    size = sum(int(np.prod(record[4:])) * BYTES[DTYPES[record[1]]] for record in tensors if record is not None)
    if session.emulated:
        return 2, 3, size
    sets = int(np.clip(-(-3 * session.cache_bytes // size), FEWEST_SETS, MOST_SETS))
    return sets, max(sets, FEWEST_USES), size
