"""The vendor's SDK, asked line by line what to do with a sandbox. Says what came of it, as JSON."""

import http.server
import json
import sys
import threading

from engagelab_otp import EngagelabError, OTPClient, WebhookSignatureError, WebhookVerifier

verifier = WebhookVerifier("sandbox_demo", "sandbox_webhook_secret")
received = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            verifier.verify(self.headers.get("x-callback-id", ""))
            events = verifier.parse_events(body)
            told = [getattr(event, "status", None) or event.event for event in events]
            received.append({"verified": True, "told": told, "kinds": [event.kind for event in events]})
        except WebhookSignatureError as error:
            received.append({"verified": False, "told": [str(error)], "kinds": []})
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def refusal(work):
    try:
        return work()
    except EngagelabError as error:
        return {"code": error.code, "status": error.http_status}


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
# The sandbox is started with the receiver's address; its own comes with the first question.
print(json.dumps({"receiver": f"http://127.0.0.1:{server.server_port}/"}), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    if "url" in asked:
        OTPClient.BASE_URL = asked["url"] + "/v1"
        client = OTPClient("sandbox_demo", "sandbox_secret")
        stranger = OTPClient("sandbox_demo", "wrong")
        answer = None
    elif "send" in asked:
        answer = refusal(lambda: client.send(asked["send"], asked.get("template", "sandbox-otp-tpl")))
    elif "send_custom" in asked:
        answer = refusal(lambda: client.send_custom(asked["send_custom"], "sandbox-custom-tpl", {"code": "398210"}))
    elif "verify" in asked:
        answer = refusal(lambda: client.verify(asked["verify"], asked["code"]))
    elif "stranger" in asked:
        answer = refusal(lambda: stranger.send(asked["stranger"], "sandbox-otp-tpl"))
    else:
        answer = received
    print(json.dumps(answer), flush=True)
