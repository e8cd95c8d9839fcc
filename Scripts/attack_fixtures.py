"""Writes what CleverHans, torchattacks, Foolbox and ART make of the same networks and observations.

    python=$(Scripts/python-environment attack-peers $(grep -v '^#' Scripts/attack_peers.txt))
    "$python" Scripts/attack_fixtures.py FOLDER

One safetensors file a network. The networks and the observations are drawn as in reference_fixtures.py and not recorded:
`seed` and `batch` are in the metadata. Observations are [batch, height, width, channels] in [0, 1]; the attacks flee the
network's own choice, or make for the action after it (`targeted`).

  NAME            the first COMPARED observations as a deterministic attack leaves them, to be matched entry by entry;
                  metadata NAME tells the library, its version and the parameters
  NAME.norms      for each observation of the batch the L2 norm of the perturbation that a minimizing attack found,
                  infinite where it found none
  NAME.successes  for each observation whether an attack of fixed size changed the action, the mean over its seeds

Whether an attack succeeded is judged here and not by the library: within the range, within epsilon, another action.
Libraries that disagree with the recorded one on a deterministic attack are named on standard output.
"""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

warnings.filterwarnings("ignore")

import foolbox
import torchattacks
from art.attacks import evasion
from art.estimators.classification import PyTorchClassifier
from cleverhans.torch.attacks.carlini_wagner_l2 import carlini_wagner_l2
from cleverhans.torch.attacks.fast_gradient_method import fast_gradient_method
from cleverhans.torch.attacks.projected_gradient_descent import projected_gradient_descent
from reference_fixtures import Convolution, Dense, Network, sort_header
from safetensors.numpy import save_file

COMPARED = 16
SEEDS = range(5)
STEPS = 10
TOLERANCE = 1e-5

NETWORKS = (
    Network("attacks-mlp", 31, 64, (7, 7, 3), (Dense(64), Dense(64), Dense(7, "identity"))),
    Network("attacks-conv", 32, 64, (10, 10, 4), (Convolution(16, (3, 3)), Dense(128), Dense(6, "identity"))),
)


class Victim(nn.Module):
    """A drawn network for libraries that hand over [batch, channels, height, width]; counts the rows it is asked for."""

    def __init__(self, network: Network, parameters: list[np.ndarray]):
        super().__init__()
        self.network = network
        self.weights = nn.ParameterList([nn.Parameter(torch.from_numpy(array)) for array in parameters])
        self.queries = 0

    def forward(self, images: Tensor) -> Tensor:
        images = images.float()  # ART hands over doubles
        self.queries += len(images)
        if images.requires_grad:  # torchattacks wants gradients without gaps
            images = images.clone()
            images.register_hook(Tensor.contiguous)
        return self.network.logits(images.permute(0, 2, 3, 1), list(self.weights))


