"""One-row latency and throughput of our endpoint beside the floor and beside a scikit-learn pipeline served by others.

30 numeric and 2 categorical raw columns; impute, scale, one-hot; JSON over HTTP; one worker each, in turns within the
same minutes; the load comes from a process of its own, whose share of a core is said. Ours checks the key, validates
every value and counts every answer; the others do none of it. The floor is the least that any answer by the same
server costs: parse, one call of ONNX Runtime on a fixed matrix, send.
The other is FastAPI; ``--peers FOLDER``: BentoML, MLServer, MLflow and LitServe too, each in an environment of its
own in that folder, made when it is not there (minutes, and a package registry). ``--kind``: one model of the three.
Prints medians over the rounds and ratios; exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.endpoint.models import KINDS, complete_rows
from bench.endpoint.servers import FLOOR, OURS, Row, Server, fastapi, floor, ours
from bench.machine import describe_machine
from bench.program import run_program

CONNECTIONS = (1, 16, 64)
BATCH = 1000
RATIO_TARGET = 30.0
FLOOR_TARGET = 0.5
P50_TARGET_MS = 0.4


@dataclass
class Seen:
    """What was seen of one model. ``one``: by server and connections, what the load generator saw in each round."""

    one: dict[tuple[str, int], list[dict[str, float]]] = field(default_factory=dict)
    batch_ms: dict[str, list[float]] = field(default_factory=dict)
    mebibytes: dict[str, float] = field(default_factory=dict)

    def middle(self, server: str, connections: int, figure: str) -> float:
        """Return the median over the rounds."""
        return statistics.median(said[figure] for said in self.one[server, connections])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--kind", choices=KINDS, action="append", help="this model only; may be given again")
    parser.add_argument("--peers", type=Path, help="measure the other systems too, in environments kept here")
    options = parser.parse_args()
    rows = complete_rows(BATCH)
    results = []
    for kind in options.kind or KINDS:
        print(describe_machine())
        with tempfile.TemporaryDirectory(prefix="lepton-serving-") as name:
            seen = _measure(kind, Path(name), rows, options)
        results.append(_say(kind, seen))
        sys.stdout.flush()
    return 0 if all(results) else 1


def _measure(kind: str, folder: Path, rows: list[Row], options: argparse.Namespace) -> Seen:
    seen = Seen()
    with ExitStack() as around:
        servers = [around.enter_context(start(kind, folder)) for start in (ours, floor, fastapi)]
        if options.peers:
            servers += _others(kind, folder, options.peers.resolve(), around)
        for server in servers:
            server.write_bodies(folder, rows)
            server.load("one", 1, 0.5)
        for _ in range(options.rounds):
            for connections in CONNECTIONS:
                for server in servers:
                    said = server.load("one", connections, options.seconds)
                    seen.one.setdefault((server.name, connections), []).append(said)
            for server in servers:
                took = server.load("many", 1, options.seconds / 2)["p50_ms"]
                seen.batch_ms.setdefault(server.name, []).append(took)
        seen.mebibytes = {server.name: server.resident_mebibytes() for server in servers}
    return seen


def _others(kind: str, folder: Path, environments: Path, around: ExitStack) -> list[Server]:
    from bench.endpoint.peer_servers import PEER_SERVERS
    from bench.peers.environments import why_not

    servers = []
    for other in PEER_SERVERS:
        try:
            servers.append(around.enter_context(other.serving(kind, folder, environments)))
            print(f"{' '.join(other.packages)}: {other.shape}")
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{other.name} was left out: {why_not(error)}")
    return servers


def _say(kind: str, seen: Seen) -> bool:
    print(f"\n{kind}: one row")
    print("  server          connections   p50 ms   p99 ms   requests/s   CPU ms each   load generator")
    figures = ("p50_ms", "p99_ms", "per_second", "cpu_ms", "generator_share")
    for server, connections in seen.one:
        p50, p99, rate, work, share = (seen.middle(server, connections, figure) for figure in figures)
        print(
            f"  {server:<18} {connections:>8} {p50:>8.3f} {p99:>8.2f} {rate:>12,.0f} {work:>13.3f} {share:>13.0%}",
        )
    others = [name for name in seen.batch_ms if name not in (OURS, FLOOR)]
    is_met = True
    for connections in CONNECTIONS:
        for other in (*others, FLOOR):
            is_met &= _say_ratio(seen, other, connections, FLOOR_TARGET if other == FLOOR else RATIO_TARGET)
    p50 = seen.middle(OURS, 1, "p50_ms")
    print(f"  p50 at 1 connection: {p50:.3f} ms (target {P50_TARGET_MS:g})")
    for server, times in seen.batch_ms.items():
        took, memory = statistics.median(times), seen.mebibytes[server]
        print(f"  {BATCH} rows, {server}: {took:.1f} ms; resident {memory:.0f} MiB")
    return is_met and p50 <= P50_TARGET_MS


def _say_ratio(seen: Seen, other: str, connections: int, target: float) -> bool:
    pairs = zip(seen.one[OURS, connections], seen.one[other, connections], strict=True)
    each = [mine["per_second"] / theirs["per_second"] for mine, theirs in pairs]
    ratio = statistics.median(each)
    rounds = ", ".join(f"{one:.2f}" for one in each)
    # What a busy machine does to the clock it does not do to the processor time.
    by_work = seen.middle(other, connections, "cpu_ms") / seen.middle(OURS, connections, "cpu_ms")
    print(
        f"  at {connections}: {ratio:.2f} times the throughput of {other} (rounds {rounds}; target {target:g}), "
        f"{by_work:.2f} times by processor time"
    )
    return ratio >= target


if __name__ == "__main__":
    run_program(main)
