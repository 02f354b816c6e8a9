"""Documents: every letter is found, and a hostile file costs one message."""

import io
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docx
import pypdfium2
import pytest
from docx.oxml import parse_xml

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import (
    FormatError,
    MissingExtraError,
    ParserError,
    PetitionError,
    SourceError,
)
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages import _child_docx, _child_pdf, _document_child, _documents
from nlp_pipeline.stages._child import run_child
from nlp_pipeline.stages._streams import Spool
from nlp_pipeline.stages.read import READABLE, Source, open_source

SETTINGS: ReadSettings = load_settings().read
LAMP = "桥头村的路灯坏了一个多月，晚上学生回家看不清路。"
WAGES = "工地拖欠我们六个人三个月工资，老板不接电话。"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def outcomes(source: Source) -> list[str]:
    """Give each outcome as its text, or as the code of its failure."""
    return [o.raw if isinstance(o, Letter) else o.code for o in source.letters()]


def save_docx(path: Path, *texts: str, change: Callable[[Any], None] | None = None) -> str:
    """Write a .docx file of paragraphs."""
    document = docx.Document()
    for text in texts:
        document.add_paragraph(text)
    if change is not None:
        change(document)
    document.save(str(path))
    return str(path)


def replace_member(path: str, name: str, content: bytes) -> str:
    """Put other content into a member of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in (members | {name: content}).items():
            archive.writestr(member, data)
    return path


def stream(body: bytes, head: bytes = b"") -> bytes:
    """Give a stream of a PDF file."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(body), body)


def text_stream(lines: list[str]) -> bytes:
    """Give the content of a page of lines."""
    shown = b"".join(b"<%s> Tj T* " % line.encode("utf-16-be").hex().encode() for line in lines)
    return stream(b"BT /F 12 Tf 16 TL 50 780 Td " + shown + b"ET")


IMAGE = stream(
    b"q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q",
)
FONT = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts"
    b"[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)"
    b"/Ordering(GB1)/Supplement 2>>/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light"
    b"/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700"
    b"/StemV 80>>>>]>>"
)


def make_pdf(*contents: bytes, page: bytes = b"", trailer: bytes = b"", more: bytes = b"") -> bytes:
    """Give a PDF file with a page for each content stream.

    Args:
        contents: the pages' streams.
        page: entries added to every page.
        trailer: entries added to the trailer.
        more: one more object, number 4.
    """
    kids = [5 + 2 * n for n in range(len(contents))]
    shown = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), shown),
        FONT,
        more or b"null",
    ]
    for kid, content in zip(kids, contents, strict=True):
        head = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>"
        objects += [head + b"/Contents %d 0 R%s>>" % (kid + 1, page), content]
    out, places = b"%PDF-1.5\n", b""
    for number, body in enumerate(objects, start=1):
        places += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + places + end


def save(path: Path, content: bytes) -> str:
    """Write a file and give its path."""
    path.write_bytes(content)
    return str(path)


