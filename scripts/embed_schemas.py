#!/usr/bin/env python3
"""Writes a C++ source that holds the envelope schemas: schemas/KafkaMessageEnvelope/v<N>.avsc without white space.

usage: embed_schemas.py <output.cc> <v1.avsc> ... <vN.avsc>      (in the order of their versions)
"""
import json
import sys


def main(output, *paths):
    literals = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = json.dumps(json.load(file), separators=(",", ":"))
        # Compilers bound the length of one literal; adjacent ones are joined.
        parts = [text[at:at + 8000] for at in range(0, len(text), 8000)]
        literals.append("\n".join(f'    R"schema({part})schema"' for part in parts))
    with open(output, "w", encoding="utf-8") as file:
        file.write('#include "protocol/envelope.h"\n\nnamespace venice::protocol {\nnamespace {\n\n')
        file.write("constexpr std::string_view kSchemas[] = {\n" + ",\n".join(literals) + "};\n\n}  // namespace\n\n")
        file.write("std::string_view EnvelopeSchemaJson(int version) {\n"
                   f"  return version >= 1 && version <= {len(paths)} ? kSchemas[version - 1] : std::string_view();\n}}\n\n"
                   "std::string_view EnvelopeSchemaJson() { return EnvelopeSchemaJson(kEnvelopeVersion); }\n\n"
                   "}  // namespace venice::protocol\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
