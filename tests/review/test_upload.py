"""Tests of a new letter: pasted or uploaded, classified at once, filed once."""

import io
import zipfile
from datetime import timedelta

import pytest
import regex
from workbench import Answer, Bench, Browser, waiting

from nlp_pipeline.review import intake
from nlp_pipeline.review.clock import today

TEXT = "我家住的老楼外墙皮一块块往下掉，楼下就是幼儿园放学的路，请住建局来看一看，尽快加固。"
FIELDS = {
    "title": "",
    "text": "",
    "channel": "来访",
    "received": "2026-11-20",
    "territory": "柳林镇",
}


def give(browser: Browser, **fields: str) -> Answer:
    """Paste a letter."""
    browser.get("/intake")
    return browser.post("/intake", {**FIELDS, **fields})


def upload(browser: Browser, name: str, content: bytes, **fields: str) -> Answer:
    """Upload a file."""
    browser.get("/intake")
    answer = browser.client.post(
        "/intake",
        data={"csrf": browser.csrf, **FIELDS, **fields},
        files={"file": (name, content, "application/octet-stream")},
    )
    return Answer(answer.status_code, answer.text, dict(answer.headers))


def test_a_pasted_letter_is_classified_and_in_the_queue(bench: Bench) -> None:
    """It is filed with its channel, day and place, and linked from the page."""
    browser = bench.sign_in("zhang")
    before = waiting(bench, "zhang")
    answer = give(browser, text=TEXT, title="外墙掉块")
    assert "登记了 1 件" in answer.text
    assert waiting(bench, "zhang") == before + 1
    page = browser.get("/")
    assert "外墙掉块" in page
    assert "2026-11-20 · 来访 · 柳林镇" in page


def test_the_same_letter_twice_is_filed_once(bench: Bench) -> None:
    """Pasting again files nothing and says so."""
    browser = bench.sign_in("zhang")
    give(browser, text=TEXT)
    answer = give(browser, text=TEXT)
    assert "登记了 0 件" in answer.text
    assert "其中 1 件此前已登记" in answer.text


def test_who_only_registers_may_file(bench: Bench) -> None:
    """The register desk files; an administrator does not."""
    assert "登记了 1 件" in give(bench.sign_in("desk"), text=TEXT).text
    assert bench.sign_in("root").client.get("/intake").status_code == 403


def test_a_file_in_gb18030_is_read_as_what_it_is(bench: Bench) -> None:
    """The encoding is found by the content; the letters stand in the queue."""
    table = "编号,标题,内容\n1,路灯,滨河路的路灯坏了一个月没有人修\n2,公交,"
    table += "建议在第三中学门口增设公交站方便学生\n"
    browser = bench.sign_in("zhang")
    answer = upload(browser, "来信.csv", table.encode("gb18030"))
    assert "登记了 2 件" in answer.text
    page = browser.get(f"/letters/{linked(answer)[0]}")
    assert "滨河路的路灯坏了" in regex.sub("<[^>]+>", "", page)


def linked(answer: Answer) -> list[str]:
    """Give the keys of the letters that the page of the intake links."""
    return [part.split('"')[0] for part in answer.text.split('href="/letters/')[1:]]


def test_a_text_file_is_one_letter_and_its_name_is_not_kept(bench: Bench) -> None:
    """A file's name may be a person's: nothing of it goes on."""
    browser = bench.sign_in("zhang")
    answer = upload(browser, "陈桂香举报信.txt", TEXT.encode())
    (key,) = linked(answer)
    view = bench.store.letter(bench.clerk("zhang").viewer, key)
    assert "陈桂香" not in f"{view.letter.id}{view.letter.source}{answer.text}"
    assert view.letter.raw.startswith("我家住的老楼")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.exe", b"MZ", "只能读取这些文件"),
        ("a", b"text", "只能读取这些文件"),
        ("../../etc/passwd", b"root", "只能读取这些文件"),
        ("a.docx", b"not a zip", "文件没有读成"),
        ("a.pdf", b"%PDF-1.4 broken", "没有读成"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "只能读取这些文件"),
        ("a.csv", "编号,日期\n1,2026\n".encode(), "文件没有读成"),
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_is_filed(
    bench: Bench, name: str, content: bytes, told: str
) -> None:
    """The page says why, the server goes on, the queue is as it was."""
    browser = bench.sign_in("zhang")
    before = waiting(bench, "zhang")
    answer = upload(browser, name, content)
    assert told in answer.text
    assert "/tmp" not in answer.text
    assert waiting(bench, "zhang") == before


