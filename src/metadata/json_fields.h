// Private to metadata's sources: reading and writing records as JSON objects, field by field, keeping what is unknown.
//
// A record lists its fields once, in a function template `VisitFields(visitor, record)`; the same list drives both
// directions.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "metadata/enums.h"
#include "metadata/store.h"

namespace venice::metadata {

using Json = nlohmann::ordered_json;

// As Java's pretty printer lays JSON out: two spaces, " : ", arrays on one line.
std::string PrettyJson(const Json& value);
// nullopt for text that is not JSON. Never throws; nesting is bounded.
std::optional<Json> TryParseJson(std::string_view text);
// A JSON object, or kCorruption naming `what`.
Result<Json> ParseObject(std::string_view text, std::string_view what);
// The value's text; bytes that are not UTF-8 become U+FFFD.
std::string CompactJson(const Json& value);

// Writes fields into an object.
class FieldWriter {
 public:
  explicit FieldWriter(Json& out) : out_(out) {}

  void Field(const char* name, const std::string& value) { out_[name] = value; }
  void Field(const char* name, bool value) { out_[name] = value; }
  void Field(const char* name, int32_t value) { out_[name] = value; }
  void Field(const char* name, int64_t value) { out_[name] = value; }
  void Field(const char* name, const std::vector<std::string>& value) { out_[name] = value; }
  void Field(const char* name, const std::map<std::string, std::string>& value) { out_[name] = value; }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Field(const char* name, Enum value) { out_[name] = std::string(ToText(value)); }
  // Carried as it is; text that is not JSON becomes null.
  void Raw(const char* name, const RawJson& value) {
    out_[name] = TryParseJson(value.empty() ? "null" : std::string_view(value)).value_or(Json(nullptr));
  }
  template <typename Record>
  void Record_(const char* name, const Record& value);
  template <typename Record>
  void Optional(const char* name, const std::optional<Record>& value);
  template <typename Record>
  void List(const char* name, const std::vector<Record>& value);
  // Something readers of the JSON expect but which follows from other fields.
  template <typename T>
  void Computed(const char* name, const T& value) {
    out_[name] = value;
  }
  // Properties kept from reading; never replaces a known one.
  void Unknown(const RawJson& value) {
    if (value.empty()) return;
    const std::optional<Json> extra = TryParseJson(value);
    if (!extra || !extra->is_object()) return;
    for (const auto& [key, content] : extra->items())
      if (!out_.contains(key)) out_[key] = content;
  }

 private:
  Json& out_;
};

// Reads fields out of an object. Absent and null leave the default. The first wrong type is remembered.
class FieldReader {
 public:
  explicit FieldReader(const Json& in) : in_(in) {}

