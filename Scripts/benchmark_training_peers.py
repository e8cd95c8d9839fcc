"""Training loops of other packages, for `Scripts/benchmark training --peers`.

    python benchmark_training_peers.py LOOP THREADS SECONDS [PEER ...]

prints one line of JSON a peer: environment steps a second of the whole loop, acting, environment and learning, after what
compiles and fills a replay. LOOP is one of Hoodwink's (ppo-cnn, ppo-mlp, dqn-every-1, dqn-every-4), with the same network,
environments, batches and epochs.

SB3      Stable-Baselines3's PPO and DQN on MinAtar's Breakout (all six actions, sticky ones)
CleanRL  PPO as in CleanRL's single files, PyTorch, on the same environment; a script of our own
PureJaxRL
         PPO compiled as a whole with its environments, as in PureJaxRL, on gymnax' Breakout (three actions, none sticky);
         a script of our own. `return` as LOOP measures how long it takes to a mean return of 20 instead.
"""

import json
import os
import sys
import time

LOOP, THREADS, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
# XLA makes its pools of threads as large as the cores that it may use: it is shown as many as there should be threads.
processors = os.sched_getaffinity(0)
os.sched_setaffinity(0, set(sorted(processors)[:THREADS]))
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(THREADS)
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

try:
    import jax

    jax.devices()  # makes the pools
except ImportError:
    pass  # said by the peer that needs it
# Ours may move between cores, and so may these.
for thread in os.listdir("/proc/self/task"):
    os.sched_setaffinity(int(thread), processors)

import numpy as np

LANES, HORIZON, MINIBATCHES, EPOCHS = 64, 128, 8, 4
RATE, CLIP, GAMMA, LAMBDA, ENTROPY, VALUE, NORM = 1e-3, 0.2, 0.99, 0.95, 0.01, 0.5, 0.5


def rate(steps_a_call, call):
    """The median rate of three windows, after one call to warm up."""
    call()
    rates = []
    for _ in range(3):
        calls, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < SECONDS / 3:
            call()
            calls += 1
        rates.append(calls * steps_a_call / max(elapsed, 1e-9))
    return sorted(rates)[1]


def breakout(planes_first):
    import gymnasium
    from minatar import Environment

    class Breakout(gymnasium.Env):
        def __init__(self):
            self.game = Environment("breakout")
            shape = (4, 10, 10) if planes_first else (10, 10, 4)
            self.observation_space = gymnasium.spaces.Box(0, 1, shape, np.float32)
            self.action_space = gymnasium.spaces.Discrete(6)

        def observe(self):
            state = self.game.state().astype(np.float32)
            return state.transpose(2, 0, 1) if planes_first else state

        def reset(self, seed=None, options=None):
            if seed is not None:
                self.game.seed(seed)
            self.game.reset()
            return self.observe(), {}

        def step(self, action):
            reward, terminated = self.game.act(int(action))
            return self.observe(), float(reward), bool(terminated), False, {}

    return Breakout


