"""Checks that each file in argv is JSON or, with another extension, XML."""
import json
import sys
import xml.etree.ElementTree

for name in sys.argv[1:]:
    try:
        with open(name, encoding="utf-8") as file:
            json.load(file) if name.endswith(".json") else xml.etree.ElementTree.parse(file)
    except ValueError as error:
        sys.exit(f"{name}: {error}")
    except xml.etree.ElementTree.ParseError as error:
        sys.exit(f"{name}: {error}")
