"""The same thing twice, with the evidence for and against it.

Blocking brings up pairs (`candidates`), each is asked the same questions (`compare`), the answers are weighed in
log-odds with frozen weights (`weights`), likely pairs become clusters (`clusters`), and every score is told as
sentences that sum to it (`say`).
"""

from siloscope.analysis.duplicates.claims import duplicate_claim
from siloscope.analysis.duplicates.rule import duplicate_asset
from siloscope.analysis.duplicates.scoring import scored
from siloscope.analysis.duplicates.weights import Weights, shipped

__all__ = ["Weights", "duplicate_asset", "duplicate_claim", "scored", "shipped"]
