"""The encoding of a file: decided by all of it, or refused."""

import codecs
import io
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

# The benchmarks are run from the repository and not installed.
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.encoding import (
    ENCODINGS,
    SURE_LENGTH,
    make_samples,
    own_letters,
    pools,
    read_back,
    springs,
    traps,
)
from nlp_pipeline.errors import ConfigError, EncodingError
from nlp_pipeline.stages._decode import (
    MIN_CERTAINTY,
    Guess,
    certainty_of,
    find_encoding,
)
from nlp_pipeline.stages._likelihood import is_common, lead_of_chinese, log_likelihood
from nlp_pipeline.stages._streams import Spool

SIMPLIFIED = "尊敬的领导，您好。我们小区的电梯坏了半个月，物业一直不来修，老人上下楼很困难。"
TRADITIONAL = "尊敬的領導，您好。我們社區的電梯壞了半個月，物業一直不來修，老人上下樓很困難。"
CHUNK = 1 << 16


LENGTHS = (1, 5, 20, 40, 80, 400, 2000)


def guessed(content: bytes, wanted: str = "") -> Guess:
    """Give what is found for some bytes."""
    return find_encoding(Spool(io.BytesIO(content)), "letters.csv", wanted)


def found(content: bytes, wanted: str = "") -> str:
    """Give the encoding found for some bytes."""
    return guessed(content, wanted).name


@cache
def texts() -> dict[str, str]:
    """Give some of the project's letters in every script."""
    return pools(own_letters()[:150])


def characters(charset: str, rows: range) -> Sequence[str]:
    """Give the common characters in some rows of a charset."""
    cells = (bytes((row, cell)).decode(charset, "ignore") for row in rows for cell in range(256))
    return sorted({cell for cell in cells if is_common(cell) and cell >= "\u4e00"})


SIMPLIFIED_ALPHABET = characters("gb2312", range(0xB0, 0xD8))
TRADITIONAL_ALPHABET = characters("big5", range(0xA4, 0xC7))


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


def test_three_hundred_files_come_back() -> None:
    """From forty characters on every file is read right; of shorter ones nearly all are."""
    wrong: Counter[int] = Counter()
    for sample in make_samples(texts(), 336, LENGTHS):
        wrong[sample.length] += read_back(sample.content)[1] != sample.text
    assert [length for length in wrong if wrong[length] and length >= SURE_LENGTH] == []
    assert wrong[5] + wrong[20] == 0
    assert wrong[1] < 336 / len(LENGTHS) / 4


def test_every_encoding_is_among_the_files() -> None:
    """The files are written in all the ways that the benchmark names."""
    samples = list(make_samples(texts(), len(ENCODINGS), (40,)))
    assert [sample.encoding for sample in samples] == list(ENCODINGS)


def test_hard_files_are_read_or_refused_with_the_place() -> None:
    """Rare names, much ASCII, cut ends: each comes out as the benchmark says."""
    assert [trap.name for trap in traps(texts()) if springs(trap)] == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (codecs.BOM_UTF16_LE + SIMPLIFIED.encode("utf-16-le"), 1.0),
        (SIMPLIFIED.encode(), 1.0),
        ("·é 路".encode(), 1.0),
        ("Café à Pékin, déjà vu à Nîmes, été".encode(), 1.0),
        (b"id,text\n1,street light\n", 1.0),
        (SIMPLIFIED.encode("gb18030"), 1.0),
    ],
)
def test_what_cannot_be_anything_else_is_certain(content: bytes, expected: float) -> None:
    """A mark, UTF-8 and a letter of some length leave no doubt."""
    assert guessed(content).certainty == expected


@pytest.mark.parametrize("text", ["好", "路灯"])
def test_few_characters_leave_a_doubt(text: str) -> None:
    """The certainty of a character or two is lower, and there is another reading."""
    guess = guessed(text.encode("gb18030"))
    assert guess.name == "gb18030"
    assert 0.5 < guess.certainty < 1
    assert guess.rival


def test_a_doubtful_reading_names_the_other_one() -> None:
    """One character that both charsets know well: the user is shown the other choice."""
    guess = guessed("誰".encode("big5"))
    assert {guess.name, guess.rival} == {"gb18030", "big5hkscs"}
    assert guess.certainty < MIN_CERTAINTY


def test_a_named_encoding_is_certain() -> None:
    """What the user says is not doubted."""
    assert guessed("誰".encode("big5"), "big5") == Guess("big5")


