"""The same thing twice, with the evidence for and against it."""

from siloscope.analysis.duplicates.old import duplicate_asset, duplicate_claim

__all__ = ["duplicate_asset", "duplicate_claim"]
