// The client of the npm package `smpp`: node smpp_client.js PORT WINDOW MESSAGES. Prints the milliseconds it took.
'use strict';
const smpp = require('smpp');

const [port, window, messages] = process.argv.slice(2).map(Number);
const text = '{"id":"sandbox-otp-tpl","language":"default","params":{}}';
const session = smpp.connect({ url: 'smpp://127.0.0.1:' + port }, () => {
  session.bind_transceiver({ system_id: 'sandbox_demo', password: 'sandbox' }, () => {
    const started = process.hrtime.bigint();
    let submitted = 0;
    let answered = 0;
    function submit() {
      submitted += 1;
      session.submit_sm(
        {
          service_type: 'MSG',
          dest_addr_ton: 1,
          dest_addr_npi: 1,
          destination_addr: '+10000000010',
          registered_delivery: 1,
          data_coding: 8,
          short_message: text,
        },
        () => {
          answered += 1;
          if (submitted < messages) submit();
          else if (answered === messages) {
            console.log(Number(process.hrtime.bigint() - started) / 1e6);
            process.exit(0);
          }
        }
      );
    }
    for (let place = 0; place < Math.min(window, messages); place += 1) submit();
  });
});
