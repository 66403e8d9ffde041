// The C++ side of test_avro.py:
//   avro-interop cat FILE                      values as Avro JSON, one a line
//   avro-interop write FILE CODEC SCHEMA_JSON  Avro JSON lines on standard input become a container file
//   avro-interop crc64 SCHEMA_JSON             the fingerprint
#include <cstdio>
#include <iostream>

#include "avro/container.h"
#include "avro/json.h"

namespace venice {
namespace {

Status Cat(const std::string& path) {
  VENICE_ASSIGN(const auto reader, avro::ContainerReader::Open(path));
  while (true) {
    VENICE_ASSIGN(const auto datum, reader->Next());
    if (!datum) return Ok();
    VENICE_ASSIGN(const std::string json, avro::ToJson(reader->schema(), *datum));
    std::cout << json << '\n';
  }
}

Status Write(const std::string& path, const std::string& codec_name, const std::string& schema_json) {
  VENICE_ASSIGN(const avro::Codec codec, avro::ParseCodec(codec_name));
  VENICE_ASSIGN(const avro::Schema schema, avro::Schema::Parse(schema_json));
  VENICE_ASSIGN(const auto writer,
                avro::ContainerWriter::Create(path, schema, {.codec = codec, .block_bytes = ByteSize(500)}));
  for (std::string line; std::getline(std::cin, line);) {
    VENICE_ASSIGN(const avro::Datum datum, avro::FromJson(schema, line));
    VENICE_TRY(writer->Append(datum));
  }
  return writer->Close();
}

Status Run(const std::vector<std::string>& args) {
  if (args.size() == 2 && args[0] == "cat") return Cat(args[1]);
  if (args.size() == 4 && args[0] == "write") return Write(args[1], args[2], args[3]);
  if (args.size() == 2 && args[0] == "crc64") {
    VENICE_ASSIGN(const avro::Schema schema, avro::Schema::Parse(args[1]));
    fmt::print("{:016x}\n", schema.Fingerprint64());
    return Ok();
  }
  return Error(ErrorCode::kInvalidArgument, "see the head of avro_interop.cc");
}

}  // namespace
}  // namespace venice

int main(int argc, char** argv) {
  const auto status = venice::Run({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::cerr << status.error().ToString() << '\n';
  return venice::Info(status.error().code()).exit_code;
}
