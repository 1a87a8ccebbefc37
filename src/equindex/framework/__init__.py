"""Framework: read from files, changed, checked, fitted, scored; Fitted: what a fit measured."""

from equindex.framework.again import rerun
from equindex.framework.core import Fitted, Framework

__all__ = ["Fitted", "Framework", "rerun"]
