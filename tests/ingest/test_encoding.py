"""In which encoding a file is, and that a person is asked where it cannot be told."""

from __future__ import annotations

import io

import pytest

from tasks.ingest.encoding import likely_encodings
from tasks.ingest.errors import IngestError
from tasks.ingest.ingest import read_file
from tasks.ingest.options import ReadOptions
from tasks.ingest.preview import preview

SURE = {
    "koi8-r": "город;цена\nМосква;1\nСанкт-Петербург;2\nКазань;3\n",
    "windows-1253": "Πόλη;Τιμή\nΑθήνα;1\nΠάτρα;2\nΘεσσαλονίκη;3\n",
    "windows-1254": "şehir;x\nİstanbul;1\nAğrı;2\nMuş;3\nDiyarbakır;4\nŞanlıurfa;1\nIğdır;2\nKırşehir;3\n",
    "windows-1255": "שם;x\nתל אביב;1\nירושלים;2\nחיפה;3\n",
    "windows-1256": "اسم;x\nالقاهرة;1\nالرياض;2\nدبي;3\nبغداد;1\n",
    "windows-1257": "miestas;x\nŠiauliai;1\nPanevėžys;2\nKlaipėda;3\nTelšiai;4\nRadviliškis;5\nKretinga;6\nŠilutė;7\n",
    "windows-1252": "ciudad;x\nMálaga;1\nEspaña;2\nLeón;3\nCádiz;4\nLogroño;5\nCórdoba;6\n",
    "windows-1250": "oraş;x\nBucureşti;1\nIaşi;2\nTimişoara;3\nConstanţa;4\nBraşov;6\n",
    "euc-jp": "都市;価格\n東京;1\n大阪市;2\nさっぽろ;3\n",
    "gb18030": "产品;颜色\n尺寸;1\n规格;2\n库存;3\n单价;4\n备注;5\n供应商;6\n仓库;7\n日期;8\n",
}
DOUBTFUL = {
    "koi8-r": "a;b\nда;1\nнет;2\n",
    "windows-1251": "a;b\nда;1\nнет;2\n",
    "windows-1253": "a;b\nναι;1\nόχι;2\n",
    "windows-1254": "a;b\nAğrı;2\n",
    "windows-1252": "a;b\nBodø;2\n",
    "windows-1250": "ár;x\nGyőr;1\nPécs;2\n",
    "gb18030": "a;b\n上海;1\n",
    "euc-jp": "a;b\n東京;1\n",
    "euc-kr": "a;b\n서울;1\n",
}


@pytest.fixture
def read(tmp_path):
    def read_bytes(content: bytes, **options):
        path = tmp_path / "a.csv"
        path.write_bytes(content)
        return read_file(path, path.name, ReadOptions(**options))

    return read_bytes


@pytest.mark.parametrize(("encoding", "text"), SURE.items(), ids=list(SURE))
def test_a_clear_text_is_read_without_a_question(read, encoding, text):
    made = read(text.encode(encoding))
    first, row = (line.split(";") for line in text.split("\n")[:2])
    assert list(made.schema.names) == first
    assert made.columns[first[0]][0] == row[0]


@pytest.mark.parametrize(("encoding", "text"), DOUBTFUL.items(), ids=list(DOUBTFUL))
def test_a_short_text_is_asked_about_with_the_right_one_among_the_choices(read, encoding, text):
    content = text.encode(encoding)
    with pytest.raises(IngestError) as asked:
        read(content)
    assert asked.value.message.id == "file.encodings"
    shown = preview(io.BytesIO(content), "a.csv", {})
    right = next(one for one in shown["encodings"] if one["encoding"] == encoding)
    assert right["lines"][0] == text.split("\n")[0]
    assert text.split("\n")[1] in right["lines"]
    assert len({tuple(one["lines"]) for one in shown["encodings"]}) == len(shown["encodings"]) > 1
    made = read(content, encoding=encoding)
    assert made.columns[made.schema.names[0]][0] == text.split("\n")[1].split(";")[0]


@pytest.mark.parametrize("encoding", ["cp862", "cp737", "cp874"])
def test_an_encoding_that_is_not_known_is_never_taken_for_another(read, encoding):
    words = {
        "cp862": "ירושלים חיפה",
        "cp737": "Αθήνα Πάτρα",
        "cp874": "กรุงเทพ เชียงใหม่ ขอนแก่น",
    }[encoding]
    content = ("a;b\n" + "".join(f"{word};1\n" for word in words.split())).encode(encoding)
    with pytest.raises(IngestError):
        read(content)


def test_letters_far_down_a_file_count_too():
    content = b"a,b\n" + b"plain,1\n" * 100_000 + "Bodø,2\n".encode("windows-1252")
    assert [one.encoding for one in likely_encodings(content)][:1] == ["windows-1252"]
    assert len(likely_encodings(content)) > 1


def test_a_file_that_asks_for_nothing_has_no_choices():
    assert preview(io.BytesIO(b"a,b\n1,2\n"), "a.csv", {})["encodings"] == []
