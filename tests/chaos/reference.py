"""Small graphs drawn by chance, and what each of their nodes must give. Knows nothing of the engine."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PORTS = "abc"
LONG_NODE_SECONDS = (0.2, 1.5)


def mixed(salt: str, given: Sequence[float]) -> float:
    """Return a number that depends on the text and on every input; whole, so that it survives JSON unchanged."""
    text = "|".join([salt, *(str(int(value)) for value in given)])
    return float(int(hashlib.sha256(text.encode()).hexdigest()[:12], 16))


@dataclass(frozen=True)
class Drawn:
    """A graph and its right answer. ``values``: node to number; a node that is skipped or fails has none."""

    document: dict[str, Any]
    values: dict[str, float]
    state: str


# Each shape: for each node, the nodes it takes its inputs from.
SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((),),
    ((), (0,), (1,)),
    ((), (0,), (0,), (1, 2)),
    ((), (), (), (0, 1, 2)),
    ((), (0,), (0,), (0,), (1, 2, 3), (4,)),
    ((), (0,), (1,), (2,), (3,), (4,)),
)


def draw(chance: random.Random, salts: list[str], *, seconds: tuple[float, float] = LONG_NODE_SECONDS) -> Drawn:
    """Return a graph. ``salts``: texts used before, grows; one in ten graphs uses one again and finds kept results."""
    shape = chance.choice(SHAPES)
    is_retry = bool(salts) and chance.random() < 0.1
    salt = chance.choice(salts) if is_retry else f"{chance.getrandbits(64):016x}"
    salts.append(salt)
    refusing = chance.randrange(len(shape)) if chance.random() < 0.05 else -1
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, str]] = []
    values: dict[str, float] = {}
    for at, sources in enumerate(shape):
        name = f"n{at}"
        for port, source in zip(PORTS, sources, strict=False):
            edges.append({"source": f"n{source}", "source_port": "metrics", "target": name, "target_port": port})
        if at == refusing:
            del edges[len(edges) - len(sources) + (1 if sources else 0) :]
            nodes.append({"id": name, "type": "chaos.refuses", "params": {"salt": salt}})
            continue
        nodes.append(_mixing(name, f"{salt}.{at}", chance, seconds))
        if all(f"n{source}" in values for source in sources):
            values[name] = mixed(f"{salt}.{at}", [values[f"n{source}"] for source in sources])
    state = "failed" if refusing >= 0 else "done"
    return Drawn({"nodes": nodes, "edges": edges}, values, state)


def _mixing(name: str, salt: str, chance: random.Random, seconds: tuple[float, float]) -> dict[str, Any]:
    """Return a node that mixes: half of them are quick ones that the engine may run in one go."""
    if chance.random() < 0.5:
        return {"id": name, "type": "chaos.quickly", "params": {"salt": salt}}
    long = chance.uniform(*seconds) if chance.random() < 0.5 else 0.0
    params = {"salt": salt, "seconds": round(long, 3), "uses_folder": chance.random() < 0.3}
    return {"id": name, "type": "chaos.mixes", "params": params}
