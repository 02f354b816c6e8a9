"""The encoding of a file: decided by all of it, or refused."""

import codecs
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import ConfigError, EncodingError
from nlp_pipeline.stages._decode import find_encoding
from nlp_pipeline.stages._streams import Spool

SIMPLIFIED = "尊敬的领导，您好。我们小区的电梯坏了半个月，物业一直不来修，老人上下楼很困难。"
TRADITIONAL = "尊敬的領導，您好。我們社區的電梯壞了半個月，物業一直不來修，老人上下樓很困難。"
CHUNK = 1 << 16


def found(content: bytes, wanted: str = "") -> str:
    """Give the encoding found for some bytes."""
    return find_encoding(Spool(io.BytesIO(content)), "letters.csv", wanted)


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5hkscs"),
        (TRADITIONAL + "喺度", "big5hkscs", "big5hkscs"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (TRADITIONAL, "utf-16-be", "utf-16-be"),
        (SIMPLIFIED, "utf-32", "utf-32"),
        ("id,text\n1,hello\n", "ascii", "utf-8"),
        ("", "ascii", "utf-8"),
    ],
)
def test_every_encoding_in_use_is_found(text: str, written: str, expected: str) -> None:
    """A letter is read in the encoding that it was written in."""
    content = text.encode(written)
    assert found(content) == expected
    assert content.decode(expected) == text


@pytest.mark.parametrize("text", ["路灯坏了没人修", "请问医保怎么报销", "拖欠工资三个月"])
def test_a_short_line_of_gb18030_is_enough(text: str) -> None:
    """Seven characters are told from Big5 and UTF-16."""
    assert found(text.encode("gb18030")) == "gb18030"


def test_utf16_big_endian_mark_is_read() -> None:
    """The other byte order has its own mark."""
    assert found(codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be")) == "utf-16"


def test_ascii_in_utf16_without_mark_is_not_utf8() -> None:
    """Half the bytes are NUL, so the plain reading is not taken."""
    assert found("id,text\n1,street light\n".encode("utf-16-le")) == "utf-16-le"


def test_few_nul_bytes_do_not_make_utf16() -> None:
    """A stray NUL stays a character of a UTF-8 text."""
    assert found(f"编号,内容\n1,{SIMPLIFIED}\0\n".encode()) == "utf-8"


@pytest.mark.parametrize("place", [0, 3, 30, CHUNK - 1, CHUNK, 2 * CHUNK])
def test_damaged_utf8_is_refused_with_the_place(place: int) -> None:
    """One bad byte does not turn a UTF-8 file into another encoding."""
    good = SIMPLIFIED.encode() * 2000
    place -= place % 3
    with pytest.raises(EncodingError, match="no known encoding") as caught:
        found(good[:place] + b"\xff" + good[place:])
    assert caught.value.offset == place


def test_utf8_cut_within_a_character_is_refused() -> None:
    """The last character must be whole."""
    with pytest.raises(EncodingError, match=f"byte at {len(SIMPLIFIED) * 3 - 3}"):
        found(SIMPLIFIED.encode()[:-1])


def test_a_long_damaged_utf8_file_is_refused_early() -> None:
    """Two hundred thousand characters are enough to know UTF-8 by."""
    with pytest.raises(EncodingError, match="first bad byte at 0"):
        found(b"\xff" + SIMPLIFIED.encode() * 6000)


def test_damaged_gb18030_is_refused() -> None:
    """Nothing is read with replacement characters."""
    content = SIMPLIFIED.encode("gb18030")
    with pytest.raises(EncodingError, match="utf-8, gb18030, big5hkscs, utf-16"):
        found(content[:20] + b"\xff" + content[20:])


def test_marked_file_must_keep_its_promise() -> None:
    """A UTF-16 mark before half a character is refused."""
    with pytest.raises(EncodingError, match="Tried utf-16"):
        found(codecs.BOM_UTF16_LE + "投诉".encode("utf-16-le") + b"\x00")


def test_western_text_is_not_read_as_chinese() -> None:
    """What decodes by chance but reads like nothing is refused."""
    with pytest.raises(EncodingError, match="first bad byte at 1"):
        found(("Müller façade déjà vu, naïve cafés " * 20).encode("latin-1"))


def test_a_long_file_is_found_by_its_beginning() -> None:
    """All of it must decode, but only so many characters are scored."""
    assert found(TRADITIONAL.encode("big5") * 9000) == "big5hkscs"


def test_the_end_of_a_long_file_counts() -> None:
    """An encoding that fails in the last bytes is not taken."""
    content = SIMPLIFIED.encode("gb18030") * 4000
    with pytest.raises(EncodingError, match="first bad byte"):
        found(content + b"\xff\xff")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("utf8", "utf-8-sig"), ("GBK", "gb18030"), ("gb2312", "gb18030"), ("cp1252", "cp1252")],
)
def test_named_encoding_is_taken(wanted: str, expected: str) -> None:
    """The user's word counts; narrower charsets are read as their superset."""
    assert found(b"abc", wanted) == expected


@pytest.mark.parametrize("wanted", ["base64", "no-such", "a\0b"])
def test_unknown_named_encoding_is_refused(wanted: str) -> None:
    """Only encodings of text may be named."""
    with pytest.raises(ConfigError, match="read.encoding is not usable"):
        found(b"abc", wanted)


def test_named_encoding_must_fit() -> None:
    """A file that is not in the encoding named is refused with the place."""
    with pytest.raises(EncodingError, match=r"first bad byte at 0\). Tried utf-8"):
        found(SIMPLIFIED.encode("gb18030"), "utf-8")


def test_codec_that_does_not_tell_the_place_is_refused_too() -> None:
    """Some codecs only say that the text is wrong."""
    with pytest.raises(EncodingError, match="first bad byte at 0"):
        found(b"abc", "undefined")


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=SIMPLIFIED, min_size=12, max_size=60), st.integers(0, 3))
def test_chinese_text_comes_back_from_every_encoding(text: str, which: int) -> None:
    """Letters of common characters survive whatever they are written in."""
    written = ("utf-8", "gb18030", "utf-16-le", "utf-16")[which]
    content = text.encode(written)
    assert content.decode(found(content)) == text


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_whole_or_refused(content: bytes) -> None:
    """The encoding found reads every byte; else there is an error, never a guess."""
    try:
        name = found(content)
    except EncodingError:
        with pytest.raises(UnicodeDecodeError, match="codec can't decode"):
            content.decode("utf-8")
        return
    assert len(content.decode(name, "strict")) < len(content) + 1
