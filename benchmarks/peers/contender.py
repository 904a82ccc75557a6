"""A peer as a contender: a process that answers the questions of benchmarks/protocol.ts.

    contender.py <torch eager | torch channels_last | torch compile | openvino | onnxruntime> <threads> <f32 | bf16>

In bf16 torch has weights and inputs so, and OpenVINO's hint says it.
"""

import sys
import time
import warnings

from wire import peak_bytes, serve

# Converters warn of every shape that they fix, which is what is wanted of them.
warnings.filterwarnings("ignore")

import torch
from safetensors.torch import load_file, save_file

from works import Work, work_of

CONTENDER, THREADS, DTYPE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(THREADS)


def milliseconds(run):
    begun = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - begun)


class Torch:
    def __init__(self, work: Work, folder):
        channels_last = CONTENDER == "torch channels_last"
        module, inputs = work.module, work.inputs
        if DTYPE == "bf16":
            module = module.to(torch.bfloat16)
            inputs = [x.to(torch.bfloat16) if x.is_floating_point() else x for x in inputs]
        if channels_last:
            module = module.to(memory_format=torch.channels_last)
            spread = lambda x: x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x
            inputs = [spread(x) for x in inputs]
        if work.step:
            self.step = work.step(torch.compile(module) if CONTENDER == "torch compile" else module, inputs)
        else:
            module = torch.compile(module) if CONTENDER == "torch compile" else module
            self.step = lambda: module(*inputs)
        self.grad = work.step is not None
        self.about = {"version": torch.__version__}

    def run(self):
        with torch.set_grad_enabled(self.grad):
            return self.step()


class OpenVino:
    def __init__(self, work: Work, folder):
        import openvino

        forward_only(work)
        with torch.no_grad():
            model = openvino.convert_model(work.module, example_input=tuple(work.inputs))
        model.reshape({i: list(x.shape) for i, x in zip(model.inputs, work.inputs)})
        options = {
            "INFERENCE_NUM_THREADS": THREADS,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": DTYPE,
        }
        if work.snippets_crash:
            options["SNIPPETS_MODE"] = "DISABLE"
        self.request = openvino.Core().compile_model(model, "CPU", options).create_infer_request()
        for index, x in enumerate(work.inputs):
            self.request.set_input_tensor(index, openvino.Tensor(x.contiguous().numpy()))
        self.about = {"version": openvino.__version__}

    def run(self):
        self.request.infer()
        return torch.from_numpy(self.request.get_output_tensor(0).data)


class OnnxRuntime:
    def __init__(self, work: Work, folder):
        import onnxruntime

        forward_only(work)
        file = f"{folder}/model.onnx"
        names = [f"x{i}" for i in range(len(work.inputs))]
        with torch.no_grad():
            torch.onnx.export(
                work.module, tuple(work.inputs), file, opset_version=17, dynamo=False, input_names=names, output_names=["y"]
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.feed = {name: x.contiguous().numpy() for name, x in zip(names, work.inputs)}
        self.about = {"version": onnxruntime.__version__}

    def run(self):
        return torch.from_numpy(self.session.run(None, self.feed)[0])


def forward_only(work):
    if work.step:
        raise ValueError("does not train")


RUNTIMES = {"openvino": OpenVino, "onnxruntime": OnnxRuntime}


def answer(question, state):
    if "open" in question:
        folder = question["folder"]
        operands = f"{folder}/operands.safetensors"
        state["work"] = work_of(question["open"], load_file(operands))
        state["runtime"] = RUNTIMES.get(CONTENDER, Torch)(state["work"], folder)
        return {"firstMs": milliseconds(state["runtime"].run), "about": state["runtime"].about}
    run = state["runtime"].run
    if "output" in question:
        work = state["work"]
        y = torch.tensor(work.losses) if work.step else work.stored(run()).detach().float().contiguous()
        save_file({"y": y}, question["output"])
        return {}
    return {"ms": [milliseconds(run) for _ in range(question["run"])], "peakBytes": peak_bytes()}


serve(answer)
