"""Tests of Ctrl-C during a run."""

import signal

import pytest

from nlp_pipeline.cli.interrupts import Interrupts


class Swallower:
    """Raises the signal where Python drops every error: when an object ends."""

    def __del__(self) -> None:
        """End, and be interrupted just then."""
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_raises_at_once() -> None:
    """Where nothing stands in its way the interrupt comes as ever."""
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dropped_interrupt_is_raised_at_the_next_check() -> None:
    """An interrupt that fell into the end of an object still ends the run."""
    with Interrupts() as interrupts:
        interrupts.check()
        Swallower()
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()


def test_the_signal_goes_back_to_who_had_it() -> None:
    """After the block the handler is the one of before."""
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
