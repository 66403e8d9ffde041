// The records that all decoders of the Avro benchmark read: files of realistic values, the same bytes for every run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::bench {

constexpr std::string_view kAvroCases[] = {"feature", "member", "embedding"};
constexpr size_t kAvroRecords = 1000;

// folder/CASE.avsc
Result<avro::Schema> LoadSchema(const std::string& schema_folder, std::string_view name);

// Encoded records.
std::vector<std::string> MakeRecords(const avro::Schema& schema, std::string_view name);

// A file of records, each after its size in four little-endian bytes: what a Java, C or Python program reads easily.
Status WriteRecords(const std::string& path, const std::vector<std::string>& records);

}  // namespace venice::bench