def pdf_answer(path: str) -> list[Any]:
    """Give what the parser of PDF files writes."""
    out = io.StringIO()
    _child_pdf.write_answer(path, "", out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def docx_text(path: str) -> str:
    """Give what the parser of .docx files writes, joined."""
    out = io.StringIO()
    _child_docx.write_answer(path, "", out)
    return "".join(json.loads(line) for line in out.getvalue().splitlines())


def test_a_docx_is_one_letter(tmp_path: Path) -> None:
    """Its id is the file's name; it can be read twice."""
    path = save_docx(tmp_path / "来信.docx", "关于路灯", LAMP)
    source = open_source(path, SETTINGS)
    letter = Letter("来信", f"关于路灯\n{LAMP}\n", "", path, 1, {"id": "来信"})
    assert source.header == ("id",)
    assert list(source.letters()) == [letter]
    assert list(source.letters()) == [letter]


def test_tables_headers_and_footers_are_read(tmp_path: Path) -> None:
    """A row is a line, a merged cell comes once, a cell may hold paragraphs."""

    def change(document: Any) -> None:
        table = document.add_table(3, 2)
        table.cell(0, 0).text, table.cell(0, 1).text = "姓名", "略"
        table.cell(1, 0).merge(table.cell(1, 1)).text = f"{LAMP}\n盼复"
        table.cell(2, 0).add_table(1, 1).cell(0, 0).text = "附表"
        document.sections[0].header.paragraphs[0].text = "来信登记表"
        document.sections[0].footer.paragraphs[0].text = "第一页"

    path = save_docx(tmp_path / "a.docx", "您好", change=change)
    assert docx_text(path) == f"来信登记表\n您好\n姓名\t略\n{LAMP}\n盼复\n附表\n第一页\n"


def test_text_boxes_come_once_and_deleted_text_never(tmp_path: Path) -> None:
    """Of the two copies of a box one is read; phonetic guides and fields are left out."""
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    paragraph = (
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><!-- 注 -->"
        "<w:r><w:t>路灯</w:t><w:tab/><w:t>坏</w:t><w:br/></w:r>"
        "<w:ins><w:r><w:t>了</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>好</w:delText></w:r></w:del>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent>"
        "<w:ruby><w:rt><w:r><w:t>qiáo</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>桥</w:t></w:r>"
        "</w:rubyBase></w:ruby></w:p>"
    )
    row = (
        f"<w:tbl {W}><w:sdt><w:tr><w:trPr/><w:sdt><w:tc><w:p><w:r><w:t>格</w:t></w:r></w:p></w:tc>"
    )

    def change(document: Any) -> None:
        document.element.body.insert(0, parse_xml(paragraph))
        document.element.body.insert(1, parse_xml(row + "</w:sdt></w:tr></w:sdt></w:tbl>"))

    path = save_docx(tmp_path / "a.docx", change=change)
    assert docx_text(path) == "路灯\t坏\n了桥\n框内\n格\n"


def test_a_long_paragraph_comes_whole(tmp_path: Path) -> None:
    """The pieces in which the child gives it are joined again."""
    path = save_docx(tmp_path / "a.docx", "吵" * 150_000)
    assert outcomes(open_source(path, SETTINGS)) == ["吵" * 150_000 + "\n"]


def test_a_document_too_long_is_a_failure(tmp_path: Path) -> None:
    """The length is said, and nothing more than allowed is held."""
    source = open_source(
        save_docx(tmp_path / "a.docx", LAMP, WAGES), replace(SETTINGS, max_letter_chars=30)
    )
    (failed,) = source.letters()
    assert isinstance(failed, Failure)
    assert (failed.code, failed.letter_id, source.header) == ("P302", "a", ("id",))
    assert f"{len(LAMP) + len(WAGES) + 2} characters; 30 are allowed" in failed.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x SYSTEM "file:///etc/hostname">',
        '<!ENTITY l "lol"><!ENTITY x "' + "&l;" * 100 + '">',
    ],
)
def test_a_docx_that_declares_entities_is_refused(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    """Neither a file is read nor text lost without a word, in any encoding."""
    xml = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [{declared}]><w:document {W}>'
        f"<w:body><w:p><w:r><w:t>{LAMP}&x;</w:t></w:r></w:p></w:body></w:document>"
    )
    path = replace_member(
        save_docx(tmp_path / "a.docx", "甲"), "word/document.xml", xml.encode(encoding)
    )
    assert _child_docx.has_doctype(path)
    with pytest.raises(ParserError, match="its XML declares a DOCTYPE"):
        open_source(path, SETTINGS)


def test_a_docx_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """What unpacks to hundreds of times its size is no letter."""
    path = replace_member(
        save_docx(tmp_path / "a.docx", "甲"), "word/document.xml", b" " * (8 << 20)
    )
    with pytest.raises(ParserError, match="more than 200 times its packed size"):
        open_source(path, SETTINGS)


