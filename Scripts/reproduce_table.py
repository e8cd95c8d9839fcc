"""The table of defenses: plain, FGSM-trained and best defense × clean, noise, FGSM, PGD, strongest attack, certified.

For each environment and agent the epsilon is the smallest of EPSILONS at which the plain agent under PGD-20 with 5 restarts has at most a
tenth of its clean return on the scale (return − random) / (clean − random). Scores are on that scale, returns beside them.
"""

import argparse
import re
import sys
from pathlib import Path

from measured import EPISODES, PGD, STRONGEST, attacked_episodes_in, cell, certification_rate, check, clean_cell, hoodwink, shipping

EPSILONS = ["1/255", "2/255", "4/255", "8/255", "16/255", "32/255", "64/255"]
ENVIRONMENTS = ["breakout-v1", "space-invaders-v1", "pong-42-v1", "lava-crossing-pixels-v1"]
ROWS = [("", "plain"), ("-adversarial", "FGSM-trained"), ("-robust", "best defense")]
START, END = "<!-- reproduce-table: begin -->", "<!-- reproduce-table: end -->"


def chosen_epsilon(policy: str, clean: float, random: float, episodes: int) -> str:
    for epsilon in EPSILONS:
        if (cell(policy, shipping(policy), PGD, epsilon, episodes)["mean"] - random) / (clean - random) <= 0.1:
            return epsilon
    sys.exit(f"{policy}: no epsilon of the list brings it down to a tenth")


def table(environments: list[str], wanted_episodes: int | None) -> str:
    lines = [
        "| environment, agent | attacked episodes | epsilon | defense | clean | noise | FGSM | PGD-20×5 | strongest | certified |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for environment in environments:
        episodes = wanted_episodes or attacked_episodes_in(environment)
        random = hoodwink("baseline", environment, "--episodes", "1000")[0]["mean"]
        for agent in ("dqn", "ppo"):
            plain = f"{environment}-{agent}"
            if not shipping(plain).exists():
                continue
            clean = clean_cell(plain, shipping(plain), EPISODES)["mean"]
            epsilon = chosen_epsilon(plain, clean, random, episodes)
            for suffix, label in ROWS:
                policy = plain + suffix
                file = shipping(policy)
                if not file.exists():
                    continue
                # On the same episodes returns must come in the order found ≤ clean.
                ceiling = clean_cell(policy, file, episodes)["mean"]

                def text(row: dict) -> str:
                    score = (row["mean"] - random) / (clean - random)
                    mark = " (above clean)" if row["epsilonValue"] > 0 and row["mean"] > ceiling else ""
                    return f"{row['mean']:z.2f} ({score:z.2f}){mark}"

                attacked = [cell(policy, file, attack, epsilon, episodes) for attack in ("noise", "fgsm", PGD)]
                worst = min((cell(policy, file, attack, epsilon, episodes) for attack in STRONGEST), key=lambda row: row["mean"])
                cells = [text(clean_cell(policy, file, EPISODES)), *map(text, attacked), f"{text(worst)} {worst['attack']}"]
                rate = certification_rate(policy, file, epsilon, environment)
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
