"""Rows of totals: at the end, at the begin and below each group."""

from __future__ import annotations

import pytest

from tasks.ingest.csv_file import Ingested
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions

GROUPS = "region,units,price\nN,1,10\nN,2,20\nNorth Total,3,30\nS,4,5\nS,5,6\nSouth Total,9,11\nGrand Total,12,41\n"
CASES = {
    "below each group": (GROUPS, [1, 2, 4, 5]),
    "at the begin": ("region,units\nTotal,10\na,1\nb,2\nc,3\nd,4\n", [1, 2, 3, 4]),
    "at the begin and empty": ("region,units,price\nTotal,,\na,1,2\nb,2,2\nc,3,2\n", [1, 2, 3]),
    "decimal commas": (
        "ort;wert\na;1,5\nb;2,5\nZwischensumme;4,0\nc;3,5\nd;1,5\nZwischensumme;5,0\n",
        [1.5, 2.5, 3.5, 1.5],
    ),
    "Chinese": ("城市,数量\n北京,1\n上海,2\n小计,3\n广州,5\n成都,6\n", [1, 2, 5, 6]),
}


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options) -> Ingested:
        path = tmp_path / "a.csv"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name, ReadOptions(**options))

    return read_text


@pytest.mark.parametrize("name", CASES)
def test_rows_that_hold_sums_of_others_are_left_out_with_a_note(read, name):
    text, expected = CASES[name]
    made = read(text)
    assert list(made.columns.values())[1].tolist() == expected
    found = next(note for note in made.notes if note.code == "totals_among")
    assert found.choices[0].options == {"totals": "keep"}
    kept = read(text, totals="keep")
    assert len(list(kept.columns.values())[1]) == text.count("\n") - 1
    assert not [note for note in kept.notes if note.code.startswith("totals")]


@pytest.mark.parametrize(
    "text",
    [
        "kind,n,m\na,1,5\ntotal,7,5\nb,2,5\nc,3,5\n",
        "kind,n\nTotal War,60\nHalo,50\nPong,10\nTetris,5\n",
        "kind,n\ntotal,1\npartial,2\ntotal,3\npartial,1\n",
    ],
)
def test_rows_that_are_only_called_so_are_kept(read, text):
    made = read(text)
    assert len(made.columns["n"]) == text.count("\n") - 1
    assert not [note for note in made.notes if note.code.startswith("totals")]
