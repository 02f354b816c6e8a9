"""The extension module gives jieba's own words, or is not used."""

import csv
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jieba
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import ConfigError
from nlp_pipeline.labels import Labels
from nlp_pipeline.records import Token
from nlp_pipeline.stages import _fast_segment
from nlp_pipeline.stages._fast_segment import hmm_tables, open_engine, suggest_frequency
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter, dictionary_words

DATA = os.environ.get("NLP_PIPELINE_DATA", "")
MODULE = "nlp_pipeline.stages._native.cut"
IS_BUILT = open_engine(jieba, ()) is not None
built = pytest.mark.skipif(not IS_BUILT, reason="the extension module was not built")

LETTERS = (
    "幸福里3号楼B座2单元的电梯坏了12天，物业说要等2024-05-06以后才修，PM2.5检测仪也坏了。",
    "拨打12345热线三次，工单号WX-20240312-0071，至今没人回电话\r\n请领导督促！",
    "我和女儿龘靐住在城中村，孩子上学要走3.5公里，物业费却涨到2.85元/㎡，涨了15%。",
    "来信人：欧阳菁菁菁，微信abc_def-01，邮箱wo+men@example.com，A股亏了C++也没学会。",
    "㐂㐃𠀀鿿鿖々〇两室一厅😀👨‍👩‍👧十二点半全角１２３ＡＢＣ　　\t\n\x0b\x85\u2028",
    "",
)

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5)
COMMON = st.sampled_from(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能小区楼道物业费"
)
RARE = st.characters(min_codepoint=0x9FA6, max_codepoint=0xA00F) | st.sampled_from("㐂䶵豈𠀀𪛖〇々")
PLAIN = st.sampled_from("0123456789abzABZ+#&._%-")
OTHER = st.sampled_from("，。！？、：“”（） \t\r\n\x00\x1c\x85\u3000\u200b\u202e１Ａ①é😀\ud800")
PIECE = st.sampled_from(
    ["\r\n", "1.5%", "T恤", "B超", "c++", "小区", "物业公司", "研究生命", "A座", "卡拉OK", "住建局"]
)
TEXT = st.lists(COMMON | HAN | RARE | PLAIN | OTHER | PIECE, max_size=60).map("".join)


@pytest.fixture(scope="module")
def words(labels: Labels) -> list[str]:
    """Give the words that the package adds to jieba's."""
    return dictionary_words(labels)


@pytest.fixture(scope="module")
def plain(words: list[str]) -> Segmenter:
    """Give the segmenter in which jieba itself cuts."""
    return Segmenter(words, engine="jieba")


@pytest.fixture(scope="module")
def fast(words: list[str]) -> Segmenter:
    """Give the segmenter in which the extension module cuts."""
    return Segmenter(words, engine="fast")


@pytest.fixture
def force_split() -> Iterator[set[str]]:
    """Give jieba's process-wide set of words never joined, emptied afterwards."""
    yield jieba.finalseg.Force_Split_Words
    jieba.finalseg.Force_Split_Words.clear()


def _other_jieba(**changes: Any) -> types.ModuleType:
    """Give a module like jieba with some attributes changed."""
    module = types.ModuleType("jieba")
    module.__dict__.update({**jieba.__dict__, **changes})
    return module


@built
@pytest.mark.parametrize("text", LETTERS)
def test_words_and_places_are_jiebas(fast: Segmenter, plain: Segmenter, text: str) -> None:
    """Both engines give the same tokens for letters with all that makes jieba stumble."""
    assert fast(text) == plain(text)


