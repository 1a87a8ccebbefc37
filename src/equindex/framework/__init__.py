"""Framework: read from files, changed, checked, fitted, scored; Fitted: what a fit measured."""

from equindex.framework.again import rerun
from equindex.framework.core import Fitted, Framework
from equindex.framework.variants import Source, with_settings, without

__all__ = ["Fitted", "Framework", "Source", "rerun", "with_settings", "without"]
