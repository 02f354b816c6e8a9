"""`python -m nlp_pipeline` is `petition`."""

from nlp_pipeline.cli import main

main()
