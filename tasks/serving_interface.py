"""What the control plane and the serving plane agree on and both import: neither imports the other."""

from __future__ import annotations

SNAPSHOT_KEY = "lepton:serving:snapshot"
"""In Redis: the list of endpoints that the serving processes have to serve."""

REVISION_KEY = "lepton:serving:revision"
"""In Redis: the number of that list."""

CHANGED_CHANNEL = "lepton:serving:changed"
"""In Redis: where the number of a new list is published."""

PROCESSES_KEY = "lepton:serving:processes"
"""In Redis: the set of names of serving processes."""

PROCESS_KEY = "lepton:serving:process:"
"""In Redis, followed by the name of a process: its report, which expires with it."""

STATISTICS_KEY = "lepton:serving:statistics"
"""Redis key of the list of counts by serving processes that are not stored in the database yet."""

BUCKETS_PER_DOUBLING = 8
"""Logarithmic buckets in which latencies are counted, between a duration and twice that: each is 9 % wide."""

PREDICT = "predict"
METADATA = "metadata"
SCOPES = (PREDICT, METADATA)
"""What a key may be used for."""
