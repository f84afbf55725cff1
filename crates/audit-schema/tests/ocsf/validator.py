"""Checks OCSF events, one on each line of stdin, with validators that others wrote.

ocsf-json-schema has the published schemas of OCSF and makes JSON Schemas of them, which jsonschema checks: the class, the
required attributes, unknown attributes, types, enumerations, patterns and constraints. pydantic-ocsf checks that ids agree:
the type with class and activity, and each id with its caption.

Prints the number and the mistake of each wrong event, and at last how many events it has checked.
"""

import copy
import functools
import json
import sys

import ocsf.v1_6_0
import ocsf.v1_7_0
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from pydantic import ValidationError

# The version that the events claim comes first. Newer versions add attributes and values, so events stay valid.
SCHEMAS = ["1.6.0", "1.7.0", "1.8.0"]
MODELS = {"1.6.0": ocsf.v1_6_0, "1.7.0": ocsf.v1_7_0}


@functools.cache
def schema(version):
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version))


@functools.cache
def validator(version, class_uid, profiles):
    name = schema(version).lookup_class_name_from_uid(class_uid)
    made = schema(version).get_class_schema(name, list(profiles))
    Draft202012Validator.check_schema(made)
    return name, Draft202012Validator(made)


@functools.cache
def model(version, name):
    found = getattr(MODELS[version].events, "".join(word.capitalize() for word in name.split("_")))
    # A model is complete only when those that it refers to are loaded.
    MODELS[version].rebuild_all()
    return found


def mistakes(event):
    metadata = event["metadata"]
    if metadata["version"] != SCHEMAS[0]:
        yield f"metadata.version: {metadata['version']}"
    for version in SCHEMAS:
        event = copy.deepcopy(event)
        event["metadata"]["version"] = version
        name, checks = validator(version, event["class_uid"], tuple(metadata.get("profiles", [])))
        for error in checks.iter_errors(event):
            yield f"{version} {name} {error.json_path}: {error.message[:300]}"
        if version in MODELS:
            # The models take the enumeration of http_method, the only one of texts, for numbers.
            event.get("http_request", {}).pop("http_method", None)
            try:
                model(version, name).model_validate(event)
            except ValidationError as error:
                for found in error.errors():
                    yield f"{version} {name} {'.'.join(map(str, found['loc']))}: {found['msg']}"


checked = 0
for line in sys.stdin:
    checked += 1
    try:
        for mistake in mistakes(json.loads(line)):
            print(f"{checked}: {mistake}")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        print(f"{checked}: {error!r}")
print(f"checked {checked}")
