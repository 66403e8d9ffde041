#include "helix/zn_record.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace venice::helix {
namespace {

using Json = nlohmann::json;

constexpr size_t kCompressOver = 1000 * 1024;           // Helix's write limit, which is also its default threshold
constexpr size_t kInflatedBytesMax = 64 * 1024 * 1024;  // far above any record that fits a znode when compressed

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  VENICE_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  VENICE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> Gunzip(std::string_view bytes) {
  z_stream stream{};
  VENICE_CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char block[32 * 1024];
  int code = Z_OK;
  while (code == Z_OK && out.size() <= kInflatedBytesMax) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof(block);
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof(block) - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Error(ErrorCode::kCorruption, "compressed record is damaged or too large");
  return out;
}

Error Bad(std::string_view what) { return Error(ErrorCode::kCorruption, "not a Helix record: " + std::string(what)); }

// Java's readers accept numbers and booleans where text is meant; so do we.
Result<std::string> Scalar(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (value.is_null()) return std::string();
  return Bad("a field is neither text nor a number");
}

Result<ZnRecord::Map> ReadMap(const Json& object) {
  ZnRecord::Map map;
  if (object.is_null()) return map;
  if (!object.is_object()) return Bad("a map is expected");
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) continue;
    VENICE_ASSIGN(map[key], Scalar(value));
  }
  return map;
}

Result<std::vector<std::string>> ReadList(const Json& array) {
  std::vector<std::string> list;
  if (array.is_null()) return list;
  if (!array.is_array()) return Bad("a list is expected");
  for (const Json& value : array) {
    VENICE_ASSIGN(std::string text, Scalar(value));
    list.push_back(std::move(text));
  }
  return list;
}

Status ReadContainers(const Json& object, ZnRecord& record) {
  if (const auto it = object.find("simpleFields"); it != object.end()) {
    VENICE_ASSIGN(record.simple, ReadMap(*it));
  }
  if (const auto it = object.find("mapFields"); it != object.end() && !it->is_null()) {
    if (!it->is_object()) return Bad("mapFields is not an object");
    for (const auto& [key, value] : it->items()) {
      VENICE_ASSIGN(record.maps[key], ReadMap(value));
    }
  }
  if (const auto it = object.find("listFields"); it != object.end() && !it->is_null()) {
    if (!it->is_object()) return Bad("listFields is not an object");
    for (const auto& [key, value] : it->items()) {
      VENICE_ASSIGN(record.lists[key], ReadList(value));
    }
  }
  return Ok();
}

// Looked at before parsing, so that hostile nesting cannot exhaust the stack. (The library's own callback could do it,
// but makes parsing quadratic in the number of members.)
bool TooDeep(std::string_view text) {
  constexpr int kDepthMax = 16;  // a record is four deep
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Result<Json> ParseJson(std::string_view text) {
  if (TooDeep(text)) return Bad("nested too deeply");
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return Bad("no JSON object");
  return json;
}

}  // namespace

std::string_view ZnRecord::Text(const std::string& key, std::string_view fallback) const {
  const auto it = simple.find(key);
  return it == simple.end() ? fallback : std::string_view(it->second);
}

int64_t ZnRecord::Number(const std::string& key, int64_t fallback) const {
  const std::string_view text = Text(key);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

bool ZnRecord::Flag(const std::string& key, bool fallback) const {
  const std::string_view text = Text(key);
  return text.empty() ? fallback : SameText(text, "true");
}

void ZnRecord::Merge(const ZnRecord& other) {
  for (const auto& [key, value] : other.simple) simple[key] = value;
  for (const auto& [key, map] : other.maps) {
    for (const auto& [inner, value] : map) maps[key][inner] = value;
    maps[key];
  }
  for (const auto& [key, list] : other.lists) {
    std::vector<std::string>& mine = lists[key];
    mine.insert(mine.end(), list.begin(), list.end());
  }
}

void ZnRecord::Update(const ZnRecord& other) {
  for (const auto& [key, value] : other.simple) simple[key] = value;
  for (const auto& [key, map] : other.maps) maps[key] = map;
  for (const auto& [key, list] : other.lists) lists[key] = list;
}

std::string EncodeZnRecord(const ZnRecord& record) {
  Json json = {{"id", record.id},
               {"simpleFields", Json(record.simple)},
               {"mapFields", Json(record.maps)},
               {"listFields", Json(record.lists)}};
  for (const char* container : {"simpleFields", "mapFields", "listFields"}) {
    if (json[container].is_null()) json[container] = Json::object();
  }
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  return text.size() > kCompressOver ? Gzip(text) : text;
}

Result<ZnRecord> DecodeZnRecord(std::string_view bytes) {
  std::string inflated;
  if (bytes.starts_with("\x1f\x8b")) {
    VENICE_ASSIGN(inflated, Gunzip(bytes));
    bytes = inflated;
  }
  VENICE_ASSIGN(const Json json, ParseJson(bytes));
  ZnRecord record;
  if (const auto it = json.find("id"); it != json.end()) {
    VENICE_ASSIGN(record.id, Scalar(*it));
  }
  VENICE_TRY(ReadContainers(json, record));
  return record;
}

bool SameText(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace venice::helix
