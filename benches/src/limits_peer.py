"""Measures `limits` with six limits in memory: nanoseconds for each decision, one line for each round."""

import sys
import time

from limits import RateLimitItemPerSecond, storage, strategies

decisions, rounds = int(sys.argv[1]), int(sys.argv[2])
windows = [3600, 3600, 3600, 60, 180, 86400]
numbers = ["+65%08d" % (80_000_000 + number) for number in range(decisions)]
for _ in range(rounds):
    limiter = strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
    items = [RateLimitItemPerSecond(1 << 40, window) for window in windows]
    everybody, prefix, requester, *recipient = items
    start = time.perf_counter_ns()
    for number in numbers:
        limiter.hit(everybody, "all")
        limiter.hit(prefix, "prefix", "+65")
        limiter.hit(requester, "requester", "203.0.113.7")
        for item in recipient:
            limiter.hit(item, "recipient", number)
    print((time.perf_counter_ns() - start) / decisions)
