"""Measures what PyTorch and JAX do in a second on one thread, for comparison with Hoodwink.

    python=$(Scripts/python-environment peers torch==2.13.0 jax==0.10.2 numpy==2.4.6)
    "$python" Scripts/benchmark_peers.py            answers requests, one JSON object a line, until the input ends
    "$python" Scripts/benchmark_peers.py --table    measures everything and prints a table

The first line of the answers is {"ready": true, "versions": {…}, "peers": […], "skipped": {peer: why}}. Then, for
    {"case": "fgsm", "network": "mlp", "batch": 32, "seconds": 0.5, "peer": "torch"}
it answers {"samples_per_second": 123456.7, "note": "…"}, or {"error": "…"}.
The first request for a cell prepares and compiles it outside the measured time; later ones find it warm.

Cases, each on inputs in [0, 1] that are already in place:
  forward   the logits, with no gradient
  fgsm      logits, cross-entropy against their own argmax, its gradient with respect to the input alone,
            a step of 8/255 along the sign, clipped to [0, 1]
  training  cross-entropy against given labels, the gradients of all parameters, one step of Adam

JAX is measured twice: as it comes ("jax"), and with synchronous dispatch ("jax-sync"), which is faster where a call takes
microseconds. Dispatch is a matter of the whole process, so another one, started with --synchronous, measures the latter.
"""

import os

# Before the libraries are imported: they read these when they load.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
}
# XLA sizes its thread pools by the processors that it may use and ignores every other limit: it is shown one.
processors = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(processors)})

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch.nn import functional as F

from peer_server import NETWORKS, Network, Step, calls_per_second, serve, torch_model

SYNCHRONOUS = "--synchronous" in sys.argv
jax.config.update("jax_cpu_enable_async_dispatch", not SYNCHRONOUS)
jax.devices()  # makes the pools
for thread in os.listdir("/proc/self/task"):
    os.sched_setaffinity(int(thread), processors)
torch.set_num_threads(1)

EPSILON = 8 / 255
LEARNING_RATE = 1e-3

CASES = ("forward", "fgsm", "training")
BATCHES = (1, 32, 256)


# PyTorch


