#include "push/progress.h"

#include <fmt/format.h>

namespace venice::push {
namespace {

void AppendText(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("\"{}\":\"", name);
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += "\",";
}

}  // namespace

std::string_view ToString(Stage stage) {
  constexpr std::string_view kNames[] = {"preparing", "reading", "writing", "ingesting", "done"};
  return kNames[static_cast<size_t>(stage)];
}

std::string PushSummary::ToJson() const {
  std::string out = "{";
  AppendText(out, "store", store);
  AppendText(out, "cluster", cluster);
  AppendText(out, "topic", topic);
  AppendText(out, "pushJobId", push_job_id);
  AppendText(out, "status", status);
  AppendText(out, "compression", protocol::ToString(compression));
  const std::pair<std::string_view, uint64_t> numbers[] = {
      {"version", static_cast<uint64_t>(version)},
      {"partitions", static_cast<uint64_t>(partitions)},
      {"valueSchemaId", static_cast<uint64_t>(value_schema_id)},
      {"files", files},
      {"inputBytes", input_bytes},
      {"recordsRead", records_read},
      {"recordsWritten", records_written},
      {"duplicatesIdentical", duplicates_identical},
      {"duplicatesDropped", duplicates_dropped},
      {"recordsWithoutValue", records_without_value},
      {"recordsTooLarge", records_too_large},
      {"keyBytes", key_bytes},
      {"valueBytes", value_bytes},
      {"valueBytesStored", value_bytes_stored},
      {"largestValueBytes", largest_value_bytes},
      {"dictionaryBytes", dictionary_bytes},
      {"spilledBytes", spilled_bytes},
      {"sortedRuns", static_cast<uint64_t>(sorted_runs)},
      {"mergePasses", static_cast<uint64_t>(merge_passes)},
      {"readingMs", static_cast<uint64_t>(reading.count())},
      {"writingMs", static_cast<uint64_t>(writing.count())},
      {"ingestingMs", static_cast<uint64_t>(ingesting.count())},
      {"totalMs", static_cast<uint64_t>(total.count())},
  };
  for (const auto& [name, value] : numbers) out += fmt::format("\"{}\":{},", name, value);
  out += fmt::format("\"online\":{},\"digests\":[", online);
  for (size_t i = 0; i < digests.size(); ++i) out += fmt::format("{}\"{}\"", i > 0 ? "," : "", digests[i].ToString());
  return out + "]}";
}

}  // namespace venice::push
