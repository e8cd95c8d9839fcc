"""The table of defenses: plain, FGSM-trained and best defense × clean, noise, FGSM, PGD, strongest attack, certified.

For each environment and agent the epsilon is the smallest of EPSILONS at which the plain agent under PGD-20 with 5 restarts has at most a
tenth of its clean return on the scale (return − random) / (clean − random). Scores are on that scale, returns beside them. The
strongest attack's score has a 95% bootstrap interval.
"""

import argparse
import re
import sys
from pathlib import Path
from random import Random
from statistics import fmean, quantiles

from measured import EPISODES, PGD, STRONGEST, attacked_episodes_in, cell, certification_rate, check, clean_cell, hoodwink, shipping

EPSILONS = ["1/255", "2/255", "4/255", "8/255", "16/255", "32/255", "64/255"]
ENVIRONMENTS = ["breakout-v1", "space-invaders-v1", "pong-42-v1", "lava-crossing-pixels-v1"]
ROWS = [("", "plain"), ("-adversarial", "FGSM-trained"), ("-robust", "best defense")]
START, END = "<!-- reproduce-table: begin -->", "<!-- reproduce-table: end -->"


def number(value: float) -> str:
    """Two decimals, and no zero below zero."""
    return f"{round(value, 2) + 0:.2f}"


def score_interval(returns: list[float], clean: list[float], random: float) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of a score: over the attacked episodes, and over the plain agent's clean ones that scale it."""
    draws = Random(0)

    def mean_above_random(sample: list[float]) -> float:
        return fmean(draws.choices(sample, k=len(sample))) - random

    scores = [mean_above_random(returns) / mean_above_random(clean) for _ in range(10_000)]
    low, *_, high = quantiles(scores, n=40)
    return low, high


def chosen_epsilon(policy: str, environment: str, clean: float, random: float, episodes: int) -> str:
    for epsilon in EPSILONS:
        if (cell(policy, shipping(policy), environment, PGD, epsilon, episodes)["mean"] - random) / (clean - random) <= 0.1:
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
            scale = clean_cell(plain, shipping(plain), environment, EPISODES)
            clean = scale["mean"]
            epsilon = chosen_epsilon(plain, environment, clean, random, episodes)
            for suffix, label in ROWS:
                policy = plain + suffix
                file = shipping(policy)
                if not file.exists():
                    continue
                # On the same episodes returns must come in the order found ≤ clean.
                ceiling = clean_cell(policy, file, environment, episodes)["mean"]

                def text(row: dict, interval: str = "") -> str:
                    score = (row["mean"] - random) / (clean - random)
                    mark = " (above clean)" if row["epsilonValue"] > 0 and row["mean"] > ceiling else ""
                    return f"{number(row['mean'])} ({number(score)}{interval}){mark}"

                def under(attack: str) -> dict:
                    return cell(policy, file, environment, attack, epsilon, episodes)

                worst = min(map(under, STRONGEST), key=lambda row: row["mean"])
                low, high = score_interval(worst["returns"], scale["returns"], random)
                strongest = text(worst, f"; {number(low)} to {number(high)}")
                attacked = map(under, ("noise", "fgsm", PGD))
                cells = [text(clean_cell(policy, file, environment, EPISODES)), *map(text, attacked), f"{strongest} {worst['attack']}"]
                rate = certification_rate(policy, file, environment, epsilon)
                lines.append(
                    f"| {environment}, {agent} | {episodes} | {epsilon} | {label} | {' | '.join(cells)} | {100 * rate:.1f}% |"
                )
    lines += [
        "",
        "Mean return over the episodes, clean over 100, in parentheses (return − random) / (plain agent's clean − random), under the "
        "strongest attack with its 95% interval by bootstraps over the attacked and the plain agent's clean episodes, which does not know that the least of several was chosen; above "
        "clean: more than without an attack on the same episodes; strongest: the "
        "least of FGSM, PGD-20×5, PGD-50×10, PGD up cross-entropy and the margin, Auto-PGD up each of them, MAD, MI-FGSM, Adam, multitargeted, boundary, worst-action, critic, Robust Sarsa and Square; certified: share "
        "of frames of 10 clean episodes (Pong: 2). Made by `Scripts/reproduce-table`.",
    ]
    return "\n".join(lines)


def replaced(text: str, contents: str) -> str:
    """A page with another table between its marks."""
    pattern = f"{re.escape(START)}.*?{re.escape(END)}"
    contents, count = re.subn(pattern, lambda _: f"{START}\n{text}\n{END}", contents, flags=re.S)
    if count != 1:
        sys.exit(f"README.md: the table's place is between {START} and {END}, which stand there {count} times and not once")
    return contents


def main() -> None:
    parser = argparse.ArgumentParser(prog="Scripts/reproduce-table", description="Measures the table of defenses.")
    parser.add_argument("environments", nargs="*", default=ENVIRONMENTS, help="these alone (default: %(default)s)")
    parser.add_argument("--episodes", type=int, help="under each attack (default: 100, or 10 where an episode is long)")
    parser.add_argument("--update", action="store_true", help="write the table into README.md, between its marks")
    parser.add_argument("--check", type=int, help="measure at most so many of the kept figures again (default: one of each attack)")
    options = parser.parse_args()
    readme = Path("README.md")
    if options.update:
        if options.environments != ENVIRONMENTS or options.episodes:
            parser.error("--update writes the whole table: it goes with no environments and no --episodes")
        # Before hours of measuring.
        replaced("", readme.read_text())
    text = table(options.environments, options.episodes)
    check(options.check)
    if not options.update:
        return print(text)
    beside = readme.with_name(".README.md")
    beside.write_text(replaced(text, readme.read_text()))
    beside.replace(readme)


if __name__ == "__main__":
    main()
