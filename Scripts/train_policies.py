"""Trains policies from their recipes, picks the median seed, and writes the model cards. See Scripts/train-policies."""

import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from measured import (EPISODES, HOODWINK, PGD, STRONGEST, attacked_episodes_in, cell, certification_rate, certified_episodes_in, check,
                      clean_cell, hoodwink)  # fmt: skip

EPSILONS = ["1/255", "2/255", "4/255", "8/255", "16/255", "32/255"]
ATTACKS = ["noise", "fgsm", PGD]
# Where an evaluation takes long, the one size of the README's table and its attacks.
ONE_EPSILON = {("pong-42-v1", "dqn"): "4/255", ("pong-42-v1", "ppo"): "8/255"}
EXACT_BITS = (
    " MinAtar's observations are exact bits: rounding them undoes any perturbation below one half, so these figures tell how the "
    "network reacts and not what a camera could be made to see."
)


def recipes() -> list[str]:
    return sorted(path.parent.name for path in Path("Policies").glob("*/recipe.yaml"))


def runs_of(name: str, recipe: dict) -> list[Path]:
    folder = Path("runs/policies") / name
    seeds = recipe.get("seeds", 1)
    first = recipe.get("seed", 0)
    return [folder] if seeds == 1 else [folder / f"seed-{first + index}" for index in range(seeds)]


