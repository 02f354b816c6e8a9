"""Tests of the rows that a shelf keeps: enough to learn from, and no letter."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_cases import made_cases

from nlp_pipeline.errors import ShelfError
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.intake import take_in
from nlp_pipeline.learning.rows import (
    Rows,
    forget,
    join_rows,
    keyed_hash,
    load_rows,
    no_rows,
    save_rows,
    weighed_views,
)
from nlp_pipeline.learning.split import weigh_letters
from nlp_pipeline.process import Walk
from nlp_pipeline.stages._features import Weighed

SECRET = b"a secret of the tests"


def _rows(cases: Sequence[Case], walk: Walk) -> Rows:
    return take_in(cases, no_rows(), walk, SECRET).rows


def _same(left: Rows, right: Rows) -> bool:
    plain = ("words", "labels", "texts", "keys", "floors")
    arrays = ("behind", "parts", "times", "groups", "accusing", "withheld")
    return (
        all(getattr(left, name) == getattr(right, name) for name in plain)
        and all(np.array_equal(getattr(left, n), getattr(right, n)) for n in arrays)
        and all((left.views[n] != right.views[n]).nnz == 0 for n in left.views)
    )


def test_rows_read_back_as_they_were_written(small_walk: Walk, tmp_path: Path) -> None:
    """Everything of the rows survives the file."""
    rows = _rows(made_cases(12), small_walk)
    save_rows(rows, tmp_path / "rows" / "a.npz")
    assert _same(load_rows(tmp_path / "rows" / "a.npz"), rows)


def test_a_row_weighs_as_its_letter_does(small_walk: Walk) -> None:
    """What the model sees of a row is what it sees of the letter."""
    cases = made_cases(6)
    rows = _rows(cases, small_walk)
    from nlp_pipeline.learning.corpus import Labelled

    letters = [Labelled(case.key, case.raw, case.labels) for case in cases]
    whole = weigh_letters(letters, small_walk.segmenter, small_walk.settings)
    for found, case in zip(rows.weighed(range(6)), cases, strict=True):
        assert dict(found) == pytest.approx(dict(whole[case.key]))
        assert found.parts["body"] == pytest.approx(whole[case.key].parts["body"])


def test_the_order_of_words_is_lost(small_walk: Walk, tmp_path: Path) -> None:
    """The file holds words sorted, and no sentence of a letter."""
    cases = made_cases(6)
    save_rows(_rows(cases, small_walk), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        text = file["meta"].tobytes().decode("utf-8")
    words = load_rows(tmp_path / "a.npz").words
    assert list(words) == sorted(words)
    assert not any(case.raw[8:18] in text for case in cases)


def test_what_may_name_a_person_is_not_kept(small_walk: Walk) -> None:
    """Unknown words that begin like a name and long numbers are left out of the words."""
    letters = [Weighed({"欧阳晓婷": 1.0, "张建国": 1.0, "13912345678": 1.0, "水管": 1.0}, {})]
    words, views = weighed_views(letters, lambda word: word == "水管")
    assert "水管" in words
    assert {"张建国", "13912345678"}.isdisjoint(words)
    assert views["whole"].shape == (1, len(words))


def test_the_phone_of_a_letter_is_in_no_file(small_walk: Walk, tmp_path: Path) -> None:
    """A number that the walk masks does not come into the rows."""
    case = Case("a:1", "水管坏了，请回电话13912345678找刘先生。", {"department": "供水公司"})
    save_rows(_rows([case], small_walk), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        text = file["meta"].tobytes().decode("utf-8")
    assert "1391234" not in text
    assert "a:1" not in text


def test_joined_rows_stand_one_behind_the_other(small_walk: Walk) -> None:
    """Rows over different words are brought over the words of both."""
    left, right = _rows(made_cases(6), small_walk), _rows(made_cases(9, seed=1), small_walk)
    both = join_rows(left, right)
    assert len(both) == 15
    assert both.weighed([2])[0] == pytest.approx(left.weighed([2])[0])
    assert both.weighed([8])[0] == pytest.approx(right.weighed([2])[0])
    assert len(join_rows(no_rows(), right)) == 9


def test_words_of_a_letter_go_with_it(small_walk: Walk) -> None:
    """A word that only a forgotten letter had is not kept either."""
    case = Case("b:1", "琉璃瓦掉下来砸坏了花盆，屋顶的琉璃瓦都松了。", {"department": "供水公司"})
    rows = _rows([*made_cases(6), case], small_walk)
    assert any("琉璃" in word for word in rows.words)
    left, gone = forget(rows, [keyed_hash(SECRET, "key", "b:1")])
    assert (gone, len(left)) == (1, 6)
    assert not any("琉璃" in word for word in left.words)
    assert left.weighed([3])[0] == pytest.approx(rows.weighed([3])[0])


def test_forgetting_what_is_not_there_changes_nothing(small_walk: Walk) -> None:
    """An unknown key leaves the rows as they are."""
    rows = _rows(made_cases(6), small_walk)
    assert forget(rows, ["0" * 32]) == (rows, 0)


def test_a_hash_needs_the_secret() -> None:
    """Without the shelf's secret nobody can tell whether a letter was learned from."""
    assert keyed_hash(SECRET, "key", "b:1") == keyed_hash(SECRET, "key", "b:1")
    others = {keyed_hash(b"another", "key", "b:1"), keyed_hash(SECRET, "text", "b:1")}
    assert keyed_hash(SECRET, "key", "b:1") not in others


def test_no_file_means_no_rows(tmp_path: Path) -> None:
    """A model that came without rows has none."""
    assert len(load_rows(tmp_path / "none.npz")) == 0


def test_a_damaged_file_is_refused(small_walk: Walk, tmp_path: Path) -> None:
    """A file that was cut off or is of another kind is named, not guessed at."""
    path = tmp_path / "rows" / "a.npz"
    save_rows(_rows(made_cases(6), small_walk), path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"PK\x03\x04", b"{}"):
        path.write_bytes(content)
        with pytest.raises(ShelfError, match=r"a\.npz is damaged"):
            load_rows(path)