def sb3():
    import torch
    from stable_baselines3 import DQN, PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
    from stable_baselines3.common.vec_env import DummyVecEnv

    torch.set_num_threads(THREADS)

    class Convolution(BaseFeaturesExtractor):
        def __init__(self, space):
            super().__init__(space, 128)
            self.layers = torch.nn.Sequential(
                torch.nn.Conv2d(4, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(),
                torch.nn.Linear(8 * 8 * 16, 128), torch.nn.ReLU())

        def forward(self, observations):
            return self.layers(observations)

    is_mlp = LOOP == "ppo-mlp"
    lanes = LANES if LOOP.startswith("ppo") else 1
    environments = DummyVecEnv([breakout(planes_first=True)] * lanes)
    if is_mlp:
        policy = dict(net_arch=dict(pi=[64, 64], vf=[64, 64]), activation_fn=torch.nn.ReLU)
    else:
        policy = dict(
            features_extractor_class=Convolution, net_arch=[], normalize_images=False)
    if LOOP.startswith("ppo"):
        model = PPO(
            "MlpPolicy" if is_mlp else "CnnPolicy", environments, n_steps=HORIZON,
            batch_size=LANES * HORIZON // MINIBATCHES, n_epochs=EPOCHS, learning_rate=RATE, gamma=GAMMA,
            gae_lambda=LAMBDA, ent_coef=ENTROPY, vf_coef=VALUE, max_grad_norm=NORM,
            policy_kwargs=policy | (dict(normalize_images=False) if is_mlp else {}), device="cpu", seed=0)
        steps = LANES * HORIZON
    else:
        every = int(LOOP[-1])
        model = DQN(
            "CnnPolicy", environments, batch_size=32, train_freq=every, gradient_steps=1, learning_starts=1000,
            buffer_size=100_000, target_update_interval=1000, learning_rate=RATE, policy_kwargs=policy, device="cpu",
            seed=0)
        model.learn(1000)
        steps = 200
    return rate(steps, lambda: model.learn(steps, reset_num_timesteps=False))


def cleanrl():
    """The loop of CleanRL's ppo.py: gymnasium's SyncVectorEnv, one agent module, tensors of the rollout."""
    import gymnasium
    import torch
    from torch import nn
    from torch.distributions import Categorical

    if not LOOP.startswith("ppo"):
        return None
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)

    def initialized(layer, gain=2**0.5):
        nn.init.orthogonal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
        return layer

    class Agent(nn.Module):
        def __init__(self):
            super().__init__()
            if LOOP == "ppo-mlp":
                def hidden():
                    return nn.Sequential(
                        nn.Flatten(), initialized(nn.Linear(400, 64)), nn.ReLU(), initialized(nn.Linear(64, 64)),
                        nn.ReLU())
                self.actor = nn.Sequential(hidden(), initialized(nn.Linear(64, 6), 0.01))
                self.critic = nn.Sequential(hidden(), initialized(nn.Linear(64, 1), 1))
                self.torso = nn.Identity()
            else:
                self.torso = nn.Sequential(
                    initialized(nn.Conv2d(4, 16, 3)), nn.ReLU(), nn.Flatten(),
                    initialized(nn.Linear(8 * 8 * 16, 128)), nn.ReLU())
                self.actor = initialized(nn.Linear(128, 6), 0.01)
                self.critic = initialized(nn.Linear(128, 1), 1)

        def value(self, x):
            return self.critic(self.torso(x))

        def act(self, x, action=None):
            features = self.torso(x)
            distribution = Categorical(logits=self.actor(features))
            if action is None:
                action = distribution.sample()
            return action, distribution.log_prob(action), distribution.entropy(), self.critic(features)

    environments = gymnasium.vector.SyncVectorEnv([breakout(planes_first=True)] * LANES)
    agent = Agent()
    optimizer = torch.optim.Adam(agent.parameters(), lr=RATE, eps=1e-5)
    shape = environments.single_observation_space.shape
    seen = torch.zeros((HORIZON, LANES) + shape)
    actions = torch.zeros((HORIZON, LANES))
    log_probabilities, rewards, dones, values = (torch.zeros((HORIZON, LANES)) for _ in range(4))
    state = {"next": torch.Tensor(environments.reset(seed=0)[0]), "done": torch.zeros(LANES)}

    def iteration():
        next_seen, next_done = state["next"], state["done"]
        for step in range(HORIZON):
            seen[step], dones[step] = next_seen, next_done
            with torch.no_grad():
                action, log_probability, _, value = agent.act(next_seen)
                values[step] = value.flatten()
            actions[step], log_probabilities[step] = action, log_probability
            observation, reward, terminated, truncated, _ = environments.step(action.numpy())
            rewards[step] = torch.tensor(reward)
            next_seen = torch.Tensor(observation)
            next_done = torch.Tensor(np.logical_or(terminated, truncated))
        state["next"], state["done"] = next_seen, next_done
        with torch.no_grad():
            next_value = agent.value(next_seen).flatten()
            advantages = torch.zeros_like(rewards)
            last = 0
            for step in reversed(range(HORIZON)):
                on = 1 - (next_done if step == HORIZON - 1 else dones[step + 1])
                following = next_value if step == HORIZON - 1 else values[step + 1]
                delta = rewards[step] + GAMMA * following * on - values[step]
                advantages[step] = last = delta + GAMMA * LAMBDA * on * last
            returns = advantages + values
        b_seen, b_old = seen.reshape((-1,) + shape), log_probabilities.reshape(-1)
        b_actions, b_advantages = actions.reshape(-1), advantages.reshape(-1)
        b_returns = returns.reshape(-1)
        indices = np.arange(LANES * HORIZON)
        for _ in range(EPOCHS):
            np.random.shuffle(indices)
            for rows in np.split(indices, MINIBATCHES):
                _, new, entropy, value = agent.act(b_seen[rows], b_actions.long()[rows])
                ratio = (new - b_old[rows]).exp()
                advantage = b_advantages[rows]
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                policy_loss = torch.max(
                    -advantage * ratio, -advantage * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
                value_loss = 0.5 * ((value.view(-1) - b_returns[rows]) ** 2).mean()
                loss = policy_loss - ENTROPY * entropy.mean() + VALUE * value_loss
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), NORM)
                optimizer.step()

    return rate(LANES * HORIZON, iteration)


