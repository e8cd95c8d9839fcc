"""The table of defenses: plain, FGSM-trained and best defense × clean, noise, FGSM, PGD, strongest attack, certified.

For each environment the epsilon is the smallest of EPSILONS at which the plain agent under PGD-20 with 5 restarts has at most a
tenth of its clean return on the scale (return − random) / (clean − random). Scores are on that scale, returns beside them.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

HOODWINK = ".build/release/hoodwink"
EPSILONS = ["1/255", "2/255", "4/255", "8/255", "16/255", "32/255", "64/255"]
PGD = "pgd:steps=20:restarts=5"
# The strongest is whatever of these leaves the least return; names that the catalog does not have are left out.
STRONGEST = [
    "pgd:steps=50:restarts=10", "apgd", "mad", "mifgsm", "adam", "worst-action", "critic", "robust-sarsa", "square", PGD
]
ENVIRONMENTS = ["breakout-v1", "space-invaders-v1", "pong-42-v1", "lava-crossing-pixels-v1"]
ROWS = [("", "plain"), ("-adversarial", "FGSM-trained"), ("-robust", "best defense")]
START, END = "<!-- reproduce-table: begin -->", "<!-- reproduce-table: end -->"


def hoodwink(*arguments: str) -> list | dict:
    return json.loads(subprocess.run([HOODWINK, *arguments, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def mean(policy: str, attack: str | None, epsilon: str, episodes: int) -> dict:
    rows = hoodwink(
        "evaluate", policy, "--attacks", attack or "noise", "--epsilons", epsilon if attack else "0", "--episodes",
        str(episodes),
    )  # fmt: skip
    return rows["cells"][1 if attack else 0]


def chosen_epsilon(policy: str, clean: float, random: float, episodes: int) -> str:
    for epsilon in EPSILONS:
        if (mean(policy, PGD, epsilon, episodes)["mean"] - random) / (clean - random) <= 0.1:
            return epsilon
    sys.exit(f"{policy}: no epsilon of the list brings it down to a tenth")


def table(environments: list[str], episodes: int, certified_episodes: int) -> str:
    known = {attack["name"] for attack in hoodwink("list", "attacks")}
    strongest = [attack for attack in STRONGEST if attack.split(":")[0] in known]
    lines = [
        "| environment, agent | epsilon | defense | clean | noise | FGSM | PGD-20×5 | strongest | certified |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for environment in environments:
        random = hoodwink("baseline", environment, "--episodes", "1000")[0]["mean"]
        for agent in ("dqn", "ppo"):
            plain = f"{environment}-{agent}"
            if not Path(f"Policies/{plain}/policy.safetensors").exists():
                continue
            clean = mean(plain, None, "0", episodes)["mean"]
            epsilon = chosen_epsilon(plain, clean, random, episodes)
            for suffix, label in ROWS:
                policy = plain + suffix
                if not Path(f"Policies/{policy}/policy.safetensors").exists():
                    continue
                own = mean(policy, None, "0", episodes)

                def text(row: dict) -> str:
                    score = (row["mean"] - random) / (clean - random)
                    # Returns must come in the order found ≤ clean.
                    mark = " (above clean)" if row.get("attack") and row["mean"] > own["mean"] else ""
                    return f"{row['mean']:.2f} ({score:.2f}){mark}"

                attacked = [mean(policy, attack, epsilon, episodes) for attack in ("noise", "fgsm", PGD)]
                worst = min((mean(policy, attack, epsilon, episodes) for attack in strongest), key=lambda row: row["mean"])
                certified = hoodwink("certify", policy, "--epsilons", epsilon, "--episodes", str(certified_episodes))
                cells = [text(own), *map(text, attacked), f"{text(worst)} {worst['attack']}"]
                rate = certified["sizes"][0]["certificationRate"]
                lines.append(
                    f"| {environment}, {agent} | {epsilon} | {label} | {' | '.join(cells)} | {100 * rate:.1f}% |"
                )
    lines += [
        "",
        f"Mean return over {episodes} episodes, in parentheses (return − random) / (plain agent's clean − random); certified: share "
        f"of frames of {certified_episodes} clean episodes. Made by `Scripts/reproduce-table`.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("environments", nargs="*", default=ENVIRONMENTS)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--certified-episodes", type=int, default=10)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    text = table(options.environments, options.episodes, options.certified_episodes)
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
