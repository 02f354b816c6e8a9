"""`petition normalise` and `petition segment`: a line in, a line out."""

import sys
from typing import Annotated

import typer

from nlp_pipeline.cli.options import (
    ConfigOption,
    EncodingOption,
    JsonOption,
    SetOption,
    resolve_settings,
)
from nlp_pipeline.cli.terminal import write_json, write_line

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A text file, or - for standard input.")
]


def normalise(
    file: FileArgument = "-",
    explain: Annotated[bool, typer.Option(help="Tell on standard error what changed.")] = False,
    as_json: JsonOption = False,
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Clean every line: simplified, repaired, full-width marks."""
    from nlp_pipeline.stages.normalise import normalise_text
    from nlp_pipeline.stages.read import read_text_lines

    settings = resolve_settings(config, values, encoding=encoding)
    for number, line in enumerate(read_text_lines(file, settings.read.encoding), 1):
        clean = normalise_text(line, settings.normalise.min_traditional_share)
        if as_json:
            found = {
                "text": clean.text,
                "steps": {step.name: step.changes for step in clean.steps},
                "is_traditional": clean.is_traditional,
                "damaged": clean.damaged,
            }
            write_json(found)
        else:
            write_line(clean.text.replace("\n", " "))
        if explain:
            steps = ", ".join(f"{step.name} {step.changes}" for step in clean.steps)
            sys.stderr.write(f"line {number}: {steps or 'nothing to do'}\n")


def segment(
    file: FileArgument = "-",
    as_json: JsonOption = False,
    encoding: EncodingOption = "",
    config: ConfigOption = None,
    values: SetOption = None,
) -> None:
    """Clean every line and cut it into words, parted by spaces."""
    from nlp_pipeline.labels import load_labels
    from nlp_pipeline.process import load_segmenter
    from nlp_pipeline.stages.normalise import normalise_text
    from nlp_pipeline.stages.read import read_text_lines

    settings = resolve_settings(config, values, encoding=encoding)
    segmenter = load_segmenter(settings, load_labels(settings.resources.directory))
    for line in read_text_lines(file, settings.read.encoding):
        clean = normalise_text(line, settings.normalise.min_traditional_share)
        words = [token.text for token in segmenter(clean.text)]
        if as_json:
            write_json(words)
        else:
            write_line(" ".join(word for word in words if not word.isspace()))
