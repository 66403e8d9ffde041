#include "answers.h"

#include "avro/binary.h"
#include "avro/compare.h"
#include "avro/compatibility.h"
#include "avro/container.h"
#include "avro/fingerprint.h"
#include "avro/json.h"
#include "avro/resolver.h"
#include "avro/schema.h"
#include "cases.h"
#include "decode_paths.h"

namespace venice::oracle {
namespace {

using Json = nlohmann::json;

std::string Hex(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return digits;
}

template <size_t kBytes>
std::string Hex(const std::array<uint8_t, kBytes>& bytes) {
  return Hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), kBytes));
}

std::string Unhex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

Json Failure(const Error& error) { return {{"error", error.message()}}; }

Json Facts(const Result<avro::Schema>& schema) {
  if (!schema.ok()) return Failure(schema.error());
  return {{"canonical", schema->CanonicalForm()},
          {"crc64", fmt::format("{:016x}", schema->Fingerprint64())},
          {"md5", Hex(avro::FingerprintMd5(*schema))},
          {"sha256", Hex(avro::FingerprintSha256(*schema))},
          {"text", schema->ToJson()}};
}

// A value as Avro's JSON, as plain JSON (unions bare), and encoded once more.
Json Shown(const avro::Schema& schema, const Result<avro::Datum>& datum) {
  if (!datum.ok()) return Failure(datum.error());
  const auto json = avro::ToJson(schema, *datum);
  if (!json.ok()) return Failure(json.error());
  const auto plain = avro::ToJson(schema, *datum, avro::JsonForm::kPlain);
  if (!plain.ok()) return Failure(plain.error());
  const auto again = avro::Encode(schema, *datum);
  if (!again.ok()) return Failure(again.error());
  return {{"json", *json}, {"plain", *plain}, {"bytes", Hex(*again)}};
}

Json Resolved(const Result<avro::Resolver>& resolver, std::string_view bytes) {
  if (!resolver.ok()) return {{"error", resolver.error().message()}, {"at_once", true}};
  const auto datum = avro::DecodeAll(*resolver, bytes);
  // Told in the place of the value, where it cannot be what anybody else says.
  if (std::string way = Contradiction(*resolver, bytes, datum); !way.empty()) return {{"json", way}, {"bytes", way}};
  return Shown(resolver->reader(), datum);
}

Json Values(const avro::Schema& writer, const avro::Schema& reader, const Json& values) {
  const auto resolver = avro::Resolver::Make(writer, reader);
  Json answers = Json::array();
  for (const Json& value : values) {
    const std::string bytes = Unhex(value.get<std::string>());
    Json answer = Shown(writer, avro::DecodeAll(writer, bytes));
    answer["resolved"] = Resolved(resolver, bytes);
    answers.push_back(std::move(answer));
  }
  return answers;
}

// Each value against the next one: -1, 0 or 1; 9 where the schema has no order.
Json Order(const avro::Schema& schema, const Json& values) {
  Json signs = Json::array();
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    const auto order =
        avro::CompareEncoded(schema, Unhex(values[i].get<std::string>()), Unhex(values[i + 1].get<std::string>()));
    signs.push_back(!order.ok() ? 9 : *order < 0 ? -1 : *order > 0 ? 1 : 0);
  }
  return signs;
}

Json Compatible(const avro::Schema& reader, const avro::Schema& writer) {
  Json findings = Json::array();
  for (const avro::Finding& found : avro::FindIncompatibilities(reader, writer)) {
    findings.push_back({{"rule", avro::RuleId(found.rule)}, {"path", found.path}, {"what", found.what}});
  }
  return {{"ok", findings.empty()}, {"findings", findings}};
}

// {"writer", "reader": schema texts, "values", "reader_values": lists of binary}
Json AnswerCase(const Json& request) {
  const auto writer = avro::Schema::Parse(request.at("writer").get<std::string>());
  const auto reader = avro::Schema::Parse(request.at("reader").get<std::string>());
  Json answer = {{"writer", Facts(writer)}, {"reader", Facts(reader)}};
  if (!writer.ok() || !reader.ok()) return answer;
  answer["reads"] = Compatible(*reader, *writer);
  answer["is_read"] = Compatible(*writer, *reader);
  answer["values"] = Values(*writer, *reader, request.at("values"));
  answer["reader_values"] = Values(*reader, *writer, request.at("reader_values"));
  answer["order"] = Order(*writer, request.at("values"));
  return answer;
}