def purejaxrl_iteration():
    """One iteration of PPO, environments and all, as one compiled function; and what it starts from."""
    import gymnax
    import jax
    import jax.numpy as jnp

    environment, parameters = gymnax.make("Breakout-MinAtar")
    actions = environment.num_actions
    orthogonal = jax.nn.initializers.orthogonal

    def dense(key, inputs, outputs, gain):
        return orthogonal(gain)(key, (inputs, outputs)), jnp.zeros(outputs)

    root = 2**0.5
    if LOOP != "ppo-cnn":
        def weights(key):
            keys = jax.random.split(key, 8)
            return {
                name: [dense(keys[i], 400, 64, root), dense(keys[i + 1], 64, 64, root), dense(keys[i + 2], 64, n, gain)]
                for name, i, n, gain in [("actor", 0, actions, 0.01), ("critic", 3, 1, 1.0)]
            }

        def apply(model, x):
            def mlp(layers, x):
                for weights, bias in layers[:-1]:
                    x = jax.nn.relu(x @ weights + bias)
                return x @ layers[-1][0] + layers[-1][1]

            x = x.reshape(x.shape[0], -1)
            return mlp(model["actor"], x), mlp(model["critic"], x)[:, 0]
    else:
        def weights(key):
            keys = jax.random.split(key, 4)
            return {
                "filters": (orthogonal(root)(keys[0], (3, 3, 4, 16)), jnp.zeros(16)),
                "hidden": dense(keys[1], 8 * 8 * 16, 128, root), "actor": dense(keys[2], 128, actions, 0.01),
                "critic": dense(keys[3], 128, 1, 1.0),
            }

        def apply(model, x):
            x = jax.lax.conv_general_dilated(
                x, model["filters"][0], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = jax.nn.relu(x + model["filters"][1]).reshape(x.shape[0], -1)
            x = jax.nn.relu(x @ model["hidden"][0] + model["hidden"][1])
            return (x @ model["actor"][0] + model["actor"][1],
                    (x @ model["critic"][0] + model["critic"][1])[:, 0])

    reset = jax.vmap(environment.reset, in_axes=(0, None))
    move = jax.vmap(environment.step, in_axes=(0, 0, 0, None))

    def iteration(carry, learning_rate):
        model, moments, key, seen, state, returns, finished = carry

        def act(carry, _):
            key, seen, state, returns, finished = carry
            key, draw, step_key = jax.random.split(key, 3)
            logits, value = apply(model, seen)
            action = jax.random.categorical(draw, logits)
            log_probability = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], 1)[:, 0]
            following, state, reward, *ends = move(
                jax.random.split(step_key, LANES), state, action, parameters)
            done = any_of(ends[:-1])
            returns = returns + reward
            finished = jnp.where(done, returns, finished)
            returns = jnp.where(done, 0, returns)
            return (key, following.astype(jnp.float32), state, returns, finished), (
                seen, action, log_probability, value, reward, done)

        (key, seen, state, returns, finished), lived = jax.lax.scan(
            act, (key, seen, state, returns, finished), None, HORIZON)
        _, _, _, values, rewards, dones = lived
        _, last = apply(model, seen)

        def estimate(carry, step):
            advantage, following = carry
            value, reward, done = step
            delta = reward + GAMMA * following * (1 - done) - value
            advantage = delta + GAMMA * LAMBDA * (1 - done) * advantage
            return (advantage, value), advantage

        _, advantages = jax.lax.scan(
            estimate, (jnp.zeros(LANES), last), (values, rewards, dones.astype(jnp.float32)), reverse=True)
        batch = jax.tree.map(
            lambda x: x.reshape((-1,) + x.shape[2:]), lived[:3] + (advantages, advantages + values))

        def loss(model, minibatch):
            seen, action, old, advantage, target = minibatch
            logits, value = apply(model, seen)
            logs = jax.nn.log_softmax(logits)
            ratio = jnp.exp(jnp.take_along_axis(logs, action[:, None], 1)[:, 0] - old)
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            policy = -jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantage).mean()
            entropy = -(jnp.exp(logs) * logs).sum(1).mean()
            return policy + VALUE * 0.5 * ((value - target) ** 2).mean() - ENTROPY * entropy

        def update(carry, minibatch):
            model, (count, first, second) = carry
            gradient = jax.grad(loss)(model, minibatch)
            norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
            gradient = jax.tree.map(lambda g: g * jnp.minimum(1, NORM / norm), gradient)
            count = count + 1
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
            model = jax.tree.map(
                lambda p, m, v: p - learning_rate * (m / (1 - 0.9**count)) / (
                    jnp.sqrt(v / (1 - 0.999**count)) + 1e-5), model, first, second)
            return (model, (count, first, second)), None

        def epoch(carry, key):
            order = jax.random.permutation(key, LANES * HORIZON)
            minibatches = jax.tree.map(
                lambda x: x[order].reshape((MINIBATCHES, -1) + x.shape[1:]), batch)
            return jax.lax.scan(update, carry, minibatches)[0], None

        key, *keys = jax.random.split(key, EPOCHS + 1)
        (model, moments), _ = jax.lax.scan(epoch, (model, moments), jnp.stack(keys))
        return model, moments, key, seen, state, returns, finished

    def any_of(ends):
        done = ends[0]
        for end in ends[1:]:
            if getattr(end, "dtype", None) == jnp.bool_:
                done = done | end
        return done.astype(jnp.bool_)

    def start(seed):
        key = jax.random.PRNGKey(seed)
        key, draw, first = jax.random.split(key, 3)
        model = weights(draw)
        seen, state = reset(jax.random.split(first, LANES), parameters)
        zeros = jax.tree.map(jnp.zeros_like, model)
        return (
            model, (jnp.zeros(()), zeros, zeros), key, seen.astype(jnp.float32), state, jnp.zeros(LANES),
            jnp.zeros(LANES))

    return jax, iteration, start


