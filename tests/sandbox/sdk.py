"""The vendor's SDK, asked line by line what to do with a sandbox. Says what came of it, as JSON."""

import http.server
import json
import sys
import threading

import flask
import werkzeug.serving
from engagelab_otp import EngagelabError, OTPClient, WebhookSignatureError, WebhookVerifier

verifier = WebhookVerifier("sandbox_demo", "sandbox_webhook_secret")
received, handled = [], []


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
        return {"code": error.code, "status": error.http_status, "retryable": error.retryable}


class Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, *_):
        pass


def handle(events):
    """What the SDK's own view for Flask is given."""
    handled.extend({**vars(event), "raw": None} for event in events)


app = flask.Flask("receiver")
app.add_url_rule("/webhook", "engagelab_webhook", verifier.flask_view(handle), methods=["POST"])
servers = [
    http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver),
    werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet),
]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
# The sandbox is started with the receivers' addresses; its own comes with the first question.
receiver, flask_view = (f"http://127.0.0.1:{server.server_port}/" for server in servers)
print(json.dumps({"receiver": receiver, "flask_view": flask_view + "webhook"}), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    if "url" in asked:
        OTPClient.BASE_URL = asked["url"] + "/v1"
        client = OTPClient("sandbox_demo", "sandbox_secret")
        stranger = OTPClient("sandbox_demo", "wrong")
        answer = None
    elif "send" in asked:
        more = {name: asked[name] for name in ("params", "language") if name in asked}
        answer = refusal(lambda: client.send(asked["send"], asked.get("template", "sandbox-otp-tpl"), **more))
    elif "send_custom" in asked:
        params = asked.get("params", {"code": "398210"})
        answer = refusal(lambda: client.send_custom(asked["send_custom"], "sandbox-custom-tpl", params))
    elif "verify" in asked:
        answer = refusal(lambda: client.verify(asked["verify"], asked["code"]))
    elif "stranger" in asked:
        answer = refusal(lambda: stranger.send(asked["stranger"], "sandbox-otp-tpl"))
    else:
        answer = {"received": received, "handled": handled}
    print(json.dumps(answer), flush=True)
