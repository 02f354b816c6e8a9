"""Tests of the split: what is learned from, what measures, and what is in neither."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nlp_pipeline.config import Settings
from nlp_pipeline.errors import CorpusError, LabelError
from nlp_pipeline.labels import Labels
from nlp_pipeline.learning.corpus import Labelled
from nlp_pipeline.learning.duplicates import group_near_duplicates
from nlp_pipeline.learning.split import HOLDOUT_SHARE, Split, split_letters, weigh_letters
from nlp_pipeline.stages.segment import Segmenter

STREETS = "一二三四五六七八九十"
HEADERS = {
    "tipdm2020c/topics.csv": "id,title,text,label",
    "tipdm2020c/replies.csv": "id,title,text,unit",
    "haikou12345/orders.csv": "id,text,category,cat2,cat3,cat4,department,dept_norm",
    "shangluo_mailbox/letters.csv": "id,title,text,department",
    "tainan1999/reports.csv": "id,text,category,subcategory",
    "tipdm2020c/hot.csv": "id,title,text",
    "gold/dev.csv": "id,source,title,text,urgency,purpose,topic1,topic2,department,also,labels",
}
WATER = (
    "我家住在城东新苑七号楼，小区供水管网老化，最近半个月每天傍晚以后就停水，物业说归自来水公司管，"
    "自来水公司又说归物业管，居民做饭洗澡都十分困难，恳请领导协调两家单位尽快查明原因。"
)
WAGES = (
    "本人在南郊工业园一家服装厂做缝纫工，从去年九月干到今年二月，厂里一直拖着四个月工资不发，"
    "老板先说等货款到账，后来电话也打不通，同车间三十多名工友都没领到钱，请帮我们讨薪。"
)
LAMP = (
    "人民路与建设街交叉口的路灯坏了快一个星期，晚上漆黑一片，昨天又摔了一位骑车的大姐，"
    "附近就是幼儿园，家长接送孩子都提心吊胆，盼望有关部门尽快安排人来修一修。"
)


def own(number: int, text: str, side: str) -> dict[str, Any]:
    """Give a letter of the project as its file has it."""
    return {
        "id": f"T{number}",
        "title": "",
        "text": text,
        "topic": "城乡建设",
        "subtopic": "城市建设和市政管理",
        "purpose": "申诉求决",
        "urgency": "一般",
        "department": "城市管理局",
        "also": [],
        "split": side,
    }


def gold_row(number: int, source: str, text: str, kind: str = "all") -> tuple[str, ...]:
    """Give a row of the gold table."""
    labels = ("一般", "申诉求决", "城乡建设", "城市建设和市政管理", "城市管理局", "")
    return (f"g{number}", source, "", text, *labels, kind)


def filler(number: int) -> str:
    """Write a letter that is like no other."""
    street = "".join(STREETS[int(digit)] for digit in f"{number:03}")
    return f"{street}街{'东西南北'[number % 4]}口的井盖丢了，{street * 4}，有人摔倒。"


class Folder:
    """A data folder and a corpus of invented letters on disk."""

    def __init__(self, place: Path) -> None:
        self.data = place / "data"
        self.corpus = place / "letters.jsonl"
        self.annotations = place / "labels.csv"
        for name in HEADERS:
            self.table(name)
        self.letters(own(1, "路灯不亮，楼下一片黑。", "train"), own(2, "井盖丢了一个。", "test"))

    def table(self, name: str, *rows: Sequence[str]) -> None:
        """Write one table of the data folder."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([HEADERS[name].split(","), *rows])

    def replies(self, letters: Mapping[str, str]) -> None:
        """Write answered messages, their texts by their ids."""
        rows = [(key, "", text, "教育局") for key, text in letters.items()]
        self.table("tipdm2020c/replies.csv", *rows)

    def letters(self, *rows: dict[str, Any]) -> None:
        """Write the project's own letters."""
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        self.corpus.write_text("\n".join(lines), encoding="utf-8")

    def split(self, settings: Settings, labels: Labels, with_data: bool = True) -> Split:
        """Split what lies on disk."""
        data = self.data if with_data else None
        return split_letters(self.corpus, self.annotations, data, settings, labels)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a data folder with headings alone, and two letters of the project."""
    return Folder(tmp_path)


def keys(letters: Sequence[Labelled]) -> set[str]:
    """Give the keys of letters."""
    return {letter.key for letter in letters}


def test_without_data_the_own_letters_are_split_as_they_say(
    folder: Folder, settings: Settings, labels: Labels
) -> None:
    """Without the data folder the project's letters alone are split by their own halves."""
    split = folder.split(settings, labels, with_data=False)
    assert keys(split.train) == {"project:T1"}
    assert keys(split.test) == {"project:T2"}
    assert split.gold == []
    assert split.weighed.keys() == keys(split.learned[0]) == {"project:T1"} | keys(split.phrases)


def test_about_a_fifth_is_held_out_the_same_in_any_order(
    folder: Folder, settings: Settings, labels: Labels
) -> None:
    """About a fifth of unlike letters measures, and reordering the table changes nothing."""
    texts = {f"r{number}": filler(number) for number in range(300)}
    folder.replies(texts)
    first = folder.split(settings, labels)
    folder.replies(dict(reversed(texts.items())))
    second = folder.split(settings, labels)
    assert keys(first.test) == keys(second.test)
    assert keys(first.train) == keys(second.train)
    assert keys(first.train).isdisjoint(keys(first.test))
    assert len(first.train) + len(first.test) == 302
    assert abs((len(first.test) - 1) / 300 - HOLDOUT_SHARE) < 0.08


