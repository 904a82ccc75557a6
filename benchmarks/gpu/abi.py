"""The C functions of cuda/backend/abi.h: devices, regions of their memory, programs, runs."""

import ctypes
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int, c_int32, c_int64
from ctypes import c_uint8, c_uint32, c_uint64, c_void_p

import numpy as np

ABI = 1
ABSENT = 255


class Tensor(ctypes.Structure):
    _fields_ = [
        ("region", c_uint8),
        ("dtype", c_uint8),
        ("rank", c_uint8),
        ("offset", c_uint64),
        ("rowStride", c_int64),
        ("shape", c_int64 * 8),
    ]


class Instruction(ctypes.Structure):
    _fields_ = [
        ("opcode", c_uint32),
        ("tensorCount", c_uint32),
        ("attributeCount", c_uint32),
        ("tensors", POINTER(Tensor)),
        ("attributes", POINTER(c_double)),
        ("name", c_char_p),
    ]


class Description(ctypes.Structure):
    _fields_ = [
        ("name", c_char * 256),
        ("capability", c_int32),
        ("multiprocessors", c_int32),
        ("totalBytes", c_uint64),
        ("freeBytes", c_uint64),
    ]


class FailureRecord(ctypes.Structure):
    _fields_ = [("code", c_char_p), ("message", c_char_p), ("instruction", c_int64)]


CANCELLED = ctypes.CFUNCTYPE(c_int, c_void_p)
never = CANCELLED(lambda context: 0)


class Failure(Exception):
    """What the library says that went wrong."""


class Library:
    """`interface_hash`: of the ops that the programs were compiled for; a library of other ops is refused."""

    def __init__(self, path, interface_hash):
        self.c = ctypes.CDLL(str(path))
        self.c.counterpointCudaFailure.restype = POINTER(FailureRecord)
        abi, ops = c_uint32(), c_uint32()
        self.c.counterpointCudaBuild(byref(abi), byref(ops))
        if (abi.value, ops.value) != (ABI, interface_hash):
            raise Failure(
                f"{path} has ABI {abi.value} and ops {ops.value:#x}, expected {ABI} and {interface_hash:#x}: "
                "build it from the sources that programs.json.gz was written from"
            )

    def call(self, name, *arguments):
        """A function by what follows "counterpointCuda" in its name; raises what it failed with."""
        if getattr(self.c, f"counterpointCuda{name}")(*arguments) == 0:
            return
        why = self.c.counterpointCudaFailure().contents
        place = f" (instruction {why.instruction})" if why.instruction >= 0 else ""
        raise Failure(f"{why.code.decode()}: {why.message.decode()}{place}")


class Device:
    def __init__(self, library, index=0):
        self.library, self.handle = library, c_void_p()
        library.call("Open", c_int32(index), byref(self.handle))

    def description(self):
        description = Description()
        self.library.call("Describe", self.handle, byref(description))
        return description


class Region:
    def __init__(self, device, size):
        self.library, self.handle = device.library, c_void_p()
        self.library.call("CreateRegion", device.handle, c_uint64(size), byref(self.handle))

    def write(self, offset, data):
        """`data`: an array of bytes."""
        self.library.call("Write", self.handle, c_uint64(offset), data.ctypes.data_as(c_void_p), c_uint64(data.size))

    def read(self, offset, size):
        data = np.empty(size, np.uint8)
        self.library.call("Read", self.handle, c_uint64(offset), data.ctypes.data_as(c_void_p), c_uint64(size))
        return data

    def free(self):
        self.library.c.counterpointCudaFreeRegion(self.handle)


def tensor_of(record):
    """From the file's form: [region, dtype, offset, row stride, ...shape], or None."""
    if record is None:
        return Tensor(region=ABSENT)
    region, dtype, offset, row_stride, *shape = record
    tensor = Tensor(region, dtype, len(shape), offset, row_stride)
    tensor.shape[: len(shape)] = shape
    return tensor


class Program:
    """`instructions`: (op, attributes, tensors) in the file's form, op with its name and opcode."""

    def __init__(self, device, instructions, sizes):
        self.library, self.handle = device.library, c_void_p()
        rows = (Instruction * len(instructions))()
        for row, (op, attributes, tensors) in zip(rows, instructions):
            row.opcode, row.name = op["opcode"], op["name"].encode()
            row.tensorCount, row.attributeCount = len(tensors), len(attributes)
            row.tensors = (Tensor * len(tensors))(*map(tensor_of, tensors))
            row.attributes = (c_double * len(attributes))(*attributes)
        count, bounds = c_uint32(len(instructions)), (c_uint64 * 4)(*sizes)
        self.library.call("Load", device.handle, rows, count, bounds, byref(self.handle))

    def run(self, weights, state, inputs):
        """`inputs`: the bytes of that region. Returns when the run is done."""
        data = inputs.ctypes.data_as(c_void_p)
        self.library.call("Run", self.handle, weights.handle, state.handle, data, never, None)

    def free(self):
        self.library.c.counterpointCudaFreeProgram(self.handle)
