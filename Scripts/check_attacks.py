"""Compares what `hoodwink craft` makes of observations with what Python libraries do; see Scripts/check-attacks.

Each policy is looked at twice: as it was trained, on frames of its episodes, and with weights and observations that are
drawn (NumPy's default_rng(seed), as reference_fixtures.py does). A deterministic attack has to agree entry by entry, to
10⁻⁴, but for entries whose slope is below a millionth of the largest or in single precision uncertain by a ten-thousandth of
it, and with several steps for one entry in a thousand.
Of the others the share of observations that they flip, or the median perturbation that they need, is no worse than
the library's, within a hundredth and, of shares, what chance explains. The status is 1 where one of these fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from attack_fixtures import COMPARED, SEEDS, STEPS, Bench
from reference_fixtures import Convolution, Dense, Network
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

# Record, our attack, its norm, and whether it makes one step.
DETERMINISTIC = (
    ("fgsm.max", "fgsm", "max", True),
    ("fgsm.l2", "fgsm", "l2", True),
    ("fgsm.l1", "fgsm", "l1", True),
    ("fgsm.targeted", "fgsm", "max", True),
    ("bim", "bim:steps={steps}:step-size={quarter}", "max", False),
    ("pgd.max", "pgd:steps={steps}:random-start=no", "max", False),
    ("pgd.l2", "pgd:steps={steps}:random-start=no", "l2", False),
    ("mifgsm", "mifgsm:steps={steps}:step-size={tenth}", "max", False),
)
# The error of single precision, as a share of the largest slope, beyond which an observation's entries are not compared.
ROUNDING = 1e-4
# Attacks for the smallest perturbation, and attacks of a fixed size; the tests of Attacks compare the same.
MINIMIZING = (
    ("deepfool", "deepfool"),
    ("deepfool.torchattacks", "deepfool"),
    ("cw", "cw:steps=100:searches=5"),
    ("cw.cleverhans", "cw:steps=100:searches=5"),
    ("hopskipjump", "hopskipjump:iterations=6:samples=50:early-stop=no"),
    ("hopskipjump.art", "hopskipjump:iterations=6:samples=44:early-stop=no"),
)
BOUNDED = (
    ("apgd.ce", "apgd:steps=10", "max"),
    ("apgd.dlr", "apgd:steps=10:loss=ratio", "max"),
    ("apgd.art", "apgd:steps=10", "max"),
    ("square.100", "square:queries=99", "max"),
    ("square.300", "square:queries=299", "max"),
    ("square.art", "square:queries=299", "max"),
    ("square.l2", "square:queries=299", "l2"),
)


ROOT = Path(__file__).resolve().parent.parent


def run(command: list[object]) -> str:
    """What the tool prints; what it says to people is told only where it fails."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{result.stderr.strip()}")
    return result.stdout


@dataclass
class Subject:
    """A policy file for the tool, and the same network and observations for the libraries."""

    tool: str
    name: str
    path: Path
    network: Network
    parameters: list[np.ndarray]
    observations: np.ndarray
    actions: list[str]

    def craft(self, attack: str, norm: str, epsilon: str, rows: np.ndarray, *options: str) -> tuple[np.ndarray, np.ndarray, float]:
        """What our attack makes of some observations, which actions change, and the forward passes for each."""
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder, "in.safetensors"), Path(folder, "out.safetensors")
            save_file({"observations": np.ascontiguousarray(self.observations[rows])}, given)
            command = [self.tool, "craft", self.path, "--observations", given, "--output", made, "--attack", attack]
            command += ["--norm", norm, "--epsilon", epsilon, "--frames", "all", "--json", "--root", ROOT, *options]
            report = json.loads(run(command))
            out = load_file(made)
            return out["observations"], out["actions"] != out["clean_actions"], report["forwardPasses"] / len(rows)


def read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    with safe_open(path, "numpy") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def network_of(description: dict, name: str, seed: int, batch: int) -> Network:
    """A policy file's network, of which flattening is part of the dense layers here."""
    layers = []
    for layer in description["layers"]:
        ((kind, values),) = layer.items()
        if kind == "dense":
            layers.append(Dense(values["outputs"], values["activation"]))
        elif kind == "convolution":
            shape = tuple(values["kernel"])
            layers.append(Convolution(values["filters"], shape, values["stride"], values["padding"], values["activation"]))
        elif kind != "flatten":
            sys.exit(f"{name}: the libraries' side has no layer '{kind}'")
    return Network(name, seed, batch, tuple(description["input"]), tuple(layers))


