"""Mails: text, subject and attachments come out, whatever the mail says of itself."""

import io
import json
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.config import ReadSettings, load_settings
from nlp_pipeline.errors import ParserError, PetitionError
from nlp_pipeline.records import Failure, Letter
from nlp_pipeline.stages import _child_html, _child_mail
from nlp_pipeline.stages.read import open_source

Read = Callable[[EmailMessage | bytes], list[Any]]

SETTINGS: ReadSettings = load_settings().read
LAMP = "桥头村的路灯坏了一个多月，晚上学生回家看不清路。"
WAGES = "工地拖欠我们六个人三个月工资，老板不接电话。"
LONG = LAMP + WAGES + "希望有关部门尽快处理，并给我们一个答复。"
HTML = "<html><head><title>题</title><style>p{color:red}</style></head><body><p>您好：</p>"


def mail(text: str = LAMP, subject: str = "路灯") -> EmailMessage:
    """Give a mail of plain text."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "a@example.org"
    message.set_content(text)
    return message


def raw_mail(head: str, body: bytes) -> bytes:
    """Give a mail byte by byte."""
    return f"From: a@example.org\r\n{head}\r\n\r\n".encode("latin-1") + body


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Give a function that reads a mail and gives its outcomes."""

    def give(content: EmailMessage | bytes) -> list[Any]:
        path = tmp_path / "m.eml"
        path.write_bytes(content if isinstance(content, bytes) else content.as_bytes())
        return list(open_source(str(path), SETTINGS).letters())

    return give


def test_a_mail_is_a_letter_with_its_subject_as_title(tmp_path: Path) -> None:
    """The plain text is taken; the column of attachments is there."""
    path = tmp_path / "m.eml"
    path.write_bytes(mail().as_bytes())
    source = open_source(str(path), SETTINGS)
    row = {"id": "m", "attachments": "0"}
    assert source.header == ("id", "attachments")
    assert list(source.letters()) == [Letter("m", f"{LAMP}\n", "路灯", str(path), 1, row)]


def test_plain_text_is_preferred_to_html(read: Read) -> None:
    """Of alternatives a blank plain text does not count."""
    both, blank = mail(), mail(" \n")
    both.add_alternative(f"{HTML}<p>{WAGES}</p>", subtype="html")
    blank.add_alternative(f"{HTML}<p>{WAGES}</p>", subtype="html")
    assert [o.raw for o in read(both)] == [f"{LAMP}\n"]
    assert [o.raw for o in read(blank)] == [f"您好：\n{WAGES}"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<div>c</div>d", "a\nb\nc\nd"),
        ("<table><tr><td>姓名</td><td>略</td></tr></table>", "姓名 略"),
        ("<script>x=1</script><template><p>y</p></template>好", "好"),
        ("<head><meta charset=gbk><body>路灯&nbsp;&#22351;&amp;了\n啊", "路灯 坏&了 啊"),
        ("<head>无头<body>有身</body>尾", "有身尾"),
    ],
)
def test_tags_are_stripped(html: str, text: str) -> None:
    """Blocks are lines; scripts and styles are no text."""
    assert _child_html.strip_tags(html) == text


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="<>/!-&;#abp路 \n\"'=", max_size=60))
def test_any_html_is_stripped(html: str) -> None:
    """No markup, however broken, makes the parser raise or invent a character."""
    assert set(_child_html.strip_tags(html)) <= set(html) | set("\n \u00a0ªº\ufffd")


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("gb2312", "gb18030"),
        ("x-nonsense", "utf-8"),
        ("iso-8859-1", "gb18030"),
        ("us-ascii", "utf-8"),
        ("utf-8", "gb18030"),
        ("big5", "gb18030"),
        ("", "gb18030"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_lie_about_the_charset_is_mended(
    read: Read, declared: str, actual: str, kind: str
) -> None:
    """Declared or not, the text comes out, rare characters of GB18030 too."""
    text = f"{LONG}塡㙓" if actual == "gb18030" else LONG
    charset = f"; charset={declared}" if declared else ""
    head = f"Content-Type: text/{kind}{charset}\r\nContent-Transfer-Encoding: 8bit"
    body = f"<p>{text}</p>" if kind == "html" else text
    assert [o.raw for o in read(raw_mail(head, body.encode(actual)))] == [text]


def test_true_latin_text_stays(read: Read) -> None:
    """Where nothing else fits, what is declared is believed."""
    head = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit"
    assert [o.raw for o in read(raw_mail(head, "café à la carte".encode("latin-1")))] == [
        "café à la carte"
    ]


def test_text_in_no_encoding_is_a_failure(read: Read) -> None:
    """It is said which mail, and nothing is replaced."""
    body = LONG.encode() + b"\xff\xff"
    (failed,) = read(raw_mail("Content-Type: text/plain; charset=utf-8", body))
    assert (failed.code, failed.row) == ("P203", {"id": "m", "attachments": "0"})


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?6Lev54Gv?=", "路灯"),
        ("=?gb2312?B?wrfGxg==?=\r\n =?gb2312?B?wrc=?=", "路破路"),
        ("=?gb2312?B?wrfG?= =?gb2312?B?xg==?=", "路破"),
        ("=?unknown?B?wrfGxg==?=", "路破"),
        ("Re: =?gbk?Q?=C2=B7?= ok", "Re: 路 ok"),
        ("=?gbk?B?a?=", "=?gbk?B?a?="),
        ("路灯".encode().decode("ascii", "surrogateescape"), "路灯"),
        ("路灯".encode("gbk").decode("ascii", "surrogateescape"), "路灯"),
        ("\udcff", "ÿ"),
        ("", ""),
    ],
)
def test_subjects_are_decoded(raw: str, text: str) -> None:
    """Encoded words, raw bytes, split characters and wrong charsets come out."""
    assert _child_mail.decode_words(raw) == text


