"""Runs kept in one SQLite file: saved, listed, shown, verified to the last bit, and compared by cause."""

from equindex.store.causes import CAUSES, Difference, compare
from equindex.store.keep import NAME, Run, Store
from equindex.store.verify import Verdict, verify

__all__ = ["CAUSES", "NAME", "Difference", "Run", "Store", "Verdict", "compare", "verify"]