def subjects(tool: str, name: str, seed: int, batch: int, folder: Path) -> list[Subject]:
    path = ROOT / "Policies" / name / "policy.safetensors" if (ROOT / "Policies" / name).is_dir() else Path(name)
    metadata, tensors = read(path)
    network = network_of(json.loads(metadata["hoodwink.network"]), name, seed, batch)
    actions = json.loads(metadata["hoodwink.description"])["actions"]
    names = [f"{index}.{part}" for index in range(len(network.layers)) for part in ("weight", "bias")]
    trained = [tensors[name] for name in names]

    played = folder / f"{path.parent.name}-played.safetensors"
    run([tool, "craft", path, "--episodes", "8", "--seed", str(seed), "--epsilon", "0", "--output", played, "--root", ROOT])
    frames = load_file(played)["clean"]
    chosen = np.random.default_rng(seed).choice(len(frames), min(batch, len(frames)), replace=False)

    drawn, observations, _ = network.draw()
    copy = folder / f"{path.parent.name}-drawn.safetensors"
    save_file(tensors | dict(zip(names, drawn)), copy, metadata)
    return [
        Subject(tool, f"{name}, trained", path, network, trained, frames[chosen], actions),
        Subject(tool, f"{name}, drawn", copy, network, drawn, observations, actions),
    ]


def size_that_flips(bench: Bench, share: float, norm: float) -> float:
    """The size at which about a share of the observations flips by one step, within a tenth."""
    x = bench.x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(torch.nn.functional.cross_entropy(bench.victim(x), bench.y, reduction="sum"), x)
    lengths = gradient.flatten(1).norm(dim=1).clamp_min(1e-30).view(-1, 1, 1, 1)
    direction = gradient.sign() if norm == np.inf else gradient / lengths
    low, high = 0.0, 1.0 if norm == np.inf else 30.0
    while high - low > 0.1 * high:
        middle = (low + high) / 2
        flips = bench.flipped((bench.x + middle * direction).clamp(0, 1)).float().mean().item()
        low, high = (low, middle) if flips >= share else (middle, high)
    return high


class Checks:
    def __init__(self) -> None:
        self.failed = False

    def tell(self, name: str, ours: str, theirs: str, holds: bool) -> None:
        self.failed |= not holds
        print(f"  {name:22} {ours:44} {theirs}{'' if holds else '   ✗'}", flush=True)


def slopes_of(bench: Bench, x: torch.Tensor, labels: torch.Tensor, kind: torch.dtype) -> np.ndarray:
    """The gradient of the cross-entropy at observations, [batch, height, width, channels], in a precision."""
    leaf = x.to(kind).permute(0, 2, 3, 1).clone().requires_grad_()
    logits = bench.network.logits(leaf, [weight.detach().to(kind) for weight in bench.victim.weights])
    loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    return torch.autograd.grad(loss, leaf)[0].numpy()


def compare_entries(checks: Checks, subject: Subject, bench: Bench) -> None:
    x = bench.x[:COMPARED]
    rows = np.arange(len(x))
    targets = bench.targets[:COMPARED].numpy()
    tenth = repr(eval_fraction(bench.max) / STEPS)
    for name, attack, norm, is_one_step in DETERMINISTIC:
        size = getattr(bench, norm)
        attack = attack.format(steps=STEPS, quarter=repr(eval_fraction(bench.max) / 4), tenth=tenth)
        labels = bench.y[:COMPARED]
        if name == "fgsm.targeted":
            ours = np.empty_like(subject.observations[rows])
            labels = bench.targets[:COMPARED]
            for target in np.unique(targets):
                own = rows[targets == target]
                ours[own] = subject.craft(attack, norm, size, own, "--target", subject.actions[target])[0]
        else:
            ours, _, _ = subject.craft(attack, norm, size, rows)
        theirs = bench.tensors[name]
        slopes, exact = (slopes_of(bench, x, labels, kind) for kind in (torch.float32, torch.float64))
        # Where the policy is all but certain, 1 − p is rounding in single precision, and so is each library's gradient.
        error = np.abs(slopes - exact).max(axis=(1, 2, 3), keepdims=True)
        largest = np.abs(exact).max(axis=(1, 2, 3), keepdims=True)
        counted = (np.abs(exact) >= 1e-6 * largest) & (error <= ROUNDING * largest)
        differing = ((np.abs(ours - theirs) > 1e-4) & counted).sum()
        checks.tell(
            f"{name} {size}", f"{differing} of {counted.sum()} entries differ"
            + (f", {left} frames left out" if (left := (error > ROUNDING * largest).sum()) else ""), bench.metadata[name],
            differing <= (0 if is_one_step else 0.001 * counted.sum()),
        )  # fmt: skip


