"""Tables larger than memory: measured block by block, merged, scored block by block; stopped runs go on."""

from equindex.batch.runner import Batch, run, size_of

__all__ = ["Batch", "run", "size_of"]
