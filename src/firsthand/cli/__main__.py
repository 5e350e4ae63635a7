"""`python -m firsthand.cli`."""

from firsthand.cli.command import main

main()
