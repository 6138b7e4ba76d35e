"""A service whose answers have values and fields that the document does not list today, null in the place of what may
be missing, and an error with status 200.

Prints its URL and serves until it is stopped.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEMPLATES = [
    {"template_id": "login", "status": 9, "send_channel_strategy": "carrier-pigeon|sms", "mood": "good", "sms_config": None},
    # An id whose UTF-8 form has octets from 0x80 to 0x9F.
    {"template_id": "模版", "email_config": {"template_name": "x", "template_custom_configs": None}},
]
ANSWERS = {
    ("POST", "/v1/messages"): (200, {"message_id": "1725407449772531712", "send_channel": "carrier-pigeon", "weight": 3}),
    ("POST", "/v1/codes"): (200, {"code": 5001, "message": "sending failed"}),
    ("POST", "/v1/verifications"): (400, {"code": 7777, "message": "the pigeon was lost", "coop": "north"}),
    ("GET", "/v1/template-configs"): (200, TEMPLATES),
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = ANSWERS.get((self.command, self.path), (404, {"code": 4001, "message": "not here"}))
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
