"""Each thing that is checked before a model runs: one corruption of a valid model a row.

``docs/verification.md`` is the list of the rows; ``test_rows`` holds it to those here.
"""
