"""The table of defenses: plain, FGSM-trained and best defense × clean, noise, FGSM, PGD, strongest attack, certified.

For each environment and agent the epsilon is the smallest of EPSILONS at which the plain agent under PGD-20 with 5 restarts has at most a
tenth of its clean return on the scale (return − random) / (clean − random). Scores are on that scale, returns beside them.

What was measured is kept in `runs/reproduce-table`, by the command and the bytes of policy and environment, so that a run that was
stopped goes on where it was, and only what is new is measured. Another version of the tool should give the same figures: some of
those that were kept are measured again each time, and one that differs ends the script.
"""

import argparse
import hashlib
import json
import os
import random as chance
import re
import sys
from pathlib import Path

from train_policies import ATTACKED_EPISODES, EPISODES, HOODWINK, certified_episodes_in, hoodwink

CELLS = Path("runs/reproduce-table")
EPSILONS = ["1/255", "2/255", "4/255", "8/255", "16/255", "32/255", "64/255"]
PGD = "pgd:steps=20:restarts=5"
# The strongest is whatever of these leaves the least return. The words below the table name them, too.
STRONGEST = [
    "fgsm", PGD, "pgd:steps=50:restarts=10", "apgd", "mad", "mifgsm", "adam", "worst-action", "critic", "robust-sarsa", "square"
]
ENVIRONMENTS = ["breakout-v1", "space-invaders-v1", "pong-42-v1", "lava-crossing-pixels-v1"]
ROWS = [("", "plain"), ("-adversarial", "FGSM-trained"), ("-robust", "best defense")]
START, END = "<!-- reproduce-table: begin -->", "<!-- reproduce-table: end -->"


# The commands of this table that an earlier run has measured, and what they said.
reused: dict[tuple[str, ...], dict] = {}


def kept(policy: str, *arguments: str) -> Path:
    """Where the figures of a command are kept."""
    environment = re.sub(r"-(dqn|ppo)(-.*)?$", "", policy)
    key = hashlib.sha256(" ".join(arguments).encode())
    key.update(Path(f"Policies/{policy}/policy.safetensors").read_bytes())
    key.update(Path(f"Environments/{environment}.yaml").read_bytes())
    return CELLS / f"{policy}-{key.hexdigest()[:16]}.json"


def measure(policy: str, *arguments: str) -> dict:
    print(f"reproduce-table: {policy}: {' '.join(arguments)}", file=sys.stderr)
    return hoodwink(arguments[0], f"Policies/{policy}", *arguments[1:])


def measured(policy: str, *arguments: str) -> dict:
    """What a verb says of a policy that ships, from an earlier run if there was one."""
    file = kept(policy, *arguments)
    if file.exists():
        reused[policy, *arguments] = json.loads(file.read_text())
        return reused[policy, *arguments]
    figures = measure(policy, *arguments)
    CELLS.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(figures))
    beside.rename(file)
    return figures


def results(figures: dict) -> list:
    """What the same policy must show again: each return, the flips, the frames that are certified."""
    return [(row.get("returns"), row.get("flipRate"), row.get("certificationRate")) for row in figures.get("cells", figures.get("sizes"))]


def check(count: int) -> None:
    """Measures some of the figures again that an earlier run has left."""
    for command in chance.sample(sorted(reused), min(count, len(reused))):
        if results(measure(*command)) != results(reused[command]):
            sys.exit(f"{command[0]}: {' '.join(command[1:])}: this tool gives other figures than {kept(*command)} holds: "
                     f"remove {CELLS} to measure all again")  # fmt: skip


def cell(policy: str, attack: str, epsilon: str, episodes: int) -> dict:
    rows = measured(policy, "evaluate", "--attacks", attack, "--epsilons", epsilon, "--episodes", str(episodes))
    return rows["cells"][-1]


def clean_cell(policy: str, episodes: int) -> dict:
    return cell(policy, "noise", "0", episodes)


def chosen_epsilon(policy: str, clean: float, random: float, episodes: int) -> str:
    for epsilon in EPSILONS:
        if (cell(policy, PGD, epsilon, episodes)["mean"] - random) / (clean - random) <= 0.1:
            return epsilon
    sys.exit(f"{policy}: no epsilon of the list brings it down to a tenth")


def table(environments: list[str], wanted_episodes: int | None) -> str:
    lines = [
        "| environment, agent | attacked episodes | epsilon | defense | clean | noise | FGSM | PGD-20×5 | strongest | certified |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for environment in environments:
        episodes = wanted_episodes or ATTACKED_EPISODES.get(environment, EPISODES)
        random = hoodwink("baseline", environment, "--episodes", "1000")[0]["mean"]
        for agent in ("dqn", "ppo"):
            plain = f"{environment}-{agent}"
            if not Path(f"Policies/{plain}/policy.safetensors").exists():
                continue
            clean = clean_cell(plain, EPISODES)["mean"]
            epsilon = chosen_epsilon(plain, clean, random, episodes)
            for suffix, label in ROWS:
                policy = plain + suffix
                if not Path(f"Policies/{policy}/policy.safetensors").exists():
                    continue
                # On the same episodes returns must come in the order found ≤ clean.
                ceiling = clean_cell(policy, episodes)["mean"]

                def text(row: dict) -> str:
                    score = (row["mean"] - random) / (clean - random)
                    mark = " (above clean)" if row["epsilonValue"] > 0 and row["mean"] > ceiling else ""
                    return f"{row['mean']:z.2f} ({score:z.2f}){mark}"

                attacked = [cell(policy, attack, epsilon, episodes) for attack in ("noise", "fgsm", PGD)]
                worst = min((cell(policy, attack, epsilon, episodes) for attack in STRONGEST), key=lambda row: row["mean"])
                certified = measured(policy, "certify", "--epsilons", epsilon, "--episodes", str(certified_episodes_in(environment)))
                cells = [text(clean_cell(policy, EPISODES)), *map(text, attacked), f"{text(worst)} {worst['attack']}"]
                rate = certified["sizes"][0]["certificationRate"]
                lines.append(
                    f"| {environment}, {agent} | {episodes} | {epsilon} | {label} | {' | '.join(cells)} | {100 * rate:.1f}% |"
                )
    lines += [
        "",
        "Mean return over the episodes, clean over 100, in parentheses (return − random) / (plain agent's clean − random); above "
        "clean: more than without an attack on the same episodes; strongest: the "
        "least of FGSM, PGD-20×5, PGD-50×10, Auto-PGD, MAD, MI-FGSM, Adam, worst-action, critic, Robust Sarsa and Square; certified: share "
        "of frames of 10 clean episodes (Pong: 2). Made by `Scripts/reproduce-table`.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("environments", nargs="*", default=ENVIRONMENTS)
    parser.add_argument("--episodes", type=int)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--check", type=int, default=3, help="how many of the kept figures to measure again (default: 3)")
    options = parser.parse_args()
    text = table(options.environments, options.episodes)
    check(options.check)
    if not options.update:
        return print(text)
    readme = Path("README.md")
    contents = readme.read_text()
    if START not in contents:
        sys.exit("README.md has no marks for the table")
    pattern = re.escape(START) + ".*?" + re.escape(END)
    readme.write_text(re.sub(pattern, lambda _: f"{START}\n{text}\n{END}", contents, flags=re.S))


if __name__ == "__main__":
    main()
