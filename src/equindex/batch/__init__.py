"""Tables larger than memory: measured block by block, merged, scored block by block; stopped runs go on."""

from equindex.batch.again import again
from equindex.batch.elsewhere import fit_from, measure_batches, score_batches
from equindex.batch.runner import Batch, run, size_of
from equindex.batch.spool import Stream

__all__ = ["Batch", "Stream", "again", "fit_from", "measure_batches", "run", "score_batches", "size_of"]
