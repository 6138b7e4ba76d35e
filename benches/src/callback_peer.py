"""Measures the vendor's SDK on one body: microseconds of CPU time for verify and parse, best round and mean."""

import sys
import time

from engagelab_otp import WebhookVerifier

user, secret, now, header = sys.argv[1:]
body = sys.stdin.buffer.read()
verifier = WebhookVerifier(user, secret)
calls = max(20, 2_000_000 // len(body) // 4)
rounds = []
for _ in range(15):
    start = time.process_time()
    for _ in range(calls):
        verifier.verify(header, now=int(now))
        verifier.parse_events(body)
    rounds.append((time.process_time() - start) / calls * 1e6)
print(min(rounds), sum(rounds) / len(rounds))