def test_an_encrypted_docx_is_refused(tmp_path: Path) -> None:
    """A file of the old container says so."""
    path = save(tmp_path / "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(ParserError, match="encrypted with a password, or an old .doc file"):
        open_source(path, SETTINGS)


def test_a_docx_cut_short_is_refused(tmp_path: Path) -> None:
    """An archive without its list of members is damaged."""
    path = save_docx(tmp_path / "a.docx", LAMP)
    content = Path(path).read_bytes()
    with pytest.raises(ParserError, match="it is no zip archive, damaged, or"):
        open_source(save(tmp_path / "b.docx", content[:-300]), SETTINGS)


def test_an_archive_that_is_no_docx_is_refused(tmp_path: Path) -> None:
    """The parser finds no letter in it and ends."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", LAMP)
    with pytest.raises(ParserError, match="it is damaged, or takes more than 2048 MB"):
        open_source(str(path), SETTINGS)


def test_a_pdf_is_one_letter(tmp_path: Path) -> None:
    """Full lines of Chinese are joined; headings, sentences and pages stay apart."""
    pages = [
        [
            "关于桥头村的路灯",
            "我们村的路灯坏了一个多月，晚上学生回家看不清路",
            "面，请派人来修。",
            "盼复",
        ],
        ["附：照片说明"],
    ]
    path = save(tmp_path / "来信.pdf", make_pdf(*map(text_stream, pages)))
    source = open_source(path, SETTINGS)
    joined = "我们村的路灯坏了一个多月，晚上学生回家看不清路面，请派人来修。"
    raw = f"关于桥头村的路灯\n{joined}\n盼复\n附：照片说明\n"
    assert source.header == ("id",)
    assert list(source.letters()) == [Letter("来信", raw, "", path, 1, {"id": "来信"})]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("信访事项\n我村的路灯已经坏了一个多月了", "信访事项\n我村的路灯已经坏了一个多月了"),
        ("我村的路灯已经坏了\n，请修", "我村的路灯已经坏了，请修"),
        ("我村的路灯坏了。\n请修", "我村的路灯坏了。\n请修"),
        ("电话\n12345", "电话\n12345"),
        ("a hy\u00ad\nphen", "a hyphen"),
        ("a\u0002b\n\n  \n c ", "ab\nc"),
        ("", ""),
    ],
)
def test_lines_are_joined_where_only_the_line_was_full(text: str, joined: str) -> None:
    """A short line, a mark or a number ends the line; a soft hyphen does not."""
    assert _child_pdf.join_lines(text) == joined


def test_notes_and_form_fields_are_part_of_a_page(tmp_path: Path) -> None:
    """What a reader of the page sees is read."""
    note = (
        b"BT /F 12 Tf 2 5 Td <%s> Tj ET" % "补充：路口也没有灯".encode("utf-16-be").hex().encode()
    )
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 300 30]/Resources<</Font<</F 3 0 R>>>>"
    page = b"/Annots[<</Type/Annot/Subtype/FreeText/F 4/Rect[50 100 350 130]/AP<</N 4 0 R>>>>]"
    content = make_pdf(text_stream(["路灯坏了。"]), page=page, more=stream(note, head))
    path = save(tmp_path / "a.pdf", content)
    assert outcomes(open_source(path, SETTINGS)) == ["路灯坏了。\n补充：路口也没有灯\n"]


LOCK = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (
    b"11" * 32,
    b"22" * 32,
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (make_pdf(text_stream([LAMP]), trailer=LOCK), "it is encrypted with a password"),
        (make_pdf(text_stream([LAMP]))[:-40], "it is cut short: its end is missing"),
        (b"%PDF-1.5\nnothing\n%%EOF\n", "it is damaged"),
        (make_pdf(), "it is damaged"),
        (LAMP.encode(), "it is not a PDF file"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, problem: str) -> None:
    """Encrypted, cut and damaged files are told apart."""
    with pytest.raises(ParserError, match=problem):
        open_source(save(tmp_path / "a.pdf", content), SETTINGS)


def test_a_scan_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library, the program and its data are looked for in this order."""
    path = save(tmp_path / "a.pdf", make_pdf(IMAGE))

    class NotFoundError(Exception):
        """Stands for the error of pytesseract."""

    def not_found() -> list[str]:
        raise NotFoundError

    monkeypatch.setitem(sys.modules, "pytesseract", None)
    assert {"problem": "scanned", "missing": "pytesseract"} in pdf_answer(path)
    fake = SimpleNamespace(TesseractNotFoundError=NotFoundError, get_languages=not_found)
    monkeypatch.setitem(sys.modules, "pytesseract", fake)
    assert {"problem": "scanned", "missing": "tesseract"} in pdf_answer(path)
    fake.get_languages = lambda: ["eng"]
    assert {"problem": "scanned", "missing": "chi_sim"} in pdf_answer(path)


@pytest.mark.parametrize(
    ("missing", "error", "reason"),
    [
        ("pytesseract", MissingExtraError, r"a.pdf, a scan without text, .*nlp_pipeline\[ocr\]"),
        ("tesseract", SourceError, "tesseract is not installed.*Install Tesseract"),
        ("chi_sim", SourceError, "chi_sim is not installed"),
        ("", ParserError, "a scan in which no text was found"),
    ],
)
def test_a_scan_that_is_not_read_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    error: type[PetitionError],
    reason: str,
) -> None:
    """The error names the extra, the program, or that nothing was found."""
    child = tmp_path / "child.py"
    answer = json.dumps({"problem": "scanned", "missing": missing})
    child.write_text(f"print({answer!r})", encoding="utf-8")
    monkeypatch.setattr(_document_child, "__file__", str(child))
    with pytest.raises(error, match=reason):
        open_source(save(tmp_path / "a.pdf", make_pdf(IMAGE)), SETTINGS)


