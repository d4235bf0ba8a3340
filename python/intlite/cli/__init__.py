"""The command line: ``intlite VERB``, or ``python -m intlite VERB``.

One file a verb; ``app.VERBS`` lists them. A verb reads its arguments, has the library do
the work and prints what it says: nothing is computed here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .._util.extras import require
from ..errors import MissingExtraError

# Exit statuses. Fine is 0.
DIFFERENT = 1  # differences were found, or a check failed
FAILED = 2  # wrong usage, a file that is not valid, a package that is missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        require("click", "cli", "the command line")
        require("rich", "cli", "the command line")
    except MissingExtraError as error:
        print(f"intlite: {error}", file=sys.stderr)
        return FAILED
    from .app import run

    return run(arguments)
