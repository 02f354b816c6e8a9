"""Tests of what is kept: nothing of it changes, and words go only with a deletion."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from invented import ADMIN, CLERK, ENTITLED
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from nlp_pipeline.errors import CaseError, ForbiddenError, StoreError
from nlp_pipeline.store import QueueFilter, Store
from nlp_pipeline.store.tables import FORGETTABLE, KEPT, metadata

File = Callable[..., list[str]]


@pytest.fixture
def by_hand(url: str) -> Iterator[Engine]:
    """Give the database as a tool sees it that knows nothing of the program."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def worked_on(store: Store, file_letters: File) -> str:
    """File a letter with everything that can be kept of one; give its key."""
    key, other = file_letters("请保密的来信", "另一封", person={"phone": "13800000000"})
    store.review(CLERK, key, {"topic": "教育"}, note="备注一")
    store.save_draft(CLERK, key, {"note": "草稿"})
    store.audit("zhang", "print", key)
    store.forget(ADMIN, other, "本人申请")
    return key


@pytest.mark.parametrize("table", [*KEPT, *FORGETTABLE])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_kept_rows_cannot_be_changed(
    by_hand: Engine, worked_on: str, table: str, change: str
) -> None:
    """Neither an update nor a delete gets past the triggers, whoever sends it."""
    column = metadata.tables[table].columns.keys()[-1]
    statements = {
        "update": f"UPDATE {table} SET {column} = {column}",
        "delete": f"DELETE FROM {table}",
    }
    with by_hand.connect() as connection:
        before = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        connection.rollback()
        with pytest.raises(DBAPIError, match="rows of"):
            connection.execute(text(statements[change]))
        connection.rollback()
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == before
        assert before


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_row_is_not_replaced_either(store: Store, worked_on: str) -> None:
    """SQLite's REPLACE, which deletes behind the back, is refused like a deletion."""
    columns = "id, key, fingerprint, run_id, '改', received, filed, characters"
    statement = text(f"REPLACE INTO letters SELECT {columns} FROM letters")
    with pytest.raises(StoreError, match="rows of letters"), store._writing() as connection:
        connection.execute(statement)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_table_is_not_emptied_either(by_hand: Engine, worked_on: str) -> None:
    """PostgreSQL's TRUNCATE, for which no row is deleted, is refused too."""
    with by_hand.connect() as connection, pytest.raises(DBAPIError, match="rows of letters"):
        connection.execute(text("TRUNCATE letters CASCADE"))


def test_every_table_with_words_is_guarded() -> None:
    """Tables that hold words of a person or what was said are kept or forgettable."""
    free = set(metadata.tables) - set(KEPT) - set(FORGETTABLE)
    assert free == {"meta", "clerks", "runs", "cases", "drafts", "learnings"}


def test_an_error_of_the_database_holds_no_word(store: Store, worked_on: str) -> None:
    """What a database refuses is told without what stood in the row."""
    from sqlalchemy import insert

    from nlp_pipeline.store.tables import letter_texts

    row = {"number": "1", "source": "", "place": 1, "title": "", "row": "{}", "received": ""}
    values = {**row, "letter_id": 10**6, "raw": "绝不能出现的秘密"}
    statement = insert(letter_texts).values(**values)
    with pytest.raises(StoreError) as caught, store._writing() as connection:
        connection.execute(statement)
    told = str(caught.value)
    assert "P701" in told
    assert "秘密" not in told
    assert caught.value.__suppress_context__


def test_forgetting_takes_every_word(
    store: Store, url: str, worked_on: str, by_hand: Engine
) -> None:
    """No table holds a word of the letter afterwards; the case and its labels stay."""
    store.learned("bundle-1", [worked_on])
    gone = store.forget(ADMIN, worked_on, "本人申请")
    assert gone.bundles == ("bundle-1",)
    view = store.letter(CLERK, worked_on)
    assert view.deleted
    assert (view.letter.raw, view.letter.title, view.prediction) == ("", "", None)
    assert (view.reviews[0].note, view.labels["topic"]) == ("", "教育")
    assert store.draft(CLERK, worked_on) == {}
    assert store.find_person(CLERK, "phone", "13800000000") == ()
    assert store.queue(CLERK, QueueFilter(state="", words="保密")).total == 0
    with by_hand.connect() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(table.select()).all()
            assert "保密" not in repr(rows), table.name
            assert "备注一" not in repr(rows), table.name


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_forgetting_leaves_no_trace_in_the_file(store: Store, file_letters: File, url: str) -> None:
    """SQLite overwrites what was deleted, in its log too."""
    (key,) = file_letters("绝无仅有的字样" * 400)
    words = "绝无仅有的字样".encode()
    path = Path(url.removeprefix("sqlite:///"))
    files = [path, path.with_name(path.name + "-wal")]
    assert any(words in file.read_bytes() for file in files)
    store.forget(ADMIN, key, "本人申请")
    assert not any(words in file.read_bytes() for file in files if file.exists())


def test_forgetting_is_for_administrators_once_with_a_reason(store: Store, worked_on: str) -> None:
    """A clerk cannot; nor anybody twice, or without saying why."""
    with pytest.raises(ForbiddenError, match="admin"):
        store.forget(CLERK, worked_on, "本人申请")
    with pytest.raises(CaseError, match="reason"):
        store.forget(ADMIN, worked_on, "")
    store.forget(ADMIN, worked_on, "本人申请")
    with pytest.raises(CaseError, match="before"):
        store.forget(ADMIN, worked_on, "本人申请")
    (row, _) = store.audit_rows(ADMIN, action="letter deleted")
    assert (row.clerk, row.key, row.detail) == ("admin", worked_on, {"reason": "本人申请"})


def test_bundles_that_learned_from_what_is_gone_are_marked(
    store: Store, file_letters: File
) -> None:
    """A bundle is marked once a letter of its is deleted, with how many."""
    keys = file_letters("甲", "乙", "丙")
    assert store.learned("old", keys) == 3
    assert store.learned("old", keys) == 3
    assert store.learned("new", [keys[2], "20260305-none"]) == 1
    assert store.marked_bundles() == {}
    for key in keys[:2]:
        store.forget(ADMIN, key, "本人申请")
    assert store.marked_bundles() == {"old": 2}
    assert store.learned("none", []) == 0


def test_work_goes_on_with_a_forgotten_letter(store: Store, worked_on: str) -> None:
    """Its case can still be sent, given back and closed; its limits are told by law alone."""
    store.undo(CLERK, worked_on)
    store.forget(ADMIN, worked_on, "本人申请")
    store.review(CLERK, worked_on, {"department": "教育局", "urgency": "紧急"})
    store.advance(CLERK, worked_on, "退回", reason="不属本单位")
    assert store.item(ENTITLED, worked_on).due_rule == "紧急24小时"
