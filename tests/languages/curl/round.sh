#!/usr/bin/env bash
# The round with curl. Any step that goes wrong ends it.
set -euo pipefail

seen() { printf '%s\t%s\n' "$1" "${2-yes}"; }
expect() { [[ $answer == *"$1"* ]] || { echo "expected $1, found $answer" >&2; exit 1; }; }
template=curl-login

# sample createTemplate
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{
    "template_id": "curl-login",
    "send_channel_strategy": "sms",
    "verify_code_config": {"verify_code_type": 1, "verify_code_len": 6, "verify_code_ttl": 5},
    "sms_config": {"template_type": 1, "template_default_config": {"contain_security": true, "contain_expire": false}}
}' "$OTP_URL/v1/template-configs")
# end
expect '"code":0'
# sample listTemplates
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" "$OTP_URL/v1/template-configs")
# end
expect '"curl-login"'
expect '"template_parts":1'
# sample getTemplate
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" "$OTP_URL/v1/template-configs/$template")
# end
expect '"contain_security":true'

# sample sendOtp
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{
    "to": "+10000000005",
    "template": {"id": "curl-login", "language": "en"}
}' "$OTP_URL/v1/messages")
# end
expect '"send_channel":"sms"'
seen send
message_id=$(sed 's/.*"message_id":"\([0-9]*\)".*/\1/' <<<"$answer")
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{"message_id": "'"$message_id"'", "verify_code": "000000"}' "$OTP_URL/v1/verifications")
expect '"verified":false'
seen 'wrong code'
# sample verifyOtp
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{
    "message_id": "'"$message_id"'",
    "verify_code": "123456"
}' "$OTP_URL/v1/verifications")
# end
expect '"verified":true'
seen 'right code'

# sample sendCode
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{
    "to": "+10000000005",
    "code": "123456",
    "template": {"id": "curl-login"}
}' "$OTP_URL/v1/codes")
# end
expect '"message_id"'
# sample sendMessage
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{
    "to": "+10000000005",
    "template": {"id": "sandbox-custom-tpl", "params": {"code": "123456"}}
}' "$OTP_URL/v1/custom-messages")
# end
expect '"message_id"'
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" --json '{"to": "+10000000011", "template": {"id": "curl-login"}}' "$OTP_URL/v1/messages")
expect '"code":5013'
seen 'typed error' 'as text'

# sample deleteTemplate
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" -X DELETE "$OTP_URL/v1/template-configs/$template")
# end
expect '"code":0'
answer=$(curl -sS -u "$OTP_KEY:$OTP_SECRET" "$OTP_URL/v1/template-configs/$template")
expect '"code":4001'
seen templates
