<?php
// The round with the PHP client of openapi-generator. Any step that goes wrong throws.

declare(strict_types=1);

use GuzzleHttp\Client;
use Otp\Api\MessagesApi;
use Otp\Api\TemplatesApi;
use Otp\Api\VerificationApi;
use Otp\ApiException;
use Otp\Configuration;
use Otp\Model\CodeConfig;
use Otp\Model\DefaultText;
use Otp\Model\ErrorBody;
use Otp\Model\MessageTemplateReference;
use Otp\Model\SendCodeRequest;
use Otp\Model\SendMessageRequest;
use Otp\Model\SendOtpRequest;
use Otp\Model\SmsConfig;
use Otp\Model\TemplateDefinition;
use Otp\Model\TemplateReference;
use Otp\Model\VerifyOtpRequest;

require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'Otp\\')) {
        require __DIR__ . '/lib/' . str_replace('\\', '/', substr($class, 4)) . '.php';
    }
});

const TEMPLATE = 'php-login';
const TO = '+10000000005';
const CODE = '123456';
const BLOCKED = '+10000000011';

function configuration(string $url): Configuration
{
    return (new Configuration())->setHost($url)->setUsername(getenv('OTP_KEY'))->setPassword(getenv('OTP_SECRET'));
}

function check(bool $kept): void
{
    $kept || throw new Exception('a check failed');
}

function seen(string $what, string $outcome = 'yes'): void
{
    echo "$what\t$outcome\n";
}

function refused(int $status, int $code, callable $step): void
{
    try {
        $step();
    } catch (ApiException $error) {
        $body = $error->getResponseObject();
        check($body instanceof ErrorBody && $error->getCode() === $status && $body->getCode() === $code);
        return;
    }
    throw new Exception("was not refused with $code");
}

function roundTrip(Configuration $configuration): void
{
    $templates = new TemplatesApi(new Client(), $configuration);
    $messages = new MessagesApi(new Client(), $configuration);
    $verification = new VerificationApi(new Client(), $configuration);

    // sample createTemplate
    $text = new DefaultText(['contain_security' => true, 'contain_expire' => false]);
    $templates->createTemplate(new TemplateDefinition([
        'template_id' => TEMPLATE,
        'send_channel_strategy' => 'sms',
        'verify_code_config' => new CodeConfig(['verify_code_type' => 1, 'verify_code_len' => 6, 'verify_code_ttl' => 5]),
        'sms_config' => new SmsConfig(['template_type' => 1, 'template_default_config' => $text]),
    ]));
    // end
    // sample listTemplates
    $listed = $templates->listTemplates();
    // end
    $mine = array_values(array_filter($listed, fn ($template) => $template->getTemplateId() === TEMPLATE));
    check($mine[0]->getStatus() === 2 && $mine[0]->getSmsConfig()->getTemplateParts() === 1);
    // sample getTemplate
    $details = $templates->getTemplate(TEMPLATE);
    // end
    check($details->getSmsConfig()->getTemplateDefaultConfig()->getContainSecurity());

    // sample sendOtp
    $template = new TemplateReference(['id' => TEMPLATE, 'language' => 'en']);
    $receipt = $messages->sendOtp(new SendOtpRequest(['to' => TO, 'template' => $template]));
    // end
    check($receipt->getSendChannel() === 'sms');
    seen('send');
    $wrong = new VerifyOtpRequest(['message_id' => $receipt->getMessageId(), 'verify_code' => '000000']);
    check(!$verification->verifyOtp($wrong)->getVerified());
    seen('wrong code');
    // sample verifyOtp
    $request = new VerifyOtpRequest(['message_id' => $receipt->getMessageId(), 'verify_code' => CODE]);
    $result = $verification->verifyOtp($request);
    // end
    check($result->getVerified());
    seen('right code');
    refused(400, 3003, fn () => $verification->verifyOtp($request));

    // sample sendCode
    $own = $messages->sendCode(new SendCodeRequest(['to' => TO, 'code' => CODE, 'template' => $template]));
    // end
    check($own->getMessageId() !== '');
    // sample sendMessage
    $reference = new MessageTemplateReference(['id' => 'sandbox-custom-tpl', 'params' => ['code' => CODE]]);
    $sent = $messages->sendMessage(new SendMessageRequest(['to' => TO, 'template' => $reference]));
    // end
    check($sent->getMessageId() !== '');
    refused(400, 5013, fn () => $messages->sendOtp(new SendOtpRequest(['to' => BLOCKED, 'template' => $template])));
    seen('typed error');

    // sample deleteTemplate
    $templates->deleteTemplate(TEMPLATE);
    // end
    refused(400, 4001, fn () => $templates->getTemplate(TEMPLATE));
    seen('templates');
}

function tomorrow(Configuration $configuration): void
{
    $messages = new MessagesApi(new Client(), $configuration);
    $template = new TemplateReference(['id' => TEMPLATE]);
    $receipt = $messages->sendOtp(new SendOtpRequest(['to' => TO, 'template' => $template]));
    check($receipt->getSendChannel() === 'carrier-pigeon');
    [$first, $second] = (new TemplatesApi(new Client(), $configuration))->listTemplates();
    check($first->getStatus() === 9 && $first->getSendChannelStrategy() === 'carrier-pigeon|sms');
    check($second->getTemplateId() === '模版');
    $verify = new VerifyOtpRequest(['message_id' => $receipt->getMessageId(), 'verify_code' => CODE]);
    refused(400, 7777, fn () => (new VerificationApi(new Client(), $configuration))->verifyOtp($verify));
    seen('unknown values');
    $answer = $messages->sendCode(new SendCodeRequest(['to' => TO, 'code' => CODE, 'template' => $template]));
    check(!$answer->valid());
    seen('error in a 200', 'a receipt that is not `valid()`');
}

roundTrip(configuration(getenv('OTP_URL')));
tomorrow(configuration(getenv('TOMORROW_URL')));
