"""Million PG(b, z) draws a second of the PyPI package polyagamma on one core, a z of its own for every element."""

import time

import numpy as np
from polyagamma import random_polyagamma

rng = np.random.default_rng(1)
n = 200_000
for b, z, sd in [(1, 0, 2), (1, 0, 0.01), (1, 1, 0.01), (1, 3, 0.01), (1, 10, 0.01), (2.5, 1, 0.01), (10, 2, 0.01),
                 (50, 3, 0.01), (200, 1, 0.01), (1000.5, 0.1, 0.01)]:
    tilts = z + sd * rng.standard_normal(n)
    out = np.empty(n)
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        random_polyagamma(b, tilts, out=out, random_state=rng, disable_checks=True)
        seconds.append(time.perf_counter() - start)
    print(f"b = {b}, z ~ N({z}, {sd}^2): {n / np.median(seconds) * 1e-6:.2f} M draws/s")
