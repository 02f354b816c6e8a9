"""Where the outcomes of `petition classify` go: a file, JSON lines, or a table."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from nlp_pipeline.cli.tables import ResultTable
from nlp_pipeline.cli.terminal import shown, tell, write_json
from nlp_pipeline.records import Failure, Letter, Outcome
from nlp_pipeline.stages._result_columns import value_or_none
from nlp_pipeline.stages.write import (
    FailureWriter,
    ResultWriter,
    open_failures,
    open_writer,
    result_values,
)


class Sink:
    """Takes every outcome once, in order, and counts them.

    Args:
        out: the output, or None for standard output.
        columns: the headings of all inputs.
        header: language of the added headings; see `open_writer`.
        with_text: whether the normalised text is added.
        as_json: JSON lines on standard output instead of a table.

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
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._out = out
        self._with_text = with_text
        self._writer: ResultWriter | None = None
        self._failures: FailureWriter | None = None
        self._table: ResultTable | None = None
        self._stack = ExitStack()
        if out is not None:
            self._failures = self._stack.enter_context(open_failures(out))
            opened = open_writer(out, columns, header, with_text)
            self._writer = self._stack.enter_context(opened)
        elif not as_json:
            self._table = self._stack.enter_context(ResultTable())

    def __enter__(self) -> "Sink":
        """Give the sink itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what was opened; after an error the part file stays."""
        self._stack.__exit__(kind, error, trace)
        if kind is KeyboardInterrupt and self._out is not None:
            tell(f"stopped; what was done so far lies in {self._out}.part")

    def write(self, letter: Letter, outcome: Outcome) -> None:
        """Write one outcome and count it.

        Raises:
            WriteError: the disk refused.
        """
        self._count(outcome)
        if isinstance(outcome, Failure):
            self._tell_failure(outcome)
        if self._writer is not None:
            self._writer.write(letter, outcome)
            return
        values = result_values(outcome, self._with_text, self._table is not None)
        if self._table is not None:
            self._table.add(letter.id, values)
        else:
            found = {name: value_or_none(name, value) for name, value in values.items()}
            write_json({"id": letter.id, **found})

    def _count(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self.counts["failed"] += 1
            return
        self.counts["done"] += 1
        self.counts["review"] += outcome.decision.needs_review
        self.counts[outcome.decision.urgency] += 1

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
