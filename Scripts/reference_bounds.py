"""Interval and linear (CROWN) bounds of small networks over boxes, in NumPy and Float64.

Independent of Hoodwink's: every linear layer is one dense matrix, convolutions included, found by placing the kernel at
every position; an interval goes through it by the signs of the weights, not by center and radius; and linear bounds
multiply matrices out from the last layer to the first.
"""

from dataclasses import dataclass, field
from math import ceil

import numpy as np


@dataclass
class Affine:
    """x @ matrix + bias."""

    matrix: np.ndarray
    bias: np.ndarray

    def interval(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        positive, negative = np.maximum(self.matrix, 0), np.minimum(self.matrix, 0)
        return (
            low @ positive + high @ negative + self.bias,
            high @ positive + low @ negative + self.bias,
        )


@dataclass
class Elementwise:
    """A function that never falls; `slope` is that of its line below zero, None where it has no lines."""

    name: str
    slope: float | None = None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self.slope is not None:
            return np.where(x > 0, x, self.slope * x)
        return {"tanh": np.tanh, "sigmoid": lambda v: 1 / (1 + np.exp(-v))}[self.name](x)

    def interval(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self(low), self(high)


@dataclass
class Maxout:
    pieces: int

    def interval(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(x.reshape(*x.shape[:-1], -1, self.pieces).max(-1) for x in (low, high))


@dataclass
class LayerNorm:
    scale: np.ndarray
    bias: np.ndarray

    def interval(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = low.shape[-1]
        centering = Affine(np.eye(n) - np.full((n, n), 1 / n), np.zeros(n))
        low, high = centering.interval(low, high)
        smallest = np.where((low <= 0) & (high >= 0), 0, np.minimum(low**2, high**2))
        largest = np.maximum(low**2, high**2)
        deviations = [np.sqrt(squares.mean(-1, keepdims=True) + 1e-5) for squares in (smallest, largest)]
        quotients = np.stack([x / d for x in (low, high) for d in deviations])
        limit = np.sqrt(n - 1)
        low, high = np.clip(quotients.min(0), -limit, limit), np.clip(quotients.max(0), -limit, limit)
        ends = np.stack([low * self.scale, high * self.scale])
        return ends.min(0) + self.bias, ends.max(0) + self.bias


def activation(name: str, slope: float = 0.01) -> list[Elementwise]:
    if name == "identity":
        return []
    return [Elementwise(name, {"relu": 0.0, "leaky-relu": slope}.get(name))]


def convolution_matrix(
    shape: tuple[int, int, int], weight: np.ndarray, bias: np.ndarray, stride: int, padding: str
) -> tuple[Affine, tuple[int, int, int]]:
    """The convolution of one image, both flattened in row-major order, and the shape of its result."""
    height, width, channels = shape
    rows, columns, _, filters = weight.shape
    if padding == "same":
        out = ceil(height / stride), ceil(width / stride)
        top = max((out[0] - 1) * stride + rows - height, 0) // 2
        left = max((out[1] - 1) * stride + columns - width, 0) // 2
    else:
        out = (height - rows) // stride + 1, (width - columns) // stride + 1
        top = left = 0
    matrix = np.zeros((height, width, channels, *out, filters))
    for i in range(out[0]):
        for j in range(out[1]):
            for r in range(rows):
                for c in range(columns):
                    y, x = i * stride + r - top, j * stride + c - left
                    if 0 <= y < height and 0 <= x < width:
                        matrix[y, x, :, i, j, :] = weight[r, c]
    result = (*out, filters)
    return Affine(matrix.reshape(height * width * channels, -1), np.tile(bias, out[0] * out[1])), result


@dataclass
class Stack:
    layers: list = field(default_factory=list)

    def interval(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        for layer in self.layers:
            low, high = layer.interval(low, high)
        return low, high

    def interval_margins(self, low: np.ndarray, high: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Lower bounds of score[label] - score[j], the last matrix replaced by the difference of its columns."""
        before = Stack(self.layers[:-1]).interval(low, high)
        last = self.layers[-1]
        margins = np.zeros((len(labels), last.bias.size))
        for row, label in enumerate(labels):
            difference = Affine(
                last.matrix[:, [label]] - last.matrix, last.bias[label] - last.bias
            )
            margins[row] = difference.interval(before[0][row], before[1][row])[0]
        return margins

    def linear_margins(self, low: np.ndarray, high: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return np.stack([self.linear_margins_of(low[r], high[r], label) for r, label in enumerate(labels)])

    def linear_margins_of(self, low: np.ndarray, high: np.ndarray, label: int) -> np.ndarray:
        known = []  # the bounds of the inputs of each activation, by its place
        now = low, high
        for place, layer in enumerate(self.layers[:-1]):
            now = layer.interval(*now)
            if isinstance(self.layers[place + 1], Elementwise):
                units = np.eye(now[0].size)
                crown = (
                    self.backward(units, place, known, low, high),
                    -self.backward(-units, place, known, low, high),
                )
                undecided = (now[0] < 0) & (now[1] > 0)
                now = (
                    np.where(undecided, np.maximum(now[0], crown[0]), now[0]),
                    np.where(undecided, np.minimum(now[1], crown[1]), now[1]),
                )
            known.append(now)
        outputs = self.layers[-1].bias.size
        functions = np.eye(outputs)[[label] * outputs] - np.eye(outputs)
        return self.backward(functions, len(self.layers) - 1, known, low, high)

    def backward(
        self, functions: np.ndarray, place: int, known: list, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Lower bounds of functions @ (what the layer at `place` gives), over the box of the network's inputs."""
        rest = np.zeros(len(functions))
        for index in range(place, -1, -1):
            layer = self.layers[index]
            if isinstance(layer, Affine):
                rest += functions @ layer.bias
                functions = functions @ layer.matrix.T
                continue
            least, most = known[index - 1]
            slope = layer.slope
            crossing = (least < 0) & (most > 0)
            width = np.where(crossing, most - least, 1)
            chord = np.where(crossing, (most - slope * least) / width, np.where(most <= 0, slope, 1))
            intercept = np.where(crossing, (slope - chord) * least, 0)
            below = np.where(crossing, np.where(most >= -least, 1, slope), chord)
            rest += np.minimum(functions, 0) @ intercept
            functions = np.maximum(functions, 0) * below + np.minimum(functions, 0) * chord
        return rest + np.maximum(functions, 0) @ low + np.minimum(functions, 0) @ high


def dueling(value: np.ndarray, value_bias: np.ndarray, advantage: np.ndarray, bias: np.ndarray) -> Affine:
    return Affine(
        np.vstack([np.repeat(value, advantage.shape[1], 1), advantage - advantage.mean(1, keepdims=True)]),
        value_bias + bias - bias.mean(),
    )


def results(stack: Stack, observations: np.ndarray, labels: np.ndarray, epsilon: float) -> dict[str, np.ndarray]:
    """Bounds over the boxes around observations in [0, 1]; linear ones only where every activation has lines."""
    x = observations.reshape(len(observations), -1).astype(np.float64)
    low, high = np.maximum(x - epsilon, 0), np.minimum(x + epsilon, 1)
    bottom, top = stack.interval(low, high)
    found = {
        "epsilon": np.array([epsilon]),
        "interval.lower": bottom,
        "interval.upper": top,
        "interval.margins": stack.interval_margins(low, high, labels),
    }
    if all(isinstance(layer, Affine) or getattr(layer, "slope", None) is not None for layer in stack.layers):
        found["linear.margins"] = stack.linear_margins(low, high, labels)
    return found


def mixed(random: np.random.Generator) -> tuple[Stack, list[np.ndarray], tuple[int, ...]]:
    """Two convolutions with stride and padding, leaky ReLU and ReLU, a dense layer and a dueling head."""

    def uniform(*shape: int, scale: float) -> np.ndarray:
        return ((2 * random.random(size=shape) - 1) * scale).astype(np.float32)

    shape = (7, 6, 2)
    parameters = [
        uniform(3, 2, 2, 4, scale=0.4), uniform(4, scale=0.1),
        uniform(2, 2, 4, 3, scale=0.5), uniform(3, scale=0.1),
        uniform(18, 12, scale=0.4), uniform(12, scale=0.1),
        uniform(6, 1, scale=0.5), uniform(1, scale=0.1), uniform(6, 3, scale=0.5), uniform(3, scale=0.1),
    ]  # fmt: skip
    exact = [p.astype(np.float64) for p in parameters]
    first, between = convolution_matrix(shape, exact[0], exact[1], 2, "same")
    second, _ = convolution_matrix(between, exact[2], exact[3], 1, "valid")
    stack = Stack(
        [
            first, *activation("leaky-relu", 0.1), second, *activation("relu"),
            Affine(exact[4], exact[5]), *activation("relu"), dueling(*exact[6:]),
        ]  # fmt: skip
    )
    return stack, parameters, shape


def normalized(random: np.random.Generator) -> tuple[Stack, list[np.ndarray], tuple[int, ...]]:
    """Dense, layer norm with a sigmoid, dense, maxout, dense: interval bounds only."""

    def uniform(*shape: int, low: float = -1, high: float = 1) -> np.ndarray:
        return (low + (high - low) * random.random(size=shape)).astype(np.float32)

    parameters = [
        uniform(10, 8), uniform(8, low=-0.1, high=0.1), uniform(8, low=-0.5, high=1.5), uniform(8),
        uniform(8, 12), uniform(12), uniform(4, 3), uniform(3),
    ]  # fmt: skip
    exact = [p.astype(np.float64) for p in parameters]
    stack = Stack(
        [
            Affine(exact[0], exact[1]), LayerNorm(exact[2], exact[3]), *activation("sigmoid"),
            Affine(exact[4], exact[5]), Maxout(3), Affine(exact[6], exact[7]),
        ]  # fmt: skip
    )
    return stack, parameters, (10,)
