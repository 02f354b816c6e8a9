"""Parquet for the step read: a file → `Row`s, a few hundred in memory at a time.

pyarrow is an optional library and is imported when the first file comes.

Known limit: it runs in this process, so that a file made to do harm can take
memory; take parquet from sources you trust.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from nlp_pipeline.errors import MissingExtraError, ParserError
from nlp_pipeline.stages._rows import Row, unique_names
from nlp_pipeline.stages._tables import as_cell

_BATCH = 256


def parquet_header(path: Path) -> tuple[str, ...]:
    """Give the column names of a parquet file.

    Raises:
        MissingExtraError: pyarrow is not installed.
        ParserError: the file is not parquet, or damaged.
    """
    with _open(path) as file:
        return unique_names(file.schema_arrow.names)


def parquet_rows(path: Path) -> Iterator[Row]:
    """Give the rows of a parquet file in order.

    Raises:
        ParserError: the file is damaged from here on.
    """
    with _open(path) as file:
        header = unique_names(file.schema_arrow.names)
        batches = file.iter_batches(batch_size=_BATCH, use_threads=False)
        while (batch := _next_batch(batches, path)) is not None:
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield Row(dict(zip(header, map(_cell, values), strict=True)))


def _open(path: Path) -> Any:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("Reading parquet", "pyarrow", "parquet") from error
    try:
        return parquet.ParquetFile(path)
    except import_module("pyarrow").ArrowException as error:
        raise ParserError(path, "it is not a parquet file, or it is damaged") from error


def _next_batch(batches: Iterator[Any], path: Path) -> Any:
    try:
        return next(batches, None)
    except (import_module("pyarrow").ArrowException, OSError) as error:
        raise ParserError(path, "it is damaged from here on") from error


def _cell(value: Any) -> str:
    """Give numbers, lists and objects as JSON, dates as ISO, bytes as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if value is None or isinstance(value, str | int | float | list | dict):
        return as_cell(value)
    return str(value)
