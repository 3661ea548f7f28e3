"""Input without end, guided by coverage: `make fuzz`, or `python -m tests.fuzz TARGET`."""
