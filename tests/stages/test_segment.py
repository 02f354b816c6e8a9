"""Tests of the step segment: the words join to the text, own words stay whole."""

import os
import stat
import threading
from pathlib import Path

import jieba
import opencc
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_pipeline.errors import ConfigError
from nlp_pipeline.labels import Labels, load_labels
from nlp_pipeline.stages import segment
from nlp_pipeline.stages.normalise import normalise_text
from nlp_pipeline.stages.segment import Segmenter, dictionary_words, private_cache

WORDS = [
    word for word in dictionary_words(load_labels()) if regex.fullmatch(r"[\p{Han}0-9]+", word)
]
FRAMES = ("{}", "请问{}怎么处理", "关于{}的问题，", "我去{}反映过。", "把{}解决")
TEXTS = (
    "",
    " ",
    "\n\n",
    "一、停水\r\n二、停电",
    "PM2.5超标,100%属实",
    "🙂👨‍👩‍👧谢谢",
    "\ud83d坏了",
    "見字如面𠮷野家",
    "ABC-123/号楼#2",
    "\u202e请核实",
    "e\u0301café",
)


def _words(segmenter: Segmenter, text: str) -> list[str]:
    return [token.text for token in segmenter(text)]


@pytest.fixture(scope="module")
def plain_segmenter(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    """Give a segmenter of jieba itself, without words of ours."""
    return Segmenter((), tmp_path_factory.mktemp("cache"), engine="jieba")


@given(st.text(st.characters(exclude_categories=[]), max_size=60))
@settings(deadline=None, max_examples=200)
def test_words_join_to_any_text(segmenter: Segmenter, text: str) -> None:
    """The words of any text, joined, give the text, and each stands where it says."""
    tokens = segmenter(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(token.start < token.end for token in tokens)


@given(st.lists(st.sampled_from([*WORDS[:200], "的", "，", " ", "12", "AB", "\n"]), max_size=12))
@settings(deadline=None, max_examples=100)
def test_words_join_to_mixtures(plain_segmenter: Segmenter, parts: list[str]) -> None:
    """Words in any order, with marks and digits between, join to the text as well."""
    text = "".join(parts)
    tokens = plain_segmenter(text)
    assert "".join(token.text for token in tokens) == text
    ends = [0, *(token.end for token in tokens)]
    assert [token.start for token in tokens] == ends[:-1]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_odd_texts_join(segmenter: Segmenter, plain_segmenter: Segmenter, text: str) -> None:
    """Marks, emoji, half characters and rare ones are kept, with our words and without."""
    assert "".join(_words(segmenter, text)) == text
    assert "".join(_words(plain_segmenter, text)) == text


def test_long_runs_join(segmenter: Segmenter) -> None:
    """A megabyte of digits is cut and joins to what it was."""
    text = "1" * 1_000_000
    assert "".join(_words(segmenter, text)) == text


def test_the_same_text_gives_the_same_words(segmenter: Segmenter) -> None:
    """Segmenting keeps no memory of earlier texts."""
    text = "幸福里小区的充电桩没人修"
    first = _words(segmenter, text)
    segmenter("充电桩没人修，幸福里小区的")
    assert _words(segmenter, text) == first


@pytest.mark.parametrize("frame", FRAMES)
def test_own_words_are_one_token(segmenter: Segmenter, frame: str) -> None:
    """Every word of petition work and every office is one token in a sentence."""
    broken = [w for w in WORDS if w not in _words(segmenter, frame.format(w))]
    assert broken == []


def test_own_words_are_one_token_from_traditional(segmenter: Segmenter) -> None:
    """The same holds for a sentence that was Traditional before it was normalised."""
    converter = opencc.OpenCC("s2t")
    broken = []
    for word in WORDS:
        sentence = converter.convert(f"請問關於{word}的問題應該找誰")
        if word not in _words(segmenter, normalise_text(sentence).text):
            broken.append(word)
    assert broken == []


def test_without_our_words_some_are_broken(plain_segmenter: Segmenter) -> None:
    """The user dictionary is there for a reason: jieba alone breaks some of the words."""
    assert _words(plain_segmenter, "接诉即办") != ["接诉即办"]


def test_new_words_change_no_other_tokenizer(tmp_path: Path) -> None:
    """Words added here are unknown to jieba's own tokenizer and to other segmenters."""
    text = "蓝鲸湾花园漏水"
    before = jieba.lcut(text)
    other = Segmenter((), tmp_path, engine="jieba")
    others = _words(other, text)
    ours = Segmenter(["蓝鲸湾花园"], tmp_path, engine="jieba")
    assert _words(ours, text)[0] == "蓝鲸湾花园"
    assert ours.knows("蓝鲸湾花园")
    assert jieba.lcut(text) == before
    assert "蓝鲸湾花园" not in jieba.dt.FREQ
    assert _words(other, text) == others
    assert not other.knows("蓝鲸湾花园")


def test_known_words(segmenter: Segmenter, plain_segmenter: Segmenter) -> None:
    """A word of the dictionary is known; a mere beginning of words and nonsense are not."""
    for one in (segmenter, plain_segmenter):
        assert one.knows("小区")
        assert not one.knows("齉龘靐")
        assert not one.knows("")
    assert segmenter.knows("接诉即办")


def test_unknown_engine_is_refused() -> None:
    """An engine that does not exist is refused by the name of the setting."""
    with pytest.raises(ConfigError, match=r"segment\.engine is not usable: one of auto"):
        Segmenter(engine="snownlp")


def test_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extension module jieba cuts, unless the fast engine was asked for."""
    monkeypatch.setattr(segment, "open_engine", lambda *_: None)
    slow = Segmenter((), tmp_path)
    assert not slow.is_fast
    assert _words(slow, "停水") == ["停水"]
    with pytest.raises(ConfigError, match="the extension module cannot be used here"):
        Segmenter(engine="fast")("停水")


def test_repeated_words_count_once() -> None:
    """A word given twice is one word."""
    assert Segmenter(["讨薪", "公摊", "讨薪"]).words == ("讨薪", "公摊")


def test_threads_load_the_dictionary_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many threads that come first at once load one dictionary, and get the same words."""
    made = []
    original = jieba.Tokenizer.initialize

    def count(self: jieba.Tokenizer, dictionary: str | None = None) -> None:
        made.append(self)
        original(self, dictionary)

    segmenter = Segmenter((), tmp_path, engine="jieba")
    monkeypatch.setattr(jieba.Tokenizer, "initialize", count)
    found: list[list[str]] = []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        found.append(_words(segmenter, "小区里污水堵了"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["小区", "里", "污水", "堵", "了"]] * 6
    assert len({id(tokenizer) for tokenizer in made}) == 1


def test_dictionary_holds_words_and_offices(labels: Labels) -> None:
    """The words that stay whole are those of the file and every name of two characters."""
    words = dictionary_words(labels)
    assert {"接诉即办", "住房和城乡建设局", "住建局", "人社局"} <= set(words)
    assert len(set(words)) == len(words)
    assert all(len(word) >= 2 for word in words)


def test_dictionary_of_a_site(labels: Labels, tmp_path: Path) -> None:
    """A site's own user dictionary replaces the package's; only its first column counts."""
    (tmp_path / "user_dict.txt").write_text("# ours\n河长制 100 n\n", encoding="utf-8")
    words = dictionary_words(labels, str(tmp_path))
    assert words[0] == "河长制"
    assert "接诉即办" not in words


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_cache_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is made for this user alone, and found again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = private_cache()
    assert folder == tmp_path / "cache" / "nlp_pipeline"
    assert _mode(folder) == 0o700
    assert private_cache() == folder


def test_cache_lies_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder for caches it lies below the home of the user."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert private_cache() == tmp_path / ".cache" / "nlp_pipeline"


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o720])
def test_cache_that_others_can_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """A folder that others can write to is left alone, by default and by setting."""
    folder = tmp_path / "nlp_pipeline"
    folder.mkdir()
    folder.chmod(mode)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for other in (private_cache(), private_cache(folder)):
        assert other != folder
        assert _mode(other) == 0o700
        other.rmdir()


def test_cache_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of another user is not used, be it ever so private."""
    folder = tmp_path / "nlp_pipeline"
    folder.mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(folder, 12345, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 12345)
    other = private_cache(folder)
    assert other != folder
    other.rmdir()


def test_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file stands in the way, a new folder is made elsewhere."""
    (tmp_path / "nlp_pipeline").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    other = private_cache()
    assert _mode(other) == 0o700
    other.rmdir()


def test_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home, as in some containers, gets a new folder."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    other = private_cache()
    assert _mode(other) == 0o700
    other.rmdir()


def test_folder_of_the_setting_is_made(tmp_path: Path) -> None:
    """A folder named in the settings is made when it is not there, and used."""
    folder = tmp_path / "own" / "cache"
    assert _words(Segmenter((), folder, engine="jieba"), "停水") == ["停水"]
    assert [path.name for path in folder.iterdir()] == ["jieba.cache"]
