"""A made-up footwear catalogue of any size, the same for the same seed: for trials and benchmarks.

Values are drawn by hashing (seed, attribute, number of the thing), in columns: a row never depends
on the one before, so 700,000 products take seconds.
"""