  void Field(const char* name, std::string& value) {
    if (const Json* found = Find(name)) Check(name, found->is_string(), [&] { value = found->get<std::string>(); });
  }
  void Field(const char* name, bool& value) {
    if (const Json* found = Find(name)) Check(name, found->is_boolean(), [&] { value = found->get<bool>(); });
  }
  void Field(const char* name, int32_t& value) {
    int64_t wide = value;
    Field(name, wide);
    if (wide < INT32_MIN || wide > INT32_MAX)
      Fail(name);
    else
      value = static_cast<int32_t>(wide);
  }
  void Field(const char* name, int64_t& value) {
    if (const Json* found = Find(name)) Check(name, found->is_number_integer(), [&] { value = found->get<int64_t>(); });
  }
  void Field(const char* name, std::vector<std::string>& value) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    std::vector<std::string> read;
    bool good = found->is_array();
    if (good) {
      for (const Json& element : *found) {
        good = good && element.is_string();
        if (good) read.push_back(element.get<std::string>());
      }
    }
    Check(name, good, [&] { value = std::move(read); });
  }
  void Field(const char* name, std::map<std::string, std::string>& value) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    std::map<std::string, std::string> read;
    bool good = found->is_object();
    if (good) {
      for (const auto& [key, content] : found->items())
        if (content.is_string())
          read[key] = content.get<std::string>();
        else if (!content.is_null())
          good = false;
    }
    Check(name, good, [&] { value = std::move(read); });
  }
  // Unknown text, from a newer version of Venice, reads as the default.
  void Field(const char* name, VersionStatus& value) { Enum(name, value, ParseVersionStatus); }
  void Field(const char* name, PushType& value) { Enum(name, value, ParsePushType); }
  void Field(const char* name, CompressionStrategy& value) { Enum(name, value, ParseCompressionStrategy); }
  void Field(const char* name, OfflinePushStrategy& value) { Enum(name, value, ParseOfflinePushStrategy); }
  void Field(const char* name, BackupStrategy& value) { Enum(name, value, ParseBackupStrategy); }
  void Field(const char* name, DataReplicationPolicy& value) { Enum(name, value, ParseDataReplicationPolicy); }
  void Field(const char* name, BufferReplayPolicy& value) { Enum(name, value, ParseBufferReplayPolicy); }
  void Field(const char* name, ExecutionStatus& value) { Enum(name, value, ParseExecutionStatus); }

  void Raw(const char* name, RawJson& value) {
    if (const Json* found = Find(name)) value = CompactJson(*found);
  }
  template <typename Record>
  void Record_(const char* name, Record& value);
  template <typename Record>
  void Optional(const char* name, std::optional<Record>& value);
  template <typename Record>
  void List(const char* name, std::vector<Record>& value);
  template <typename T>
  void Computed(const char* name, const T&) {
    known_.insert(name);
  }
  void Unknown(RawJson& value) {
    Json extra = Json::object();
    for (const auto& [key, content] : in_.items())
      if (!known_.contains(key)) extra[key] = content;
    if (!extra.empty()) value = CompactJson(extra);
  }

  // Name of the first property of a wrong type, or empty.
  const std::string& failed() const { return failed_; }

 private:
  const Json* Find(const char* name) {
    known_.insert(name);
    const auto it = in_.find(name);
    return it == in_.end() || it->is_null() ? nullptr : &*it;
  }
  void Fail(const std::string& name) {
    if (failed_.empty()) failed_ = name;
  }
  template <typename Assign>
  void Check(const char* name, bool good, Assign assign) {
    if (good)
      assign();
    else
      Fail(name);
  }
  template <typename E, typename Parse>
  void Enum(const char* name, E& value, Parse parse) {
    if (const Json* found = Find(name))
      Check(name, found->is_string(), [&] { value = parse(found->get_ref<const std::string&>()).value_or(value); });
  }

  const Json& in_;
  std::set<std::string, std::less<>> known_;
  std::string failed_;
};

template <typename Record>
void FieldWriter::Record_(const char* name, const Record& value) {
  Json object = Json::object();
  FieldWriter writer(object);
  VisitFields(writer, value);
  out_[name] = std::move(object);
}

template <typename Record>
void FieldWriter::Optional(const char* name, const std::optional<Record>& value) {
  if (value)
    Record_(name, *value);
  else
    out_[name] = nullptr;
}

template <typename Record>
void FieldWriter::List(const char* name, const std::vector<Record>& value) {
  Json list = Json::array();
  for (const Record& record : value) {
    Json object = Json::object();
    FieldWriter writer(object);
    VisitFields(writer, record);
    list.push_back(std::move(object));
  }
  out_[name] = std::move(list);
}

template <typename Record>
void FieldReader::Record_(const char* name, Record& value) {
  const Json* found = Find(name);
  if (found == nullptr) return;
  if (!found->is_object()) return Fail(name);
  FieldReader reader(*found);
  VisitFields(reader, value);
  if (!reader.failed().empty()) Fail(std::string(name) + "." + reader.failed());
}

template <typename Record>
void FieldReader::Optional(const char* name, std::optional<Record>& value) {
  const Json* found = Find(name);
  if (found == nullptr) return;
  value.emplace();
  Record_(name, *value);
}

template <typename Record>
void FieldReader::List(const char* name, std::vector<Record>& value) {
  const Json* found = Find(name);
  if (found == nullptr) return;
  if (!found->is_array()) return Fail(name);
  value.clear();
  for (const Json& element : *found) {
    if (!element.is_object()) return Fail(name);
    FieldReader reader(element);
    VisitFields(reader, value.emplace_back());
    if (!reader.failed().empty()) Fail(std::string(name) + "[]." + reader.failed());
  }
}

template <typename Record>
Json ToJsonObject(const Record& record) {
  Json object = Json::object();
  FieldWriter writer(object);
  VisitFields(writer, record);
  return object;
}

template <typename Record>
Result<Record> FromJsonObject(const Json& object, std::string_view what) {
  Record record;
  FieldReader reader(object);
  VisitFields(reader, record);
  if (!reader.failed().empty())
    return Error(ErrorCode::kCorruption, std::string(what) + ": property '" + reader.failed() + "' has a wrong type");
  return record;
}

}  // namespace venice::metadata
