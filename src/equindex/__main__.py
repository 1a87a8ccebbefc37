"""The command ``equindex``, also as ``python -m equindex``."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; an interrupt ends it without a traceback, even while it is still loading."""
    try:
        from equindex.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
