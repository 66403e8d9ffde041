// JSON Lines: one object a line, of which two members are the key and the value in plain JSON.
#include "avro/binary.h"
#include "avro/json.h"
#include "push/input.h"
#include "push/text_chunks.h"

namespace venice::push {
namespace {

Error Bad(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

void SkipSpace(std::string_view& in) {
  const size_t at = in.find_first_not_of(" \t\r\n");
  in.remove_prefix(at == std::string_view::npos ? in.size() : at);
}

// The text of one JSON string at the front, with its quotes. False when it does not end.
bool TakeString(std::string_view& in, std::string_view& text) {
  for (size_t i = 1; i < in.size(); ++i) {
    if (in[i] == '\\') {
      ++i;
    } else if (in[i] == '"') {
      text = in.substr(0, i + 1);
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// The text of one JSON value at the front. What is inside is the Avro codec's business.
bool TakeValue(std::string_view& in, std::string_view& text) {
  if (in.empty()) return false;
  if (in[0] == '"') return TakeString(in, text);
  int depth = 0;
  size_t i = 0;
  for (; i < in.size(); ++i) {
    const char c = in[i];
    if (c == '"') {
      std::string_view rest = in.substr(i);
      std::string_view string;
      if (!TakeString(rest, string)) return false;
      i += string.size() - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) break;
      if (--depth == 0) {
        ++i;
        break;
      }
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
      break;
    }
  }
  if (i == 0 || depth != 0) return false;
  text = in.substr(0, i);
  in.remove_prefix(i);
  return true;
}

// The members of the line's object that are named `"key"` and `"value"` (with quotes).
Status FindMembers(std::string_view line, std::string_view key_name, std::string_view value_name,
                   std::optional<std::string_view>& key, std::optional<std::string_view>& value) {
  SkipSpace(line);
  if (line.empty() || line[0] != '{') return Bad("not a JSON object");
  line.remove_prefix(1);
  SkipSpace(line);
  if (!line.empty() && line[0] == '}')
    line.remove_prefix(1);
  else {
    while (true) {
      SkipSpace(line);
      std::string_view name;
      std::string_view member;
      if (line.empty() || line[0] != '"' || !TakeString(line, name))
        return Bad("not a JSON object: a member name is missing");
      SkipSpace(line);
      if (line.empty() || line[0] != ':')
        return Bad(fmt::format("not a JSON object: no ':' after {}", name.substr(0, 60)));
      line.remove_prefix(1);
      SkipSpace(line);
      if (!TakeValue(line, member))
        return Bad(fmt::format("not a JSON object: member {} is cut short", name.substr(0, 60)));
      if (name == key_name) key = member;
      if (name == value_name) value = member;
      SkipSpace(line);
      if (line.empty()) return Bad("not a JSON object: it does not end");
      const char c = line[0];
      line.remove_prefix(1);
      if (c == '}') break;
      if (c != ',')
        return Bad(fmt::format("not a JSON object: expected ',' or '}}' after member {}", name.substr(0, 60)));
    }
  }
  SkipSpace(line);
  return line.empty() ? Ok() : Status(Bad("more than one JSON value in the line"));
}

struct JsonLayout {
  std::string key_name;  // with quotes
  std::string value_name;
  avro::Schema key;
  avro::Schema value;
};

class JsonChunkReader : public ChunkReader {
 public:
  JsonChunkReader(const JsonLayout& layout, const std::vector<InputFile>& files) : layout_(layout), files_(files) {}

  Status Read(const Chunk& chunk, RecordSink& sink) override {
    std::string_view in = chunk.data;
    for (int64_t number = chunk.first; !in.empty(); ++number) {
      const size_t end = in.find('\n');
      const std::string_view line = in.substr(0, end);
      in.remove_prefix(end == std::string_view::npos ? in.size() : end + 1);
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (Status status = ReadLine(line, sink); !status.ok()) {
        return std::move(status).error().In(fmt::format("{}, line {}", files_[chunk.file].path, number));
      }
    }
    return Ok();
  }

 private:
  Status ReadLine(std::string_view line, RecordSink& sink) {
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    VENICE_TRY(FindMembers(line, layout_.key_name, layout_.value_name, key, value));
    if (!key) return Bad(fmt::format("no member {}; set key.field (--key-field)", layout_.key_name));
    if (*key == "null" && layout_.key.type() != avro::Type::kNull) return Bad("the key is null");
    if (!value) return Bad(fmt::format("no member {}; set value.field (--value-field)", layout_.value_name));
    VENICE_TRY(EncodeMember(layout_.key, *key, "key", key_));
    VENICE_TRY(EncodeMember(layout_.value, *value, "value", value_));
    return sink.OnRecord(key_, value_);
  }

  static Status EncodeMember(const avro::Schema& schema, std::string_view text, std::string_view what,
                             std::string& out) {
    out.clear();
    auto datum = avro::FromJson(schema, text, avro::JsonForm::kPlain);
    if (!datum.ok()) return std::move(datum).error().In(what);
    return avro::Encode(schema, *datum, out);
  }

  const JsonLayout& layout_;
  const std::vector<InputFile>& files_;
  std::string key_;
  std::string value_;
};

class JsonInput : public Input {
 public:
  JsonInput(std::vector<InputFile> files, JsonLayout layout, int32_t value_schema_id)
      : files_(files),
        layout_(std::move(layout)),
        value_schema_id_(value_schema_id),
        chunks_(std::move(files), TextChunks::Quotes::kIgnore) {}

  Result<bool> Next(Chunk& chunk) override { return chunks_.Next(chunk); }
  std::unique_ptr<ChunkReader> NewReader() const override { return std::make_unique<JsonChunkReader>(layout_, files_); }
  int32_t value_schema_id() const override { return value_schema_id_; }

 private:
  const std::vector<InputFile> files_;
  const JsonLayout layout_;
  const int32_t value_schema_id_;
  TextChunks chunks_;
};

}  // namespace

Result<std::unique_ptr<Input>> OpenJsonInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                             const StoreSchemas& schemas) {
  VENICE_ASSIGN(const ValueSchema value, ChooseValueSchema(settings, schemas));
  return std::unique_ptr<Input>(new JsonInput(
      files,
      JsonLayout{"\"" + settings.key_field + "\"", "\"" + settings.value_field + "\"", schemas.key, value.schema},
      value.id));
}

}  // namespace venice::push
