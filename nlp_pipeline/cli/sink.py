"""Where the outcomes of `petition classify` go: a file, JSON lines, or a table."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from nlp_pipeline.cli.tables import ResultTable
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.records import Failure, Letter, Outcome
from nlp_pipeline.stages._journal import Journal
from nlp_pipeline.stages._result_columns import plan_columns, value_or_none
from nlp_pipeline.stages.write import (
    FailureWriter,
    ResultWriter,
    Row,
    RowMaker,
    open_failures,
    open_writer,
)


class Sink:
    """Takes every outcome once, in order, and counts them.

    `maker` makes of a letter and its outcome the row that `take` takes; where several
    processes work, each of them makes its rows.

    Args:
        out: the output, or None for standard output.
        columns: the headings of all inputs.
        header: language of the added headings; see `open_writer`.
        with_text: whether the normalised text is added.
        as_json: JSON lines on standard output instead of a table.
        journal: where the rows of an output are noted, to go on from after a stop.

    Raises:
        FormatError, ConfigError, MissingExtraError, WriteError: of the output.
    """

    def __init__(
        self,
        out: Path | None,
        columns: Sequence[str],
        header: str,
        with_text: bool,
        as_json: bool,
        journal: Journal | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._out = out
        self._writer: ResultWriter | None = None
        self._failures: FailureWriter | None = None
        self._table: ResultTable | None = None
        self._journal = journal
        self._stack = ExitStack()
        if out is not None:
            self._failures = self._stack.enter_context(open_failures(out))
            opened = open_writer(out, columns, header, with_text)
            self._writer = self._stack.enter_context(opened)
            self.maker = self._writer.maker
            return
        if not as_json:
            self._table = self._stack.enter_context(ResultTable())
        self.maker = RowMaker(plan_columns((), "en" if as_json else "zh", with_text))

    def __enter__(self) -> "Sink":
        """Give the sink itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what was opened; after an error the part file and the journal stay."""
        self._stack.__exit__(kind, error, trace)
        if self._journal is not None:
            if kind is None:
                self._journal.remove()
            else:
                self._journal.close()
        if kind is KeyboardInterrupt and self._out is not None:
            tell(f"stopped; what was done so far lies in {self._out}.part; --resume goes on")

    def begin(self, resume: bool) -> int:
        """Begin the journal, or write the rows that a stopped run had done again.

        Returns:
            how many letters are done.

        Raises:
            ResumeError: the journal is of another run, or damaged.
            WriteError: the disk refused.
        """
        done = 0
        if self._journal is not None and resume:
            for row in self._journal.resume():
                self._add(row)
                done += 1
        elif self._journal is not None:
            self._journal.begin()
        return done

    def write(self, letter: Letter, outcome: Outcome) -> None:
        """Write one outcome and count it; see `take`."""
        self.take(self.maker(letter, outcome))

    def take(self, row: Row) -> None:
        """Write one row, count it, and note that it is done.

        Raises:
            WriteError: the disk refused.
        """
        self._add(row)
        if self._journal is not None:
            self._journal.append(row)

    def _add(self, row: Row) -> None:
        self._count(row)
        if self._writer is not None:
            self._writer.add(row)
        elif self._table is not None:
            self._table.add(row.letter_id, row.values)
        else:
            found = {name: value_or_none(name, value) for name, value in row.values.items()}
            write_json({"id": row.letter_id, **found})

    def _count(self, row: Row) -> None:
        if row.failure is not None:
            self._tell_failure(row.failure)
            self.counts["failed"] += 1
            return
        self.counts["done"] += 1
        self.counts["review"] += row.values["needs_review"] is True
        self.counts[str(row.values["urgency"])] += 1

    def _tell_failure(self, failure: Failure) -> None:
        if self._failures is not None:
            self._failures.write(failure)
        else:
            tell(f"letter {failure.letter_id}: {failure.reason}")

    def summary(self) -> str:
        """Say what was done, in a few lines for standard error."""
        counts = self.counts
        lines = [
            f"{counts['done'] + counts['failed']} letters: {counts['done']} classified "
            f"({counts['特急']} 特急, {counts['紧急']} 紧急), "
            f"{counts['review']} for a person to look at, {counts['failed']} failed"
        ]
        if self._out is not None:
            lines.append(f"written to {shown(str(self._out))}")
            if counts["failed"]:
                lines.append(f"failures in {shown(str(self._out))}.failures.jsonl")
        return "\n".join(lines) + "\n"
