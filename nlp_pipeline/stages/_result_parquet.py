"""Sink of a Parquet file: typed columns, in groups of 10,000 letters."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nlp_pipeline.errors import MissingExtraError
from nlp_pipeline.records import Failure
from nlp_pipeline.stages._result_columns import KINDS, Kind, Layout, value_or_none

_GROUP_ROWS = 10_000
_GROUP_CHARACTERS = 64_000_000


class ParquetSink:
    """Columns of text, float64, bool and lists; null where a letter failed.

    Letters wait in memory until a group of them is full.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, part: Path, layout: Layout) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise MissingExtraError("Writing parquet", "pyarrow", "parquet") from error
        kinds = {
            Kind.TEXT: pa.string(),
            Kind.NUMBER: pa.float64(),
            Kind.FLAG: pa.bool_(),
            Kind.LIST: pa.list_(pa.string()),
        }
        types = [pa.string()] * len(layout.columns) + [kinds[KINDS[n]] for n in layout.added]
        self._table = pa.table
        self._schema = pa.schema(list(zip(map(_encodable, layout.header), types, strict=True)))
        self._file = part.open("wb")
        self._writer = parquet.ParquetWriter(self._file, self._schema)
        self._rows: list[list[object]] = []
        self._characters = 0

    def add(
        self, cells: Sequence[str], values: Mapping[str, object], failure: Failure | None
    ) -> None:
        """Keep one row, and write the group when it is full."""
        row: list[object] = [_encodable(cell) for cell in cells]
        row += [_encodable(value_or_none(name, value)) for name, value in values.items()]
        self._rows.append(row)
        self._characters += sum(map(len, cells))
        if len(self._rows) >= _GROUP_ROWS or self._characters >= _GROUP_CHARACTERS:
            self._write_group()

    def end(self) -> None:
        """Write the last group and the footer without which the file cannot be read.

        Raises:
            OSError: the disk refused.
        """
        try:
            self._write_group()
            self._writer.close()
        finally:
            self._file.close()

    def _write_group(self) -> None:
        rows, self._rows, self._characters = self._rows, [], 0
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._writer.write_table(self._table(columns, schema=self._schema), _GROUP_ROWS)


def _encodable(value: object) -> object:
    r"""Show lone surrogates, which UTF-8 cannot hold, as `\udXXX`."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_encodable(entry) for entry in value]
    return value