@dataclass
class Bench:
    """One network, its observations and the libraries' views of it. Sizes are written as for the tool: 8/255, 0.5."""

    network: Network
    parameters: list[np.ndarray]
    observations: np.ndarray
    max: str = "8/255"
    l2: str = "0.5"
    l1: str = "0.25"
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.victim = Victim(self.network, self.parameters).eval()
        self.x = torch.from_numpy(self.observations).permute(0, 3, 1, 2).contiguous()
        self.y = self.victim(self.x).argmax(1).detach()
        self.targets = (self.y + 1) % self.network.actions
        self.foolbox = foolbox.PyTorchModel(self.victim, bounds=(0, 1), device="cpu")
        self.art = PyTorchClassifier(
            self.victim, loss=nn.CrossEntropyLoss(), input_shape=tuple(self.x.shape[1:]),
            nb_classes=self.network.actions, clip_values=(0, 1), device_type="cpu",
        )  # fmt: skip

    # Entry by entry

    def match(self, name: str, parameters: str, candidates: dict[str, Callable[[], Tensor]]) -> None:
        """Records the first candidate, and says how far the others are from it."""
        results = {library: attack().detach() for library, attack in candidates.items()}
        library, recorded = next(iter(results.items()))
        for other, result in results.items():
            differing = ((result - recorded).abs() > 1e-4).sum().item()
            if differing:
                print(f"  {name}: {other} differs from {library} in {differing} of {recorded.numel()} entries")
        self.tensors[name] = recorded.permute(0, 2, 3, 1).contiguous().numpy()
        self.metadata[name] = f"{library}: {parameters}"

    def deterministic(self) -> None:
        victim, x, y, t = self.victim, self.x[:COMPARED], self.y[:COMPARED], self.targets[:COMPARED]
        epsilon, l2, l1 = (float(Fraction(size)) for size in (self.max, self.l2, self.l1))
        # A quarter of epsilon and the tenth that momentum adds up, as they are written.
        quarter, tenth = Fraction(self.max) / 4, f"{float(Fraction(self.max) * 255 / STEPS):g}/255"
        steps = {"steps": STEPS, "random_start": False}
        fb = foolbox.attacks
        misclassify = foolbox.criteria.Misclassification(y)

        def of_foolbox(attack: object, epsilon: float) -> Callable[[], Tensor]:
            return lambda: attack.run(self.foolbox, x, misclassify, epsilon=epsilon)

        def of_cleverhans(norm: float, epsilon: float) -> Callable[[], Tensor]:
            return lambda: fast_gradient_method(victim, x, epsilon, norm, 0, 1)

        self.match("fgsm.max", f"epsilon {self.max}", {
            f"cleverhans {version('cleverhans')}": of_cleverhans(np.inf, epsilon),
            f"torchattacks {version('torchattacks')}": lambda: torchattacks.FGSM(victim, eps=epsilon)(x, y),
            f"foolbox {version('foolbox')}": of_foolbox(fb.LinfFastGradientAttack(), epsilon),
            f"art {version('adversarial-robustness-toolbox')}": lambda: torch.from_numpy(
                evasion.FastGradientMethod(self.art, eps=epsilon).generate(x.numpy(), y.numpy())),
        })  # fmt: skip
        self.match("fgsm.l2", f"epsilon {self.l2}", {
            f"cleverhans {version('cleverhans')}": of_cleverhans(2, l2),
            f"foolbox {version('foolbox')}": of_foolbox(fb.L2FastGradientAttack(), l2),
        })  # fmt: skip
        self.match("fgsm.l1", f"epsilon {self.l1}, on one entry", {
            f"cleverhans {version('cleverhans')}": of_cleverhans(1, l1),
        })  # fmt: skip
        self.match("fgsm.targeted", f"epsilon {self.max}, for the action after the clean one", {
            f"cleverhans {version('cleverhans')}": lambda: fast_gradient_method(
                victim, x, epsilon, np.inf, 0, 1, y=t, targeted=True),
        })  # fmt: skip
        self.match("bim", f"epsilon {self.max}, {STEPS} steps of {quarter}", {
            f"torchattacks {version('torchattacks')}": lambda: torchattacks.BIM(victim, epsilon, float(quarter), STEPS)(x, y),
            f"foolbox {version('foolbox')}": of_foolbox(
                fb.LinfBasicIterativeAttack(abs_stepsize=float(quarter), **steps), epsilon),
        })  # fmt: skip
        relative = 2.5 * epsilon / STEPS
        self.match("pgd.max", f"epsilon {self.max}, {STEPS} steps of 2.5 epsilon / {STEPS}, no random start", {
            f"cleverhans {version('cleverhans')}": lambda: projected_gradient_descent(
                victim, x, epsilon, relative, STEPS, np.inf, 0, 1, rand_init=False),
            f"torchattacks {version('torchattacks')}": lambda: torchattacks.PGD(
                victim, epsilon, relative, STEPS, random_start=False)(x, y),
            f"foolbox {version('foolbox')}": of_foolbox(
                fb.LinfProjectedGradientDescentAttack(abs_stepsize=relative, **steps), epsilon),
        })  # fmt: skip
        self.match("pgd.l2", f"epsilon {self.l2}, {STEPS} steps of 2.5 epsilon / {STEPS}, no random start", {
            f"torchattacks {version('torchattacks')}": lambda: torchattacks.PGDL2(
                victim, l2, 2.5 * l2 / STEPS, STEPS, random_start=False)(x, y),
            f"foolbox {version('foolbox')}": of_foolbox(
                fb.L2ProjectedGradientDescentAttack(abs_stepsize=2.5 * l2 / STEPS, **steps), l2),
            f"cleverhans {version('cleverhans')}": lambda: projected_gradient_descent(
                victim, x, l2, 2.5 * l2 / STEPS, STEPS, 2, 0, 1, rand_init=False),
        })  # fmt: skip
        self.match("mifgsm", f"epsilon {self.max}, {STEPS} steps of {tenth}, decay 1", {
            f"torchattacks {version('torchattacks')}": lambda: torchattacks.MIFGSM(
                victim, epsilon, epsilon / STEPS, STEPS, decay=1.0)(x, y),
        })  # fmt: skip

    # Success rates and norms

    def flipped(self, adversarial: Tensor) -> Tensor:
        with torch.no_grad():
            return (self.victim(adversarial.float()).argmax(1) != self.y) & (
                (adversarial >= 0) & (adversarial <= 1)
            ).flatten(1).all(1)

    def norms(self, name: str, library: str, parameters: str, attack: Callable[[], Tensor]) -> None:
        torch.manual_seed(0)
        np.random.seed(0)
        self.victim.queries = 0
        try:
            adversarial = attack().detach()
        except ValueError as error:  # Foolbox gives up on all where it finds no first point for one
            print(f"  {name}: {library}: {error}")
            adversarial = self.x
        queries = self.victim.queries / len(self.x)
        norms = (adversarial - self.x).flatten(1).norm(dim=1)
        norms[~self.flipped(adversarial)] = torch.inf
        self.tensors[f"{name}.norms"] = norms.float().numpy()
        self.metadata[f"{name}.norms"] = f"{library} {version(library)}: {parameters}"
        self.metadata[f"{name}.queries"] = f"{queries:.0f}"
        print(f"  {name}: {library}: success {norms.isfinite().float().mean():.3f}, median norm "
              f"{norms.median():.4f}, {queries:.0f} queries")  # fmt: skip

    def succeeded(self, adversarial: Tensor, epsilon: float, norm: float) -> Tensor:
        """Whether each observation changes the action and stays within the size."""
        return self.flipped(adversarial) & ((adversarial - self.x).flatten(1).norm(norm, dim=1) <= epsilon + TOLERANCE)

    def successes(
        self, name: str, library: str, epsilon: float, parameters: str, attack: Callable[[int], Tensor], norm: float = np.inf
    ) -> None:
        rates = []
        self.victim.queries = 0
        for seed in SEEDS:
            torch.manual_seed(seed)
            np.random.seed(seed)
            adversarial = attack(seed).detach()
            rates.append(self.succeeded(adversarial, epsilon, norm).float())
        queries = self.victim.queries / len(self.x) / len(SEEDS)
        mean = torch.stack(rates).mean(0)
        self.tensors[f"{name}.successes"] = mean.numpy()
        self.metadata[f"{name}.successes"] = f"{library} {version(library)}: epsilon {epsilon:.6f}, {parameters}"
        self.metadata[f"{name}.epsilon"] = repr(epsilon)
        self.metadata[f"{name}.queries"] = f"{queries:.0f}"
        print(f"  {name}: {library}: success {mean.mean():.3f}, {queries:.0f} queries")

    def stochastic(self, epsilon: float, l2: float) -> None:
        victim, x, y = self.victim, self.x, self.y
        fb, misclassify = foolbox.attacks, foolbox.criteria.Misclassification(self.y)
        art, labels = "adversarial-robustness-toolbox", np.eye(self.network.actions)[self.y.numpy()]
        self.norms("deepfool", "foolbox", "50 steps, overshoot 0.02",
            lambda: fb.L2DeepFoolAttack(steps=50, overshoot=0.02, candidates=None).run(self.foolbox, x, misclassify))
        self.norms("deepfool.torchattacks", "torchattacks", "50 steps, overshoot 0.02",
            lambda: torchattacks.DeepFool(victim, steps=50, overshoot=0.02)(x, y))
        self.norms("cw", "foolbox", "5 searches of 100 steps of 0.01, first constant 0.01",
            lambda: fb.L2CarliniWagnerAttack(binary_search_steps=5, steps=100, stepsize=0.01, initial_const=0.01)
                .run(self.foolbox, x, misclassify))
        self.norms("cw.cleverhans", "cleverhans", "5 searches of 100 steps of 0.01, first constant 0.01",
            lambda: carlini_wagner_l2(victim, x, self.network.actions, lr=0.01, binary_search_steps=5,
                                      max_iterations=100, initial_const=0.01))
        self.norms("hopskipjump", "foolbox", "6 steps, first 50 and at most 1000 evaluations a step",
            lambda: fb.HopSkipJumpAttack(steps=6, initial_gradient_eval_steps=50, max_gradient_eval_steps=1000)
                .run(self.foolbox, x, misclassify))
        self.norms("hopskipjump.art", art, "6 steps, first 50 and at most 1000 evaluations a step",
            lambda: torch.from_numpy(evasion.HopSkipJump(
                self.art, norm=2, max_iter=6, init_eval=50, max_eval=1000, verbose=False).generate(x.numpy())))
        for loss in ("ce", "dlr"):
            self.successes(f"apgd.{loss}", "torchattacks", epsilon, "10 steps, 1 restart",
                lambda seed, loss=loss: torchattacks.APGD(victim, eps=epsilon, steps=10, loss=loss, seed=seed)(x, y))
        self.successes("apgd.art", art, epsilon, "10 steps, 1 restart, cross-entropy",
            lambda seed: torch.from_numpy(evasion.AutoProjectedGradientDescent(
                self.art, eps=epsilon, eps_step=2 * epsilon, max_iter=10, nb_random_init=1,
                loss_type="cross_entropy", verbose=False).generate(x.numpy(), labels)))
        for queries in (100, 300):
            self.successes(f"square.{queries}", "torchattacks", 2 * epsilon, f"{queries} queries",
                lambda seed: torchattacks.Square(victim, eps=2 * epsilon, n_queries=queries, seed=seed)(x, y))
        self.successes("square.art", art, 2 * epsilon, "300 queries",
            lambda seed: torch.from_numpy(evasion.SquareAttack(
                self.art, eps=2 * epsilon, max_iter=300, verbose=False).generate(x.numpy(), labels)))
        self.successes("square.l2", "torchattacks", l2, "300 queries",
            lambda seed: torchattacks.Square(victim, "L2", l2, n_queries=300, seed=seed)(x, y), norm=2)
    # fmt: on


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for network in NETWORKS:
        print(network.name)
        parameters, observations, _ = network.draw()
        bench = Bench(network, parameters, observations)
        bench.deterministic()
        bench.stochastic(epsilon=3 / 255, l2=0.5)
        path = folder / f"{network.name}.safetensors"
        tensors = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in bench.tensors.items()}
        packages = {name: version(name) for name in ("torch", "numpy")}
        save_file(tensors, path, bench.metadata | packages | {"seed": str(network.seed), "batch": str(network.batch)})
        sort_header(path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