def test_a_bomb_ends_in_a_message_and_the_server_lives(bench: Bench) -> None:
    """A small document that unpacks to hundreds of megabytes is refused by the reader."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"<w:p>" + b"0" * 120_000_000)
    assert len(packed.getvalue()) < intake.MAX_UPLOAD
    browser = bench.sign_in("zhang")
    answer = upload(browser, "letter.docx", packed.getvalue())
    assert "没有读成" in answer.text
    assert browser.get("/")


def test_too_large_an_upload_is_refused_with_or_without_its_length(bench: Bench) -> None:
    """More than ten megabytes are not taken in, whatever the request declares."""
    browser = bench.sign_in("zhang")
    answer = upload(browser, "a.txt", b"x" * (intake.MAX_UPLOAD + 300_000))
    assert answer.status == 413
    assert "10 MB" in answer.text
    pieces = (b"x" * 1_000_000 for _ in range(12))
    chunked = browser.client.post(
        "/intake",
        content=pieces,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert chunked.status_code == 413


def test_a_file_just_over_the_limit_is_told_in_words(bench: Bench) -> None:
    """A file larger than ten megabytes in a request that is not too large is refused too."""
    answer = upload(bench.sign_in("zhang"), "a.txt", b"x" * (intake.MAX_UPLOAD + 10))
    assert (answer.status, "10 MB" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"text": ""}, "请粘贴来信内容"),
        ({"text": "  \n "}, "请粘贴来信内容"),
        ({"text": TEXT, "received": "20.11."}, "收到日期不对"),
        ({"text": TEXT, "received": (today() + timedelta(days=2)).isoformat()}, "收到日期不对"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_the_text_stays(
    bench: Bench, fields: dict[str, str], told: str
) -> None:
    """Nothing is filed; what was typed is still in the form."""
    answer = give(bench.sign_in("zhang"), **fields)
    assert answer.status == 422
    assert told in answer.text
    assert fields["text"].strip() in answer.text


def test_a_text_and_a_file_at_once_are_refused(bench: Bench) -> None:
    """It would not be clear which of them is the letter."""
    answer = upload(bench.sign_in("zhang"), "a.txt", TEXT.encode(), text=TEXT)
    assert "只用一种方式" in answer.text


def test_an_accusation_is_filed_and_not_linked_for_others(bench: Bench) -> None:
    """Who registers it is told that it is restricted, and cannot open it."""
    text = "实名举报青石镇镇长郑某某收受工程老板贿赂二十万元，违规发包河道项目，请纪委查处。"
    browser = bench.sign_in("zhang")
    before = waiting(bench, "zhang")
    answer = give(browser, text=text)
    assert "1 件属限阅件" in answer.text
    assert linked(answer) == []
    assert waiting(bench, "zhang") == before
    entitled = give(bench.sign_in("zhao"), text=text + "此前已寄过一封。")
    assert len(linked(entitled)) == 1


def test_a_letter_without_words_is_filed_as_one_that_could_not_be_classified(bench: Bench) -> None:
    """It is a letter that came in: a person must look at it."""
    answer = give(bench.sign_in("zhang"), text="……！！")
    assert "1 件没有读成：P301" in answer.text
    assert "登记了 1 件" in answer.text


def test_a_file_of_too_many_letters_is_sent_to_the_command_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is filed in part."""
    monkeypatch.setattr(intake, "MAX_LETTERS", 2)
    table = "编号,内容\n" + "".join(f"{n},路灯坏了{n}天没有人来修\n" for n in range(3))
    browser = bench.sign_in("zhang")
    before = waiting(bench, "zhang")
    assert "petition classify --store" in upload(browser, "a.csv", table.encode()).text
    assert waiting(bench, "zhang") == before


def test_a_script_in_a_file_name_or_a_title_is_harmless(bench: Bench) -> None:
    """Neither comes back as markup."""
    answer = give(bench.sign_in("zhang"), text=TEXT, title="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
