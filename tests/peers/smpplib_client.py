"""PyPI's smpplib against a server: smpplib_client.py PORT PASSWORD. Prints what it saw as JSON."""

import json
import sys

import smpplib.client
import smpplib.consts

port, password = int(sys.argv[1]), sys.argv[2]
saw = {"ids": [], "reported": [], "statuses": []}


def answered(pdu):
    # Called for refusals too, after the handler of errors.
    if not pdu.is_error():
        saw["ids"].append(pdu.message_id.decode())


def delivered(pdu):
    saw["reported"].append(pdu.receipted_message_id.decode())


def refused(pdu):
    saw["statuses"].append(pdu.status)


client = smpplib.client.Client("127.0.0.1", port, timeout=20, allow_unknown_opt_params=True)
client.set_message_sent_handler(answered)
client.set_message_received_handler(delivered)
client.set_error_pdu_handler(refused)
client.connect()
client.bind_transceiver(system_id="sandbox_demo", password=password)


def submit(recipient, text):
    client.send_message(
        service_type="MSG",
        dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
        dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
        destination_addr=recipient,
        registered_delivery=1,
        data_coding=smpplib.consts.SMPP_ENCODING_ISO10646,
        short_message=text.encode("utf-16-be"),
    )


for _ in range(8):
    submit("+10000000010", json.dumps({"id": "tpl", "params": {"name": "\u00e4"}}))
while len(saw["reported"]) < 8:
    client.read_once()

submit("+10000000001", json.dumps({"id": "tpl"}))
submit("+10000000010", "no JSON")
while len(saw["statuses"]) < 2:
    client.read_once()

client.send_pdu(smpplib.smpp.make_pdu("enquire_link", client=client))
client.read_once()
client.unbind()
client.disconnect()
print(json.dumps(saw))
