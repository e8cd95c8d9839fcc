"""What the peers of Scripts/benchmark have in common: the networks, the measuring, and the answers to requests.

Set the environment (threads) before importing this: it imports PyTorch.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import nn

WINDOWS = 5

Step = Callable[[], object]


@dataclass(frozen=True)
class Network:
    inputs: tuple[int, ...]
    convolutions: tuple[tuple[int, int, int], ...]  # channels, kernel, stride; no padding
    hidden: tuple[int, ...]
    actions: int

    @property
    def features(self) -> int:
        """The inputs of the first dense layer."""
        if not self.convolutions:
            return self.inputs[0]
        size = self.inputs[0]
        for _, kernel, stride in self.convolutions:
            size = (size - kernel) // stride + 1
        return size * size * self.convolutions[-1][0]

    @property
    def dense(self) -> list[tuple[int, int]]:
        sizes = [self.features, *self.hidden, self.actions]
        return list(zip(sizes, sizes[1:]))

    def data(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(0)
        return random.random((batch, *self.inputs), dtype=np.float32), random.integers(0, self.actions, batch)


NETWORKS = {
    "mlp": Network((147,), (), (64, 64), 7),
    "conv-small": Network((10, 10, 4), ((16, 3, 1),), (128,), 6),
    "conv-atari": Network((84, 84, 4), ((32, 8, 4), (64, 4, 2), (64, 3, 1)), (512,), 6),
}


def torch_model(network: Network) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = network.inputs[-1]
    for outputs, kernel, stride in network.convolutions:
        layers += [nn.Conv2d(channels, outputs, kernel, stride), nn.ReLU()]
        channels = outputs
    if network.convolutions:
        layers.append(nn.Flatten())
    for inputs, outputs in network.dense:
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def calls_per_second(step: Step, seconds: float) -> float:
    """The median of several windows, each of at least one call, after one call that sets their length."""
    start = perf_counter()
    step()
    start, first = perf_counter(), perf_counter() - start
    step()
    once = min(first, perf_counter() - start)
    calls = max(1, round(seconds / WINDOWS / once))
    rates = []
    for _ in range(WINDOWS):
        start = perf_counter()
        for _ in range(calls):
            step()
        rates.append(calls / (perf_counter() - start))
    return statistics.median(rates)


def serve(greeting: dict[str, object], measure: Callable[..., dict[str, object]]) -> None:
    """Answers requests, one JSON object a line, until the input ends; the first line is the greeting."""
    # The answers have the standard output to themselves: whatever else is printed goes to standard error.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(**values: object) -> None:
        print(json.dumps(values), file=answers)

    answer(ready=True, **greeting)
    for line in sys.stdin:
        try:
            answer(**measure(**json.loads(line)))
        except Exception as error:  # one failed request must not end the conversation
            answer(error=f"{type(error).__name__}: {error}")
