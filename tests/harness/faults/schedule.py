# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What goes wrong when. Made from a seed alone, so that the seed brings it back."""

import dataclasses
import random

# How often each kind is drawn, and for how many seconds it lasts.
ACCIDENTS = {
    "memcached frozen": (6, 0.005, 0.3),
    "memcached killed": (2, 0.0, 0.3),
    "daemon killed": (2, 0.0, 1.5),
    "daemon frozen": (2, 0.05, 0.5),
    "detached and attached": (1, 0.0, 0.5),
    "interface down and up": (2, 0.0, 0.3),
}
FIRST_PAUSE, PAUSES = 1.5, (0.1, 1.5)  # seconds

WEATHER = (
    {},
    {"drop": 0.002, "delay": 0.02, "delay_ms": 2},
    {"duplicate": 0.02, "delay": 0.1, "delay_ms": 1},
    {"drop": 0.01, "duplicate": 0.01, "delay": 0.05, "damage": 0.005, "delay_ms": 5},
    {"delay": 0.5, "delay_ms": 0.3},
)


@dataclasses.dataclass(frozen=True)
class Accident:
    pause: float  # seconds since the one before was over
    kind: str
    seconds: float


@dataclasses.dataclass(frozen=True)
class Spell:
    """A time with the same weather on the wire; is_busy: others take the CPUs."""
    at: float
    weather: dict
    is_busy: bool


def accidents(seed, kinds=tuple(ACCIDENTS)):
    """One after the other, without an end."""
    draw = random.Random(f"accidents {seed}")
    weights = [ACCIDENTS[kind][0] for kind in kinds]
    pause = FIRST_PAUSE
    while True:
        kind = draw.choices(kinds, weights)[0]
        yield Accident(pause, kind, draw.uniform(*ACCIDENTS[kind][1:]))
        pause = draw.uniform(*PAUSES)


def spells(seed, seconds):
    draw = random.Random(f"weather {seed}")
    at = 0.0
    while at < seconds:
        yield Spell(at, draw.choice(WEATHER), draw.random() < 0.4)
        at += draw.uniform(1, 4)