def add(message: EmailMessage, name: str, content: bytes, kind: str = "octet-stream") -> None:
    """Attach a file to a mail."""
    message.add_attachment(content, maintype="application", subtype=kind, filename=name)


def test_attachments_that_are_documents_become_letters(read: Read) -> None:
    """Each has an id of its own; pictures are counted; tables say what to do."""
    document = docx.Document()
    document.add_paragraph(WAGES)
    content = io.BytesIO()
    document.save(content)
    message = mail()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="照片.png")
    add(message, "../../工资.DOCX", content.getvalue())
    add(message, "a.csv", b"text\n")
    add(message, "x.doc", b"\xd0\xcf\x11\xe0")
    add(message, "坏.docx", b"PK")
    message.add_attachment(LAMP, filename="补充.txt")
    first, *others = read(message)
    assert first.row == {"id": "m", "attachments": "1"}
    assert [(o.letter_id, o.code) for o in others if isinstance(o, Failure)] == [
        ("m#2", "P201"),
        ("m#3", "P201"),
        ("m#4", "P206"),
    ]
    assert [(o.id, o.raw, o.row) for o in others if isinstance(o, Letter)] == [
        ("m#1", f"{WAGES}\n", {"id": "m#1"}),
        ("m#5", f"{LAMP}\n", {"id": "m#5"}),
    ]
    assert [o.number for o in (first, *others)] == [1, 2, 3, 4, 5, 6]


def test_an_attachment_without_ending_is_what_its_type_says(read: Read) -> None:
    """A name is not needed; an unknown type is counted only."""
    message = mail()
    add(message, "扫描件", b"no pdf", "pdf")
    add(message, "数据", b"x", "x-thing")
    first, failed = read(message)
    assert first.row["attachments"] == "1"
    assert "m.eml#1 could not be parsed safely: it is not a PDF file" in failed.reason


