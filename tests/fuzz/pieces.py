"""Pieces that hostile and odd letters are made of, and files to begin with.

Everything here is made up. `python -m tests.fuzz.pieces FOLDER` writes what the
fuzzers begin with: `FOLDER/text`, `FOLDER/files` and the dictionary `FOLDER/pieces.dict`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"
LETTERS = Path(__file__).parents[2] / "corpora" / "letters" / "letters.jsonl"

PIECES: tuple[str, ...] = (
    # Noise: readings, variants, doubled and half-width marks, masks, broken forms.
    *(
        "著(zhe)",
        "裡(lǐ)",
        "辦(bàn)",
        "?lián)",
        "(",
        ")",
        "（",
        "〈",
        "〉",
        "〈电话1〉",
        "×",
        "××",
        "xx",
    ),
    *(
        "丨",
        "…",
        "……",
        "...",
        ",,",
        "，,",
        "。。。",
        "'",
        '"',
        "“",
        "”",
        "【",
        "《",
        "甚麼",
        "妳",
        "臺",
    ),
    *(
        "變徵之聲",
        "乾",
        "隻",
        "１３８",
        "Ａ",
        "ｚ",
        "e\u0301",
        "\u0344",
        "\uf900",
        "\U0002f800",
        "\ufffd",
    ),
    # What cannot be seen, what turns text around, and what a terminal runs.
    *(
        "\u202e",
        "\u202c",
        "\u2066",
        "\u2069",
        "\u200f",
        "\u061c",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\xad",
    ),
    *(
        "\x00",
        "\x1b[2J",
        "\x1b]8;;http://a.example\x1b\\",
        "\x9b31m",
        "\x07",
        "\x7f",
        "\x85",
        "\x0c",
    ),
    *("\u2028", "\u2029", "\xa0", "\u3000", "\r\n", "\r", "\n", "\t", "\ud83d", "\ude00", "\udfff"),
    *(
        "\ufffe",
        "\uffff",
        "\ufff9",
        "\U000e0041",
        "\ue000",
        "😀",
        "👨\u200d👩\u200d👧",
        "\u3164",
        "〇",
    ),
    # Labels, numbers and names that are masked, and the like that are not.
    *(
        "姓名：",
        "姓名：王伟",
        "我叫",
        "本人李",
        "联系人：",
        "签名：",
        "、张三",
        "·买买提",
        "被告人",
        "身份证号：",
    ),
    *(
        "110101199001010000",
        "13800138000",
        "138-0013-8000",
        "一三八零零一三八零零零",
        "0571-88888888",
    ),
    *(
        "a@b.example",
        "微信：abc_123",
        "QQ12345678",
        "京A12345",
        "6222 0200 0000 0000 000",
        "(2023)昆01民初1号",
    ),
    *("A123456789", "3号楼2单元501室", "12345热线", "二〇二四年五月", "PM2.5", "X5"),
    # Danger, accusation, groups, letter parts and boilerplate.
    *(
        "跳楼",
        "遗书",
        "煤气泄漏",
        "自焚",
        "举报",
        "收受好处费",
        "局长",
        "我们28户",
        "多次反映",
        "不会做傻事",
    ),
    *(
        "尊敬的领导：",
        "您好！",
        "此致",
        "敬礼",
        "2024年5月20日",
        "发件人：",
        "来源：",
        "附件：",
        "转发",
        "答复",
    ),
    # What ends, joins and divides.
    *(
        "。",
        "！",
        "？",
        "；",
        "：",
        "、",
        ",",
        ";",
        "|",
        "=1+1",
        "@SUM",
        "-1",
        "<b>",
        "&amp;",
        "{{7*7}}",
        "\\u",
    ),
)
"""Pieces of a few characters each; the dictionary and the mutations are made of them."""

TABLES: tuple[tuple[str, str], ...] = (
    ("csv", "编号,标题,正文\n1,路灯,路灯坏了没人修\n2,,\n"),
    ("csv", '登记表,,\n编号;正文\n1;"停水\n三天""了"\n2;"没有合上\n3;污水\n'),
    ("csv", "id,text\r\n1,\x00\r\n2,\x85a\u2028\r\n"),
    ("tsv", "编号\t内容\t来源\n7\t电梯坏了\t电话\n"),
    ("jsonl", '{"id": 1, "text": "停水", "x": null}\n{"text": ["a"]}\n[1]\n{"text": "\\ud800"}\n'),
    ("jsonl", '{"正文": "路灯", "正文": "污水"}\nNaN\n{"text": 1e999, "id": {"a": []}}\n'),
    ("txt", "樓下工地噪音擾民,打過電話沒人管\n\n小区里污水堵了\n"),
    ("", "正文|编号\n停水|1\n停电|2|多余\n"),
)
"""Small tables and texts, good and broken, each with the kind it is read as."""

KINDS = ("", "csv", "tsv", "jsonl", "txt")
"""What the first byte of a fuzzed file chooses from."""

ENCODINGS = ("", "utf-8", "gb18030", "big5hkscs", "utf-16", "utf-7", "hz", "punycode", "idna")
"""What the second byte chooses from: the encoding the user named."""


def letters() -> Iterator[str]:
    """Give the texts of the test cases and the first letters of the corpus."""
    for path in sorted(CASES.glob("*/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            yield case.get("raw") or case.get("text") or ""
    for line in LETTERS.read_text(encoding="utf-8").splitlines()[:200]:
        yield json.loads(line)["text"]


def files() -> Iterator[bytes]:
    """Give each small table in every encoding, after the two bytes that choose."""
    for kind, text in TABLES:
        for name in ("utf-8", "utf-8-sig", "gb18030", "big5hkscs", "utf-16", "utf-16-le", "utf-32"):
            content = text.encode(name, "replace")
            yield bytes([KINDS.index(kind), 0]) + content
            yield bytes([0, 0]) + content + b"\xff"
        for number, name in enumerate(ENCODINGS[1:6], 1):
            yield bytes([KINDS.index(kind), number]) + text.encode(name, "replace")


def to_bytes(text: str) -> bytes:
    """Give a text as a fuzzer holds it; lone surrogates keep their three bytes."""
    return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """Give the text of any bytes; what is no UTF-8 becomes lone surrogates."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def write_all(folder: Path) -> None:
    """Write what the fuzzers begin with, and their dictionary."""
    for name, contents in (("text", map(to_bytes, letters())), ("files", files())):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            (place / f"seed-{number:04}").write_bytes(content)
    lines = ('"' + "".join(f"\\x{byte:02x}" for byte in to_bytes(p)) + '"\n' for p in PIECES)
    (folder / "pieces.dict").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