def torch_step(case: str, network: Network, batch: int, compiled: bool, channels_last: bool) -> Step:
    torch.manual_seed(0)
    observations, labels = (torch.from_numpy(array) for array in network.data(batch))
    model = torch_model(network)
    if network.convolutions:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        observations = observations.permute(0, 3, 1, 2).contiguous(memory_format=layout)
        model = model.to(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    logits_of = torch.compile(model) if compiled else model

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return logits_of(observations)

    def fgsm() -> torch.Tensor:
        x = observations.detach().requires_grad_()
        logits = logits_of(x)
        loss = F.cross_entropy(logits, logits.detach().argmax(dim=1))
        (gradient,) = torch.autograd.grad(loss, x)
        with torch.no_grad():
            return (x + EPSILON * gradient.sign()).clamp(0, 1)

    def training() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(logits_of(observations), labels).backward()
        optimizer.step()

    if case == "fgsm":
        model.requires_grad_(False)
    return {"forward": forward, "fgsm": fgsm, "training": training}[case]


def prepare_torch(case: str, network: Network, batch: int) -> tuple[Step, str]:
    """Eager PyTorch, with the images in whichever memory format is faster."""
    if not network.convolutions:
        return torch_step(case, network, batch, compiled=False, channels_last=False), "eager"
    steps = {
        note: torch_step(case, network, batch, compiled=False, channels_last=note == "channels last")
        for note in ("channels last", "channels first")
    }
    faster = max(steps, key=lambda note: calls_per_second(steps[note], 0.5))
    return steps[faster], f"eager, {faster}"


def prepare_torch_compiled(case: str, network: Network, batch: int) -> tuple[Step, str]:
    if network.convolutions:
        raise ValueError("torch-compile is measured for the mlp only")
    return torch_step(case, network, batch, compiled=True, channels_last=False), "compiled"


# JAX


def jax_parameters(network: Network) -> list[tuple[jax.Array, jax.Array]]:
    random = np.random.default_rng(0)
    shapes = []
    channels = network.inputs[-1]
    for outputs, kernel, _ in network.convolutions:
        shapes.append((kernel, kernel, channels, outputs))
        channels = outputs
    return [
        (jnp.asarray(random.uniform(-1, 1, shape) / np.prod(shape[:-1]) ** 0.5, jnp.float32), jnp.zeros(shape[-1]))
        for shape in [*shapes, *network.dense]
    ]


def jax_logits(network: Network, parameters: list[tuple[jax.Array, jax.Array]], x: jax.Array) -> jax.Array:
    convolutions = len(network.convolutions)
    for (weight, bias), (_, _, stride) in zip(parameters[:convolutions], network.convolutions):
        x = jax.lax.conv_general_dilated(
            x, weight, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = jax.nn.relu(x + bias)
    x = x.reshape(x.shape[0], -1)
    for weight, bias in parameters[convolutions:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = parameters[-1]
    return x @ weight + bias


def jax_cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()


def prepare_jax(case: str, network: Network, batch: int) -> tuple[Step, str]:
    observations, labels = (jax.device_put(array) for array in network.data(batch))
    parameters = jax_parameters(network)
    logits_of = partial(jax_logits, network)

    def fgsm(parameters, x):
        def loss(x):
            logits = logits_of(parameters, x)
            return jax_cross_entropy(logits, jax.lax.stop_gradient(logits).argmax(axis=1))

        return jnp.clip(x + EPSILON * jnp.sign(jax.grad(loss)(x)), 0, 1)

    def training(state, x, labels):
        parameters, mean, square, step = state
        gradients = jax.grad(lambda parameters: jax_cross_entropy(logits_of(parameters, x), labels))(parameters)
        step += 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradients)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradients)
        scale, correction = LEARNING_RATE / (1 - 0.9**step), 1 - 0.999**step
        parameters = jax.tree.map(
            lambda p, m, v: p - scale * m / (jnp.sqrt(v / correction) + 1e-8), parameters, mean, square
        )
        return parameters, mean, square, step

    if case != "training":
        run = jax.jit(logits_of if case == "forward" else fgsm)
        return lambda: run(parameters, observations).block_until_ready(), "jit"

    run = jax.jit(training, donate_argnums=0)
    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (parameters, zeros(parameters), zeros(parameters), jnp.float32(0))

    def train() -> None:
        nonlocal state
        state = jax.block_until_ready(run(state, observations, labels))

    return train, "jit"


# Measuring

PEERS: dict[str, Callable[[str, Network, int], tuple[Step, str]]] = {
    "torch": prepare_torch,
    "torch-compile": prepare_torch_compiled,
    "jax": prepare_jax,
    "jax-sync": prepare_jax,
}


def skipped_peers() -> dict[str, str]:
    compiler = os.environ.get("CXX", "g++")
    return {} if shutil.which(compiler) else {"torch-compile": f"no C++ compiler: {compiler}"}


@cache
def prepared(peer: str, case: str, network: str, batch: int) -> tuple[Step, str]:
    """A step that is compiled and warm, and a word on how it runs."""
    step, note = PEERS[peer](case, NETWORKS[network], batch)
    calls_per_second(step, 0.2)
    return step, note


@cache
def synchronous_process() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--synchronous"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    process.stdout.readline()  # the greeting
    return process


def measure(peer: str, case: str, network: str, batch: int, seconds: float) -> dict[str, object]:
    if peer == "jax-sync" and not SYNCHRONOUS:
        process = synchronous_process()
        request = {"peer": peer, "case": case, "network": network, "batch": batch, "seconds": seconds}
        print(json.dumps(request), file=process.stdin)
        return json.loads(process.stdout.readline())
    step, note = prepared(peer, case, network, batch)
    return {"samples_per_second": batch * calls_per_second(step, seconds), "note": note}


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
    }


def print_table(seconds: float) -> None:
    skipped = skipped_peers()
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    for peer, reason in skipped.items():
        print(f"{peer} skipped: {reason}")
    peers = [peer for peer in PEERS if peer not in skipped]
    print("samples per second, one thread")
    print(f"{'network':12}{'case':10}{'batch':>5}" + "".join(f"{peer:>15}" for peer in peers) + "  PyTorch's format")
    for network in NETWORKS:
        for case in CASES:
            for batch in BATCHES:
                cells = {
                    peer: measure(peer, case, network, batch, seconds)
                    for peer in peers
                    if peer != "torch-compile" or not NETWORKS[network].convolutions
                }
                rates = [f"{cells[peer]['samples_per_second']:,.0f}" if peer in cells else "" for peer in peers]
                columns = "".join(f"{rate:>15}" for rate in rates)
                print(f"{network:12}{case:10}{batch:5}{columns}  {cells['torch']['note']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures PyTorch and JAX on one thread.")
    parser.add_argument("--table", action="store_true", help="measure everything and print a table")
    parser.add_argument("--synchronous", action="store_true", help="dispatch JAX's calls synchronously")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for one cell of the table")
    arguments = parser.parse_args()
    if arguments.table:
        print_table(arguments.seconds)
        return
    skipped = skipped_peers()
    peers = [peer for peer in PEERS if peer not in skipped]
    serve({"versions": versions(), "peers": peers, "skipped": skipped}, measure)


if __name__ == "__main__":
    main()