def test_a_scan_is_read_where_tesseract_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gaps between characters are closed; no page is left unread."""
    asked: list[str] = []

    def read(image: object, lang: str) -> str:
        asked.append(lang)
        return "路 灯 坏 了 ， 请 修 。\n\nABC 12 号\n"

    fake = SimpleNamespace(
        TesseractNotFoundError=OSError,
        get_languages=lambda: ["chi_sim", "eng", "chi_tra"],
        image_to_string=read,
    )
    monkeypatch.setitem(sys.modules, "pytesseract", fake)
    monkeypatch.setattr(pypdfium2.PdfBitmap, "to_pil", lambda bitmap: bitmap)
    path = save(tmp_path / "a.pdf", make_pdf(IMAGE, text_stream([LAMP])))
    answer = pdf_answer(path)
    assert "".join(piece for piece in answer if isinstance(piece, str)) == (
        f"路灯坏了，请修。\nABC 12 号\n{LAMP}\n"
    )
    assert answer[-1] == {"unread": 0}
    assert asked == ["chi_sim+chi_tra"]


def test_scanned_pages_beside_text_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter with a scanned page is read, and says how many were not; blank ones are none."""
    monkeypatch.setitem(sys.modules, "pytesseract", None)
    path = save(tmp_path / "a.pdf", make_pdf(text_stream([LAMP]), IMAGE, stream(b"")))
    assert pdf_answer(path)[-1] == {"unread": 1}
    child = tmp_path / "child.py"
    answer = f'"{LAMP}"\n{{"unread": 1}}\n{{"end": true}}'
    child.write_text(f"import sys; sys.stdout.buffer.write({answer.encode()!r})", encoding="utf-8")
    monkeypatch.setattr(_document_child, "__file__", str(child))
    source = open_source(path, SETTINGS)
    (letter,) = source.letters()
    assert source.header == ("id", "attachments")
    assert letter.row == {"id": "a", "attachments": "1"}


def test_a_blank_pdf_is_an_empty_letter(tmp_path: Path) -> None:
    """Nothing to see is no scan."""
    path = save(tmp_path / "a.pdf", make_pdf(stream(b"")))
    assert outcomes(open_source(path, SETTINGS)) == [""]


def test_a_pdf_bomb_costs_a_child(tmp_path: Path) -> None:
    """A few kilobytes that unpack, twice, to more than the memory allowed end in a message."""
    packer = zlib.compressobj(9)
    head = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    inner = head + again * 700 + packer.flush()
    bomb = stream(zlib.compress(inner, 9), b"/Filter[/FlateDecode/FlateDecode]")
    path = save(tmp_path / "a.pdf", make_pdf(bomb))
    assert Path(path).stat().st_size < 20_000
    with pytest.raises(ParserError, match="takes more than 400 MB or 60 seconds"):
        open_source(path, replace(SETTINGS, parser_memory_mb=400, parser_seconds=60))


def test_a_folder_holds_documents_of_every_kind(tmp_path: Path) -> None:
    """They are letters like texts; what fails has its own number and id."""
    inside = tmp_path / "in"
    inside.mkdir()
    save_docx(inside / "1.docx", LAMP)
    save(inside / "2.PDF", make_pdf(text_stream([WAGES])))
    save(inside / "3.pdf", make_pdf(text_stream([WAGES]))[:-40])
    save(inside / "4.txt", LAMP.encode("gb18030"))
    save(inside / "5.xls", b"\xd0\xcf\x11\xe0")
    save(inside / "6.csv", b"text\n")
    save(inside / "7.png", b"")
    source = open_source(str(inside), SETTINGS)
    assert source.header == ("id", "attachments")
    assert outcomes(source) == [f"{LAMP}\n", f"{WAGES}\n", "P206", LAMP, "P201", "P201", "P202"]
    found = list(source.letters())
    assert [o.number for o in found] == [1, 2, 3, 4, 5, 6, 7]
    reasons = [o.reason for o in found if isinstance(o, Failure)]
    assert "3.pdf could not be parsed safely: it is cut short" in reasons[0]
    assert "save it as .xlsx" in reasons[1]
    assert "Give it on its own" in reasons[2]
    assert "Known endings: .txt, .docx, .pdf, .eml, .zip" in reasons[3]


