"""Tests of filing: everything comes back as it was, and nothing is there twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented import ADMIN, CLERK, ENTITLED, Time, make_triage

from nlp_pipeline.records import Deadline, Failure, Letter
from nlp_pipeline.store import Filing, QueueFilter, Store, open_store
from nlp_pipeline.store.base import storable

File = Callable[..., list[str]]
EVERY = QueueFilter(state="")


def test_a_letter_comes_back_as_it_was_filed(store: Store) -> None:
    """Text, title, number, row and the whole answer are what went in."""
    letter = Letter(
        "XF-7",
        "您好，我们楼已经停水两天，物业说管道爆了没人来修。",
        title="停水",
        source="来信.csv",
        number=7,
        row={"编号": "XF-7", "正文": "（见上）", "镇街": "城南街道"},
        received="2026-03-02",
    )
    triage = make_triage(letter, place="城南街道", group_size=6)
    run = store.begin_run("petition_zh", "x")
    (filed,) = store.file(run, [Filing(letter, triage, channel="来信")])
    view = store.letter(CLERK, filed.key)
    assert replace(view.letter, row={}) == replace(letter, row={})
    assert view.letter.row == {"正文": "（见上）", "镇街": "城南街道"}
    assert view.prediction is not None
    assert dict(view.prediction.predictions) == dict(triage.predictions)
    assert view.prediction.decision == triage.decision
    assert view.prediction.judgement == triage.judgement
    assert view.prediction.steps == triage.clean.steps
    assert view.prediction.evidence == triage.evidence
    assert (view.item.title, view.item.received) == ("停水", date(2026, 3, 2))
    assert (view.item.territory, view.item.channel, view.item.group_size) == ("城南街道", "来信", 6)


def test_a_run_repeated_files_nothing_twice(store: Store) -> None:
    """The same letters with the same answers are known, from another folder too."""
    letters = [Letter(str(n), f"第{n}号路灯不亮", source="/a/三月.csv") for n in range(5)]
    run = store.begin_run("petition_zh", "x")
    first = store.file(run, [Filing(it, make_triage(it)) for it in letters])
    moved = [replace(it, source="D:\\导出\\三月.csv") for it in letters]
    again = store.begin_run("petition_zh", "x")
    second = store.file(again, [Filing(it, make_triage(it)) for it in moved])
    assert [it.new_letter for it in first] == [True] * 5
    assert [(it.new_letter, it.new_prediction) for it in second] == [(False, False)] * 5
    assert [it.key for it in first] == [it.key for it in second]
    assert store.queue(CLERK).total == 5


def test_a_letter_twice_in_one_batch_is_filed_once(store: Store) -> None:
    """A row that an export holds twice is one letter; both get its key."""
    letter = Letter("1", "同一封信", source="a.csv", number=1)
    run = store.begin_run("petition_zh")
    filing = Filing(letter, make_triage(letter))
    first, second = store.file(run, [filing, filing])
    assert (first.new_letter, second.new_letter) == (True, False)
    assert first.key == second.key


@pytest.mark.parametrize(
    "change",
    [
        {"id": "2"},
        {"raw": "路灯不亮，晚上看不见。"},
        {"title": "路灯"},
        {"received": "2026-03-04"},
        {"source": "b.csv"},
    ],
)
def test_letters_that_differ_are_two(store: Store, change: dict[str, str]) -> None:
    """Another number, text, title, day or file makes another letter."""
    letter = Letter("1", "路灯不亮", source="a.csv", received="2026-03-03")
    run = store.begin_run("petition_zh")
    other = replace(letter, **change)  # type: ignore[arg-type]
    done = store.file(run, [Filing(letter, make_triage(letter)), Filing(other, make_triage(other))])
    assert [it.new_letter for it in done] == [True, True]


def test_another_model_adds_its_answer(store: Store, file_letters: File) -> None:
    """A letter nobody has touched shows the newer answer, and keeps the older one."""
    letter = Letter("1", "学校门口的路一直不修", source="a.csv")
    old, new = store.begin_run("old", "x"), store.begin_run("new", "x")
    (first,) = store.file(old, [Filing(letter, make_triage(letter, department="教育局"))])
    renewed = make_triage(letter, department="交通运输局", urgency="紧急")
    (second,) = store.file(new, [Filing(letter, renewed)])
    assert (second.new_letter, second.new_prediction) == (False, True)
    view = store.letter(CLERK, first.key)
    assert (view.item.department, view.item.urgency) == ("交通运输局", "紧急")
    assert [it.bundle for it in view.predictions] == ["new", "old"]


def test_a_newer_answer_leaves_a_reviewed_letter_alone(store: Store) -> None:
    """What a clerk said is not overwritten by a model."""
    letter = Letter("1", "学校门口的路一直不修", source="a.csv")
    old, new = store.begin_run("old", "x"), store.begin_run("new", "x")
    (filed,) = store.file(old, [Filing(letter, make_triage(letter, department="教育局"))])
    store.review(CLERK, filed.key, {"department": "公安局"})
    store.file(new, [Filing(letter, make_triage(letter, department="交通运输局"))])
    assert store.letter(CLERK, filed.key).item.department == "公安局"


def test_a_newer_answer_that_accuses_hides_the_letter(store: Store) -> None:
    """What a later run finds to accuse is hidden at once; what it does not stays hidden."""
    letter = Letter("1", "村干部把补助款占为己有", source="a.csv")
    for bundle, accusation in (("a", False), ("b", True), ("c", False)):
        run = store.begin_run(bundle)
        store.file(run, [Filing(letter, make_triage(letter, accusation=accusation))])
    assert store.queue(CLERK).total == 0
    assert store.queue(ENTITLED).total == 1


def test_a_letter_without_an_answer_is_in_the_queue(store: Store) -> None:
    """A letter that no model could read waits for a person, among the urgent ones."""
    letter = Letter("9", "□□□", source="a.csv", number=9)
    failure = Failure("9", "a.csv", 9, "normalise", "P301", "[P301] no text")
    run = store.begin_run("petition_zh")
    (filed,) = store.file(run, [Filing(letter, failure)])
    view = store.letter(CLERK, filed.key)
    assert (view.item.failure, view.item.needs_review, view.prediction) == ("P301", True, None)
    assert view.item.review_reasons == ("P301",)
    assert view.item.due == date(2026, 3, 20)
    assert store.end_run(run).failed == 1


def test_the_counts_of_a_run(store: Store, time: Time) -> None:
    """A run tells what was read and filed; one that was broken off has no end."""
    letter = Letter("1", "路灯不亮", source="a.csv")
    broken = store.begin_run("petition_zh", source="a.csv", by="zhang")
    store.file(broken, [Filing(letter, make_triage(letter))])
    run = store.begin_run("petition_zh", source="a.csv", by="zhang")
    store.file(run, [Filing(letter, make_triage(letter))])
    time.pass_by(minutes=1)
    done = store.end_run(run)
    assert (done.read, done.filed, done.failed) == (1, 0, 0)
    assert [it.finished for it in store.runs()] == [time.now, None]
    assert store.runs(limit=1) == (done,)


def test_an_empty_batch_is_filed(store: Store) -> None:
    """No letters are filed as none."""
    assert store.file(store.begin_run("petition_zh"), []) == ()


def test_no_word_is_kept_where_none_is_wanted(store: Store, file_letters: File) -> None:
    """Without its text a letter is still a case with its labels."""
    (key,) = file_letters("不得留存的来信内容", keep_text=False)
    view = store.letter(CLERK, key)
    assert (view.letter.raw, view.prediction, view.item.title) == ("", None, "")
    assert view.item.department == "住房和城乡建设局"


def test_who_wrote_is_found_by_hash_alone(store: Store, file_letters: File) -> None:
    """The same telephone finds the letters however it is typed; the number is not kept."""
    (first,) = file_letters("第一次反映", person={"phone": "138 0000 0000", "name": "刘某"})
    (second,) = file_letters(
        "第二次反映", person={"phone": "１３８-００００-００００", "name": " "}
    )
    file_letters("别人的信", person={"phone": "13900000000"})
    assert store.find_person(CLERK, "phone", "13800000000") == (first, second)
    assert store.find_person(CLERK, "name", "刘某") == (first,)
    assert store.find_person(CLERK, "name", "13800000000") == ()


def test_the_hashes_depend_on_the_key(tmp_path: Path) -> None:
    """Two stores give one person two hashes, so that they cannot be put together."""
    from nlp_pipeline.store.secret import person_hash

    assert person_hash(b"a" * 32, "phone", "1") != person_hash(b"b" * 32, "phone", "1")
    assert person_hash(b"a" * 32, "phone", "1") != person_hash(b"a" * 32, "name", "1")


def test_nul_and_lone_surrogates_keep_their_places(store: Store) -> None:
    """What a database refuses gives way to one character, so that evidence still fits."""
    letter = Letter("1", "停水\0了\ud800\U00020bb7，\u202e快修", title="\0", source="a\0.csv")
    (filed,) = store.file(store.begin_run("petition_zh"), [Filing(letter, make_triage(letter))])
    kept = store.letter(CLERK, filed.key).letter
    assert kept.raw == "停水␀了\ufffd\U00020bb7，\u202e快修"
    assert len(kept.full_raw) == len(letter.full_raw)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
def test_storable_keeps_every_length(text: str) -> None:
    """A storable text is as long as what it was made of, can be encoded, and stays."""
    kept = storable(text)
    assert len(kept) == len(text)
    assert "\0" not in kept
    assert storable(kept.encode("utf-8").decode("utf-8")) == kept


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_text_comes_back(store: Store, text: str) -> None:
    """Whatever is written in a letter comes back to the character, in both databases."""
    letter = Letter("1", text, source=f"{len(text)}.csv")
    (filed,) = store.file(store.begin_run("petition_zh"), [Filing(letter, make_triage(letter))])
    assert store.letter(CLERK, filed.key).letter.raw == text


def test_the_limit_is_told_by_law_and_clock(store: Store, file_letters: File, time: Time) -> None:
    """15 days from receipt, the day of receipt for a danger, hours for the urgent."""
    (plain,) = file_letters("一般来信", received="2026-03-02")
    law = (Deadline("紧急报告", 0, "日", "第25条", "收到", "2026-03-05"),)
    (danger,) = file_letters("楼要塌了", urgency="特急", deadlines=law, received="2026-03-05")
    (unknown,) = file_letters("没有日期的来信")
    found = {it.key: it for it in store.queue(CLERK).items}
    assert (found[plain].due, found[plain].due_rule) == (date(2026, 3, 17), "登记分送")
    assert (found[danger].due_at, found[danger].due_rule) == (
        datetime(2026, 3, 5, 4, 0, tzinfo=UTC),
        "特急2小时",
    )
    assert found[unknown].due == date(2026, 3, 20)
    assert (found[plain].colour, found[danger].colour) == ("green", "yellow")
    time.pass_by(hours=3)
    assert store.item(CLERK, danger).colour == "red"


def test_a_deleted_letter_is_not_filed_again(store: Store) -> None:
    """A run that meets a letter whose words were deleted brings none of them back."""
    letter = Letter("1", "请删除我的来信", source="a.csv")
    (filed,) = store.file(store.begin_run("a"), [Filing(letter, make_triage(letter))])
    store.forget(ADMIN, filed.key, "本人申请")
    (again,) = store.file(store.begin_run("b"), [Filing(letter, make_triage(letter))])
    assert (again.key, again.new_letter, again.new_prediction) == (filed.key, False, False)
    assert store.letter(CLERK, filed.key).letter.raw == ""


def test_a_batch_is_filed_whole_or_not_at_all(store: Store) -> None:
    """Where one letter cannot be filed, none of its batch is."""
    good, bad = Letter("1", "好的"), Letter("2", "坏的")
    broken = replace(make_triage(bad), decision=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.file(store.begin_run("a"), [Filing(good, make_triage(good)), Filing(bad, broken)])
    assert store.queue(CLERK, EVERY).total == 0


def test_two_stores_of_one_database_file_into_each_other(
    url: str, store: Store, tmp_path: Path
) -> None:
    """Two processes that file the same letters at once file each once."""
    from concurrent.futures import ThreadPoolExecutor

    letters = [Letter(str(n), f"第{n}封来信，反映停车难") for n in range(60)]
    with open_store(url, key_file=tmp_path / "store.key") as second:

        def work(one: Store) -> int:
            run = one.begin_run("petition_zh", "x")
            count = 0
            for start in range(0, 60, 10):
                part = [Filing(it, make_triage(it)) for it in letters[start : start + 10]]
                count += sum(it.new_letter for it in one.file(run, part))
            return count

        with ThreadPoolExecutor(4) as pool:
            counts = list(pool.map(work, [store, second, store, second]))
    assert sum(counts) == 60
    assert store.queue(CLERK, EVERY).total == 60
