"""What the server's log may hold: never a message or a value that could be a letter's."""

import logging
import traceback
from pathlib import Path


class PlainFaults(logging.Filter):
    """Tells a fault of ours by its kind and place alone, as the command line does."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the message and the values out of a record that carries an error."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record.msg, record.args = f"fault: {kind_and_place(error)}", ()
            record.exc_info = record.exc_text = None
        return True


def kind_and_place(error: BaseException) -> str:
    """Give the class of an error and the line it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def keep_logs_plain() -> None:
    """Put the filter before the server's own log."""
    for name in ("uvicorn.error", "nlp_pipeline.review"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, PlainFaults) for known in logger.filters):
            logger.addFilter(PlainFaults())
