"""Measures what CleverHans, torchattacks, Foolbox and ART do in a second on one thread, for comparison with Hoodwink.

    python=$(Scripts/python-environment attack-peers $(grep -v '^#' Scripts/attack_peers.txt))
    "$python" Scripts/benchmark_attack_peers.py     answers requests as Scripts/benchmark_peers.py does

Cases, each on observations in [0, 1] that are already in place, under the max norm with epsilon 8/255:
  fgsm    one step
  pgd     ten steps of 2.5 epsilon / 10 from a random start

The libraries are given the labels, the network's own choices, and a network whose weights want no gradient: what they do
at most. Images are in whichever memory format is faster.
"""

import os

# Before the libraries are imported: they read these when they load.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import platform
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version

import numpy as np
import torch
from torch import Tensor, nn

warnings.filterwarnings("ignore")

import foolbox
import torchattacks
from art.attacks import evasion
from art.estimators.classification import PyTorchClassifier
from cleverhans.torch.attacks.fast_gradient_method import fast_gradient_method
from cleverhans.torch.attacks.projected_gradient_descent import projected_gradient_descent

from peer_server import NETWORKS, Network, Step, calls_per_second, serve, torch_model

torch.set_num_threads(1)

EPSILON = 8 / 255
STEPS = 10
STEP = 2.5 * EPSILON / STEPS


def prepare_cleverhans(case: str, model: nn.Module, x: Tensor, y: Tensor, network: Network) -> Step:
    if case == "fgsm":
        return lambda: fast_gradient_method(model, x, EPSILON, np.inf, clip_min=0, clip_max=1, y=y)
    return lambda: projected_gradient_descent(
        model, x, EPSILON, STEP, STEPS, np.inf, clip_min=0, clip_max=1, y=y, sanity_checks=False
    )


def prepare_torchattacks(case: str, model: nn.Module, x: Tensor, y: Tensor, network: Network) -> Step:
    attack = (
        torchattacks.FGSM(model, eps=EPSILON)
        if case == "fgsm"
        else torchattacks.PGD(model, eps=EPSILON, alpha=STEP, steps=STEPS, random_start=True)
    )
    return lambda: attack(x, y)


def prepare_foolbox(case: str, model: nn.Module, x: Tensor, y: Tensor, network: Network) -> Step:
    bounded = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    attack = (
        foolbox.attacks.LinfFastGradientAttack()
        if case == "fgsm"
        else foolbox.attacks.LinfProjectedGradientDescentAttack(abs_stepsize=STEP, steps=STEPS, random_start=True)
    )
    return lambda: attack.run(bounded, x, foolbox.criteria.Misclassification(y), epsilon=EPSILON)


def prepare_art(case: str, model: nn.Module, x: Tensor, y: Tensor, network: Network) -> Step:
    classifier = PyTorchClassifier(
        model, loss=nn.CrossEntropyLoss(), input_shape=tuple(x.shape[1:]), nb_classes=network.actions,
        clip_values=(0, 1), device_type="cpu",
    )  # fmt: skip
    attack = (
        evasion.FastGradientMethod(classifier, eps=EPSILON, batch_size=len(x))
        if case == "fgsm"
        else evasion.ProjectedGradientDescent(
            classifier, eps=EPSILON, eps_step=STEP, max_iter=STEPS, num_random_init=1, batch_size=len(x), verbose=False
        )
    )
    images, labels = x.contiguous().numpy(), y.numpy()
    return lambda: attack.generate(images, labels)


PEERS: dict[str, Callable[[str, nn.Module, Tensor, Tensor, Network], Step]] = {
    "cleverhans": prepare_cleverhans,
    "torchattacks": prepare_torchattacks,
    "foolbox": prepare_foolbox,
    "art": prepare_art,
}


@cache
def prepared(peer: str, case: str, name: str, batch: int) -> tuple[Step, str]:
    """A warm step in the faster memory format, and that format."""
    network = NETWORKS[name]
    observations = torch.from_numpy(network.data(batch)[0])
    steps: dict[str, Step] = {}
    for note in ("channels first", "channels last") if network.convolutions else ("rows",):
        torch.manual_seed(0)
        model = torch_model(network).eval().requires_grad_(False)
        x = observations
        if network.convolutions:
            layout = torch.channels_last if note == "channels last" else torch.contiguous_format
            x = x.permute(0, 3, 1, 2).contiguous(memory_format=layout)
            model = model.to(memory_format=layout)
        steps[note] = PEERS[peer](case, model, x, model(x).argmax(1), network)
        steps[note]()
    faster = max(steps, key=lambda note: calls_per_second(steps[note], 0.2))
    return steps[faster], faster


def measure(peer: str, case: str, network: str, batch: int, seconds: float) -> dict[str, object]:
    step, note = prepared(peer, case, network, batch)
    return {"samples_per_second": batch * calls_per_second(step, seconds), "note": note}


if __name__ == "__main__":
    packages = ("cleverhans", "torchattacks", "foolbox", "adversarial-robustness-toolbox", "torch", "numpy")
    versions = {"python": platform.python_version()} | {package: version(package) for package in packages}
    serve({"versions": versions, "peers": list(PEERS), "skipped": {}}, measure)
