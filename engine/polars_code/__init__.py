"""A plan as a plain Polars script.

There is one lowering of every operation: the script is made by letting it run while each call on Polars is written
down, so that the script means what the plan means.
"""
