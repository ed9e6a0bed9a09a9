"""A CSV body that ends within a quotation, or holds the character NUL, is refused with its line."""

from __future__ import annotations

import pytest

from tasks.contract.reading import FileReading, Reading
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference.csv_records import BadTable
from tasks.inference.csv_rows import read_csv

SCHEMA = Schema(columns=(Column(name="Area", type=ColumnType.NUMBER), Column(name="City", type=ColumnType.CATEGORY)))
READINGS = {"as trained": Reading(file=FileReading()), "any": None}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize(
    ("text", "message_id", "line"),
    [
        ('Area,City\n50,"Bern\n', "csv.cut_off", 2),
        ('Area,City\n50,Bern\n51,"Bi\nel"\n\n52,"Basel', "csv.cut_off", 6),
        ("Area,City\n50,Bern\n51,Ba\0sel\n", "csv.binary", 3),
    ],
)
def test_a_damaged_body_is_refused_with_its_line(reading, text, message_id, line):
    with pytest.raises(BadTable) as refused:
        read_csv(text.encode(), SCHEMA, 10, reading)
    assert (refused.value.message.id, refused.value.message.params["line"]) == (message_id, line)


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_whole_body_is_read_whatever_ends_it(reading, end):
    columns, _ = read_csv(f'Area,City\n50,"Be""rn"\n51,"Bi\nel"{end}'.encode(), SCHEMA, 2, reading)
    assert columns["City"] == ['Be"rn', "Bi\nel"]
