"""Options that several commands share, and what is made of them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nlp_pipeline.config import Settings, load_settings
from nlp_pipeline.errors import ConfigError
from nlp_pipeline.stages._rows import Columns

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A settings file; see default_config.cfg.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.NAME=VALUE", help="One setting; may be repeated."),
]
ModelOption = Annotated[
    str, typer.Option("--model", help="A model by name or a bundle's folder; else the setting.")
]
EncodingOption = Annotated[
    str, typer.Option("--encoding", help="Encoding of text files; else each file's own.")
]
IdOption = Annotated[str, typer.Option("--id-column", help="Heading of the id column.")]
TitleOption = Annotated[str, typer.Option("--title-column", help="Heading of the title column.")]
TextOption = Annotated[str, typer.Option("--text-column", help="Heading of the text column.")]
StoreOption = Annotated[
    str,
    typer.Option("--store", help="sqlite:///FILE, postgresql+psycopg://…, or 'embedded'."),
]
ShelfOption = Annotated[
    Path | None, typer.Option("--shelf", help="Folder of the office's models; else the setting.")
]
ByOption = Annotated[str, typer.Option("--by", help="Name of who answers for it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]
LanguageOption = Annotated[str, typer.Option("--lang", help="Language of the verdict: zh or en.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def resolve_settings(
    config: Path | None,
    values: list[str] | None,
    model: str = "",
    encoding: str = "",
) -> Settings:
    """Give the settings of a command: defaults, the file, then the single values.

    Raises:
        SourceError, ConfigError: of the file or of a value.
    """
    overrides: dict[str, Any] = {}
    for value in values or []:
        name, found, text = value.partition("=")
        if not found:
            raise ConfigError(value, "it is not of the form section.name=value")
        overrides[name.strip()] = _parsed(text.strip())
    if model:
        overrides["classify.model"] = model
    if encoding:
        overrides["read.encoding"] = encoding
    return load_settings(config, overrides)


def named_columns(id_column: str, title_column: str, text_column: str) -> Columns:
    """Give the columns the user named."""
    return Columns(id=id_column, title=title_column, text=text_column)


def _parsed(text: str) -> Any:
    """Read a value as JSON where it is some, else as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text
