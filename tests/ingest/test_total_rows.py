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
    "German pivot": (
        "Gruppe;Fach;wert\nR0;a;1\nR0;b;2\nR0-Ergebnis;;3\nR1;a;4\nR1;b;5\nR1-Ergebnis;;9\nGesamtergebnis;;12\n",
        ["a", "b", "a", "b"],
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


@pytest.mark.parametrize(
    "word",
    ["Ergebnis", "Gesamtergebnis", "Teilergebnis", "Toplam", "GENEL TOPLAM", "Yhteensä", "Totalt", "Summa", "Ukupno"]
    + ["Σύνολο", "Общий итог", "总和", "All"],
)
def test_totals_are_known_by_their_words_in_many_languages(read, word):
    made = read(f"grp,qty,amt\ng0,1,2.5\ng1,2,3.5\ng0,3,4\n{word},6,10\n")
    assert made.columns["qty"].tolist() == [1, 2, 3]
    assert any(note.code in {"totals", "totals_among"} for note in made.notes)


def test_margins_are_totals_where_the_other_columns_are_blank(read):
    made = read("region,shop,sales\nN,a,1\nN,b,2\nS,a,5\nS,c,7\nAll,,99\n")
    assert made.columns["sales"].tolist() == [1, 2, 5, 7]


@pytest.mark.parametrize(
    "text",
    [
        "brand,litres,price\nShell,10,2\nTotal,12,3\nBP,11,2\n",
        "name,n,m\nSpring Total,3,4\nSummer Total,4,9\nAutumn Total,2,7\n",
        "test,n,m\nProbe,3,4\nErgebnis,4,9\n",
        "sex,n,m\nf,3,4\nm,4,9\nAll,5,8\n",
        "item,n,m\nAll Stars,3,4\nLaces,4,9\nAll Black,7,13\n",
    ],
)
def test_a_row_that_only_sounds_like_a_total_stays(read, text):
    made = read(text)
    assert {len(values) for values in made.columns.values()} == {text.count("\n") - 1}
