"""A progress bar on a terminal, and nothing anywhere else."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def shown_progress(
    items: Iterable[Item],
    unit: str = "letters",
    *,
    total: int | None = None,
    done: int = 0,
    quiet: bool = False,
) -> Iterator[Item]:
    """Give the items again, and show how many have passed and how fast.

    Args:
        items: what is worked on.
        unit: what they are called.
        total: how many there are, if known.
        done: how many were done before.
        quiet: show nothing on a terminal either.
    """
    from tqdm import tqdm

    yield from tqdm(
        items,
        total=total,
        initial=done,
        unit=f" {unit}",
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.3,
        disable=quiet or None,
    )


@contextmanager
def counted(total: int, unit: str = "letters", name: str = "") -> Iterator[Callable[[], None]]:
    """Show a bar while the block runs; give what moves it by one.

    Args:
        total: how many steps there are, at most.
        unit: what a step is.
        name: what is being done.
    """
    from tqdm import tqdm

    with tqdm(
        total=total, desc=name or None, disable=None, leave=False, unit=f" {unit}"
    ) as shown_bar:

        def step() -> None:
            shown_bar.update()

        yield step
