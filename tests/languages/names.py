"""Checks that generated clients have the names that the document gives, and no others.

    names.py DOCUMENT GENERATED…     where GENERATED is python=FOLDER, typescript=FOLDER, go=FOLDER or java=FOLDER

A schema with fields becomes a type of its name, an operation becomes a function of its name, and whatever else a
generator declares was invented by it: an `InlineObject1`, a `SendOtp200Response`, an `AnyOf…`.
"""

import re
import sys
from pathlib import Path

import yaml

# For each language: where types are declared and how, and the same for functions.
TYPES = {
    "python": ("engagelab_otp/models/*.py", r"^class (\w+)\("),
    "typescript": ("src/models/*.ts", r"^export (?:interface|enum|type) (\w+)"),
    "go": ("model_*.go", r"^type (\w+) (?:struct|string|int32|map|\[\])"),
    "java": ("src/main/java/otp/model/*.java", r"^public (?:class|enum) (\w+)"),
}
FUNCTIONS = {
    "python": ("engagelab_otp/api/*_api.py", r"^    def ([a-z]\w*)\("),
    "typescript": ("src/apis/*.ts", r"^    async (\w+)\("),
    "go": ("api_*.go", r"^func \(a \*\w+\) (\w+)\(ctx "),
    "java": ("src/main/java/otp/api/*.java", r"^  public \S+ (\w+)\((?!.*headers)"),
}
# What a generator declares beside, by its own conventions: they are not names of ours.
BESIDE = {
    "python": r"_with(out_preload|_http)\w*$",
    "typescript": r"(Raw|RequestOpts)$",
    "go": r"^(_|Nullable)",
    "java": r"WithHttpInfo$|^(downloadFileFromResponse)$|^AbstractOpenApiSchema$",
}
AWKWARD = re.compile(r"Inline|AnyOf|OneOf|AllOf|\d|Model$|Request\w+Inner|Inner$|Response$")


def main(document, generated):
    root = yaml.safe_load(Path(document).read_text(encoding="utf-8"))
    schemas = root["components"]["schemas"]
    types = {name for name, schema in schemas.items() if "properties" in schema or "enum" in schema}
    operations = [
        operation["operationId"]
        for item in root["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]
    wrong = []
    for language, folder in (one.split("=", 1) for one in generated):
        functions = {cased(language, name) for name in operations}
        for what, expected, table in (("type", types, TYPES), ("function", functions, FUNCTIONS)):
            found = declared(Path(folder), language, *table[language])
            for name in sorted(expected - found):
                wrong.append(f"{language}: the {what} {name} is missing")
            for name in sorted(found - expected):
                wrong.append(f"{language}: the {what} {name} is not the document's")
            print(f"names: {language}: {len(found)} {what}s")
    wrong += [f"the schema {name} is awkward" for name in schemas if AWKWARD.search(name)]
    for one in wrong:
        print(f"names: {one}")
    return 1 if wrong else 0


def declared(folder, language, files, pattern):
    names = set()
    for path in folder.glob(files):
        names.update(re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))
    return {name for name in names if not re.search(BESIDE[language], name)}


def cased(language, operation):
    if language == "python":
        return re.sub(r"(?=[A-Z])", "_", operation).lower()
    return operation[0].upper() + operation[1:] if language == "go" else operation


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