def test_an_attached_archive_gives_its_members(read: Read) -> None:
    """Their ids stand below the attachment's."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a/1.txt", WAGES)
    message = mail()
    add(message, "a.zip", content.getvalue(), "zip")
    assert [(o.id, o.raw) for o in read(message)[1:]] == [("m#1/a/1", WAGES)]


def test_mails_within_mails_are_letters(read: Read) -> None:
    """A forwarded mail has an id below that of the one around it, in either form."""
    inner = mail(WAGES, "工资")
    inner.add_attachment(mail(LONG, "路灯"))
    message = mail()
    message.add_attachment(inner)
    add(message, "b.eml", inner.as_bytes())
    assert [(o.id, o.title) for o in read(message)] == [
        ("m", "路灯"),
        ("m#1", "工资"),
        ("m#1#1", "路灯"),
        ("m#2", "工资"),
        ("m#2#1", "路灯"),
    ]


def nested(depth: int) -> bytes:
    """Give mails within mails, so many deep."""
    head = b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n"
    return head * depth + b"Subject: x\r\n\r\nhello\r\n"


def test_mails_lie_no_more_than_twenty_deep(read: Read) -> None:
    """The ones above are letters; the next one fails, and is not opened."""
    *above, failed = read(nested(25))
    assert [type(o) for o in above] == [Letter] * 20
    assert (failed.code, failed.letter_id) == ("P206", "m" + "#1" * 20)
    assert "more than 20 deep" in failed.reason


def test_attached_files_of_mails_lie_no_more_than_twenty_deep(read: Read) -> None:
    """A mail that comes as a file counts as well."""
    content = mail().as_bytes()
    for _ in range(21):
        message = mail("x")
        add(message, "m.eml", content)
        content = message.as_bytes()
    *above, failed = read(content)
    assert len(above) == 20
    assert "more than 20 deep" in failed.reason


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (nested(2000), "more than 20 deep"),
        (b"just some words\n", "it is not a mail"),
        (b"", "it is not a mail"),
        (
            raw_mail("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", b"AAAA"),
            "encrypted with a password",
        ),
        (
            raw_mail("Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nhalf a mail"),
            "it is cut short",
        ),
        (
            raw_mail(
                "Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * 1100 + b"--b--"
            ),
            "more than 1000 parts",
        ),
    ],
)
def test_a_mail_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, problem: str) -> None:
    """None costs more than a message."""
    path = tmp_path / "m.eml"
    path.write_bytes(content)
    with pytest.raises(ParserError, match=problem):
        open_source(str(path), SETTINGS)


def test_odd_parts_are_counted(read: Read) -> None:
    """A report of delivery and a part without boundary lose no mail."""
    report = raw_mail(
        "Content-Type: multipart/report; boundary=b",
        b"--b\r\n\r\nnot sent\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n--b--",
    )
    assert [(o.raw, o.row["attachments"]) for o in read(report)] == [("not sent", "1")]


def test_names_in_a_mail_are_never_paths(tmp_path: Path) -> None:
    """Files are named by numbers, whatever an attachment is called."""
    message = mail()
    add(message, "../../../x.pdf", b"%PDF")
    add(message, "/etc/y.pdf", b"%PDF")
    (tmp_path / "m.eml").write_bytes(message.as_bytes())
    (tmp_path / "files").mkdir()
    out = io.StringIO()
    option = json.dumps({"folder": str(tmp_path / "files"), "endings": [".pdf"]})
    _child_mail.write_answer(str(tmp_path / "m.eml"), option, out)
    assert sorted(p.name for p in (tmp_path / "files").iterdir()) == ["1", "2", "3"]
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == ["", "#1", "#2"]


def test_no_error_of_a_mail_says_what_it_holds(read: Read) -> None:
    """Neither names of files nor words of the mail are in a reason."""
    message = mail()
    add(message, "李某某13900001111.docx", b"PK")
    (failed,) = [o for o in read(message) if isinstance(o, Failure)]
    assert "1390" not in failed.reason
    assert "李" not in failed.reason


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=200))
def test_any_bytes_are_letters_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """No content makes the reader raise anything but its own errors."""
    path = tmp_path_factory.mktemp("m") / "m.eml"
    path.write_bytes(b"Subject: x\r\n" + content)
    try:
        found = list(open_source(str(path), SETTINGS).letters())
    except PetitionError:
        return
    assert [o.number for o in found] == list(range(1, len(found) + 1))
