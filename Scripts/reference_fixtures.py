"""Writes what PyTorch computes for a few small networks and losses, one safetensors file each.

Everything is in the layout of Hoodwink: observations and activations [batch, height, width, channels], dense weights
[inputs, outputs], convolution weights [kernel height, kernel width, input channels, output channels], and a
convolution's output flattened in its row-major order. The parameters here are leaves in that layout and only
permuted on their way into PyTorch's operations, so the gradients and the optimizer's steps come out in it too.

Weights, observations and labels are drawn from NumPy's default_rng(seed), in this order:
  for every layer its weight, then its bias: ((2 * random(count) - 1) * scale) as Float32,
    where scale is 1 / sqrt(fan in) for a weight and 0.1 for a bias;
  observations: random(count) as Float32;
  labels: integers(0, actions, batch).
Whoever draws the same need not read the weights from a file.

A tensor NAME of more than 4096 elements is recorded as NAME.norm (its L2 norm), NAME.indices (64 places in
row-major order, as Float32) and NAME.entries (the values there).
"""

import json
import sys
from dataclasses import dataclass
from math import ceil, prod, sqrt
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor
from torch.nn import functional as F

ADAM_STEPS = 5
EPSILON = 8 / 255
LARGEST_FULL_TENSOR = 4096
SAMPLED_ENTRIES = 64

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.01),
    "tanh": torch.tanh,
}


