"""What the built tool says, and the figures that are kept so that nothing is measured twice.

Figures are kept in `runs/measured`, by the command and the bytes of policy and environment, so that a script that was stopped goes on
where it was, and only what is new is measured. Another version of the tool should give the same figures: `check` measures some of
those that an earlier run has kept again, and one that differs ends the script.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

HOODWINK = ".build/release/hoodwink"
FIGURES = Path("runs/measured")
PGD = "pgd:steps=20:restarts=5"
# The strongest attack is whatever of these leaves the least return. The words below the README's table name them, too.
STRONGEST = [
    "fgsm", PGD, "pgd:steps=50:restarts=10", "pgd:restarts=2+pgd:restarts=2:loss=margin", "apgd", "apgd:loss=margin", "mad", "mifgsm",
    "adam", "multitargeted", "boundary", "worst-action", "critic", "robust-sarsa", "square"
]
EPISODES = 100
# Under attack there are fewer where an episode has thousands of frames, each of which the longest attack looks at hundreds of times.
ATTACKED_EPISODES = {"space-invaders-v1": 10, "pong-42-v1": 10}
# Linear bounds of a frame of Pong take tens of milliseconds, and an episode has thousands of frames.
CERTIFIED_EPISODES = {"pong-42-v1": 2}

# What was asked of the tool, by where its figures are kept: what an earlier run has measured, and what this one has.
reused: dict[Path, tuple] = {}
made: set[Path] = set()


def attacked_episodes_in(environment: str) -> int:
    return ATTACKED_EPISODES.get(environment, EPISODES)


def certified_episodes_in(environment: str) -> int:
    return CERTIFIED_EPISODES.get(environment, 10)


def hoodwink(*arguments: str) -> list | dict:
    """The JSON that a verb prints; its progress goes to the terminal."""
    return json.loads(subprocess.run([HOODWINK, *arguments, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def shipping(policy: str) -> Path:
    return Path(f"Policies/{policy}/policy.safetensors")


def kept(policy: str, file: Path, environment: str, *arguments: str) -> Path:
    """Where the figures of a command are kept."""
    key = hashlib.sha256(" ".join(arguments).encode())
    key.update(file.read_bytes())
    key.update(Path(f"Environments/{environment}.yaml").read_bytes())
    return FIGURES / f"{policy}-{key.hexdigest()[:16]}.json"


def measure(policy: str, file: Path, *arguments: str) -> dict:
    print(f"measuring {policy}: {' '.join(arguments)}", file=sys.stderr)
    return hoodwink(arguments[0], str(file), *arguments[1:])


def measured(policy: str, file: Path, environment: str, *arguments: str) -> dict:
    """What a verb says of a policy's file, from an earlier run if there was one."""
    place = kept(policy, file, environment, *arguments)
    if place.exists():
        if place not in made:
            reused[place] = (policy, file, *arguments)
        return json.loads(place.read_text())
    figures = measure(policy, file, *arguments)
    made.add(place)
    FIGURES.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(figures))
    beside.rename(place)
    return figures


def cell(policy: str, file: Path, environment: str, attack: str, epsilon: str, episodes: int) -> dict:
    """Some episodes of a policy under an attack; at epsilon 0 they are clean."""
    arguments = ["evaluate", "--attacks", attack, "--epsilons", epsilon, "--episodes", str(episodes)]
    return measured(policy, file, environment, *arguments)["cells"][-1]


def clean_cell(policy: str, file: Path, environment: str, episodes: int) -> dict:
    return cell(policy, file, environment, "noise", "0", episodes)


def certification_rate(policy: str, file: Path, environment: str, epsilon: str) -> float:
    arguments = ["certify", "--epsilons", epsilon, "--episodes", str(certified_episodes_in(environment))]
    return measured(policy, file, environment, *arguments)["sizes"][0]["certificationRate"]


def rows(figures: dict) -> list[dict]:
    return figures["cells"] if "cells" in figures else figures["sizes"]


def results(figures: dict) -> list:
    """What the same policy must show again: each return, the flips, the frames that are certified."""
    return [(row.get("returns"), row.get("flipRate"), row.get("certificationRate")) for row in rows(figures)]


def seconds(place: Path) -> float:
    """How long a figure took to measure, as far as it says so."""
    return sum(row.get("seconds", 0) for row in rows(json.loads(place.read_text())))


def check(count: int | None = None) -> None:
    """Measures figures again that an earlier run has left: of each attack, or of as many, the one that takes least. Once
    checked, they are not checked again."""
    quickest: dict[tuple, Path] = {}
    for place, (_, _, verb, option, value, *_) in reused.items():
        kind = (verb, value if option == "--attacks" else None)
        quickest[kind] = min(quickest.get(kind, place), place, key=seconds)
    for place in random.sample(list(quickest.values()), len(quickest))[:count]:
        policy, file, *arguments = reused[place]
        if results(measure(policy, file, *arguments)) != results(json.loads(place.read_text())):
            sys.exit(f"{policy}: {' '.join(arguments)}: this tool gives other figures than {place} holds: remove {FIGURES} to measure all again")
    reused.clear()
