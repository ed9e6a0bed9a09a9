"""Packed files are read for what is in them."""

from __future__ import annotations

import bz2
import gzip
import io

import pytest

from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions


def read(folder, content: bytes, name: str):
    path = folder / name
    path.write_bytes(content)
    return read_file(path, name, ReadOptions())


@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, "gz"), (bz2.compress, "bz2")])
def test_text_and_parquet_may_be_packed(tmp_path, pack, ending):
    import pyarrow as pa
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, 2]}), sink)
    for content, kind in ((b"a\n1\n2\n", "csv"), (b'[{"a": 1}, {"a": 2}]', "json"), (sink.getvalue(), "parquet")):
        made = read(tmp_path, pack(content), f"a.{kind}.{ending}")
        assert made.columns["a"].tolist() == [1, 2]


def test_a_packed_file_that_is_cut_is_refused_by_its_name(tmp_path):
    with pytest.raises(IngestError, match="bzip2 file is damaged"):
        read(tmp_path, bz2.compress(b"a,b\n1,2\n" * 1000)[:-20], "a.csv.bz2")
