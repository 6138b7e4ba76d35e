"""PyPI's smpplib with the alphabet that it has by default, GSM 03.38: smpplib_gsm.py PORT. Prints the ids as JSON."""

import json
import sys

import smpplib.client
import smpplib.consts
import smpplib.gsm

client = smpplib.client.Client("127.0.0.1", int(sys.argv[1]), timeout=20, allow_unknown_opt_params=True)
ids = []
client.set_message_sent_handler(lambda pdu: ids.append(pdu.message_id.decode()))
client.set_message_received_handler(lambda pdu: None)
client.connect()
client.bind_transceiver(system_id="sandbox_demo", password="sandbox")

for content in json.load(sys.stdin):
    # As its own README sends a text: nothing is said of the alphabet.
    parts, encoding, esm_class = smpplib.gsm.make_parts(json.dumps(content, ensure_ascii=False))
    assert len(parts) == 1
    client.send_message(
        service_type="CODE",
        source_addr_ton=smpplib.consts.SMPP_TON_INTL,
        source_addr="",
        dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
        destination_addr="6591234567",
        short_message=parts[0],
        data_coding=encoding,
        esm_class=esm_class,
        registered_delivery=True,
    )
    sent = len(ids)
    while len(ids) == sent:
        client.read_once()

client.unbind()
client.disconnect()
print(json.dumps(ids))
