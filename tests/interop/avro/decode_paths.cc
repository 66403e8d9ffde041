#include "decode_paths.h"

#include "avro/arena.h"
#include "avro/extractor.h"
#include "avro/skip.h"

namespace venice::oracle {
namespace {

bool ArenaAgrees(const avro::Resolver& resolver, std::string_view bytes, const Result<avro::Datum>& datum,
                 avro::Text text) {
  avro::Arena arena;
  const auto value = avro::DecodeWholeValue(resolver, bytes, arena, text);
  if (value.ok() != datum.ok()) return false;
  if (!datum.ok()) return value.error().message() == datum.error().message();
  std::string again;
  return avro::Encode(resolver.reader(), *value, again).ok() && again == *avro::Encode(resolver.reader(), *datum);
}

// Skipping jumps over blocks that say their size, so it may pass where decoding fails; not the other way round.
bool SkipAgrees(const avro::Schema& schema, std::string_view bytes) {
  return !avro::DecodeAll(schema, bytes).ok() || (avro::Skip(schema, bytes).ok() && bytes.empty());
}

// The fields of a record, one after the other, are the record.
bool ExtractorAgrees(const avro::Schema& schema, std::string_view bytes) {
  if (schema.type() != avro::Type::kRecord || schema->fields.empty() || !avro::DecodeAll(schema, bytes).ok())
    return true;
  std::vector<std::string> paths;
  for (const avro::Field& field : schema->fields) paths.push_back(field.name);
  const auto extractor = avro::Extractor::Make(schema, paths, avro::Extractor::Rest::kCheck);
  std::vector<avro::ExtractedField> fields(paths.size());
  std::string_view in = bytes;
  if (!extractor.ok() || !extractor->Extract(in, fields).ok() || !in.empty()) return false;
  std::string joined;
  for (const avro::ExtractedField& field : fields) joined += field.encoded;
  return joined == bytes;
}

}  // namespace

std::string Contradiction(const avro::Resolver& resolver, std::string_view bytes, const Result<avro::Datum>& datum) {
  if (!ArenaAgrees(resolver, bytes, datum, avro::Text::kBorrow)) return "decoding with borrowed text";
  if (!ArenaAgrees(resolver, bytes, datum, avro::Text::kCopy)) return "decoding with copied text";
  if (!SkipAgrees(resolver.writer(), bytes)) return "skipping";
  if (!ExtractorAgrees(resolver.writer(), bytes)) return "extracting";
  return "";
}

}  // namespace venice::oracle
