// A whole round with openapi-fetch over the types of openapi-typescript. Any step that goes wrong throws.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./otp.js";

type ErrorBody = components["schemas"]["ErrorBody"];
type SendReceipt = components["schemas"]["SendReceipt"];

const TEMPLATE = "typescript-login";
const TO = "+10000000005";
const CODE = "123456";
const BLOCKED = "+10000000011";

function client(baseUrl: string) {
  const credentials = `${process.env.OTP_KEY}:${process.env.OTP_SECRET}`;
  const Authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return createClient<paths>({ baseUrl, headers: { Authorization } });
}

type Answer<T> = { data?: T; error?: ErrorBody; response: Response };

function taken<T>(answer: Answer<T>): T {
  assert.equal(answer.error, undefined);
  assert.ok(answer.data !== undefined);
  return answer.data;
}

function refused(answer: Answer<unknown>, status: number, code: number): void {
  assert.deepEqual([answer.response.status, answer.error?.code], [status, code]);
}

async function roundTrip(api: ReturnType<typeof client>): Promise<void> {
  // sample createTemplate
  const created = await api.POST("/v1/template-configs", {
    body: {
      template_id: TEMPLATE,
      send_channel_strategy: "sms",
      verify_code_config: { verify_code_type: 1, verify_code_len: 6, verify_code_ttl: 5 },
      sms_config: { template_type: 1, template_default_config: { contain_security: true, contain_expire: false } },
    },
  });
  // end
  taken(created);
  // sample listTemplates
  const list = await api.GET("/v1/template-configs");
  // end
  const mine = taken(list).find((template) => template.template_id === TEMPLATE);
  assert.deepEqual([mine?.status, mine?.sms_config?.template_parts], [2, 1]);
  // sample getTemplate
  const path = { templateId: TEMPLATE };
  const shown = await api.GET("/v1/template-configs/{templateId}", { params: { path } });
  // end
  assert.equal(taken(shown).sms_config?.template_default_config?.contain_security, true);

  // sample sendOtp
  const sent = await api.POST("/v1/messages", { body: { to: TO, template: { id: TEMPLATE, language: "en" } } });
  // end
  const receipt: SendReceipt = taken(sent);
  assert.equal(receipt.send_channel, "sms");
  seen("send");
  const { message_id } = receipt;
  const wrong = await api.POST("/v1/verifications", { body: { message_id, verify_code: "000000" } });
  assert.equal(taken(wrong).verified, false);
  seen("wrong code");
  // sample verifyOtp
  const right = await api.POST("/v1/verifications", { body: { message_id, verify_code: CODE } });
  // end
  assert.equal(taken(right).verified, true);
  seen("right code");
  refused(await api.POST("/v1/verifications", { body: { message_id, verify_code: CODE } }), 400, 3003);

  // sample sendCode
  const own = await api.POST("/v1/codes", { body: { to: TO, code: CODE, template: { id: TEMPLATE } } });
  // end
  assert.ok(taken(own).message_id);
  // sample sendMessage
  const template = { id: "sandbox-custom-tpl", params: { code: CODE } };
  const custom = await api.POST("/v1/custom-messages", { body: { to: TO, template } });
  // end
  assert.ok(taken(custom).message_id);
  refused(await api.POST("/v1/messages", { body: { to: BLOCKED, template: { id: TEMPLATE } } }), 400, 5013);
  seen("typed error");

  // sample deleteTemplate
  const deleted = await api.DELETE("/v1/template-configs/{templateId}", { params: { path } });
  // end
  taken(deleted);
  refused(await api.GET("/v1/template-configs/{templateId}", { params: { path } }), 400, 4001);
  seen("templates");
}

async function tomorrow(api: ReturnType<typeof client>): Promise<void> {
  const receipt = taken(await api.POST("/v1/messages", { body: { to: TO, template: { id: TEMPLATE } } }));
  assert.equal(receipt.send_channel, "carrier-pigeon");
  const [template, second] = taken(await api.GET("/v1/template-configs"));
  assert.equal(second?.template_id, "模版");
  assert.deepEqual([template?.status, template?.send_channel_strategy], [9, "carrier-pigeon|sms"]);
  const { message_id } = receipt;
  refused(await api.POST("/v1/verifications", { body: { message_id, verify_code: CODE } }), 400, 7777);
  seen("unknown values");
  const error = taken(await api.POST("/v1/codes", { body: { to: TO, code: CODE, template: { id: TEMPLATE } } }));
  assert.equal(error.message_id, undefined);
  seen("error in a 200", "a receipt without its id");
}

function seen(what: string, outcome = "yes"): void {
  console.log(`${what}\t${outcome}`);
}

// What a compiler must refuse: a misspelt field, a missing one, and a wrong type.
export const wrong: components["schemas"]["SendOtpRequest"][] = [
  // @ts-expect-error
  { to: TO, templte: { id: TEMPLATE } },
  // @ts-expect-error
  { to: TO },
  // @ts-expect-error
  { to: [TO], template: { id: TEMPLATE } },
];

await roundTrip(client(process.env.OTP_URL ?? ""));
await tomorrow(client(process.env.TOMORROW_URL ?? ""));
