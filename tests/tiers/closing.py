"""Prints the last lines of ``make test``: what each part did, what was left to ``make test-full``, what was not run.

Reads the files that the parts wrote: those of pytest (``tests/tiers/plugin.py``) and the report of vitest for the
page. A part without a file did not come to its end. Exits with 1 when a test failed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

PARTS = {
    "page": "the page's own tests",
    "python": "engine, interface and architecture",
    "stack": "worker, whole stack and browser",
    "postgresql": "the database on PostgreSQL",
}
# A machine without PostgreSQL writes none: it is said as not run, and fails nothing.
OPTIONAL = {"postgresql": "no PostgreSQL answers on localhost:5432, nor at LEPTON_TEST_DATABASE_URL"}
NEEDS = "needs "
TABLE = "  {part:<38}{passed:>8}{failed:>8}{skipped:>9}{seconds:>9}"
SLOWEST = 20


@dataclass
class Part:
    """What one part did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    left_out: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    slow: list[tuple[str, float, float]] = field(default_factory=list)


def read_part(path: Path) -> Part:
    """Return what the file says."""
    report = json.loads(path.read_text())
    if "numTotalTests" in report:
        last = max((one["endTime"] for one in report["testResults"]), default=report["startTime"])
        return Part(
            passed=report["numPassedTests"],
            # A file that cannot be loaded has no tests that could fail.
            failed=report["numFailedTests"] or report["numFailedTestSuites"],
            skipped=report["numPendingTests"],
            seconds=(last - report["startTime"]) / 1000,
        )
    counts = report["counts"]
    return Part(
        passed=counts["passed"] + counts["xfailed"],
        failed=counts["failed"] + counts["error"] + counts["xpassed"],
        skipped=counts["skipped"],
        seconds=report["seconds"],
        left_out=report["left_out"],
        reasons=report["skipped"],
        slow=[tuple(one) for one in report["slow"]],
    )


def closing_lines(folder: Path, tier: str, *, has_failed: bool = False) -> tuple[list[str], bool]:
    """Return the lines, and whether all that ran passed; ``has_failed``: a part ended with an error."""
    parts = {name: read_part(path) for name in PARTS if (path := folder / f"{name}.json").exists()}
    lines = ["", TABLE.format(part="", passed="passed", failed="failed", skipped="skipped", seconds="seconds")]
    for name, part in parts.items():
        shown = {"passed": part.passed, "failed": part.failed, "skipped": part.skipped}
        lines.append(TABLE.format(part=PARTS[name], seconds=round(part.seconds), **shown))
    reasons = sum((Counter(part.reasons) for part in parts.values()), Counter[str]())
    lines += [f"  skipped: {count} × {reason}" for reason, count in sorted(reasons.items())]
    slow = sorted((one for part in parts.values() for one in part.slow), key=lambda one: -one[1])
    if tier == "full" and slow:
        lines.append("  over 2 seconds without @pytest.mark.slow(reason=...) (on the clock, of a processor):")
        lines += [f"    {seconds:6.1f} {processor:6.1f}  {name}" for name, seconds, processor in slow[:SLOWEST]]
    # Each part leaves out the tests of the others' too.
    left_out = max((part.left_out for part in parts.values()), default=0)
    if left_out:
        lines.append(f"  {left_out} more tests run in `make test-full`.")
    missing = [PARTS[name] for name in PARTS if name not in parts and name not in OPTIONAL]
    passed, failed = sum(part.passed for part in parts.values()), sum(part.failed for part in parts.values())
    if failed or missing or has_failed:
        unfinished = f" Not finished: {'; '.join(missing)}." if missing else ""
        return [*lines, f"FAILED: {failed} tests failed, {passed} passed.{unfinished}"], False
    lacking = [f"{count} tests ({reason})" for reason, count in reasons.items() if reason.startswith(NEEDS)]
    lacking += [f"{PARTS[name]} ({why})" for name, why in OPTIONAL.items() if name not in parts]
    if lacking:
        return [*lines, f"{passed} tests passed. NOT RUN: {'; '.join(lacking)}."], True
    return [*lines, f"Every test passed: {passed} tests{', the full tier' if tier == 'full' else ''}."], True


if __name__ == "__main__":
    closing, is_good = closing_lines(Path(sys.argv[1]), sys.argv[2], has_failed=sys.argv[3] != "0")
    sys.stdout.write("\n".join(closing) + "\n")
    sys.exit(not is_good)
