"""The one place that turns what went wrong into one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from nightporter.errors import NightporterError

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def as_exit_code(run: Callable[[], int]) -> int:
    """What `run` returns; an expected failure becomes one line that says what to do, and its code."""
    try:
        return run()
    except NightporterError as error:
        return fail(str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def fail(line: str, code: int) -> int:
    """Say the line on stderr; the code again."""
    sys.stderr.write(" ".join(f"nightporter: {line}".split()) + "\n")
    return code
