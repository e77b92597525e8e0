"""The fault matrix: every listing of a collector, met by every way a call can fail, between two scans.

`matrix` knows the faults and judges a cell, `replay` keeps what real servers said, `aws`, `rest` and
`folders` know how a fault looks to each kind of collector, `ledger` adds the cells up.
"""