def completed(name: str) -> dict:
    """The recipe as the tool completes it, every setting said: what a run of it writes down at its first step."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        subprocess.run([HOODWINK, "train", "--recipe", f"Policies/{name}/recipe.yaml", "--steps", "1", "--seeds", "1", "--output", str(run)],
                       check=True, capture_output=True)  # fmt: skip
        return yaml.safe_load((run / "recipe.yaml").read_text())


def check_recipe(run: Path, recipe: dict, complete: dict) -> None:
    """Ends the script if a run was made by another recipe than the one that its card would name."""
    made = yaml.safe_load((run / "recipe.yaml").read_text())
    first, count = recipe.get("seed", 0), recipe.get("seeds", 1)
    if made.get("seed", 0) not in range(first, first + count):
        sys.exit(f"{run}: was trained from the seed {made.get('seed', 0)}, which its recipe does not have: remove the folder to train it again")
    wanted = {**complete, "steps": recipe["steps"]}
    # A run of an earlier version may not say what it knew nothing of.
    for key in sorted({*made, *recipe} - {"hoodwink", "seed", "seeds", "start-from-hash"}):
        if made.get(key) != wanted.get(key):
            sys.exit(f"{run}: was trained with another '{key}' than its recipe has: remove the folder to train it again")


def check_start(run: Path, recipe: dict) -> None:
    """Ends the script if a run began with another policy than the one that ships now."""
    start = recipe.get("start-from")
    began = yaml.safe_load((run / "recipe.yaml").read_text()).get("start-from-hash")
    hashes = {policy["name"]: policy["weightsHash"] for policy in hoodwink("list", "policies")}
    if start in hashes and began != hashes[start]:
        sys.exit(f"{run}: began with an older {start} than the one that ships: remove the folder to train it again")


def train(name: str, recipe: dict) -> None:
    folder = Path("runs/policies") / name
    begun = [run for run in runs_of(name, recipe) if (run / "recipe.yaml").exists()]
    is_there = (folder / "recipe.yaml").exists()
    if is_there and yaml.safe_load((folder / "recipe.yaml").read_text()).get("seeds", 1) != recipe.get("seeds", 1):
        sys.exit(f"{folder}: was trained from another number of seeds than its recipe has: remove the folder to train it again")
    complete = completed(name) if begun else {}
    for run in begun:
        check_recipe(run, recipe, complete)
        check_start(run, recipe)
    if is_there:
        arguments = ["--resume", str(folder)]
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["--recipe", f"Policies/{name}/recipe.yaml", "--output", str(folder)]
    subprocess.run([HOODWINK, "train", *arguments], check=True)


def median_run(name: str, environment: str, runs: list[Path]) -> tuple[Path, list[float]]:
    """The run whose policy has the median return, the lower of two, and all returns."""
    means = [clean_cell(name, run / "last.safetensors", environment, EPISODES)["mean"] for run in runs]
    order = sorted(range(len(runs)), key=lambda index: means[index])
    return runs[order[(len(order) - 1) // 2]], means


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores of {model[1] if model else platform.processor()}"


def start_of(recipe: dict) -> str:
    return f", from `{recipe['start-from']}`" if "start-from" in recipe else ""


def text(row: dict, clean: dict | None = None) -> str:
    mark = " (above clean)" if clean and row["mean"] > clean["mean"] else ""
    return f"{row['mean']:.2f}, {row['interquartileMean']:.2f} [{row['intervalLow']:.2f}, {row['intervalHigh']:.2f}]{mark}"


def card(name: str, recipe: dict, chosen: Path, runs: list[Path], means: list[float]) -> str:
    """The model card. What only people know of a policy is in the `notes.md` beside it, and stands in the card as it is there."""
    policy, environment, file = f"Policies/{name}", recipe["environment"], chosen / "last.safetensors"
    episodes, certified_episodes = attacked_episodes_in(environment), certified_episodes_in(environment)
    one = ONE_EPSILON.get((environment, recipe["agent"]))
    epsilons, attacks = ([one], ["noise", *STRONGEST]) if one else (EPSILONS, ATTACKS)
    lines = [
        f"# {name}",
        "",
        f"{recipe['agent'].upper()} in `{recipe['environment']}`, "
        + (f"hardened: `{recipe['defense']}`." if "defense" in recipe else "plain: easily fooled, and here to be attacked."),
        "",
        "```",
        f"hoodwink train --recipe {policy}/recipe.yaml --output runs/policies/{name}",
        f"hoodwink evaluate {policy} --attacks {','.join(attacks)} --epsilons {','.join(epsilons)} --episodes {episodes}",
        f"hoodwink certify {policy} --epsilons {','.join(epsilons)} --episodes {certified_episodes}",
        "```",
        "",
        f"{recipe['steps']:,} environment steps{start_of(recipe)}, on {machine()}. Mean return of {EPISODES} clean episodes for the training seeds "
        + ", ".join(f"{recipe.get('seed', 0) + index}: {mean:.2f}" for index, mean in enumerate(means))
        + (f". The median, {chosen.name}, is the one here." if len(runs) > 1 else ".")
        + " Same recipe, same seed, same bits on the same machine.",
        "",
        f"Of the returns of {episodes} episodes the mean, the interquartile mean and its 95% bootstrap interval (it speaks of this "
        f"policy, not of its training); max norm, newest frame; certified: share of frames of {certified_episodes} clean episodes whose action is proven.",
        "",
    ]
    clean = clean_cell(name, file, environment, episodes)
    rates = [f"{100 * certification_rate(name, file, environment, epsilon):.1f}%" for epsilon in epsilons]
    if one:
        lines += [f"| attack at {one} | return | flips |", "|---|---|---|", f"| clean | {text(clean)} | – |"]
        for attack in attacks:
            row = cell(name, file, environment, attack, one, episodes)
            lines.append(f"| {attack} | {text(row, clean)} | {100 * row['flipRate']:.1f}% |")
        lines += ["", f"Flips: attacked frames on which the action is another. Certified at {one}: {rates[0]}."]
    else:
        lines += [f"| epsilon | {' | '.join(attacks)} | certified |", "|---" * (len(attacks) + 2) + "|",
                  f"| clean | {text(clean)}{' | –' * len(attacks)} |"]  # fmt: skip
        for epsilon, rate in zip(epsilons, rates):
            cells = [text(cell(name, file, environment, attack, epsilon, episodes), clean) for attack in attacks]
            lines.append(f"| {epsilon} | {' | '.join(cells)} | {rate} |")
    notes = Path(f"{policy}/notes.md")
    if notes.exists():
        lines += ["", notes.read_text().strip()]
    lines += [
        "",
        "Limits: what is not certified may still be attacked; the attacks here are the ones named and no others. The policy knows "
        "its environment as defined in `Environments` and no other version of it."
        + (EXACT_BITS if environment in ("breakout-v1", "space-invaders-v1") else ""),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for name in recipes():
            recipe = yaml.safe_load(Path(f"Policies/{name}/recipe.yaml").read_text())
            done = [run for run in runs_of(name, recipe) if (run / "last.safetensors").exists()]
            print(f"{name}: {recipe['environment']} {recipe['agent']}, {recipe['steps']:,} steps, runs begun: {len(done)}")
        return
    unknown = sorted(set(arguments) - set(recipes()))
    if unknown:
        sys.exit(f"no recipe for {', '.join(unknown)}: there are {', '.join(recipes())}")
    for name in arguments or recipes():
        recipe = yaml.safe_load(Path(f"Policies/{name}/recipe.yaml").read_text())
        train(name, recipe)
        runs = runs_of(name, recipe)
        chosen, means = median_run(name, recipe["environment"], runs)
        # Measured before either is replaced: what stops the evaluations leaves the older policy beside its own card.
        beside = {"README.md": card(name, recipe, chosen, runs, means).encode(),
                  "policy.safetensors": (chosen / "last.safetensors").read_bytes()}  # fmt: skip
        # One a policy: an attack on Pong's may take half an hour.
        check(1)
        for file, contents in beside.items():
            Path(f"Policies/{name}/.{file}").write_bytes(contents)
        for file in beside:
            os.replace(f"Policies/{name}/.{file}", f"Policies/{name}/{file}")
        print(f"{name}: {', '.join(f'{mean:.2f}' for mean in means)}; {chosen} ships")
    size = sum(path.stat().st_size for path in Path("Policies").rglob("*") if path.is_file())
    print(f"Policies: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