@pytest.mark.parametrize(
    ("name", "wanted"), [("a.doc", ".docx"), ("a.WPS", ".docx"), ("a.xls", ".xlsx")]
)
def test_old_formats_say_what_to_save_as(tmp_path: Path, name: str, wanted: str) -> None:
    """A file that no free library reads well is refused with the way out."""
    with pytest.raises(SourceError, match=f"old format .* save it as {wanted}"):
        open_source(save(tmp_path / name, b"\xd0\xcf\x11\xe0"), SETTINGS)


def test_an_unknown_ending_names_the_documents(tmp_path: Path) -> None:
    """Every ending that is read is listed."""
    assert READABLE[-5:] == (".txt", ".docx", ".pdf", ".eml", ".zip")
    with pytest.raises(FormatError, match=".parquet, .txt, .docx, .pdf, .eml, .zip"):
        open_source(save(tmp_path / "a.odt", b""), SETTINGS)


def test_kind_stands_for_a_documents_ending(tmp_path: Path) -> None:
    """A file without a telling name is read as the user says."""
    path = save(tmp_path / "upload", make_pdf(text_stream([LAMP])))
    assert outcomes(open_source(path, SETTINGS, kind="pdf")) == [f"{LAMP}\n"]


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import time; time.sleep(60)", "it took longer than 1 seconds"),
        ("import os; os.abort()", "it is damaged, or takes more than 2048 MB or 1 seconds"),
        ("print('\"half a letter\"')", "its parser gave no answer"),
    ],
)
def test_a_child_that_fails_gives_no_part_of_a_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, problem: str
) -> None:
    """Slow, dead and mute children end in a message."""
    child = tmp_path / "child.py"
    child.write_text(program, encoding="utf-8")
    monkeypatch.setattr(_document_child, "__file__", str(child))
    with pytest.raises(ParserError, match=problem):
        open_source(save_docx(tmp_path / "a.docx", LAMP), replace(SETTINGS, parser_seconds=1))


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    """A program that the parser runs, which here holds a lock, does not outlive it."""
    fcntl = pytest.importorskip("fcntl")
    lock = tmp_path / "lock"
    child = tmp_path / "child.py"
    child.write_text(
        "import fcntl, subprocess, sys, time\n"
        f"lock = open({str(lock)!r}, 'w')\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "wait = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "subprocess.Popen(wait, pass_fds=[lock.fileno()])\n"
        "print('started', flush=True)\ntime.sleep(60)\n",
        encoding="utf-8",
    )
    answer = Spool()
    assert run_child(str(child), (), 100, 2, answer) == "it took longer than 2 seconds"
    with answer.opened() as content:
        assert content.read() == b"started\n"
    with lock.open("w", encoding="utf-8") as file:
        for _ in range(200):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return
    pytest.fail("the program still runs")


def test_the_child_limits_itself_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Limits are set before the parser is loaded; the end is said."""
    resource = pytest.importorskip("resource")
    asked: dict[int, int] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: asked.update({kind: limits[0]}))
    path = save_docx(tmp_path / "a.docx", LAMP)
    with capfd.disabled(), (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert _document_child.main(["docx", path, "", "64", "5"]) == 0
    assert (asked[resource.RLIMIT_AS], asked[resource.RLIMIT_CPU]) == (64 << 20, 5)
    lines = (tmp_path / "out").read_text(encoding="utf-8").splitlines()
    assert (json.loads(lines[0]), json.loads(lines[-1])) == (LAMP, {"end": True})


def test_a_file_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    """What the system refuses stands in the letter's place."""
    parts = _documents.file_parts(tmp_path / "a.docx", "a.docx", ".docx", "a", SETTINGS)
    (part,) = _documents.caught(parts, "a.docx", "a")
    assert isinstance(part.error, SourceError)
    assert part.error.problem == "No such file or directory"
