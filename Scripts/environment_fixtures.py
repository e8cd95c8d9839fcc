"""Plays reference environments and writes what happened, one small file for each of our ids.

A file <id>.jsonl holds several recordings, one after the other. Each starts with a line of JSON:

    {"id": ..., "package": ..., "version": ..., "seed": ..., "player": ..., "actions": "0123..."}

where the actions are digits, one a step, and goes on with one line a step:

    hash[ reward[ ending]]

with the reward if it is not 0 (or if there is an ending), and the ending `terminated` or `truncated`. At an ending the
environment is reset without a seed. The hash covers all observations so far, those of resets too: it starts as FNV-1a's
offset, and with each observation becomes (hash xor o) * prime modulo 2^64, where o is FNV-1a of 64 bits over the
observation's bytes; its upper 16 bits are written, as four hexadecimal digits. An observation's bytes are its raw values, rows
first and channels last, and one more for the direction where the environment has one.

A reference is a class with these members; its module maps our ids to functions that make one, in REFERENCES.

    package, version    where it comes from
    action_count        the number of actions
    reset(seed=None)    starts an episode, with a new generator if there is a seed
    step(action)        returns the reward and the ending: None, "terminated" or "truncated"
    observation()       the bytes of the current observation
    copy()              an independent copy with the same future (only for the careful player)
    worth()             how good it looks beside its rewards (only for the careful player)
    seek()              what to do next to get ahead, or None (only for the seeking player)
"""

import argparse
import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

MODULES = ["minatar_reference", "minigrid_reference"]

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
MASK = 2**64 - 1


def references() -> dict:
    """All ids and what makes their reference."""
    found = {}
    for name in MODULES:
        if find_spec(name):
            found |= import_module(name).REFERENCES
    return found


def observation_hashes(observations: list[bytes]) -> list[int]:
    """FNV-1a of each observation; all have the same length."""
    columns = np.frombuffer(b"".join(observations), np.uint8).reshape(len(observations), -1).T.astype(np.uint64)
    hashes = np.full(len(observations), FNV_OFFSET, np.uint64)
    for column in columns:
        hashes = (hashes ^ column) * np.uint64(FNV_PRIME)
    return hashes.tolist()


def random_player(seed: int):
    """Draws every action alike."""
    random = np.random.default_rng(seed)
    return lambda reference: int(random.integers(reference.action_count))


def careful_player(seed: int, depth: int = 18):
    """Tries every action with random ones after it, on copies, and takes the best: it gets further than chance does."""
    random = np.random.default_rng(seed)

    def value(reference, action: int) -> float:
        future = reference.copy()
        total = 0.0
        for step in range(depth):
            reward, ending = future.step(action)
            total += reward
            if ending:
                return total - 100 + step
            action = int(random.integers(future.action_count))
        return total + future.worth()

    def choose(reference) -> int:
        values = [value(reference, action) + 1e-3 * random.random() for action in range(reference.action_count)]
        return int(np.argmax(values))

    return choose


def seeking_player(seed: int, share: float = 0.6):
    """Does what the reference would do next, or else draws: it comes to where chance alone hardly does."""
    random = np.random.default_rng(seed)

    def choose(reference) -> int:
        action = reference.seek() if random.random() < share else None
        return int(random.integers(reference.action_count)) if action is None else action

    return choose


PLAYERS = {"random": random_player, "careful": careful_player, "seeking": seeking_player}


class Recording:
    """What a player did in a reference, and what came of it."""

    def __init__(self, reference, seed: int, player: str, steps: int):
        choose = PLAYERS[player](seed)
        self.actions, self.rewards, self.endings = [], [], []
        self.observations, self.starts = [], []
        reference.reset(seed)
        self.starts.append((0, reference.observation()))
        for step in range(steps):
            action = choose(reference)
            reward, ending = reference.step(action)
            self.actions.append(action)
            self.rewards.append(float(reward))
            self.endings.append(ending)
            self.observations.append(reference.observation())
            if ending:
                reference.reset()
                self.starts.append((step + 1, reference.observation()))

    def lines(self):
        """The lines of a file after the header."""
        hashes = observation_hashes(self.observations)
        starts = dict(zip((step for step, _ in self.starts), observation_hashes([o for _, o in self.starts])))
        rolling = FNV_OFFSET
        for step, (reward, ending) in enumerate(zip(self.rewards, self.endings)):
            for value in ([starts[step]] if step in starts else []) + [hashes[step]]:
                rolling = ((rolling ^ value) * FNV_PRIME) & MASK
            line = f"{rolling >> 48:04x}"
            if reward or ending:
                line += f" {reward:g}" if float(f"{reward:g}") == reward else f" {reward!r}"
            if ending:
                line += f" {ending}"
            yield line


def main():
    parser = argparse.ArgumentParser(description="Writes what the reference environments do.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("ids", nargs="*", help="all that have a reference where none is named")
    options = parser.parse_args()
    known = references()
    for unknown in set(options.ids) - set(known):
        parser.error(f"there is no reference for '{unknown}'; there are {', '.join(sorted(known))}")
    options.folder.mkdir(parents=True, exist_ok=True)
    for id in options.ids or sorted(known):
        text = []
        reference = known[id]()
        for seed, player, steps in reference.recordings:
            recording = Recording(known[id](), seed, player, steps)
            header = {
                "id": id, "package": reference.package, "version": reference.version, "seed": seed,
                "player": player, "actions": "".join(map(str, recording.actions)),
            }
            text.append(json.dumps(header))
            text += recording.lines()
        path = options.folder / f"{id}.jsonl"
        path.write_text("\n".join(text) + "\n")
        print(path.name, f"{path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
