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
import reference_bounds
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


def layers() -> tuple[dict[str, Tensor], dict[str, str]]:
    """Layers that are not in the networks above, with the gradients of sum(outputs * weights)."""
    random = np.random.default_rng(7)

    def uniform(*shape: int) -> Tensor:
        return torch.from_numpy((2 * random.random(size=shape) - 1).astype(np.float32)).requires_grad_()

    tensors: dict[str, Tensor] = {}

    def add(name: str, inputs: dict[str, Tensor], outputs: Tensor) -> None:
        weights = uniform(*outputs.shape)
        gradients = torch.autograd.grad((outputs * weights).sum(), list(inputs.values()))
        tensors.update({f"{name}.outputs": outputs, f"{name}.weights": weights})
        tensors.update({f"{name}.{key}": value for key, value in inputs.items()})
        tensors.update({f"{name}.{key}.gradient": value for key, value in zip(inputs, gradients)})

    x, scale, bias = uniform(5, 3, 3, 8), uniform(8), uniform(8)
    normalized = torch.tanh(F.layer_norm(x, (8,), scale, bias))
    add("layer-norm", {"input": x, "scale": scale, "bias": bias}, normalized)

    x = uniform(6, 12)
    add("maxout", {"input": x}, x.reshape(6, 4, 3).amax(2))

    x, v, vb, a, ab = uniform(6, 10), uniform(5, 1), uniform(1), uniform(5, 4), uniform(4)
    advantages = x[:, 5:] @ a + ab
    q = (x[:, :5] @ v + vb) + advantages - advantages.mean(1, keepdim=True)
    add(
        "dueling",
        {"input": x, "value.weight": v, "value.bias": vb, "advantage.weight": a, "advantage.bias": ab},
        q,
    )

    # torch.nn.LSTMCell over three steps, the state of the second row forgotten before the third.
    x, weight, bias = uniform(3, 2, 4), uniform(4 + 5, 20), uniform(20)
    cell = torch.nn.LSTMCell(4, 5)
    h, c = uniform(2, 5), uniform(2, 5)
    start = {"hidden": h, "cell": c}
    names = {"weight_ih": weight[:4].T, "weight_hh": weight[4:].T, "bias_ih": bias, "bias_hh": torch.zeros(20)}
    outputs = []
    for step in range(3):
        keep = torch.tensor([[1.0], [0.0 if step == 2 else 1.0]])
        h, c = torch.func.functional_call(cell, names, (x[step], (h * keep, c * keep)))
        outputs.append(h)
    add("lstm", {"input": x, "weight": weight, "bias": bias} | start, torch.stack(outputs))
    tensors |= {"lstm.last-cell": c}
    return {name: value.detach() for name, value in tensors.items()}, {"seed": "7"}


def returns() -> tuple[dict[str, Tensor], dict[str, str]]:
    """Advantages and n-step returns, each summed by its definition and not by a recursion, in double precision."""
    random = np.random.default_rng(8)
    steps, lanes, discount, decay = 23, 3, 0.9, 0.8
    rewards = random.random(size=(steps, lanes)) - 0.3
    values = random.random(size=(steps, lanes)) * 2
    chance = random.random(size=(steps, lanes))
    # 0: goes on, 1: terminated, 2: truncated.
    endings = np.where(chance < 0.1, 1, np.where(chance < 0.2, 2, 0))
    after = random.random(size=(steps, lanes))  # the value of the observation behind the step, should that be needed
    following = np.where(endings == 1, 0, np.where(endings == 2, after, np.vstack([values[1:], after[-1:]])))
    deltas = rewards + discount * following - values
    advantages = np.zeros((steps, lanes))
    for lane in range(lanes):
        for start in range(steps):
            for step in range(start, steps):
                advantages[start, lane] += (discount * decay) ** (step - start) * deltas[step, lane]
                if endings[step, lane]:
                    break
    tensors = {
        "rewards": rewards, "values": values, "following": following, "endings": endings, "advantages": advantages
    }  # fmt: skip
    for n in (1, 3, 5):
        sums, factors = np.zeros((steps, lanes)), np.full((steps, lanes), -1.0)
        for lane in range(lanes):
            for start in range(steps):
                window = []
                for step in range(start, min(start + n, steps)):
                    window.append(step)
                    if endings[step, lane]:
                        break
                last = endings[window[-1], lane]
                if len(window) < n and not last:
                    continue  # the window is not over yet: the factor stays -1
                sums[start, lane] = sum(discount ** (step - start) * rewards[step, lane] for step in window)
                factors[start, lane] = 0 if last == 1 else discount ** len(window)
        tensors |= {f"{n}-step.returns": sums, f"{n}-step.factors": factors}
    meaning = {"seed": "8", "discount": str(discount), "lambda": str(decay)}
    return {name: torch.from_numpy(array.astype(np.float32)) for name, array in tensors.items()}, meaning


