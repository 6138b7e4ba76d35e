//! What the generator refuses, and what it says about it.

use crate::generator::generate;

/// What is written instead of what, and then what is said: the place, and what to do.
const DEFECTS: &[(&str, &str, &str, &str)] = &[
    ("openapi: 3.0.3", "openapi: 3.1.0", "otp.yaml:1: openapi", "write the document in 3.0.3"),
    ("      operationId: sendOtp\n", "", "paths > /v1/messages > post", "`operationId` is missing"),
    (
        "operationId: sendCode",
        "operationId: sendOtp",
        "/v1/codes > post > operationId",
        "choose another name",
    ),
    (
        "$ref: '#/components/schemas/SendOtpRequest'",
        "$ref: '#/components/schemas/SendOtpRequst'",
        "paths > /v1/messages > post > requestBody",
        "leads nowhere",
    ),
    (
        "        '200':\n          $ref: '#/components/responses/Sent'\n",
        "        '200':\n          $ref: '#/components/responses/Sent'\n        '202':\n          $ref: '#/components/responses/Acknowledged'\n",
        "/v1/messages > post > responses",
        "a function returns one type",
    ),
    ("      x-repeatable: false\n", "", "/v1/messages > post", "`x-repeatable` is missing"),
    (
        "      required: [to, template]\n",
        "      requried: [to, template]\n",
        "SendOtpRequest > requried",
        "misspelt",
    ),
    (
        "      required: [to, template]\n",
        "      required: [to, tempalte]\n",
        "SendOtpRequest > required",
        "not described",
    ),
    (
        "        send_channel_strategy:\n          $ref: '#/components/schemas/ChannelStrategy'\n",
        "        send_channel_strategy:\n          oneOf:\n            - type: string\n            - type: integer\n",
        "TemplateDefinition > properties > send_channel_strategy",
        "`oneOf` is not supported",
    ),
    (
        "        template_default_config:\n          $ref: '#/components/schemas/DefaultText'\n    VoiceConfig",
        "        template_default_config:\n          type: object\n          properties:\n            a:\n              type: string\n    VoiceConfig",
        "WhatsappConfig > properties > template_default_config",
        "give it a name",
    ),
    ("      in: path\n", "      in: query\n", "/v1/template-configs/{templateId} > get", "is not described"),
    (
        "      x-enum-varnames: [pending, approved, rejected]\n",
        "      x-enum-varnames: [pending]\n",
        "TemplateStatus",
        "one name for each value",
    ),
    (
        "          type: boolean\n",
        "          type: [boolean]\n",
        "components > schemas",
        "is not one of OpenAPI 3.0",
    ),
    ("tags:\n  - name", "tags:\n  - {name", "otp.yaml:", "this is not YAML"),
    ("operationId: sendCode", "operationId: send_otp", "/v1/codes > post > operationId", "written otherwise"),
    (
        "operationId: sendCode",
        "operationId: 2fa",
        "/v1/codes > post > operationId",
        "cannot be a name in Rust",
    ),
    (
        "operationId: sendCode",
        "operationId: ''",
        "/v1/codes > post > operationId",
        "cannot be a name in Rust",
    ),
    ("operationId: sendCode", "operationId: type", "/v1/codes > post > operationId", "avoid keywords"),
    (
        "[default, zh_CN",
        "[default, DEFAULT",
        "schemas > Language > x-extensible-enum",
        "choose names that differ",
    ),
    ("[default, zh_CN", "[default, 2g", "schemas > Language > x-extensible-enum", "cannot be a name in Rust"),
    ("[default, zh_CN", "[default, 7", "schemas > Language > x-extensible-enum", "quote texts"),
    (
        "    Sent:\n      description: |\n        The service accepted the message. It is not delivered yet: callbacks report what becomes of it.\n      content:",
        "    Sent:\n      description: Taken over.\n      contnet:",
        "components > responses > Sent > contnet",
        "is it misspelt",
    ),
    ("  securitySchemes:\n", "  securitySchemas:\n", "components > securitySchemas", "is it misspelt"),
    (
        "        4XX:\n          $ref: '#/components/responses/Failed'\n",
        "        404:\n          $ref: '#/components/responses/Failed'\n        4XX:\n          $ref: '#/components/responses/Failed'\n",
        "/v1/messages > post > responses",
        "put it in quotes",
    ),
    (
        "          $ref: '#/components/schemas/CodeConfig'\n",
        "          $ref: '#/components/schemas/CodeConfig/properties/verify_code_len'\n",
        "TemplateDefinition > properties > verify_code_config",
        "name one as",
    ),
    (
        "    ErrorBody:\n      type: object\n",
        "    ErrorBody:\n      type: object\n      x-sensitive: true\n      enum: [a]\n",
        "ErrorBody > enum",
        "use `x-extensible-enum`",
    ),
];

