"""What sections share: the device behind the C functions, torch where it is there, and the file that records go to."""

import json
import time

from abi import Device, Library
from cases import Cases
from timing import milliseconds


class Session:
    """`records`: a file that gets a line for every record, at once, so that a section that is ended loses nothing."""

    def __init__(self, library, records, emulated, cases=None, ceiling=None):
        self.records, self.emulated, self.begun = open(records, "a"), emulated, time.time()
        self.cases = cases or Cases()
        self.library_path, self.opened = library, None
        # Where nothing has been measured: figures of no card, by which only the order of layers is decided.
        self.ceiling = ceiling or {"gemm_tflops": 100.0, "copy_tbs": 1.0}
        self.repeats = 2 if emulated else 15
        self.cache_bytes = 0
        self.torch = self.peers = self.torch_device = self.torch_idle_ms = None
        self.on_gpu = False

    @property
    def device(self):
        self.opened = self.opened or Device(Library(self.library_path, self.cases.interface_hash))
        return self.opened

    def emit(self, kind, record):
        self.records.write(json.dumps({"kind": kind, "t": round(time.time() - self.begun, 3), **record}) + "\n")
        self.records.flush()

    def note(self, text):
        self.emit("notes", {"text": text})

    def with_torch(self):
        """Takes torch if it can be had: on the GPU, or on the CPU beside the emulator."""
        try:
            import torch
        except ImportError:
            self.note("torch is not installed: nothing is compared with it")
            return self
        if not self.emulated and not torch.cuda.is_available():
            self.note(f"torch {torch.__version__} finds no GPU: nothing is compared with it")
            return self
        import peers

        self.torch, self.peers, self.on_gpu = torch, peers, not self.emulated
        self.torch_device = "cuda" if self.on_gpu else "cpu"
        self.dtypes = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}
        self.torch_idle_ms = 0.0
        if self.emulated:
            torch.set_num_threads(1)
        if self.on_gpu:
            torch.backends.cudnn.benchmark = True
            torch.backends.cudnn.benchmark_limit = 0
            self.cache_bytes = torch.cuda.get_device_properties(0).L2_cache_size
            tiny = torch.zeros(1, device="cuda")
            empty = self.recorded([lambda: tiny.add_(1)])
            self.torch_idle_ms = sorted(milliseconds(empty) for _ in range(50))[25]
        return self

    def settled(self, run):
        """`run`, until the device is idle."""

        def call():
            run()
            if self.on_gpu:
                self.torch.cuda.synchronize()

        return call

    def recorded(self, bodies):
        """All of `bodies` as one CUDA graph, replayed until the device is idle; on the CPU just called."""
        if not self.on_gpu:
            return lambda: [body() for body in bodies]
        torch = self.torch
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for body in bodies:
                body()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for body in bodies:
                body()
        return self.settled(graph.replay)

    def untuned(self):
        """For what runs once: without a search for the fastest algorithm."""
        return self.torch.backends.cudnn.flags(enabled=True, benchmark=False)

    def emptied(self):
        if self.on_gpu:
            self.torch.cuda.empty_cache()
