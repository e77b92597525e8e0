"""The consolidation plan: which tools to keep, where everything goes, when, for what money, and how sure that is.

`solve` is the optimiser: facility location over a stated `Problem`, with a proven bound. `consolidation` states
that problem from the graph and tells the answer as a plan; `schedule` puts its moves into waves.
"""
