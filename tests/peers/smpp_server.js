// An SMPP server by the npm package `smpp`, for tests and benchmarks.
//
// Prints its port, then one line for each thing it saw when it ends. Environment: REPORTS=1 sends a delivery
// report after each answer; COUNT_ONLY=1 keeps quiet, for benchmarks. It ends with its standard input.
'use strict';
const smpp = require('smpp');

const reports = process.env.REPORTS === '1';
const quiet = process.env.COUNT_ONLY === '1';
let lastId = 0;

function tell(line) {
  if (!quiet) process.stdout.write(line + '\n');
}

const server = smpp.createServer((session) => {
  session.on('error', () => session.destroy());
  session.on('pdu', (pdu) => {
    switch (pdu.command) {
      case 'bind_transceiver':
        if (pdu.system_id !== 'sandbox_demo' || pdu.password !== 'sandbox') {
          tell('refused ' + pdu.system_id);
          return session.destroy();
        }
        tell('bound ' + pdu.system_id);
        session.send(pdu.response({ system_id: pdu.system_id }));
        // The server's own probe, which a client has to answer.
        return quiet ? undefined : session.enquire_link({}, () => tell('alive'));
      case 'enquire_link':
        tell('probe');
        return session.send(pdu.response());
      case 'unbind':
        tell('unbind');
        session.send(pdu.response());
        return session.close();
      case 'submit_sm': {
        const id = 'node-' + ++lastId;
        session.send(pdu.response({ message_id: id }));
        if (!quiet) {
          const text = pdu.short_message.message || pdu.message_payload.message;
          tell('submit ' + JSON.stringify([id, pdu.service_type, pdu.destination_addr, text]));
        }
        if (reports && pdu.registered_delivery === 1) {
          session.deliver_sm(
            {
              service_type: 'MSG',
              source_addr: '',
              destination_addr: pdu.destination_addr,
              esm_class: 0,
              short_message:
                'id:' + id + ' sub:001 dlvrd:001 submit date:2611210101 done date:2611210101 stat:DELIVRD err:000 text:',
              receipted_message_id: id,
              message_state: 2,
            },
            (answer) => tell('report taken ' + answer.command_status)
          );
        }
        return undefined;
      }
      default:
        return pdu.isResponse() ? undefined : session.send(pdu.response());
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write('listening ' + server.address().port + '\n');
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
