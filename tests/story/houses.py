"""A table of our own for the story: houses sold on one day after another, with gaps where people forget."""

from __future__ import annotations

import csv
import io

import numpy as np

HEADER = ["day", "area", "age", "rooms", "district", "garden", "price"]
NUMBERS = ["area", "age", "rooms"]
WORDS = ["district", "garden"]
TARGET = "price"
ROWS = 1200
TEST_SHARE = 0.25
DISTRICTS = {"north": 0.0, "harbour": 60.0, "old town": 110.0, "west": 25.0}


def houses() -> list[dict[str, object]]:
    """Return the rows in random order; ``None`` is a gap."""
    random = np.random.default_rng(20)
    rows: list[dict[str, object]] = []
    for day in random.permutation(ROWS):
        district = str(random.choice(list(DISTRICTS), p=[0.4, 0.2, 0.1, 0.3]))
        garden = "yes" if random.random() < 0.35 else "no"
        area = round(float(random.gamma(9.0, 12.0)) + 20.0, 1)
        age = round(float(random.uniform(0.0, 90.0)), 1)
        rooms = int(np.clip(round(area / 28.0 + random.normal(0.0, 0.7)), 1, 9))
        price = 40.0 + 2.4 * area - 0.8 * age + 9.0 * rooms + DISTRICTS[district] + 18.0 * (garden == "yes")
        rows.append(
            {
                "day": int(day),
                "area": None if random.random() < 0.06 else area,
                "age": None if random.random() < 0.09 else age,
                "rooms": rooms,
                "district": None if random.random() < 0.05 else district,
                "garden": garden,
                "price": round(price + float(random.normal(0.0, 12.0)), 2),
            }
        )
    return rows


def as_csv(rows: list[dict[str, object]]) -> bytes:
    """Return the rows as the file a person would drop; a gap is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def parted(rows: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return training and test rows as a split by time does: the newest rows are the test."""
    in_order = sorted(rows, key=lambda row: int(str(row["day"])))
    cut = len(rows) - round(len(rows) * TEST_SHARE)
    return in_order[:cut], in_order[cut:]


def raw(row: dict[str, object]) -> dict[str, object]:
    """Return what an endpoint is asked about: the row without what it shall predict."""
    return {name: value for name, value in row.items() if name not in {TARGET, "day"}}
