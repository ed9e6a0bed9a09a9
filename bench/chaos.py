"""Small runs under faults: lost, wrong, stuck and doubled must be 0. See ``tests/chaos``.

``--runs`` and ``--seed`` choose a campaign of all faults at once; ``--each`` tries every fault by itself and prints a
table (p50, p95 and how many): seconds until work that was lost with it was given to others, seconds that ready work
waited for somebody, seconds from the end of the fault to the end of the last run that it met. Uses SQLite, or
PostgreSQL when ``--postgresql`` names a server; ``--postgresql own`` starts one that may be killed and filled.
Exits 1 when something did not hold. The schedule of the faults and the graphs follow from the seed; the moment within
a node that a fault meets is the machine's.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.chaos.alone import HEAD, Alone, try_each_alone, verdict
from tests.chaos.campaign import Plan, Report, conduct
from tests.chaos.checks import KINDS
from tests.worker.stack import CallRefused


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--window", type=int, default=60, help="unfinished runs at once")
    parser.add_argument("--between", type=float, nargs=2, default=(1.0, 5.0), help="seconds between two faults")
    parser.add_argument("--longest-pause", type=float, default=40.0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="no new runs after this long")
    parser.add_argument("--longest-node", type=float, default=1.5, help="seconds of the slowest nodes")
    parser.add_argument("--faults", nargs="*", default=(), help="only these")
    parser.add_argument("--each", type=int, default=0, metavar="EVENTS", help="instead, each fault alone so often")
    parser.add_argument("--postgresql", default="", help="a server that lets us make databases, or: own")
    options = parser.parse_args()
    print(describe_machine(), flush=True)
    plan = Plan(
        seed=options.seed,
        runs=options.runs,
        window=options.window,
        between=tuple(options.between),
        longest_pause=options.longest_pause,
        seconds=(0.1, options.longest_node),
        faults=tuple(options.faults),
        minutes=options.minutes,
        database_url=options.postgresql,
    )
    print(f"seed {plan.seed}", flush=True)
    try:
        return _show_each(plan, options.each) if options.each else _show(conduct(plan))
    except CallRefused as refusal:
        print(f"The server refuses a call again and again, so the campaign is given up. {refusal}")
        return 1


def _show_each(plan: Plan, events: int) -> int:
    is_clean = True
    print(HEAD, flush=True)
    for told in try_each_alone(plan.seed, events, plan.database_url, plan.faults):
        if isinstance(told, str):
            print(told, flush=True)
            continue
        found = told
        if isinstance(told, Alone):
            print(told.row(), flush=True)
            found = told.found
        print("".join(f"{line}\n" for line in verdict(found)), end="", flush=True)
        is_clean = is_clean and not any(found.count(kind) for kind in KINDS)
    return 0 if is_clean else 1


def _show(report: Report) -> int:
    print("\n".join(report.lines()))
    if not report.is_clean:
        print(report.said)
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    run_program(main)
