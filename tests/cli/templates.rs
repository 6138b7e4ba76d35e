//! Templates.

use super::session::Session;

/// A template's file.
pub(super) const LOGIN: &str = r#"{
  "template_id": "login",
  "send_channel_strategy": "whatsapp|sms|voice",
  "description": "For the login page",
  "brand_name": "Example",
  "verify_code_config": { "verify_code_type": 5, "verify_code_len": 6, "verify_code_ttl": 5 },
  "whatsapp_config": {
    "template_type": 1, "template_default_config": { "contain_security": true, "contain_expire": false }
  },
  "voice_config": {
    "template_type": 1, "template_default_config": { "contain_security": false, "contain_expire": true }
  },
  "sms_config": {
    "template_type": 2,
    "template_custom_config": {
      "custom_sub_type": "authentication", "custom_content": "{{code}} for {{name}}", "custom_country_codes": "HK,SG"
    }
  },
  "email_config": {
    "template_name": "Login",
    "template_custom_configs": [{
      "language": "en", "pre_from_name": "Example", "pre_from_mail": "hello@example.com", "pre_subject": "Your code",
      "template_content": "It is {{code}}.", "pre_param_map": { "name": "you" }
    }]
  },
  "pwa_config": { "pwa_platform": "any", "pwa_code": "1" }
}
"#;

#[test]
fn a_template_is_created_listed_shown_and_deleted() {
    let mut session = Session::start();
    std::fs::write(session.folder.join("login.json"), LOGIN).expect("written");
    session.try_out("template create login.json --dry-run", "");
    session.try_out("template create login.json", "");
    session.try_out("template create - --output json", &LOGIN.replace("\"login\"", "\"other\""));
    session.try_out("template list", "");
    session.try_out("template show login", "");
    session.try_out("template delete login", "");
    session.try_out("template delete other --output json", "");
    let json = session.try_out("template show sandbox-otp-tpl-wa --output json", "");
    let list = session.try_out("template list --output json", "");
    for json in [json, list] {
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
    }
    // When the sandbox's own templates were made is the time of day.
    let seconds = session.sandbox.now().duration_since(std::time::UNIX_EPOCH).expect("later").as_secs();
    session.replace(seconds.to_string(), "SECONDS");
    session.compare("templates");
}

#[test]
fn what_is_created_is_what_the_file_says() {
    let mut session = Session::start();
    // Some editors begin a file with this mark.
    session.try_out("template create -", &format!("\u{feff}{LOGIN}"));
    let shown = session.try_out("template show login --output json", "");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let file: serde_json::Value = serde_json::from_str(LOGIN).expect("JSON");
    // The definition is the file again, and makes the same template again.
    let definition = session.try_out("template show login --definition", "");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&definition).expect("JSON"), file);
    session.try_out("template delete login", "");
    session.try_out("template create - --output json", &definition);
    assert!(session.sandbox.template_ids().contains(&"login".to_owned()));
    for (name, value) in file.as_object().expect("an object") {
        let mut found = shown[name].clone();
        // The service counts the parts of a text, and that is not the file's business.
        found.as_object_mut().map(|found| found.remove("template_parts"));
        assert_eq!(&found, value, "{name}");
    }
}

#[test]
fn a_file_with_mistakes_is_refused_with_the_line() {
    let mut session = Session::start();
    let mistakes = [
        ("\"brand_name\"", "\"brand\""),
        ("\"contain_security\": true", "\"contain_secret\": true"),
        ("\"verify_code_len\": 6", "\"verify_code_len\": 3"),
        ("\"verify_code_type\": 5", "\"verify_code_type\": 8"),
        ("\"template_type\": 2", "\"template_type\": 1"),
        ("whatsapp|sms", "pigeon|sms"),
        ("\"custom_sub_type\": \"authentication\"", "\"custom_sub_type\": \"poetry\""),
        ("  \"description\"", "  description"),
        ("HK,SG", "Hong Kong"),
    ];
    for (right, wrong) in mistakes {
        assert!(LOGIN.contains(right), "{right}");
        session.try_out("template create -", &LOGIN.replacen(right, wrong, 1));
    }
    session.try_out("template create -", &format!("[{LOGIN}]"));
    session.try_out("template create -", "[\"login\", \"sms\"]");
    session.try_out(
        "template create -",
        &LOGIN.replacen("\"verify_code_len\": 6", "\"verify_code_len\": \"6\"", 1),
    );
    session.try_out("template create -", "");
    session.try_out("template create no-such-file.json", "");
    assert!(!session.sandbox.template_ids().contains(&"login".to_owned()));
    session.compare("template_mistakes");
}
