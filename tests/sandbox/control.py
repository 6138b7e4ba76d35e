"""The control API, as a test in another language uses it. Needs SANDBOX_URL, and nothing but Python."""

import base64
import json
import os
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ["SANDBOX_URL"]
KEY = "Basic " + base64.b64encode(b"sandbox_demo:sandbox_secret").decode()


def ask(method, path, body=None, **query):
    """The answer, or the number of the error of a refusal by the API."""
    if query:
        path += "?" + urllib.parse.urlencode(query)
    headers = {"Content-Type": "application/json"}
    if path.startswith("/v1"):
        headers["Authorization"] = KEY
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error).get("code", error.code)


def send(to, template="sandbox-otp-tpl"):
    return ask("POST", "/v1/messages", {"to": to, "template": {"id": template}})


class Control(unittest.TestCase):
    def setUp(self):
        ask("POST", "/sandbox/reset", {})

    def test_a_code_is_waited_for_and_verified(self):
        to = "+6591234567"
        sending = threading.Thread(target=send, args=(to,))
        sending.start()
        message = ask("GET", "/sandbox/messages/latest", to=to, wait=20)
        sending.join()
        answer = ask("POST", "/v1/verifications", {"message_id": message["id"], "verify_code": message["code"]})
        self.assertTrue(answer["verified"])
        self.assertEqual(ask("GET", f"/sandbox/messages/{message['id']}")["status"], "verified")

    def test_a_message_is_told_from_those_before_it_and_a_reset_needs_no_body(self):
        first = send("+6591234567")["message_id"]
        self.assertEqual(ask("GET", "/sandbox/messages/latest", after=first), 404)
        second = send("+6591234568")["message_id"]
        self.assertEqual(ask("GET", "/sandbox/messages/latest", after=first)["id"], second)
        self.assertEqual(ask("POST", "/sandbox/reset"), {})
        self.assertEqual(ask("GET", "/sandbox/messages/latest", after=first), 404)
        third = send("+6591234567")["message_id"]
        self.assertEqual(ask("GET", "/sandbox/messages/latest", after=first)["id"], third)

    def test_a_code_expires_as_time_passes(self):
        message = send("+10000000005")
        ask("POST", "/sandbox/clock", {"advance_seconds": 300})
        self.assertEqual(ask("POST", "/v1/verifications", {"message_id": message["message_id"], "verify_code": "123456"}), 3003)
        ask("DELETE", "/sandbox/clock")
        self.assertEqual(ask("GET", "/sandbox/state")["clock_offset_seconds"], 0)

    def test_errors_are_asked_for_by_operation(self):
        ask("POST", "/sandbox/faults", {"api": "error=5016", "times": 1, "operation": "sendOtp"})
        self.assertIsInstance(ask("GET", "/v1/template-configs"), list)
        self.assertEqual(send("+6591234567"), 5016)
        self.assertIn("message_id", send("+6591234567"))

    def test_recipients_behave_as_told(self):
        ask("PUT", "/sandbox/behaviors/" + urllib.parse.quote("+6591234567"), {"behavior": "refused=5019"})
        self.assertEqual(send("+6591234567"), 5019)
        ask("DELETE", "/sandbox/behaviors/" + urllib.parse.quote("+6591234567"))
        self.assertIn("message_id", send("+6591234567"))

    def test_requests_say_why_they_were_refused(self):
        send("6591234567")
        request = ask("GET", "/sandbox/requests", refused="true")["requests"][0]
        self.assertEqual((request["error"]["code"], request["field"]), (5011, "to"))
        self.assertIn("must begin with `+`", request["reason"])

    def test_a_typing_error_is_no_wish(self):
        self.assertEqual(ask("POST", "/sandbox/clock", {"advance_second": 5}), 400)
        self.assertEqual(ask("GET", "/sandbox/messages", statuses="sent"), 400)
        self.assertEqual(ask("GET", "/sandbox/messages/latest", to="6591234567", wait=20), 400)

    def test_a_seed_brings_templates(self):
        text = {"contain_security": True, "contain_expire": True}
        template = {
            "template_id": "login",
            "send_channel_strategy": "sms",
            "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
            "sms_config": {"template_type": 1, "template_default_config": text},
        }
        self.assertEqual(ask("POST", "/sandbox/seed", {"templates": [template]}), {})
        send("+6591234567", "login")
        self.assertEqual(len(ask("GET", "/sandbox/messages/latest", template="login")["code"]), 4)


if __name__ == "__main__":
    unittest.main()