def purejaxrl():
    if not LOOP.startswith("ppo"):
        return None
    jax, iteration, start = purejaxrl_iteration()
    compiled = jax.jit(iteration)
    carry = [start(0)]

    def call():
        carry[0] = jax.block_until_ready(compiled(carry[0], RATE))

    return rate(LANES * HORIZON, call)


def purejaxrl_return():
    """Compiling, 1M steps of training in one call, and the mean return of the newest episodes of all lanes."""
    jax, iteration, start = purejaxrl_iteration()
    import jax.numpy as jnp

    iterations = 1_000_000 // (LANES * HORIZON)

    def train(carry):
        def one(carry, index):
            carry = iteration(carry, 5e-3 * (1 - index / iterations))
            return carry, carry[-1].mean()
        return jax.lax.scan(one, carry, jnp.arange(iterations))

    began = time.perf_counter()
    compiled = jax.jit(train).lower(start(0)).compile()
    compiling = time.perf_counter() - began
    results = []
    for seed in range(5):
        began = time.perf_counter()
        _, curve = jax.block_until_ready(compiled(start(seed)))
        seconds = time.perf_counter() - began
        curve = np.asarray(curve)
        reached = np.nonzero(curve >= 20)[0]
        results.append({
            "seed": seed, "seconds": seconds, "final_return": float(curve[-1]),
            "seconds_to_20": float(seconds * (reached[0] + 1) / iterations) if len(reached) else None})
    return {"compiling": compiling, "runs": results}


PEERS = {"SB3": sb3, "CleanRL": cleanrl, "PureJaxRL": purejaxrl}
if LOOP == "return":
    print(json.dumps({"peer": "PureJaxRL", **purejaxrl_return()}), flush=True)
    sys.exit()
for name in sys.argv[4:] or PEERS:
    try:
        result = {"steps_per_second": PEERS[name]()}
    except Exception as error:  # A peer that does not run is reported, and the others go on.
        result = {"steps_per_second": None, "error": f"{type(error).__name__}: {error}".splitlines()[0]}
    if result["steps_per_second"] is not None or "error" in result:
        print(json.dumps({"peer": name, **result}), flush=True)
