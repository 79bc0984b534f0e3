"""`python -m artel` is `artel`."""

from artel.cli import main

main()
