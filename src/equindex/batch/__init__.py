"""Tables larger than memory: measured block by block, merged, scored block by block; stopped runs go on."""

from equindex.batch.runner import Batch, run, size_of
from equindex.batch.spool import Stream

__all__ = ["Batch", "Stream", "run", "size_of"]