// {"schema": text, "json": list of texts}
Json AnswerFromJson(const Json& request) {
  const auto schema = avro::Schema::Parse(request.at("schema").get<std::string>());
  if (!schema.ok()) return Failure(schema.error());
  Json values = Json::array();
  for (const Json& json : request.at("json")) {
    values.push_back(Shown(*schema, avro::FromJson(*schema, json.get<std::string>())));
  }
  return {{"values", values}};
}

// {"schema": text, "values": list of binary, "codec", "path"}: writes a container file
Status WriteContainer(const Json& request) {
  VENICE_ASSIGN(const avro::Schema schema, avro::Schema::Parse(request.at("schema").get<std::string>()));
  VENICE_ASSIGN(const avro::Codec codec, avro::ParseCodec(request.at("codec").get<std::string>()));
  VENICE_ASSIGN(const auto writer, avro::ContainerWriter::Create(request.at("path").get<std::string>(), schema,
                                                                 {.codec = codec, .block_bytes = ByteSize(200)}));
  for (const Json& value : request.at("values")) {
    VENICE_TRY(writer->AppendEncoded(Unhex(value.get<std::string>())));
  }
  return writer->Close();
}

// {"path"}
Result<Json> ReadContainer(const Json& request) {
  VENICE_ASSIGN(const auto reader, avro::ContainerReader::Open(request.at("path").get<std::string>()));
  Json values = Json::array();
  while (true) {
    VENICE_ASSIGN(const auto datum, reader->Next());
    if (!datum) break;
    values.push_back(Shown(reader->schema(), *datum));
  }
  return Json{{"schema", reader->schema().ToJson()}, {"codec", avro::CodecName(reader->codec())}, {"values", values}};
}

Json Described(const Case& made) {
  Json json = {
      {"writer", made.writer}, {"reader", made.reader}, {"values", Json::array()}, {"reader_values", Json::array()}};
  for (const std::string& value : made.values) json["values"].push_back(Hex(value));
  for (const std::string& value : made.reader_values) json["reader_values"].push_back(Hex(value));
  return json;
}

CaseKind KindOf(const std::string& kind) {
  if (kind == "spoiled") return CaseKind::kSpoiled;
  return kind == "damaged" ? CaseKind::kDamaged : CaseKind::kEvolution;
}

// {"kind": "evolution", "spoiled" or "damaged", "seed", "count"}: the cases of that many seeds
// {"kind", "rows": lists of numbers}: the cases that these choices make
Json AnswerGenerate(const Json& request) {
  const CaseKind kind = KindOf(request.at("kind").get<std::string>());
  Json cases = Json::array();
  if (request.contains("rows")) {
    for (const Json& row : request.at("rows")) {
      cases.push_back(Described(MakeCase(kind, row.get<std::vector<uint32_t>>())));
    }
    return {{"cases", cases}};
  }
  const auto seed = request.at("seed").get<uint64_t>();
  for (uint64_t i = 0; i < request.at("count").get<uint64_t>(); ++i) {
    cases.push_back(Described(MakeCase(kind, ChoicesOfSeed(seed + i))));
  }
  return {{"cases", cases}};
}

// {"schema": text, "seed", "count"}: random values of it
Json AnswerValues(const Json& request) {
  const auto schema = avro::Schema::Parse(request.at("schema").get<std::string>());
  if (!schema.ok()) return Failure(schema.error());
  Json values = Json::array();
  for (const std::string& value :
       MakeValues(schema->CanonicalForm(), request.at("seed").get<uint64_t>(), request.at("count").get<int>())) {
    values.push_back(Hex(value));
  }
  return {{"values", values}};
}

}  // namespace

Json Answer(const Json& request) {
  const std::string op = request.at("op").get<std::string>();
  if (op == "schema") return Facts(avro::Schema::Parse(request.at("schema").get<std::string>()));
  if (op == "case") return AnswerCase(request);
  if (op == "from_json") return AnswerFromJson(request);
  if (op == "generate") return AnswerGenerate(request);
  if (op == "choices") return {{"row", ChoicesOfSeed(request.at("seed").get<uint64_t>())}};
  if (op == "values") return AnswerValues(request);
  if (op == "write_container") {
    const Status written = WriteContainer(request);
    return written.ok() ? Json::object() : Failure(written.error());
  }
  if (op == "read_container") {
    auto read = ReadContainer(request);
    return read.ok() ? std::move(read).value() : Failure(read.error());
  }
  return {{"error", "no such op: " + op}};
}

}  // namespace venice::oracle