/// The same in the document of this folder.
const MORE: &[(&str, &str, &str, &str)] = &[
    ("  /items:\n", "  items:\n", "paths > items", "get the credentials"),
    ("  /items:\n", "  /my items:\n", "paths > /my items", "a path holds"),
    ("  /items:\n", "  /items?all=1:\n", "paths > /items?all=1", "parameters of the query belong under"),
    ("  /items:\n", "  '/items#top':\n", "paths > /items#top", "a path holds"),
    ("  /items:\n", "  /items/../x:\n", "paths > /items/../x", "would lead elsewhere"),
    ("  /items:\n", "  //evil.example:\n", "paths > //evil.example", "would lead elsewhere"),
    ("{itemId}/parts/{number}", "{number}/parts/{number}", "paths > /items/{number}/parts/{number}", "twice"),
    ("{itemId}/parts/{number}", "{itemId}/parts/n{number}", "/parts/n{number}", "fills a segment"),
    (
        "      operationId: createItem\n",
        "      operationId: createItem\n      servers:\n        - url: https://x.example\n",
        "post > servers",
        "leave this out",
    ),
    (
        "      operationId: createItem\n",
        "      operationId: createItem\n      security: []\n",
        "post > security",
        "every call is authenticated",
    ),
    ("operationId: createItem", "operationId: run", "post > operationId", "choose another"),
    ("operationId: createItem", "operationId: all", "post > operationId", "choose another"),
    ("operationId: createItem", "operationId: clone", "post > operationId", "choose another"),
    ("        - name: verbose\n", "        - name: body\n", "parameters > 1", "the request's body"),
    ("        - name: verbose\n", "        - name: item_id\n", "get", "same name in Rust"),
    ("        - name: verbose\n", "        - name: kind\n", "get", "described twice"),
    (
        "          in: query\n",
        "          in: cookie\n",
        "parameters > 1 > in",
        "stand in path, query or header",
    ),
    ("        - name: X-Trace-Id\n", "        - name: Authorization\n", "parameters > 3", "the client's own"),
    ("          style: form\n", "          style: pipeDelimited\n", "parameters > 2", "is supported"),
    (
        "          schema:\n            type: boolean\n",
        "          schema:\n            type: array\n            items:\n              type: string\n",
        "parameters > 1 > schema",
        "use a text, a number or a boolean",
    ),
    (
        "          schema:\n            type: boolean\n",
        "          schema:\n            $ref: '#/components/schemas/Note'\n",
        "parameters > 1 > schema",
        "put it in the body",
    ),
    (
        "          schema:\n            type: boolean\n",
        "          schema:\n            type: string\n            x-extensible-enum: [a]\n",
        "schema > x-extensible-enum",
        "give it a name",
    ),
    ("    Unused:\n", "    String:\n", "schemas > String", "Rust itself uses"),
    ("    Unused:\n", "    Option:\n", "schemas > Option", "Rust itself uses"),
    ("    Unused:\n", "    Vec:\n", "schemas > Vec", "Rust itself uses"),
    ("    Unused:\n", "    Result:\n", "schemas > Result", "Rust itself uses"),
    ("    Unused:\n", "    Default:\n", "schemas > Default", "Rust itself uses"),
    ("    Unused:\n", "    Not-Used:\n", "components > schemas > Not-Used", "cannot be a name in Rust"),
    ("    Unused:\n", "    Self:\n", "schemas > Self", "cannot be a name"),
    ("        with-dash:\n", "        item_id:\n", "properties > item_id", "same name in Rust"),
    ("        free:\n", "        extra:\n", "Part > properties > extra", "rename the property"),
    ("        with-dash:\n", "        new:\n", "NewItem > properties > new", "rename the property"),
    ("        with-dash:\n", "        ' ':\n", "NewItem > properties >  ", "cannot be a field"),
    ("enum: [small, large]", "enum: ['+', '-']", "Size > enum", "cannot be a name in Rust"),
    ("enum: [small, large]", "enum: [small, 7]", "Size > enum", "quote texts"),
    ("enum: [small, large]", "enum: [small, small]", "Size > enum", "twice"),
    (
        "x-enum-statuses: [500, 404]",
        "x-enum-statuses: [500, 40]",
        "ErrorCode > x-enum-statuses",
        "100 to 599",
    ),
    ("x-enum-statuses: [500, 404]", "x-enum-statuses: [500]", "ErrorCode > x-enum-statuses", "complete it"),
    (
        "x-enum-classes: [transient, not_found]",
        "x-enum-classes: [a b, c]",
        "ErrorCode > x-enum-classes",
        "cannot be a name",
    ),
    (
        "x-enum-classes: [transient, not_found]",
        "x-enum-classes: [unknown, c]",
        "ErrorCode > x-enum-classes",
        "same name in Rust",
    ),
    (
        "x-enum-varnames: [low, middle, high]",
        "x-enum-varnames: [low, middle]",
        "Level",
        "one name for each value",
    ),
    (
        "      description: A line of a table.\n",
        "      description: A line of a table.\n      x-sensitve: true\n",
        "Line > x-sensitve",
        "is it misspelt",
    ),
    (
        "      description: A line of a table.\n",
        "      description: A line of a table.\n      nullable: true\n",
        "Line > nullable",
        "of the property",
    ),
    (
        "      description: A line of a table.\n",
        "      description: A line of a table.\n      maxLength: 3\n",
        "Line > maxLength",
        "not bound by limits",
    ),
    (
        "    Line:\n      type: string\n      description: A line of a table.\n",
        "    Line:\n      $ref: '#/components/schemas/Kind'\n",
        "schemas > Line",
        "refer to that one itself",
    ),
    (
        "    Line:\n      type: string\n      description: A line of a table.\n",
        "    Line:\n      $ref: '#/components/schemas/Line'\n",
        "schemas > Line",
        "leads back to itself",
    ),
    (
        "          $ref: '#/components/schemas/Level'\n",
        "          $ref: '#/components/schemas/Level'\n          nullable: true\n",
        "properties > level",
        "beside `$ref`",
    ),
    ("      required: [free]\n", "      required: [free, next]\n", "Part > required", "not described"),
    (
        "      required: [free]\n      properties:\n",
        "      required: [again]\n      properties:\n        again:\n          $ref: '#/components/schemas/Part'\n",
        "Part > required",
        "for ever",
    ),
    (
        "      required: [free]\n",
        "      required: [free]\n      additionalProperties:\n        type: string\n",
        "Part > additionalProperties",
        "a field of their own",
    ),
    (
        "      required: [free]\n",
        "      required: [free]\n      additionalProperties: false\n",
        "Part > additionalProperties",
        "leave it out",
    ),
    (
        "      description: An item to create.\n",
        "      description: An item to create.\n      additionalProperties: true\n",
        "NewItem > additionalProperties",
        "leave it out",
    ),
    (
        "      minLength: 1\n      maxLength: 40\n",
        "      minLength: 41\n      maxLength: 40\n",
        "ItemId > minLength",
        "exchange them",
    ),
    (
        "      minLength: 1\n      maxLength: 40\n",
        "      minLength: -1\n",
        "ItemId > minLength",
        "not below 0",
    ),
    ("          format: double\n", "          format: decimal\n", "weight > format", "is not supported"),
    ("      scheme: basic\n", "      scheme: bearer\n", "securitySchemes > basicAuth", "only HTTP's Basic"),
    ("security:\n  - basicAuth: []\n", "security: []\n", "security", "every call is authenticated"),
    (
        "  - url: https://api.example.com/v1\n",
        "  - url: http://api.example.com/v1\n",
        "servers > 0 > url",
        "https://",
    ),
    (
        "  - url: https://api.example.com/v1\n",
        "  - url: https://a.example\n  - url: https://b.example\n",
        "servers",
        "exactly one server",
    ),
    ("paths:\n", "x-paths:\n", "paths", "is missing"),
    ("      required: [free]\n", "      required:\n", "Part > required", "nothing stands here"),
    ("      required: [free]\n", "      required: !list [free]\n", "Part > required", "a YAML tag"),
    (
        "        required: true\n        content:",
        "        content:",
        "post > requestBody",
        "write `required: true`",
    ),
    (
        "            text/csv:\n",
        "            text/html:\n              schema: {}\n              exmaple: 1\n            text/csv:\n",
        "text/html > exmaple",
        "misspelt",
    ),
    ("operationId: readPart", "operationId: baseUrl", "get > operationId", "choose another one"),
    ("operationId: readPart", "operationId: gen", "get > operationId", "avoid keywords"),
    ("        - name: verbose\n", "        - name: gen\n", "parameters > 1", "avoid keywords"),
    (
        "description: A line of a table.",
        "description: \"A line\\r of a table.\"",
        "Line > description",
        "control character",
    ),
    (
        "description: A line of a table.",
        "description: \"A line \\u202e of a table.\"",
        "Line > description",
        "turns the direction",
    ),
    ("summary: Read a part", "summary: \"Read \\u202e a part\"", "get > summary", "turns the direction"),
    ("'two words']", "\"two\\u202e words\"]", "Kind > x-extensible-enum > 2", "turns the direction"),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n```\\nfoo bar\\n```\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n    foo bar\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n````\\nfoo bar\\n````\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n```rust\\nfoo bar\\n```\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n```text\\n~~~\\n```\\n\\n```should_panic\\nfoo\\n```\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n> ```\\n> foo bar\\n> ```\"",
        "Line > description",
        "fence it with ```text",
    ),
    (
        "description: A line of a table.",
        "description: \"A line:\\n\\n\\tfoo bar\"",
        "Line > description",
        "fence it with ```text",
    ),
    ("description: A line of a table.", "description: '  '", "schemas > Line", "`description` is missing"),
    ("summary: Delete all\n", "summary: ' '\n", "delete", "`summary` is missing"),
    (
        "    Line:\n      type: string\n",
        "    Line:\n      <<: {type: string}\n",
        "Line > <<",
        "write them out",
    ),
    ("https://api.example.com/v1", "https://api..example.com/v1", "servers > 0 > url", "https://"),
    ("https://api.example.com/v1", "https://api.example.com:+443/v1", "servers > 0 > url", "https://"),
    (
        "enum: [small, large]",
        "enum: [small, large]\n      x-enum-varnames: [tiny, huge]",
        "Size > x-enum-varnames",
        "named by its values",
    ),
    (
        "enum: [small, large]",
        "enum: ['+', '-']\n      x-enum-varnames: [plus, minus]",
        "Size > x-enum-varnames",
        "named by its values",
    ),
    (
        "$ref: '#/components/responses/Part'",
        "$ref: '#/components/schemas/Part'",
        "get > responses > 200",
        "one of `#/components/responses`",
    ),
    (
        "- $ref: '#/components/parameters/ItemId'",
        "- $ref: '#/components/parameters/ItemId'\n      - $ref: '#/components/schemas/Line'",
        "parameters > 1",
        "one of `#/components/parameters`",
    ),
    (
        "  responses:\n    Part:\n",
        "  responses:\n    example:\n      description: A.\n      content:\n        application/json:\n          schema:\n            $ref: '#/components/schemas/Nope'\n    Part:\n",
        "responses > example > content > application/json > schema",
        "leads nowhere",
    ),
    (
        "            type: string\n            x-sensitive: true\n",
        "            type: string\n            minLength: 3\n            x-sensitive: true\n",
        "pins > additionalProperties > minLength",
        "need a name",
    ),
    (
        "          items:\n            $ref: '#/components/schemas/Note'\n",
        "          items:\n            type: string\n            maxLength: 3\n",
        "notes > items > maxLength",
        "need a name",
    ),
    (
        "        with-dash:\n          type: boolean\n",
        "        with-dash:\n          type: boolean\n          nullable: true\n",
        "with-dash > nullable",
        "require it",
    ),
    (
        "          description: Deleted.\n",
        "          description: Deleted.\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/Part'\n",
        "delete > responses > 204",
        "has no body",
    ),
    ("- name: X-Trace-Id", "- name: Expect", "parameters > 3", "the client's own"),
    ("- name: X-Trace-Id", "- name: Proxy-Authorization", "parameters > 3", "the client's own"),
    ("api.example.com/v1", "api.example.com:99999", "servers > 0 > url", "https://"),
    ("api.example.com/v1", "api.example.com/a/../b", "servers > 0 > url", "https://"),
    ("https://api.example.com/v1", "https://:443", "servers > 0 > url", "https://"),
    ("  version: 1.0.0\n", "  version: 1.0.0\n  license: MIT\n", "info > license", "write a mapping"),
    ("  version: 1.0.0\n", "  version: 1.0.0\n  license: {}\n", "info > license", "correct it there"),
    ("servers:\n", "tags: 5\nservers:\n", "tags", "begin each item"),
    ("servers:\n", "tags: [a]\nservers:\n", "tags", "correct it there"),
    (
        "      summary: Read a part\n",
        "      summary: Read a part\n      tags: x\n",
        "get > tags",
        "begin each item",
    ),
    (
        "      summary: Read a part\n",
        "      summary: Read a part\n      externalDocs: x\n",
        "get > externalDocs",
        "write a mapping",
    ),
    (
        "      summary: Read a part\n",
        "      summary: Read a part\n      callbacks: x\n",
        "get > callbacks",
        "write a mapping",
    ),
];

