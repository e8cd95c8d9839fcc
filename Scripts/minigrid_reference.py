"""The environments of PyPI's minigrid as references; see environment_fixtures.py."""

import contextlib
import io
from collections import deque
from importlib.metadata import version

# pygame greets whoever imports it.
with contextlib.redirect_stdout(io.StringIO()):
    import gymnasium
    import minigrid  # noqa: F401 (gymnasium knows the environments only after this)
    from minigrid.core.constants import DIR_TO_VEC

RANDOM_SEEDS = [0, 1, 2, 3, 2**40 + 7]
SEEKING_SEED = 4
LEFT, RIGHT, FORWARD, PICKUP, TOGGLE = 0, 1, 2, 3, 5


class MiniGridReference:
    package = "minigrid"
    version = version("minigrid")

    def __init__(self, name: str):
        self.world = gymnasium.make(f"MiniGrid-{name}-v0", disable_env_checker=True).unwrapped
        self.action_count = int(self.world.action_space.n)
        self.recordings = [(seed, "random", 2000) for seed in RANDOM_SEEDS] + [(SEEKING_SEED, "seeking", 2000)]

    def reset(self, seed: int | None = None):
        self.seen, _ = self.world.reset(seed=seed)

    def step(self, action: int):
        self.seen, reward, terminated, truncated, _ = self.world.step(action)
        return float(reward), "terminated" if terminated else "truncated" if truncated else None

    def observation(self) -> bytes:
        return self.seen["image"].tobytes() + bytes([int(self.seen["direction"])])

    def seek(self) -> int | None:
        """The first action of a shortest way to the next thing to do: take the key, open the door, go to the goal."""
        world = self.world
        cells = {(i % world.width, i // world.width): cell for i, cell in enumerate(world.grid.grid)}

        def find(kind):
            return next((place for place, cell in cells.items() if cell and cell.type == kind), None)

        door = find("door")
        if door and not cells[door].is_open:
            target, action = (door, TOGGLE) if world.carrying else (find("key"), PICKUP)
        else:
            target, action = find("goal"), FORWARD
        start = (*map(int, world.agent_pos), int(world.agent_dir))
        pending, seen = deque([(start, None)]), {start}
        while pending:
            (x, y, facing), first = pending.popleft()
            dx, dy = map(int, DIR_TO_VEC[facing])
            ahead = (x + dx, y + dy)
            if ahead == target:
                return action if first is None else first
            cell = cells.get(ahead)
            is_free = cell is None or cell.type == "door" and cell.is_open
            for move, state in [
                (LEFT, (x, y, (facing - 1) % 4)),
                (RIGHT, (x, y, (facing + 1) % 4)),
                (FORWARD, (*ahead, facing) if is_free else (x, y, facing)),
            ]:
                if state not in seen:
                    seen.add(state)
                    pending.append((state, move if first is None else first))
        return None


NAMES = (
    [f"Empty-{size}x{size}" for size in (5, 6, 8, 16)]
    + [f"Empty-Random-{size}x{size}" for size in (5, 6)]
    + ["FourRooms", "Unlock"]
    + [f"DoorKey-{size}x{size}" for size in (5, 6, 8, 16)]
    + [f"LavaGapS{size}" for size in (5, 6, 7)]
    + [f"{kind}Crossing{size}" for kind in ("Lava", "Simple") for size in ("S9N1", "S9N2", "S9N3", "S11N5")]
    + [f"Dynamic-Obstacles-{size}x{size}" for size in (5, 6, 8, 16)]
    + [f"Dynamic-Obstacles-Random-{size}x{size}" for size in (5, 6)]
)


def our_id(name: str) -> str:
    """`LavaGapS5` is our `lava-gap-s5-v1`."""
    dashed = "".join("-" + letter if letter.isupper() and i and name[i - 1].islower() else letter
                     for i, letter in enumerate(name))
    return dashed.lower() + "-v1"


REFERENCES = {our_id(name): lambda name=name: MiniGridReference(name) for name in NAMES}
