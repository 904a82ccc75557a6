"""The cases of programs.json.gz, and what their memory holds by the rules of contents.ts."""

import base64
import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np

from abi import Program, Region

FILE = Path(__file__).parent / "programs.json.gz"
DTYPES = ["f32", "i32", "u8", "f16", "bf16"]
BYTES = {"f32": 4, "i32": 4, "u8": 1, "f16": 2, "bf16": 2}
REGIONS = ["weights", "state", "inputs", "arena"]
BLOCK, SUMS, GAP = 65521, 16, 0xFF


def uniform_bits(seed, count):
    """32 bits for each of the first numbers of seeded(seed) of test/random.ts, which is mulberry32."""
    state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    mixed = (state ^ (state >> np.uint32(15))) * (state | np.uint32(1))
    mixed ^= mixed + (mixed ^ (mixed >> np.uint32(7))) * (mixed | np.uint32(61))
    return mixed ^ (mixed >> np.uint32(14))


@cache
def block():
    """The first normals of seeded(1)."""
    u = uniform_bits(1, 2 * BLOCK).astype(np.float64) / 2**32
    return np.sqrt(-2 * np.log(1 - u[0::2])) * np.cos(2 * np.pi * u[1::2])


def stored(numbers, dtype):
    """f32 numbers as bytes of `dtype`, rounded to the nearest, of two equally near to the even one."""
    if dtype == "bf16":
        bits = numbers.view(np.uint32)
        odd = (bits >> np.uint32(16)) & np.uint32(1)
        return ((bits + np.uint32(0x7FFF) + odd) >> np.uint32(16)).astype("<u2").view(np.uint8)
    return numbers.astype({"f32": "<f4", "f16": "<f2"}[dtype]).view(np.uint8)


def numbers_of(data, dtype):
    """Bytes of `dtype` as f64."""
    if dtype == "bf16":
        return (data.view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return data.view({"f32": "<f4", "i32": "<i4", "u8": "u1", "f16": "<f2"}[dtype]).astype(np.float64)


def content(fill, dtype, count):
    """The bytes of a tensor of `count` elements."""
    if "bytes" in fill:
        return np.resize(np.frombuffer(base64.b64decode(fill["bytes"]), np.uint8), count * BYTES[dtype])
    mean, std, first = fill["normal"]
    period = stored((mean + std * np.roll(block(), -first)).astype(np.float32), dtype)
    return np.resize(period, count * BYTES[dtype])


def digest(numbers):
    """The sums of contents.ts."""
    bits = uniform_bits(2, numbers.size)
    return np.array([numbers @ (1 - 2.0 * ((bits >> np.uint32(j)) & np.uint32(1))) for j in range(SUMS)])


class Place:
    """A tensor with a name."""

    def __init__(self, record):
        self.name, self.fill, self.record = record["name"], record.get("fill"), record["tensor"]
        region, dtype, self.offset, self.row_stride, *self.shape = self.record
        self.region, self.dtype = REGIONS[region], DTYPES[dtype]
        self.count = int(np.prod(self.shape))
        self.size = self.count * BYTES[self.dtype]

    def content(self):
        return content(self.fill, self.dtype, self.count)


class Case:
    def __init__(self, record, ops):
        self.record, self.ops = record, ops
        self.name, self.dtype, self.kind = record["name"], record["dtype"], record["kind"]
        self.weights, self.state = ([Place(place) for place in record[region]] for region in ["weights", "state"])
        self.programs = {program["name"]: program for program in record["programs"]}

    def instructions(self, program):
        rows = self.programs[program]["instructions"]
        return [(self.ops[op], attributes, tensors) for op, attributes, tensors in rows]

    def inputs(self, program):
        return [Place(place) for place in self.programs[program]["inputs"]]


class Cases:
    def __init__(self, path=None):
        file = json.loads(gzip.decompress((path or FILE).read_bytes()))
        self.interface_hash = file["interfaceHash"]
        self.all = [Case(record, file["ops"]) for record in file["cases"]]
        self.ops = [case for case in self.all if case.kind == "op"]
        self.nets = [case for case in self.all if case.kind == "net"]

    def net(self, name, dtype):
        return next(case for case in self.nets if (case.name, case.dtype) == (name, dtype))


class Loaded:
    """A case on a device, its weights written and its programs loaded."""

    def __init__(self, device, case):
        self.case, record = case, case.record
        self.weights = Region(device, record["weightBytes"])
        self.state = Region(device, record["stateBytes"])
        for place in case.weights:
            self.weights.write(place.offset, place.content())
        self.inputs, self.programs = {}, {}
        for name, program in case.programs.items():
            sizes = [record["weightBytes"], record["stateBytes"], program["inputBytes"], program["arenaBytes"]]
            self.programs[name] = Program(device, case.instructions(name), sizes)
            self.inputs[name] = np.zeros(program["inputBytes"], np.uint8)
            for place in case.inputs(name):
                self.inputs[name][place.offset : place.offset + place.size] = place.content()

    def fill_state(self):
        for place in self.case.state:
            if place.fill:
                self.state.write(place.offset, place.content())

    def poison_state(self):
        self.state.write(0, np.full(self.case.record["stateBytes"], GAP, np.uint8))

    def run(self, program):
        self.programs[program].run(self.weights, self.state, self.inputs[program])

    def free(self):
        for program in self.programs.values():
            program.free()
        self.weights.free()
        self.state.free()
