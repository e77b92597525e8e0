"""`python -m siloscope`."""

from siloscope.cli import main

main()
