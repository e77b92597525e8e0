"""The estate of Tarnwick Parcel Group as data: who has what, and what points where.

Every table says what is there and what it points to. `record.py` provisions real servers from these
tables; `expected` derives from the same tables, without any of siloscope, which edges cross tools.
"""
