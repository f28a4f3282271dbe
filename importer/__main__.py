"""The ``importer`` command."""

from __future__ import annotations

import gc
import sys

_PACE = 50_000  # objects made and not let go of, after which cycles of them are searched


def main() -> None:
    """Run the command line and exit with its code."""
    # Columns hold no cycles: what is searched at the usual pace is what imports leave, in vain.
    gc.set_threshold(_PACE)

    from importer.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
