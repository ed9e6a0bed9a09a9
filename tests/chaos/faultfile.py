"""Faults inside our own processes, switched on and off while they run by a file in the data folder.

Read by the processes of the installation and by their engine processes; knows neither Django nor Celery.
"""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

FILE = "sabotage.json"
DATABASE_FOLDER = "database"
SECONDS_BETWEEN_LOOKS = 0.2


class Sabotage:
    """What goes wrong in this process now."""

    def __init__(self) -> None:
        self._path = Path(os.environ.get("LEPTON_DATA_DIR", "")) / FILE
        self._read_at = 0.0
        self._shares: dict[str, float] = {}
        self.chance = random.Random(f"{os.environ.get('LEPTON_CHAOS_SEED')}:{os.environ.get('LEPTON_CHAOS_ROLE')}")

    def strikes(self, kind: str) -> bool:
        """Return whether this fault happens now."""
        share = self.share(kind)
        return share > 0 and self.chance.random() < share

    def share(self, kind: str) -> float:
        """Return a number of the file, 0 when it is not there."""
        now = time.monotonic()
        if now - self._read_at > SECONDS_BETWEEN_LOOKS:
            self._read_at = now
            try:
                self._shares = json.loads(self._path.read_text())
            except (OSError, ValueError):
                self._shares = {}
        return self._shares.get(kind, 0.0)


sabotage = Sabotage()
