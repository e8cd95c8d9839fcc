"""The games of PyPI's MinAtar as references; see environment_fixtures.py."""

import copy
import logging
import sys
from importlib.metadata import version

import numpy as np

# MinAtar draws windows with these where they are installed. Nothing here draws, and importing them takes seconds.
sys.modules.setdefault("matplotlib", None)
sys.modules.setdefault("seaborn", None)
logging.getLogger().setLevel(logging.ERROR)

from minatar import Environment  # noqa: E402

# Seeds from 2^32 on do not fit into NumPy's simple seeding.
RANDOM_SEEDS = [0, 1, 2, 3, 2**40 + 7]
CAREFUL_SEEDS = [4, 5]


class MinAtarReference:
    package = "MinAtar"
    version = version("MinAtar")

    def __init__(self, game: str, minimal: bool = False):
        self.name = game
        self.game = Environment(game)
        count = self.game.num_actions()
        self.actions = self.game.minimal_action_set() if minimal else list(range(count))
        self.action_count = len(self.actions)
        # Long enough for Freeway's own limit.
        steps = 2600 if game == "freeway" else 2000
        self.recordings = [(seed, "random", steps) for seed in RANDOM_SEEDS]
        if not minimal:
            self.recordings += [(seed, "careful", steps) for seed in CAREFUL_SEEDS]

    def reset(self, seed: int | None = None):
        if seed is not None:
            self.game.seed(seed if seed < 2**32 else [seed % 2**32, seed >> 32])
            self.game.last_action = 0
        self.game.reset()

    def step(self, action: int):
        reward, terminal = self.game.act(self.actions[action])
        # Freeway only ever ends because its time runs out.
        return reward, ("truncated" if self.name == "freeway" else "terminated") if terminal else None

    def observation(self) -> bytes:
        return self.game.state().astype(np.uint8).tobytes()

    def copy(self):
        other = copy.copy(self)
        other.game = copy.deepcopy(self.game)
        return other

    def worth(self) -> float:
        if self.name == "freeway":
            return -0.1 * self.game.env.pos
        if self.name != "seaquest":
            return 0
        # Divers are worth collecting, and the surface is worth reaching while there is air.
        game = self.game.env
        haste = max(0.0, 90 - game.oxygen) / 90 if game.diver_count > 0 else 0.0
        return 0.5 * game.diver_count - haste * game.sub_y


REFERENCES = {
    f"{game.replace('_', '-')}{suffix}-v1": lambda game=game, minimal=minimal: MinAtarReference(game, minimal)
    for game in ["breakout", "asterix", "freeway", "seaquest", "space_invaders"]
    for suffix, minimal in [("", False), ("-minimal", True)]
}
