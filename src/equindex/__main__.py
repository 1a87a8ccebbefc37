"""The command ``equindex``, also as ``python -m equindex``."""

from equindex.cli import main

if __name__ == "__main__":
    main()