def compare_strength(checks: Checks, subject: Subject, bench: Bench) -> None:
    rows = np.arange(len(bench.x))
    for name, attack in MINIMIZING:
        theirs = bench.tensors[f"{name}.norms"]
        made, flips, queries = subject.craft(attack, "l2", "30", rows)
        norms = np.linalg.norm((made - subject.observations).reshape(len(rows), -1), axis=1)
        norms[~flips] = np.inf
        limit = float(bench.metadata[f"{name}.queries"]) if name.startswith("hopskipjump") else np.inf
        checks.tell(
            name,
            f"flips {np.isfinite(norms).mean():.3f}, median {np.median(norms):.4f}, {queries:.0f} forward",
            f"{np.isfinite(theirs).mean():.3f}, {np.median(theirs):.4f}, {bench.metadata[f'{name}.queries']}; "
            + bench.metadata[f"{name}.norms"],
            flips.sum() >= np.isfinite(theirs).sum()
            and np.median(norms) <= np.median(theirs) * 1.01
            # A library that gives up early asks less.
            and (queries <= limit or not np.isfinite(theirs).all()),
        )
    for name, attack, norm in BOUNDED:
        theirs = bench.tensors[f"{name}.successes"]
        size = bench.metadata[f"{name}.epsilon"]
        runs = [subject.craft(attack, norm, size, rows, "--seed", str(seed)) for seed in SEEDS]
        # Judged by the libraries' side, as theirs are.
        made = [torch.from_numpy(made).permute(0, 3, 1, 2) for made, *_ in runs]
        order = np.inf if norm == "max" else 2
        ours = np.mean([bench.succeeded(points, float(size), order).numpy() for points in made], axis=0)
        queries = np.mean([queries for *_, queries in runs])
        # Attacks that are equally strong differ by chance: what is counted is what two standard errors do not explain.
        lead = theirs - ours
        chance = 2 * lead.std(ddof=1) / np.sqrt(len(rows))
        checks.tell(
            name, f"flips {ours.mean():.3f}, {queries:.0f} forward",
            f"{theirs.mean():.3f}, {bench.metadata[f'{name}.queries']}; " + bench.metadata[f"{name}.successes"]
            + (f"; theirs leads by {lead.mean():.3f} ± {chance:.3f}" if lead.mean() > 0.01 else ""),
            lead.mean() - chance <= 0.01,
        )  # fmt: skip


def eval_fraction(size: str) -> float:
    above, _, below = size.partition("/")
    return float(above) / float(below or 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="Scripts/check-attacks", description="Compares crafted observations with libraries.")
    parser.add_argument("tool", help=argparse.SUPPRESS)
    parser.add_argument("policies", nargs="*", default=["catch-v1-dqn", "breakout-v1-ppo"], help="names or files (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=100, help="of weights, observations and episodes (default: %(default)s)")
    parser.add_argument("--observations", type=int, default=64, help="how many (default: %(default)s)")
    parser.add_argument("--max", default="5/255", help="size under the max norm, entry by entry (default: %(default)s)")
    parser.add_argument("--l2", default="0.7", help="under the L2 norm (default: %(default)s)")
    parser.add_argument("--l1", default="0.4", help="under the L1 norm (default: %(default)s)")
    parser.add_argument("--entries-only", action="store_true", help="leave out attacks that are compared by their success")
    options = parser.parse_intermixed_args()
    torch.set_num_threads(1)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.policies:
            for subject in subjects(options.tool, name, options.seed, options.observations, Path(folder)):
                print(f"{subject.name}: {len(subject.observations)} observations, ours and theirs", flush=True)
                bench = Bench(subject.network, subject.parameters, subject.observations, options.max, options.l2, options.l1)
                bench.deterministic()
                compare_entries(checks, subject, bench)
                if not options.entries_only:
                    bench.stochastic(size_that_flips(bench, 0.4, np.inf), size_that_flips(bench, 0.4, 2))
                    compare_strength(checks, subject, bench)
    sys.exit(checks.failed)


if __name__ == "__main__":
    main()
