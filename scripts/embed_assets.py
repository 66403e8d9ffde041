#!/usr/bin/env python3
"""Compresses files for embedding and writes the C++ table that serves them.

usage: embed_assets.py <output.cc> <output.bin> <url path>=<file>...

The .bin is every file, gzip'd, one behind the other; the .cc takes it in with .incbin, which costs the compiler nothing.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".yaml": "application/yaml",
}

SOURCE = """\
// Written by scripts/embed_assets.py.
#include "console/assets.h"

asm(R"(
  .pushsection .rodata
  .hidden venice_console_files
  .globl venice_console_files
venice_console_files:
  .incbin "{bin}"
  .popsection
)");

extern "C" const char venice_console_files[];

namespace venice::console {{

std::span<const Asset> Assets() {{
  static const Asset assets[] = {{
{rows}
  }};
  return assets;
}}

}}  // namespace venice::console
"""


def main(output, blob, *pairs):
    files = sorted(pair.split("=", 1) for pair in pairs)
    rows, packed = [], b""
    for url, name in files:
        path = pathlib.Path(name)
        data = path.read_bytes()
        compressed = gzip.compress(data, 9, mtime=0)
        tag = hashlib.sha256(data).hexdigest()[:20]
        rows.append(f'      {{"{url}", "{TYPES[path.suffix]}", "{tag}", '
                    f'{{venice_console_files + {len(packed)}, {len(compressed)}}}, {len(data)}}},')
        packed += compressed
    pathlib.Path(blob).write_bytes(packed)
    pathlib.Path(output).write_text(SOURCE.format(bin=blob, rows="\n".join(rows)))


if __name__ == "__main__":
    main(*sys.argv[1:])