@dataclass(frozen=True)
class Dense:
    outputs: int
    activation: str = "relu"

    def weight_shape(self, inputs: tuple[int, ...]) -> tuple[int, ...]:
        return (prod(inputs), self.outputs)

    def apply(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return ACTIVATIONS[self.activation](x.flatten(1) @ weight + bias)


@dataclass(frozen=True)
class Convolution:
    channels: int
    kernel: tuple[int, int]
    stride: int = 1
    padding: str = "valid"
    activation: str = "relu"

    def weight_shape(self, inputs: tuple[int, ...]) -> tuple[int, ...]:
        return (*self.kernel, inputs[-1], self.channels)

    def apply(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if self.padding == "same":
            (top, bottom), (left, right) = (
                same_padding(size, kernel, self.stride) for size, kernel in zip(x.shape[1:3], self.kernel)
            )
            x = F.pad(x, (0, 0, left, right, top, bottom))
        y = F.conv2d(x.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), bias, self.stride)
        return ACTIVATIONS[self.activation](y.permute(0, 2, 3, 1))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's and JAX's SAME: the smaller half before, the larger after."""
    total = max((ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


@dataclass(frozen=True)
class Network:
    name: str
    seed: int
    batch: int
    inputs: tuple[int, ...]
    layers: tuple[Dense | Convolution, ...]

    @property
    def actions(self) -> int:
        return self.layers[-1].outputs

    def draw(self) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
        """The parameters (weight, bias, weight, bias, …), the observations and the labels."""
        random = np.random.default_rng(self.seed)

        def uniform(shape: tuple[int, ...], scale: float) -> np.ndarray:
            return ((2 * random.random(size=prod(shape)) - 1) * scale).astype(np.float32).reshape(shape)

        parameters = []
        shape = self.inputs
        for layer in self.layers:
            weight_shape = layer.weight_shape(shape)
            weight = uniform(weight_shape, 1 / sqrt(prod(weight_shape[:-1])))
            bias = uniform(weight_shape[-1:], 0.1)
            parameters += [weight, bias]
            shape = layer.apply(torch.zeros(1, *shape), torch.from_numpy(weight), torch.from_numpy(bias)).shape[1:]
        observations = random.random(size=self.batch * prod(self.inputs)).astype(np.float32)
        labels = random.integers(0, self.actions, size=self.batch)
        return parameters, observations.reshape(self.batch, *self.inputs), labels

    def logits(self, observations: Tensor, parameters: list[Tensor]) -> Tensor:
        x = observations
        for layer, weight, bias in zip(self.layers, parameters[::2], parameters[1::2]):
            x = layer.apply(x, weight, bias)
        return x

    def parameter_names(self) -> list[str]:
        return [f"{index}.{part}" for index in range(len(self.layers)) for part in ("weight", "bias")]

    def results(self, dtype: torch.dtype) -> dict[str, Tensor]:
        """All that is recorded, in full, computed in this precision."""
        drawn, drawn_observations, drawn_labels = self.draw()
        parameters = [torch.from_numpy(array).to(dtype).requires_grad_() for array in drawn]
        observations = torch.from_numpy(drawn_observations).to(dtype).requires_grad_()
        labels = torch.from_numpy(drawn_labels)

        logits = self.logits(observations, parameters)
        loss = F.cross_entropy(logits, labels)
        input_gradient, *gradients = torch.autograd.grad(loss, [observations, *parameters])
        results = {
            "observations": observations,
            "labels": labels.to(dtype),
            "logits": logits,
            "loss": loss.reshape(1),
            "input.gradient": input_gradient,
        }
        results |= {f"gradient.{name}": value for name, value in zip(self.parameter_names(), gradients)}

        # The fast gradient sign method, away from the action that the clean observation leads to.
        clean_loss = F.cross_entropy(self.logits(observations, parameters), logits.argmax(dim=1))
        (direction,) = torch.autograd.grad(clean_loss, observations)
        results["fgsm"] = (observations + EPSILON * direction.sign()).clamp(0, 1)

        optimizer = torch.optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
        for _ in range(ADAM_STEPS):
            optimizer.zero_grad()
            F.cross_entropy(self.logits(observations.detach(), parameters), labels).backward()
            optimizer.step()
        results |= {f"after-adam.{name}": value for name, value in zip(self.parameter_names(), parameters)}
        return {name: value.detach() for name, value in results.items()}


NETWORKS = (
    Network("mlp-tanh", 1, 5, (147,), (Dense(64, "tanh"), Dense(64, "tanh"), Dense(7, "identity"))),
    Network("mlp-relu", 2, 5, (147,), (Dense(64), Dense(64), Dense(7, "identity"))),
    Network("conv-small", 3, 5, (10, 10, 4), (Convolution(16, (3, 3)), Dense(128), Dense(6, "identity"))),
    Network(
        "conv-atari",
        4,
        3,
        (84, 84, 4),
        (
            Convolution(32, (8, 8), stride=4),
            Convolution(64, (4, 4), stride=2),
            Convolution(64, (3, 3)),
            Dense(512),
            Dense(6, "identity"),
        ),
    ),
    Network(
        "conv-same",
        5,
        5,
        (11, 9, 3),
        (
            Convolution(5, (3, 4), stride=2, padding="same", activation="tanh"),
            Convolution(4, (2, 2), padding="same", activation="leaky-relu"),
            Dense(5, "identity"),
        ),
    ),
)


def losses() -> tuple[dict[str, Tensor], dict[str, str]]:
    """Losses with their input gradients, optimizers' trajectories and a clipped gradient: the tensors and their meaning."""
    random = np.random.default_rng(6)

    def uniform(*shape: int) -> Tensor:
        return torch.from_numpy((6 * random.random(size=shape) - 3).astype(np.float32))

    logits = uniform(8, 6).requires_grad_()
    targets = uniform(8, 6)
    labels = torch.from_numpy(random.integers(0, 6, size=8))
    is_label = F.one_hot(labels, 6).bool()
    values = {
        "cross-entropy": F.cross_entropy(logits, labels),
        "huber": F.huber_loss(logits, targets, delta=1.0),
        "mse": F.mse_loss(logits, targets),
        "kl": F.kl_div(logits.log_softmax(1), targets.log_softmax(1), reduction="batchmean", log_target=True),
        "margin": (logits.masked_fill(is_label, -torch.inf).amax(1) - logits[is_label]).mean(),
    }
    tensors = {"logits": logits, "targets": targets, "labels": labels.to(torch.float32)}
    for name, value in values.items():
        (gradient,) = torch.autograd.grad(value, logits)
        tensors |= {f"{name}.loss": value.reshape(1), f"{name}.gradient": gradient}

    start, center = uniform(6), uniform(6)
    curvature = uniform(6).abs()
    tensors |= {"quadratic.start": start, "quadratic.center": center, "quadratic.curvature": curvature}
    w = torch.nn.Parameter(torch.empty(6))
    for name, optimizer, steps in (
        ("sgd", torch.optim.SGD([w], lr=0.1, momentum=0.9), 3),
        ("adam", torch.optim.Adam([w], lr=0.1, betas=(0.9, 0.999), eps=1e-8), 5),
    ):
        w.data.copy_(start)
        for step in range(1, steps + 1):
            optimizer.zero_grad()
            (0.5 * curvature * (w - center) ** 2).sum().backward()
            optimizer.step()
            tensors[f"{name}.{step}"] = w.detach().clone()

    clipped = [torch.nn.Parameter(torch.zeros(shape)) for shape in ((3,), (2, 4), (5,))]
    for index, parameter in enumerate(clipped):
        parameter.grad = uniform(*parameter.shape)
        tensors[f"clip.input.{index}"] = parameter.grad.clone()
    tensors["clip.norm"] = torch.nn.utils.clip_grad_norm_(clipped, max_norm=1.0).reshape(1)
    tensors |= {f"clip.output.{index}": parameter.grad for index, parameter in enumerate(clipped)}

    meaning = {
        "cross-entropy": "mean over the batch of logsumexp(logits) - logits[label]",
        "huber": "delta 1, mean over all elements of logits against targets",
        "mse": "mean over all elements of (logits - targets)^2",
        "kl": "mean over the batch of KL(softmax(targets) || softmax(logits)), gradient with respect to logits",
        "margin": "mean over the batch of max over j != label of logits[j], minus logits[label]",
        "quadratic": "f(w) = sum of curvature * (w - center)^2 / 2, gradient g = curvature * (w - center)",
        "sgd": "v = 0.9 v + g (v starts at 0), w = w - 0.1 v; sgd.K is w after step K",
        "adam": (
            "m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g^2, "
            "w = w - 0.1 (m / (1 - 0.9^K)) / (sqrt(v / (1 - 0.999^K)) + 1e-8); adam.K is w after step K"
        ),
        "clip": "norm = L2 norm over all inputs; output = input * min(1, 1 / (norm + 1e-6))",
    }
    return {name: value.detach() for name, value in tensors.items()}, meaning | {"seed": "6", "batch": "8"}


def record(name: str, tensor: Tensor) -> dict[str, np.ndarray]:
    """The tensor under its name, or a sample of it where it is large."""
    array = np.ascontiguousarray(tensor.numpy(), dtype=np.float32)
    if array.size <= LARGEST_FULL_TENSOR:
        return {name: array}
    flat = array.reshape(-1)
    indices = np.sort(np.random.default_rng(flat.size).choice(flat.size, SAMPLED_ENTRIES, replace=False))
    return {
        f"{name}.norm": np.array([np.linalg.norm(flat.astype(np.float64))], dtype=np.float32),
        f"{name}.indices": indices.astype(np.float32),
        f"{name}.entries": flat[indices],
    }


def save(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    recorded = {key: array for name, tensor in tensors.items() for key, array in record(name, tensor).items()}
    save_file(recorded, path, metadata | {"torch": torch.__version__, "numpy": np.__version__})
    sort_header(path)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def sort_header(path: Path) -> None:
    """Puts the header in alphabetical order: the package writes the metadata in a different one every time."""
    contents = path.read_bytes()
    end = 8 + int.from_bytes(contents[:8], "little")
    header = json.dumps(json.loads(contents[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + contents[end:])


def report_rounding(single: dict[str, Tensor], double: dict[str, Tensor]) -> None:
    """Prints how far Float32 is from Float64, which bounds what a second implementation can be asked to match."""
    for group in ("logits", "loss", "input.gradient", "gradient.", "after-adam."):
        names = [name for name in single if name.startswith(group)]
        absolute = max((single[name].double() - double[name]).abs().max().item() for name in names)
        relative = max(
            ((single[name].double() - double[name]).abs().max() / double[name].abs().max()).item() for name in names
        )
        print(f"  {group:16} Float32 - Float64: at most {absolute:.1e}, {relative:.1e} of the tensor's largest")
    flips = ((single["fgsm"].double() - double["fgsm"]).abs() > 1e-6).sum().item()
    print(f"  fgsm             {flips} of {single['fgsm'].numel()} entries change")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for network in NETWORKS:
        results = network.results(torch.float32)
        metadata = {"seed": str(network.seed), "batch": str(network.batch), "network": repr(network.layers)}
        save(folder / f"{network.name}.safetensors", results, metadata)
        report_rounding(results, network.results(torch.float64))
    save(folder / "losses.safetensors", *losses())


if __name__ == "__main__":
    main()