def test_near_duplicates_stay_on_one_side(
    folder: Folder, settings: Settings, labels: Labels
) -> None:
    """Letters sent again with small edits are all learned from or all measured with."""
    heads = {
        f"{name}{number}": f"{number}号信：{text}"
        for number in range(20)
        for name, text in (("w", WATER), ("s", WAGES))
    }
    folder.replies(heads)
    split = folder.split(settings, labels)
    for name in ("w", "s"):
        sides = [
            side
            for side in (split.train, split.test)
            if any(key.startswith(f"replies:{name}") for key in keys(side))
        ]
        assert len(sides) == 1


def test_groups_belong_to_the_training_letters(
    folder: Folder, settings: Settings, labels: Labels
) -> None:
    """Each training letter has its group, and near-duplicates share it."""
    folder.replies({f"r{number}": filler(number) for number in range(40)})
    folder.letters(own(1, WATER, "train"), own(2, WATER + "急！", "train"), own(3, WAGES, "train"))
    split = folder.split(settings, labels)
    assert len(split.groups) == len(split.train)
    group = dict(zip([letter.key for letter in split.train], split.groups, strict=True))
    assert group["project:T1"] == group["project:T2"]
    assert group["project:T1"] != group["project:T3"]


def test_gold_letters_and_their_like_are_in_neither_part(
    folder: Folder, settings: Settings, labels: Labels
) -> None:
    """The source rows of gold letters and all near-duplicates of either are in neither part."""
    folder.replies(
        {
            "source": WATER,
            "like the source": WATER.replace("七号楼", "九号楼"),
            "like the gold text": "您好！" + WAGES,
            "free": LAMP,
        }
    )
    folder.table(
        "gold/dev.csv",
        gold_row(1, "replies:source", "已经改写得完全不同的一封短信"),
        gold_row(2, "elsewhere:1", WAGES, "danger"),
    )
    folder.letters(own(1, WAGES, "train"), own(2, WATER, "test"), own(3, "楼道堆物。", "train"))
    split = folder.split(settings, labels)
    assert keys(split.train) | keys(split.test) == {"replies:free", "project:T3"}
    assert [(letter.key, kind) for letter, kind in split.gold] == [
        ("gold:g1", "all"),
        ("gold:g2", "danger"),
    ]


@pytest.mark.parametrize("side", ["train", "test"])
def test_data_letters_follow_the_own_letter_they_are_like(
    folder: Folder, settings: Settings, labels: Labels, side: str
) -> None:
    """A near-duplicate of one of the project's letters lies on that letter's side."""
    copies = {f"r{number}": f"{number}号信：{WATER}" for number in range(8)}
    folder.replies(copies)
    folder.letters(own(1, WATER, side), own(2, WAGES, "train"), own(3, LAMP, "test"))
    split = folder.split(settings, labels)
    part = split.test if side == "test" else split.train
    assert keys(part) >= {"project:T1", *(f"replies:{key}" for key in copies)}


def test_unknown_label_stops_the_split(folder: Folder, settings: Settings, labels: Labels) -> None:
    """A label that is not of the label sets is refused before anything is split."""
    folder.letters({**own(1, WATER, "train"), "urgency": "十万火急"})
    with pytest.raises(LabelError, match="'十万火急' is not a known urgency"):
        folder.split(settings, labels)


def test_missing_data_is_refused(folder: Folder, settings: Settings, labels: Labels) -> None:
    """A data folder that lacks a table is refused."""
    (folder.data / "gold" / "dev.csv").unlink()
    with pytest.raises(CorpusError, match="gold/dev.csv"):
        folder.split(settings, labels)


def test_shipped_halves_share_no_letter(corpus_rows: list[dict[str, Any]]) -> None:
    """No letter of the corpus's training half is a near-duplicate of one of its test half."""
    groups = group_near_duplicates([f"{row['title']}\n{row['text']}" for row in corpus_rows])
    sides: dict[int, set[str]] = {}
    for row, group in zip(corpus_rows, groups, strict=True):
        sides.setdefault(group, set()).add(row["split"])
    assert [group for group, found in sides.items() if len(found) > 1] == []
    assert set().union(*sides.values()) == {"train", "test"}


def test_words_are_weighed_as_the_model_sees_them(settings: Settings, segmenter: Segmenter) -> None:
    """Letters are cleaned, cut and masked before their words are weighed, by key."""
    letters = [
        Labelled("a:1", "樓下污水堵了，電話13800138000", {}),
        Labelled("a:2", "\ud800\u202e", {}),
        Labelled("a:3", "", {}),
    ]
    weighed = weigh_letters(letters, segmenter, settings)
    assert list(weighed) == ["a:1", "a:2", "a:3"]
    assert {"楼下", "污水", "〈电话〉"} <= weighed["a:1"].keys()
    assert not any(character.isdigit() for word in weighed["a:1"] for character in word)
    assert weighed["a:2"] == weighed["a:3"] == {}