@built
@given(text=TEXT)
@settings(max_examples=1500, deadline=None)
@example("龘靐齉齾爩" * 40)
@example("-.%+1.2.3%a.b-1-")
@example("\r\r\n\n\r")
def test_any_mixture_is_cut_alike(fast: Segmenter, plain: Segmenter, text: str) -> None:
    """Any mixture of Han, digits, Latin letters, marks, rare Han and emoji is cut alike."""
    tokens = fast(text)
    assert tokens == plain(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert "".join(token.text for token in tokens) == text


@built
@given(text=st.text(alphabet=HAN, min_size=2, max_size=30))
@settings(max_examples=800, deadline=None)
def test_unknown_han_is_cut_alike(fast: Segmenter, plain: Segmenter, text: str) -> None:
    """Runs of rare characters, where jieba's HMM has ties to break, are cut alike."""
    assert fast(text) == plain(text)


@built
@given(
    own=st.lists(st.text(alphabet=COMMON | PLAIN | OTHER, min_size=1, max_size=6), max_size=6),
    text=st.text(alphabet=COMMON | PLAIN, max_size=30),
)
@settings(max_examples=300, deadline=None)
def test_added_words_weigh_what_jieba_gives_them(own: list[str], text: str) -> None:
    """Words added one after another have jieba's frequencies, total and effect."""
    tokenizer, cutter, before = *_loaded(), {}
    for word in own:
        before[word] = tokenizer.FREQ.get(word)
        added = suggest_frequency(cutter, word)
        assert added == tokenizer.suggest_freq(word)
        tokenizer.add_word(word)
        cutter.add(word, added)
    assert cutter.total == tokenizer.total
    joined = "".join(own) + text
    assert [token[0] for token in cutter.cut(joined, Token)] == tokenizer.lcut(joined)


def _loaded(kept: list[Any] = []) -> tuple[Any, Any]:  # noqa: B006 - the dictionary loads once
    """Give a tokenizer and a cutter that grow together, example by example."""
    if not kept:
        engine = open_engine(jieba, ())
        assert engine is not None
        tokenizer = jieba.Tokenizer()
        tokenizer.FREQ, tokenizer.total = jieba.Tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
        kept += [tokenizer, engine._cutter]
    return kept[0], kept[1]


@built
def test_letters_of_the_project_are_cut_alike(
    fast: Segmenter, plain: Segmenter, corpus_rows: list[dict[str, Any]]
) -> None:
    """Every letter written for the project is cut alike, as received and normalised."""
    for row in corpus_rows[::5]:
        for text in (row["text"], normalise_text(row["text"]).text):
            assert fast(text) == plain(text)


@built
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="NLP_PIPELINE_DATA names no folder")
def test_real_letters_are_cut_alike(fast: Segmenter, plain: Segmenter) -> None:
    """Every text of the data folder is cut alike, as received and normalised."""
    seen = different = 0
    for path in sorted(Path(DATA).rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                raw = "\n".join(value for value in row.values() if isinstance(value, str))
                for text in (raw, normalise_text(raw).text):
                    seen += 1
                    different += fast(text) != plain(text)
    assert seen > 0
    assert different == 0


@built
def test_every_added_word_is_one_token(fast: Segmenter, words: list[str]) -> None:
    """A word of the user dictionary or the register is one token, unless a mark cuts it."""
    whole = [word for word in words if word.isalnum()]
    assert len(whole) >= 0.98 * len(words)
    assert [word for word in whole if [token.text for token in fast(word)] != [word]] == []
    assert all(fast.knows(word) for word in words)


@built
def test_knows_words_but_not_their_beginnings(fast: Segmenter, plain: Segmenter) -> None:
    """A mere beginning of a word and a stranger are not known, whoever cuts."""
    for word in ("小区", "物业管", "龘靐", "", "1"):
        assert fast.knows(word) == plain.knows(word)


@built
def test_jiebas_own_dictionary_is_not_loaded(tmp_path: Path) -> None:
    """With the extension module no prefix dictionary is built or written."""
    segmenter = Segmenter(["幸福里二期"], tmp_path, "fast")
    assert segmenter("幸福里二期停水")[0] == Token("幸福里二期", 0, 5)
    assert segmenter.is_fast
    assert list(tmp_path.iterdir()) == []


@built
def test_word_taken_out_of_jieba_sends_text_to_jieba(
    words: list[str], force_split: set[str]
) -> None:
    """Once a word is never to be joined in this process, jieba itself cuts."""
    segmenter = Segmenter(words, engine="fast")
    text = "他来到了网易杭研大厦"
    whole = [token.text for token in segmenter(text)]
    force_split.add("杭研")
    assert not segmenter.is_fast
    assert segmenter(text) == Segmenter(words, engine="jieba")(text)
    assert "杭研" in whole
    assert "杭研" not in [token.text for token in segmenter(text)]


@built
@pytest.mark.parametrize("length", [1, 50_000])
@pytest.mark.parametrize("unit", ["1", "a", "-", "1.5%"])
def test_long_runs_are_cut_alike(fast: Segmenter, plain: Segmenter, unit: str, length: int) -> None:
    """A run of digits, letters or marks of any length is cut alike."""
    assert fast(unit * length) == plain(unit * length)


def test_without_the_module_jieba_cuts(monkeypatch: pytest.MonkeyPatch, plain: Segmenter) -> None:
    """Where no compiler was there, the words are the same and jieba gives them."""
    monkeypatch.setitem(sys.modules, MODULE, None)
    segmenter = Segmenter(plain.words)
    assert not segmenter.is_fast
    assert segmenter(LETTERS[0]) == plain(LETTERS[0])
    assert segmenter.knows("小区")


def test_fast_engine_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for the extension module and has none is told so."""
    monkeypatch.setitem(sys.modules, MODULE, None)
    with pytest.raises(ConfigError, match="extension module cannot be used"):
        Segmenter(engine="fast")("小区")


def test_unknown_engine_is_refused() -> None:
    """A misspelt engine is refused at once, with those there are."""
    with pytest.raises(ConfigError, match="auto, jieba, fast"):
        Segmenter(engine="rjieba")


@built
def test_another_jieba_is_not_stood_in_for() -> None:
    """Another version of jieba may cut otherwise, so nothing stands in for it."""
    assert open_engine(_other_jieba(__version__="0.43"), ()) is None


@built
@pytest.mark.parametrize(
    "content", [None, b"\xff", "小区 多\n".encode(), "小区\n".encode(), b" 3\n", b"\n"]
)
def test_dictionary_that_does_not_read_is_not_used(tmp_path: Path, content: bytes | None) -> None:
    """A missing or malformed dictionary leaves the cutting to jieba."""
    if content is not None:
        (tmp_path / "dict.txt").write_bytes(content)
    other = _other_jieba(__file__=str(tmp_path / "__init__.py"))
    assert open_engine(other, ()) is None


@built
def test_dictionary_may_end_its_lines_as_windows_does(tmp_path: Path) -> None:
    """Line ends of Windows, a missing tag and a missing last line end are read."""
    (tmp_path / "dict.txt").write_bytes("小区 3 n\r\n物业 5\r\n电梯 7".encode())
    engine = open_engine(_other_jieba(__file__=str(tmp_path / "__init__.py")), ())
    assert engine is not None
    assert engine._cutter.total == 15
    assert [engine.knows(word) for word in ("小区", "物业", "电梯", "小")] == [
        True,
        True,
        True,
        False,
    ]


@built
@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda cutter: cutter.add("", 1), ValueError),
        (lambda cutter: cutter.add("小区", -1), ValueError),
        (lambda cutter: cutter.add("小区", 1 << 62) or cutter.add("小区", 1 << 62), ValueError),
        (lambda cutter: cutter.add(b"x", 1), TypeError),
        (lambda cutter: cutter.cut("小区", list), TypeError),
        (lambda cutter: cutter.cut(None, Token), TypeError),
        (lambda cutter: cutter.ends(5, True), TypeError),
        (lambda cutter: cutter.frequency(5), TypeError),
        (lambda cutter: cutter.load(b"x 1"), TypeError),
        (lambda cutter: type(cutter)(b"short"), ValueError),
        (lambda cutter: type(cutter)("text"), TypeError),
    ],
)
def test_wrong_arguments_raise(call: Any, kind: type[Exception]) -> None:
    """The extension module refuses what it cannot work with, by an exception."""
    from nlp_pipeline.stages._native.cut import Cutter

    final = jieba.finalseg
    cutter = Cutter(hmm_tables(final.start_P, final.trans_P, final.emit_P))
    with pytest.raises(kind):
        call(cutter)


def test_tables_hold_every_han_character() -> None:
    """The tables are doubles: start, steps, then four for each Han character."""
    final = jieba.finalseg
    tables = hmm_tables(final.start_P, final.trans_P, final.emit_P)
    values = memoryview(tables).cast("d")
    assert len(values) == 4 + 16 + 4 * 20950
    assert values[0] == final.start_P["B"]
    assert values[4 + 1] == final.trans_P["B"]["E"]
    assert values[20 + 4 * (ord("的") - 0x4E00) + 3] == final.emit_P["S"]["的"]
    assert values[20 + 1] == final.emit_P["E"].get("一", _fast_segment._MIN_FLOAT)