const OTP: &str = include_str!("../../openapi/otp.yaml");

const ALL: &str = include_str!("document.yaml");

fn refused(document: &str) -> String {
    match generate("otp.yaml", document, false) {
        Ok(_) => String::new(),
        Err(said) => said.join("\n"),
    }
}

#[test]
fn what_cannot_be_obeyed_is_refused_with_the_line_the_place_and_what_to_do() {
    let cases = DEFECTS.iter().map(|case| (OTP, case)).chain(MORE.iter().map(|case| (ALL, case)));
    let mut faults = Vec::new();
    for (sound, (from, to, place, what)) in cases {
        assert!(sound.contains(from), "the document does not hold {from:?}");
        let said = refused(&sound.replacen(from, to, 1));
        let line = said.lines().find(|line| line.contains(place) && line.contains(what));
        let number =
            line.and_then(|line| line.strip_prefix("otp.yaml:")?.split(':').next()?.parse::<u32>().ok());
        if number.is_none() {
            faults.push(format!("{to:?}: neither {place:?} nor {what:?} is said with a line:\n{said}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The type generator would overflow its stack, which ends the build without a word.
#[test]
fn what_is_nested_without_end_is_refused_before_it_is_generated() {
    let nested = ["{type: array, items: ".repeat(50), "{type: string}".to_owned(), "}".repeat(50)].concat();
    let part = "        counts:\n";
    let deep = format!(
        "        deep:\n          description: Deep.\n          type: array\n          items: {nested}\n{part}"
    );
    let said = refused(&ALL.replacen(part, &deep, 1));
    assert!(
        said.contains("Part > properties > deep > items > items") && said.contains("nested too deep"),
        "{said}"
    );
}

/// What stands below them is structure, and no example.
#[test]
fn properties_and_components_may_have_the_names_of_keywords() {
    let property = "        with-dash:\n          type: boolean\n";
    for name in ["example", "examples", "format", "pattern", "required", "properties"] {
        let named = format!("        {name}:\n          type: boolean\n          example: {{a: null}}\n");
        assert_eq!(refused(&ALL.replacen(property, &named, 1)), "", "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_document() {
    assert_eq!(refused(&format!("\u{FEFF}{OTP}")), "");
}

#[test]
fn the_line_that_is_named_is_the_place() {
    let sound = OTP;
    // What is written instead of what, and the text at whose end the named line stands.
    for (from, to, until) in [
        (
            "      x-repeatable: true\n      responses:",
            "      responses:",
            "  /v1/template-configs:\n    post:\n",
        ),
        (
            "        description:\n          type: string\n          description: The key's description.",
            "        description:\n          type: text\n          description: The key's description.",
            "        api_key:\n          $ref: '#/components/schemas/OperatorIdentity'\n        description:",
        ),
        (
            "            examples:\n              phone:\n                summary: A code of six digits",
            "            exmaples:\n              phone:\n                summary: A code of six digits",
            "            exmaples:",
        ),
    ] {
        assert!(sound.contains(from), "the document does not hold {from:?}");
        let broken = sound.replacen(from, to, 1);
        let at = broken.find(until).expect("the place") + until.trim_end().len();
        // An operation that misses something is named by its method's line, here the first `get` below the path.
        let mut line = broken[..at].lines().count();
        if to == "      responses:" {
            let rest: Vec<&str> = broken.lines().collect();
            line += rest[line..].iter().position(|line| *line == "    get:").expect("a get") + 1;
        }
        let said = refused(&broken);
        assert!(said.contains(&format!("otp.yaml:{line}:")), "line {line} is not named:\n{said}");
    }
}