@given(st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_certainty_grows_with_the_margin(first: float, second: float) -> None:
    """It stays within 0 and 1, and is never lower for a larger margin."""
    low, high = sorted((first, second))
    assert 0 <= certainty_of(low) <= certainty_of(high) <= 1


def test_letters_are_likelier_than_what_another_encoding_makes_of_them() -> None:
    """The right reading has the higher likelihood, and only that is Chinese."""
    wrong = Counter(TRADITIONAL.encode("big5").decode("gb18030"))
    right = Counter(TRADITIONAL)
    assert log_likelihood(right) > log_likelihood(wrong)
    assert lead_of_chinese(right) > 0 > lead_of_chinese(Counter("膮亅廇\ue000\x01\u0600"))


def test_repetition_says_less_than_variety() -> None:
    """A character that comes back a thousand times does not outweigh the others."""
    assert log_likelihood({"滘": 1000}) > 10 * log_likelihood({"滘": 1})


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("營業時間９～５點，電話‧傳真", "cp950", "cp950"),
        ("營業時間九點至五點，電話傳真", "cp950", "big5hkscs"),
        ("我哋喺度瞓，嗰啲嘢嘅聲太嘈", "big5hkscs", "big5hkscs"),
    ],
)
def test_the_two_kinds_of_big5_are_told_apart(text: str, written: str, expected: str) -> None:
    """Windows has other marks, Hong Kong more characters."""
    content = text.encode(written)
    assert found(content) == expected
    assert content.decode(expected) == text


def test_marks_far_behind_decide_on_the_kind_of_big5() -> None:
    """All of a long file counts: the first mark that tells the kinds apart is at its end."""
    content = (TRADITIONAL * 9000 + "９～５").encode("cp950")
    assert found(content) == "cp950"


def test_gb18030_has_a_mark_of_its_own() -> None:
    """The mark of GB18030 decides as the others do."""
    assert found("\ufeff好".encode("gb18030")) == "gb18030"


def test_two_letters_of_ascii_are_no_character_of_utf16() -> None:
    """What is plain ASCII stays it, however short."""
    guess = guessed(b"ok")
    assert (guess.name, guess.rival) == ("utf-8", "utf-16-le")
    assert guess.certainty > MIN_CERTAINTY


def test_short_gb18030_that_is_utf8_by_chance_is_seen_through() -> None:
    """These bytes are UTF-8 for a sign that nobody writes; as GB18030 they are a word."""
    content = "路".encode("gb18030")
    assert content.decode("utf-8") == "·"
    assert found(b"id,text\n1," + content) == "gb18030"


def test_chinese_behind_much_ascii_is_found() -> None:
    """The first hundred thousand bytes may tell nothing."""
    assert found(b"1,a\r\n" * 90_000 + TRADITIONAL.encode("big5")) == "big5hkscs"


@pytest.mark.parametrize("written", ["gb18030", "big5"])
@pytest.mark.parametrize("times", [1, 3000])
def test_an_end_cut_off_is_refused_with_its_place(written: str, times: int) -> None:
    """The place is that of the first byte of the last character, wherever in the file."""
    text = SIMPLIFIED if written == "gb18030" else TRADITIONAL
    content = (text * times + "好").encode(written)
    with pytest.raises(EncodingError, match=f"byte at {len(content) - 2}"):
        found(content[:-1])


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
@given(
    st.lists(st.sampled_from(SIMPLIFIED_ALPHABET), min_size=40, max_size=120, unique=True),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_forty_characters_come_back(text: list[str], written: str) -> None:
    """Whatever common characters they are, in whatever order."""
    content = "".join(text).encode(written)
    assert content.decode(found(content)) == "".join(text)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(TRADITIONAL_ALPHABET), min_size=40, max_size=120, unique=True),
    st.sampled_from(["utf-8", "gb18030", "big5", "cp950", "utf-16-le"]),
)
def test_forty_traditional_characters_come_back(text: list[str], written: str) -> None:
    """Traditional ones come back also where GBK was used for them."""
    content = "".join(text).encode(written)
    assert content.decode(found(content)) == "".join(text)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), min_size=1))
def test_utf8_is_never_refused(text: str) -> None:
    """A content that is UTF-8 throughout is read, however rare its characters are."""
    guess = guessed(text.encode())
    assert text.encode().decode(guess.name)


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
