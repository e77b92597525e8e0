"""How accurate the duplicates are: labelled estates, peers in the same run, public matching sets, speed.

Run: python -m benchmarks.accuracy --help
"""
