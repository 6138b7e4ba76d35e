"""Answers, for requests on standard input, what the vendor's SDK makes of them, and signs by its rule."""

import hashlib
import hmac
import json
import sys

from engagelab_otp import WebhookSignatureError, WebhookVerifier


def answer(request):
    user, secret, now = request["user"], request["secret"], request["now"]
    verifier = WebhookVerifier(user, secret)
    try:
        verified = verifier.verify(request["header"], now=now)
    except WebhookSignatureError:
        verified = False
    events = [
        [event.kind, str(getattr(event, "message_id", "")), getattr(event, "status", None) or event.event]
        for event in verifier.parse_events(request["body"])
    ]
    nonce = request["nonce"]
    signature = hmac.new(secret.encode(), f"{now}{nonce}{user}".encode(), hashlib.sha256).hexdigest()
    signed = f"timestamp={now};nonce={nonce};username={user};signature={signature}"
    # Only what the SDK itself believes is handed over for us to believe.
    assert verifier.verify(signed, now=now)
    return {"verified": verified, "events": events, "signed": signed}


json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)
