"""Documents that are made to do harm cost a bounded time and memory, and say so."""

from __future__ import annotations

import io
import os
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from connectors.documents.document import Document, Limits
from connectors.documents.reader import DocumentReader
from connectors.problem import ConnectorProblem
from tests.connectors.documents.files import built_pdf, docx, mail, paragraph, pdf, xlsx, zipped

MB = 1024 * 1024


def problem_of(content: bytes, name: str, limits: Limits | None = None) -> ConnectorProblem:
    with DocumentReader(limits=limits) as reader, pytest.raises(ConnectorProblem) as caught:
        reader.read(content, name=name)
    return caught.value


def read(content: bytes, name: str, limits: Limits | None = None) -> Document:
    with DocumentReader(limits=limits) as reader:
        return reader.read(content, name=name)


def test_a_zip_bomb_in_a_docx_is_refused_while_it_unpacks() -> None:
    bomb = zipped({"word/document.xml": b"<d>" + b" " * (40 * MB)})
    found = problem_of(bomb, "a.docx", Limits(max_unpacked_bytes=20 * MB))
    assert (found.code, found.message) == ("IR782", "a.docx unpacks to more than 20 MB")


def test_a_size_in_a_zip_that_lies_is_not_believed() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<d>" + b" " * (30 * MB) + b"</d>")
    lying = content.getvalue().replace((30 * MB + 7).to_bytes(4, "little"), (99).to_bytes(4, "little"))
    assert lying != content.getvalue()
    assert problem_of(lying, "a.docx", Limits(max_unpacked_bytes=20 * MB)).code in ("IR781", "IR782")


def test_a_workbook_that_unpacks_too_far_is_refused() -> None:
    book = xlsx({"s": [["x"]]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    bomb = zipped({**parts, "xl/sharedStrings.xml": b"<sst>" + b" " * (40 * MB) + b"</sst>"})
    assert problem_of(bomb, "a.xlsx", Limits(max_unpacked_bytes=20 * MB)).code == "IR782"


def test_a_cell_in_the_last_corner_of_a_sheet_does_not_take_all_memory() -> None:
    book = xlsx({"s": [["x"]]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert sheet != parts["xl/worksheets/sheet1.xml"]
    found = problem_of(zipped({**parts, "xl/worksheets/sheet1.xml": sheet}), "a.xlsx", Limits(max_memory_bytes=2**31))
    assert found.code in ("IR781", "IR782")


def test_entities_that_expand_are_refused_before_they_do() -> None:
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><d>&b;</d>'
    found = problem_of(zipped({"word/document.xml": laughs}), "a.docx")
    assert (found.code, found.message) == (
        "IR781", "a.docx declares entities in word/document.xml, which no office program writes",
    )  # fmt: skip


def test_an_entity_of_a_file_of_this_machine_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    outside = f'<!DOCTYPE d [<!ENTITY a SYSTEM "file://{tmp_path}/secret">]><d><w:p><w:t>&a;</w:t></w:p></d>'
    assert problem_of(zipped({"word/document.xml": outside}), "a.docx").code == "IR781"


def test_elements_without_end_are_refused() -> None:
    deep = zipped({"word/document.xml": "<a>" * 100_000})
    assert problem_of(deep, "a.docx").message == "a.docx nests more than 500 elements in each other"


def test_a_pdf_whose_pages_go_round_in_a_circle_ends() -> None:
    circle = built_pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 100000000 >>",
    ])  # fmt: skip
    assert problem_of(circle, "a.pdf", Limits(max_s=60)).code == "IR781"


def test_a_pdf_with_a_stream_that_unpacks_without_end_is_ended() -> None:
    packed = zlib.compress(zlib.compress(b"BT (x) Tj ET " * 20 * MB, 9), 9)
    bomb = built_pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(packed), packed),
    ])  # fmt: skip
    assert len(bomb) < 10_000
    started = time.monotonic()
    found = problem_of(bomb, "a.pdf", Limits(max_s=1))
    assert (found.code, found.message) == ("IR782", "a.pdf took more than 1 seconds to read")
    assert time.monotonic() - started < 60


def test_after_a_document_that_was_ended_the_next_one_is_read() -> None:
    with DocumentReader(limits=Limits(max_s=60)) as reader:
        with pytest.raises(ConnectorProblem):
            reader.read(zipped({"word/document.xml": "<a>" * 100_000}), name="a.docx")
        assert reader.read(b"hello", name="b.txt").text == "hello"


def test_pages_and_text_beyond_the_limits_are_cut_with_a_note() -> None:
    content = pdf([[(50, 50, f"page {number}")] for number in range(1, 6)])
    found = read(content, "a.pdf", Limits(max_pages=2))
    assert (found.text, found.is_cut) == ("page 1\n\npage 2", True)
    assert found.notes == ("only the first 2 of 5 pages are read",)
    long = read(docx(paragraph("x" * 5_000)), "a.docx", Limits(max_characters=1_000))
    assert (len(long.text), long.is_cut) == (1_000, True)


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 60 * MB)
    with DocumentReader() as reader, pytest.raises(ConnectorProblem, match="has more than 50 MB"):
        reader.read(path, name="a.pdf")


def test_mails_in_mails_in_mails_are_read_to_a_depth_and_the_rest_is_named() -> None:
    content = mail("innermost")
    for depth in range(5):
        content = mail(f"around {depth}", (f"{depth}.eml", "application/octet-stream", content))
    found = read(content, "m.eml", Limits(max_depth=3))
    assert "around 2" in found.whole_text
    assert "around 1" not in found.whole_text
    assert found.parts[0].parts[0].notes == ("2.eml is a mail in 3 others, whose text is not read",)


def test_parts_that_nest_a_thousand_times_are_refused() -> None:
    boundaries = range(1_500)
    deep = b"MIME-Version: 1.0\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (each, each) for each in boundaries
    )
    found = problem_of(deep, "m.eml")
    assert found.code == "IR782"


def test_more_attachments_than_the_limit_are_named() -> None:
    found = read(mail("x", *((f"{n}.txt", "text/plain", b"t") for n in range(5))), "m.eml", Limits(max_parts=2))
    assert [each.name for each in found.parts] == ["0.txt", "1.txt"]
    assert found.notes == ("more than 2 attachments: the rest is not read",)


def test_the_process_that_reads_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_SECRET_X", "hunter2")
    with DocumentReader() as reader:
        reader.read(b"x", name="a.txt")
        [process] = reader._idle
        environment = Path(f"/proc/{process.pid}/environ")
        assert not environment.exists() or b"hunter2" not in environment.read_bytes()


def test_the_process_that_reads_takes_no_module_from_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "html.py").write_text("raise SystemExit(3)")
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert read(b"<html><p>hello</p></html>", "a.html").text == "hello"
