"""Steps of the reference environments and of other packages, for `Scripts/benchmark environments --peers`.

Prints a line of JSON for each peer of the environments that it is asked for, on one core. Random actions, and the
observation is made at every step, as in our own measurement.
"""

import functools
import json
import os
import sys
import time

# Ours runs on one thread and may move between cores, and so may these, once the pools are made for one.
processors = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(processors)})

import numpy as np

SECONDS = float(os.environ.get("SECONDS", "2"))


def rate(steps_a_call, call):
    """The median rate of windows of calls, after one to warm up."""
    call()
    rates = []
    for _ in range(3):
        calls, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < SECONDS / 3:
            call()
            calls += 1
        rates.append(calls * steps_a_call / elapsed)
    return sorted(rates)[1]


def minatar(game):
    from minatar import Environment

    environment = Environment(game)
    environment.seed(0)
    environment.reset()
    actions = np.random.RandomState(1).randint(6, size=1000)

    def call():
        for action in actions:
            _, terminal = environment.act(action)
            environment.state()
            if terminal:
                environment.reset()

    return rate(len(actions), call)


def minigrid(name):
    import gymnasium
    import minigrid  # noqa: F401 (registers the environments)

    environment = gymnasium.make(name).unwrapped
    environment.reset(seed=0)
    actions = np.random.RandomState(1).randint(7, size=1000)

    def call():
        for action in actions:
            _, _, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                environment.reset()

    return rate(len(actions), call)


def gymnax(name, lanes=256, steps=100):
    import gymnax as package
    import jax

    environment, parameters = package.make(name)

    @jax.jit
    def play(key, state):
        def step(carry, _):
            key, state = carry
            key, choose, move = jax.random.split(key, 3)
            actions = jax.random.randint(choose, (lanes,), 0, environment.num_actions)
            observation, state, reward, *_ = jax.vmap(environment.step, in_axes=(0, 0, 0, None))(
                jax.random.split(move, lanes), state, actions, parameters)
            return (key, state), (reward.sum(), observation.sum())

        return jax.lax.scan(step, (key, state), None, steps)

    key = jax.random.PRNGKey(0)
    _, state = jax.vmap(environment.reset, in_axes=(0, None))(jax.random.split(key, lanes), parameters)
    carry = [(key, state)]

    def call():
        carry[0], sums = play(*carry[0])
        jax.block_until_ready(sums)

    return rate(lanes * steps, call)


def navix(name, lanes=256, steps=100):
    import jax
    import navix as package

    environment = package.make(name)

    @jax.jit
    def play(key, timestep):
        def step(carry, _):
            key, timestep = carry
            key, choose = jax.random.split(key)
            actions = jax.random.randint(choose, (lanes,), 0, 7)
            timestep = jax.vmap(environment.step)(timestep, actions)
            return (key, timestep), (timestep.reward.sum(), timestep.observation.sum())

        return jax.lax.scan(step, (key, timestep), None, steps)

    key = jax.random.PRNGKey(0)
    carry = [(key, jax.vmap(environment.reset)(jax.random.split(key, lanes)))]

    def call():
        carry[0], sums = play(*carry[0])
        jax.block_until_ready(sums)

    return rate(lanes * steps, call)


def ale_pong():
    import ale_py
    import gymnasium

    gymnasium.register_envs(ale_py)
    environment = gymnasium.wrappers.AtariPreprocessing(
        gymnasium.make("ALE/Pong-v5", frameskip=1), frame_skip=4, screen_size=84)
    environment.reset(seed=0)
    actions = np.random.RandomState(1).randint(6, size=200)

    def call():
        for action in actions:
            _, _, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                environment.reset()

    return rate(len(actions), call)


def make_pools():
    """XLA makes its pools of threads as large as the cores that it may use, and they stay so."""
    try:
        import jax

        jax.devices()
    finally:
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), processors)


# Our environment, then the package and what it plays.
PEERS = {
    "breakout-v1": {"MinAtar": functools.partial(minatar, "breakout"),
                    "gymnax": functools.partial(gymnax, "Breakout-MinAtar")},
    "asterix-v1": {"MinAtar": functools.partial(minatar, "asterix"),
                   "gymnax": functools.partial(gymnax, "Asterix-MinAtar")},
    "freeway-v1": {"MinAtar": functools.partial(minatar, "freeway"),
                   "gymnax": functools.partial(gymnax, "Freeway-MinAtar")},
    "seaquest-v1": {"MinAtar": functools.partial(minatar, "seaquest")},
    "space-invaders-v1": {"MinAtar": functools.partial(minatar, "space_invaders"),
                          "gymnax": functools.partial(gymnax, "SpaceInvaders-MinAtar")},
    "empty-8x8-v1": {"MiniGrid": functools.partial(minigrid, "MiniGrid-Empty-8x8-v0"),
                     "navix": functools.partial(navix, "Navix-Empty-8x8-v0")},
    "door-key-8x8-v1": {"MiniGrid": functools.partial(minigrid, "MiniGrid-DoorKey-8x8-v0"),
                        "navix": functools.partial(navix, "Navix-DoorKey-8x8-v0")},
    "pong-v1": {"ALE": ale_pong},
}

make_pools()
for environment in sys.argv[1:] or PEERS:
    for package, measure in PEERS.get(environment, {}).items():
        try:
            result = {"steps_per_second": measure()}
        except Exception as error:  # A peer that does not run is reported, and the others go on.
            result = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps({"environment": environment, "peer": package, **result}), flush=True)
