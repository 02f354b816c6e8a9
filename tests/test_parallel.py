"""Tests of working with several processes: same outcomes, same order, nothing lost."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from nlp_pipeline.config import Settings
from nlp_pipeline.parallel import process_parallel
from nlp_pipeline.process import Walk, process_letters
from nlp_pipeline.records import Failure, Letter, Outcome

MATTERS = (
    "小区的路灯坏了一个多月，晚上老人出门摔了一跤，盼尽快修好。",
    "孩子的学校要求每人交三百块资料费，不交就不发课本，这合理吗？",
    "厂里从八月份起没发过工资，找劳动监察大队也没有下文。",
    "",
    "河边的养猪场天天往河里排粪水，臭得开不了窗。",
)
POISON = "毒信"


def seen(letter: Letter, outcome: Outcome) -> tuple[str, str, str]:
    """Give what is compared: the letter, and its department or the failure's code."""
    if isinstance(outcome, Failure):
        return letter.id, "failure", outcome.code
    return letter.id, outcome.decision.department, outcome.decision.topic


def die_of_poison(letter: Letter, outcome: Outcome) -> tuple[str, str, str]:
    """End the process at one letter, as a fault in a library does."""
    if letter.id == POISON and not isinstance(outcome, Failure):
        os.kill(os.getpid(), signal.SIGKILL)
    return seen(letter, outcome)


def items(count: int) -> list[Letter | Failure]:
    """Give letters, an empty one and a failure of reading among them."""
    found: list[Letter | Failure] = [
        Letter(f"L{number}", f"{MATTERS[number % 5]}第{number}次写。" if number % 5 != 3 else "")
        for number in range(count)
    ]
    found[7] = Failure("L7", "来信.csv", 7, "read", "P205", "[P205] The row is broken.")
    return found


@pytest.fixture(scope="module")
def small_batches(settings: Settings) -> Settings:
    """Give settings with batches so small that every process gets several."""
    return replace(settings, classify=replace(settings.classify, batch_size=8))


def test_same_outcomes_in_the_same_order(walk: Walk, small_batches: Settings) -> None:
    """Two processes give what one gives, failures in their places."""
    letters = items(70)
    alone = [seen(*pair) for pair in process_letters(letters, walk)]
    assert list(process_parallel(letters, small_batches, 2, seen)) == alone
    assert [kind for _, kind, _ in alone].count("failure") == 15


def test_a_letter_that_ends_its_process_fails_alone(walk: Walk, small_batches: Settings) -> None:
    """The letter a process dies of has a failure with a reason; all others are classified."""
    letters = items(40)
    alone = [seen(*pair) for pair in process_letters(letters, walk)]
    letters[21] = Letter(POISON, MATTERS[0])
    found = list(process_parallel(letters, small_batches, 2, die_of_poison))
    assert found[21] == (POISON, "failure", "P303")
    assert found[:21] + found[22:] == alone[:21] + alone[22:]


def test_no_more_is_read_than_is_needed(small_batches: Settings) -> None:
    """Letters are read as results are taken, so that memory stays flat."""
    read = 0

    def endless() -> Iterator[Letter]:
        nonlocal read
        while True:
            read += 1
            yield Letter(str(read), MATTERS[read % 3])

    found = process_parallel(endless(), small_batches, 2, seen)
    assert [next(found)[0] for _ in range(20)] == [str(number) for number in range(1, 21)]
    found.close()  # type: ignore[attr-defined]
    assert read <= 20 + 5 * 8


def test_nothing_in_nothing_out(small_batches: Settings) -> None:
    """Without letters there are no outcomes, and no process is left waiting."""
    assert list(process_parallel([], small_batches, 0, seen)) == []
