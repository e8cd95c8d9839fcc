"""Compares what `hoodwink trace` writes with what the reference packages do; see Scripts/check-parity."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from environment_fixtures import FNV_PRIME, MASK, PLAYERS, Recording, observation_hashes, references

# Every second seed does not fit into 32 bits, which some references treat in another way.
LARGE = 2**32


def lines(path: Path):
    """What we did, a step at a time: the hash, with the direction as one more byte, the reward and the ending."""
    with path.open() as file:
        for text in file:
            line = json.loads(text)
            hash = int(line["observation_hash"], 16)
            if "direction" in line:
                hash = ((hash ^ line["direction"]) * FNV_PRIME) & MASK
            yield hash, np.float32(line["reward"]), line["ending"]


def compare(tool: str, id: str, seed: int, player: str, steps: int) -> tuple[str, int, int, str | None]:
    """The id, the steps compared, the episodes that ended, and the first difference."""
    recording = Recording(references()[id](), seed, player, steps)
    with tempfile.TemporaryDirectory() as folder:
        actions, trace = Path(folder, "actions.txt"), Path(folder, "trace.jsonl")
        actions.write_text("\n".join(map(str, recording.actions)) + "\n")
        root = Path(__file__).resolve().parent.parent
        command = [tool, "trace", "--env", id, "--seed", str(seed), "--actions", actions, "--output", trace, "--root", root]
        subprocess.run(command, check=True)
        expected = zip(observation_hashes(recording.observations), map(np.float32, recording.rewards), recording.endings)
        count = 0
        for count, (ours, theirs) in enumerate(zip(lines(trace), expected, strict=True), start=1):
            if ours != theirs:
                names = ["observation", "reward", "ending"]
                wrong = ", ".join(n for n, a, b in zip(names, ours, theirs) if a != b)
                start = max(step for step, _ in recording.starts if step < count)
                place = f"{id}, seed {seed}, step {count} (step {count - start} of its episode)"
                return id, count, 0, f"{place}: the {wrong} differ: ours {ours}, the reference's {theirs}"
    return id, count, sum(ending is not None for ending in recording.endings), None


def main():
    parser = argparse.ArgumentParser(prog="Scripts/check-parity", description="Compares environments with their references.")
    parser.add_argument("tool", help=argparse.SUPPRESS)
    parser.add_argument("ids", nargs="*", help="all that have a reference where none is named")
    parser.add_argument("--steps", type=int, default=10_000, help="steps for each seed (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=4, help="how many seeds (default: %(default)s)")
    parser.add_argument("--first-seed", type=int, default=100, help="the first of them (default: %(default)s)")
    parser.add_argument("--player", choices=sorted(PLAYERS), default="random", help="who acts (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one for each core)")
    options = parser.parse_intermixed_args()
    known = references()
    for unknown in set(options.ids) - set(known):
        parser.error(f"there is no reference for '{unknown}'; there are {', '.join(sorted(known))}")
    if min(options.steps, options.seeds, options.jobs) < 1:
        parser.error("steps, seeds and jobs are at least 1")

    seeds = [options.first_seed + index + (LARGE * index if index % 2 else 0) for index in range(options.seeds)]
    failed = False
    with ProcessPoolExecutor(options.jobs) as pool:
        for id in options.ids or sorted(known):
            jobs = [pool.submit(compare, options.tool, id, seed, options.player, options.steps) for seed in seeds]
            results = [job.result() for job in jobs]
            differences = [difference for *_, difference in results if difference]
            failed |= bool(differences)
            steps, endings = sum(r[1] for r in results), sum(r[2] for r in results)
            verdict = f"{len(differences)} of {len(seeds)} seeds differ" if differences else "equal"
            print(f"{id:28} {len(seeds)} seeds  {steps:>9,} steps  {endings:>7,} episodes  {verdict}", flush=True)
            for difference in differences:
                print(f"  {difference}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
