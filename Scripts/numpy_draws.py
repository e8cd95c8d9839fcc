"""Writes Tests/RandomStreamsTests/NumPyDraws.swift and LegacyNumPyDraws.swift: what NumPy draws, for RandomStreams to be
compared with. See Scripts/make-numpy-draws.
"""

from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, RandomState, SeedSequence

SEEDS = [0, 1, 42, 2**63, 2**64 - 1]
KEYS = [(), (1,), (9,), (1, 0), (7, 123), (7, 2**40)]
# The last of 32 and of 64 bits reject a quarter of the draws.
BOUNDS = [1, 2, 4, 10, 3 * 2**30, 2**32 - 1, 2**32, 2**32 + 1, 2**40, 3 * 2**61]
LEGACY_SEEDS = [0, 1, 42, 2**32 - 1, 2**32, 2**40 + 7, 2**64 - 1]


def swift(values):
    return "[" + ", ".join(str(value) for value in values) + "]"


def wrapped(name, values, indent):
    """A labeled array, on several lines if it is too long for one."""
    line = f"{indent}{name}: {swift(values)}"
    if len(line) <= 108:
        return line
    lines, current = [], indent + "  "
    for value in values:
        if len(current) + len(str(value)) > 107:
            lines.append(current.rstrip())
            current = indent + "  "
        current += f"{value}, "
    lines.append(current.rstrip())
    return f"{indent}{name}: [\n" + "\n".join(lines) + f"\n{indent}]"


def draws(seed, key):
    def sequence():
        return SeedSequence(seed, spawn_key=key)

    def generator():
        return Generator(PCG64(sequence()))

    raw = PCG64(sequence()).random_raw(4)
    random = generator()
    uniforms = [repr(float(random.random())) for _ in range(4)]
    # One generator through all bounds and doubles, so that a waiting half has to survive the 64-bit draws.
    random = generator()
    interleaved = []
    for _ in range(3):
        for bound in BOUNDS:
            interleaved.append(int(random.integers(0, bound)))
        interleaved.append(int(random.random() * 2**53))
    random = generator()
    shuffled = list(range(12))
    random.shuffle(shuffled)
    shuffled.append(int(random.integers(0, 1000)))
    shuffled += [int(place) for place in random.permutation(5)]
    fields = [
        f"      seed: {seed}, key: {swift(key)}",
        wrapped("words", sequence().generate_state(6), "      "),
        wrapped("raw", raw, "      "),
        wrapped("uniforms", uniforms, "      "),
        wrapped("interleaved", interleaved, "      "),
        wrapped("shuffled", shuffled, "      "),
    ]
    return "    NumPyDraws(\n" + ",\n".join(fields) + "),\n"


def legacy_draws(seed):
    def generator():
        return RandomState(seed if seed < 2**32 else [seed % 2**32, seed >> 32])

    random = generator()
    words = [int(word) for word in random.randint(0, 2**32, 8, dtype=np.uint32)]
    random.randint(0, 2**32, 2000, dtype=np.uint32)
    words += [int(word) for word in random.randint(0, 2**32, 4, dtype=np.uint32)]
    random = generator()
    uniforms = [repr(float(random.rand())) for _ in range(4)]
    # Whether the generator stands where it should after each bound shows in the next draw.
    random = generator()
    interleaved = []
    for bound in range(1, 34):
        interleaved.append(int(random.randint(bound)))
    for bound in BOUNDS:
        interleaved.append(int(random.randint(bound)))
        interleaved.append(int(random.rand() * 2**53))
    several = random.randint(1, 6, 8).tolist() + [int(x * 2**53) for x in random.rand(3)]
    fields = [
        f"      seed: {seed}",
        wrapped("words", words, "      "),
        wrapped("uniforms", uniforms, "      "),
        wrapped("interleaved", interleaved, "      "),
        wrapped("several", several, "      "),
    ]
    return "    LegacyNumPyDraws(\n" + ",\n".join(fields) + "),\n"


def write_legacy():
    text = f"""// Written by Scripts/make-numpy-draws with NumPy {np.__version__}; do not edit.

/// What NumPy draws from `RandomState(seed)`, or from `RandomState([low, high])` for a seed from 2³² on.
struct LegacyNumPyDraws: Sendable {{
  let seed: UInt64
  /// The first 8 words of 32 bits, and the 4 after 2000 more.
  let words: [UInt32]
  /// Four times `rand()`.
  let uniforms: [Double]
  /// `randint(bound)` for each bound of 1 to 33; then for each of `NumPyDraws.bounds`, with `rand()` after it as a multiple
  /// of 2⁻⁵³.
  let interleaved: [Int]
  /// After those, `randint(1, 6, 8)` and `rand(3)`.
  let several: [Int]

  static let all = [
"""
    text += "".join(legacy_draws(seed) for seed in LEGACY_SEEDS)
    text += "  ]\n}\n"
    path = Path(__file__).parent.parent / "Tests/RandomStreamsTests/LegacyNumPyDraws.swift"
    path.write_text(text)


def main():
    write_legacy()
    cases = [(seed, ()) for seed in SEEDS] + [(42, key) for key in KEYS[1:]] + [(2**64 - 1, (7, 2**40))]
    text = f"""// Written by Scripts/make-numpy-draws with NumPy {np.__version__}; do not edit.

/// What NumPy draws from `Generator(PCG64(SeedSequence(seed, spawn_key=key)))`.
struct NumPyDraws: Sendable {{
  let seed: UInt64
  let key: [UInt64]
  /// `SeedSequence.generate_state(6)`.
  let words: [UInt32]
  /// `random_raw(4)`.
  let raw: [UInt64]
  /// Four times `random()`.
  let uniforms: [Double]
  /// Three times `integers(0, bound)` for each bound, then `random()` as a multiple of 2⁻⁵³, from one generator.
  let interleaved: [Int]
  /// `shuffle` of 0 to 11, then `integers(0, 1000)`, then `permutation(5)`.
  let shuffled: [Int]

  static let bounds = {swift(BOUNDS)}

  static let all = [
"""
    text += "".join(draws(seed, key) for seed, key in cases)
    text += "  ]\n}\n"
    path = Path(__file__).parent.parent / "Tests/RandomStreamsTests/NumPyDraws.swift"
    path.write_text(text)


main()