def ppo() -> tuple[dict[str, Tensor], dict[str, str]]:
    """One update of PPO on a minibatch, with the value's loss clipped and not: the terms, and the parameters after it."""
    random = np.random.default_rng(9)
    batch, actions, epsilon = 24, 3, 0.2

    def uniform(*shape: int, scale: float = 1) -> Tensor:
        return torch.from_numpy(((2 * random.random(size=shape) - 1) * scale).astype(np.float32))

    start = {
        "torso.0.weight": uniform(3, 3, 2, 4, scale=0.3), "torso.0.bias": uniform(4, scale=0.1),
        "torso.1.weight": uniform(16, 8, scale=0.3), "torso.1.bias": uniform(8, scale=0.1),
        "actor.weight": uniform(8, actions, scale=0.5), "actor.bias": uniform(actions, scale=0.1),
        "critic.weight": uniform(8, 1, scale=0.5), "critic.bias": uniform(1, scale=0.1),
    }  # fmt: skip
    observations = uniform(batch, 4, 4, 2).abs()
    chosen = torch.from_numpy(random.integers(0, actions, size=batch))
    raw, targets, old_values = uniform(batch, scale=2), uniform(batch, scale=2), uniform(batch)
    noise = uniform(batch, scale=0.4)
    advantages = (raw - raw.mean()) / (raw.std(unbiased=False) + 1e-8)

    def model(p: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        x = F.conv2d(observations.permute(0, 3, 1, 2), p["torso.0.weight"].permute(3, 2, 0, 1), p["torso.0.bias"])
        x = F.relu(x).permute(0, 2, 3, 1).flatten(1)
        x = F.relu(x @ p["torso.1.weight"] + p["torso.1.bias"])
        return x @ p["actor.weight"] + p["actor.bias"], (x @ p["critic.weight"] + p["critic.bias"])[:, 0]

    logits, values = model(start)
    old = torch.distributions.Categorical(logits=logits).log_prob(chosen) + noise
    tensors = start | {
        "observations": observations, "actions": chosen.to(torch.float32), "old-log-probabilities": old,
        "old-values": old_values, "advantages": raw, "returns": targets,
    }  # fmt: skip
    for name, clips_value in (("plain", False), ("clipped", True)):
        parameters = {key: value.clone().requires_grad_() for key, value in start.items()}
        optimizer = torch.optim.Adam(parameters.values(), lr=1e-2, eps=1e-5)
        logits, values = model(parameters)
        policy = torch.distributions.Categorical(logits=logits)
        log_ratio = policy.log_prob(chosen) - old
        ratio = log_ratio.exp()
        policy_loss = -torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages).mean()
        error = (values - targets) ** 2
        if clips_value:
            near = old_values + (values - old_values).clamp(-epsilon, epsilon)
            error = torch.max(error, (near - targets) ** 2)
        value_loss = 0.5 * error.mean()
        entropy = policy.entropy().mean()
        loss = policy_loss + 0.5 * value_loss - 0.01 * entropy
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 0.5)
        optimizer.step()
        divergence = ((ratio - 1) - log_ratio).mean()
        share = ((ratio - 1).abs() > epsilon).float().mean()
        terms = [loss, policy_loss, value_loss, entropy, divergence, share]
        tensors[f"{name}.terms"] = torch.stack(terms).detach()
        tensors |= {f"{name}.{key}": value.detach() for key, value in parameters.items()}
    return {key: value.detach() for key, value in tensors.items()}, {"seed": "9", "epsilon": str(epsilon)}


BOUNDED = {"mlp-tanh": 0.01, "mlp-relu": 0.01, "conv-small": 0.01, "conv-same": 0.02}


def bounds() -> tuple[dict[str, Tensor], dict[str, str]]:
    """Interval and linear bounds of networks above, and of two with stored parameters, around the greedy actions."""
    tensors: dict[str, np.ndarray] = {}

    def add(name: str, stack: reference_bounds.Stack, observations: np.ndarray, epsilon: float) -> None:
        x = observations.reshape(len(observations), -1).astype(np.float64)
        labels = stack.interval(x, x)[0].argmax(1)
        results = reference_bounds.results(stack, observations, labels, epsilon)
        tensors.update({f"{name}.labels": labels} | {f"{name}.{key}": value for key, value in results.items()})

    for network in NETWORKS:
        if network.name not in BOUNDED:
            continue
        parameters, observations, _ = network.draw()
        layers, shape = [], network.inputs
        for layer, weight, bias in zip(network.layers, parameters[::2], parameters[1::2]):
            weight, bias = weight.astype(np.float64), bias.astype(np.float64)
            if isinstance(layer, Convolution):
                linear, shape = reference_bounds.convolution_matrix(shape, weight, bias, layer.stride, layer.padding)
            else:
                linear, shape = reference_bounds.Affine(weight, bias), (layer.outputs,)
            layers += [linear, *reference_bounds.activation(layer.activation)]
        add(network.name, reference_bounds.Stack(layers), observations, BOUNDED[network.name])

    random = np.random.default_rng(10)
    for name, make, epsilon in (
        ("mixed", reference_bounds.mixed, 0.04),
        ("normalized", reference_bounds.normalized, 0.01),
    ):
        stack, parameters, shape = make(random)
        observations = random.random(size=(6, *shape)).astype(np.float32)
        add(name, stack, observations, epsilon)
        tensors[f"{name}.observations"] = observations
        tensors |= {f"{name}.parameter.{index}": value for index, value in enumerate(parameters)}
    return {name: torch.from_numpy(np.asarray(value, dtype=np.float32)) for name, value in tensors.items()}, {
        "seed": "10"
    }


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
    save(folder / "layers.safetensors", *layers())
    save(folder / "returns.safetensors", *returns())
    save(folder / "ppo.safetensors", *ppo())
    save(folder / "bounds.safetensors", *bounds())


if __name__ == "__main__":
    main()
