"""`python -m engine.cli`, for where no script is on the path."""

from engine.cli.main import main

main()
