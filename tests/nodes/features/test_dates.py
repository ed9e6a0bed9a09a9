"""Taking dates apart."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.transform import prune
from tasks.nodes.features.dates.node import PARTS
from tests.contexts import ListContext
from tests.tables import table_of

Dates = node_class("features.dates")


def parted(*moments, **params):
    table = table_of({"when": ("date", list(moments))})
    return invoke(Dates, {"table": table}, Dates.Params(**params), ListContext())["table"]


def test_parts_are_those_of_the_calendar():
    made = parted("2024-02-29T23:59:30", "1969-12-31T00:00:00", None, parts=tuple(PARTS))
    expected = {
        "year": (2024, 1969),
        "quarter": (1, 4),
        "month": (2, 12),
        "day": (29, 31),
        "weekday": (4, 3),
        "hour": (23, 0),
        "minute": (59, 0),
        "day_of_year": (60, 365),
        "weekend": (0, 0),
        "days": (19782, -1),
    }
    for part, values in expected.items():
        assert tuple(made.columns[f"when_{part}"][:2]) == values, part
        assert np.isnan(made.columns[f"when_{part}"][2])
    assert "when" not in made.schema


def test_december_lies_next_to_january_on_the_circle():
    made = parted("2024-12-15", "2024-01-15", "2024-06-15", parts=("month",), cyclic=True)
    places = np.column_stack([made.columns["when_month_sin"], made.columns["when_month_cos"]])
    assert np.linalg.norm(places[0] - places[1]) < np.linalg.norm(places[0] - places[2])


def test_dates_can_stay_beside_their_parts():
    assert "when" in parted("2024-01-01", keep=True).schema


def test_endpoint_is_asked_for_the_date_of_a_wanted_part():
    made = parted("2024-01-01")
    kept, needed = prune(made.transforms, ["when_year"])
    assert needed == {"when"}
    assert kept[0].outputs == ("when_year",)


def test_no_parts_are_refused():
    with pytest.raises(NodeError, match="No part"):
        parted("2024-01-01", parts=())
