#include "push/settings.h"

#include <algorithm>
#include <charconv>

namespace venice::push {
namespace {

using Properties = std::map<std::string, std::string>;

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidConfig, std::move(message)); }

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Result<int64_t> ParseInteger(const std::string& text) {
  const std::string_view trimmed = Trim(text);
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (failure != std::errc() || end != trimmed.data() + trimmed.size())
    return Invalid(fmt::format("\"{}\" is not a whole number", text));
  return value;
}

Result<bool> ParseBoolean(const std::string& text) {
  const std::string_view trimmed = Trim(text);
  if (trimmed == "true") return true;
  if (trimmed == "false") return false;
  return Invalid(fmt::format("\"{}\" is neither true nor false", text));
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (const auto item = Trim(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

using Setter = Status (*)(PushSettings&, const std::string&);

template <auto member>
Status SetText(PushSettings& settings, const std::string& text) {
  settings.*member = std::string(Trim(text));
  return Ok();
}
template <auto member>
Status SetBoolean(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(settings.*member, ParseBoolean(text));
  return Ok();
}
template <auto member>
Status SetInteger(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(const int64_t value, ParseInteger(text));
  if (value < INT32_MIN || value > INT32_MAX) return Invalid(text + " is out of range");
  settings.*member = static_cast<int>(value);
  return Ok();
}
template <auto member>
Status SetBytes(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(settings.*member, ByteSize::Parse(Trim(text)));
  return Ok();
}
template <auto member>
Status SetMilliseconds(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(const int64_t value, ParseInteger(text));
  if (value < 0) return Invalid(text + " must not be negative");
  settings.*member = std::chrono::milliseconds(value);
  return Ok();
}

Status SetUrls(PushSettings& settings, const std::string& text) {
  settings.controller_urls = SplitList(text);
  return Ok();
}
Status SetFormat(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(settings.format, ParseInputFormat(Trim(text)));
  return Ok();
}
Status SetDelimiter(PushSettings& settings, const std::string& text) {
  if (text == "\\t" || text == "tab") {
    settings.csv_delimiter = '\t';
  } else if (text.size() == 1 && text[0] != '"' && text[0] != '\n') {
    settings.csv_delimiter = text[0];
  } else {
    return Invalid(fmt::format("\"{}\" is not one character (or \"tab\")", text));
  }
  return Ok();
}
Status SetTimeout(PushSettings& settings, const std::string& text) {
  VENICE_ASSIGN(const int64_t value, ParseInteger(text));
  if (value > 0) settings.timeout = std::chrono::milliseconds(value);
  return Ok();
}
// A setting that this job cannot do: harmless while it is off.
Status RefuseTrue(PushSettings&, const std::string& text) {
  VENICE_ASSIGN(const bool wanted, ParseBoolean(text));
  return wanted ? Status(Invalid("this kind of push is not supported; set it to false")) : Ok();
}

struct Binding {
  std::string_view property;
  Setter set;
};

// Venice's names first; those with "push." are this job's own.
constexpr Binding kBindings[] = {
    {"venice.discover.urls", SetUrls},
    {"venice.store.name", SetText<&PushSettings::store>},
    {"input.path", SetText<&PushSettings::input_path>},
    {"key.field", SetText<&PushSettings::key_field>},
    {"value.field", SetText<&PushSettings::value_field>},
    {"avro.key.field", SetText<&PushSettings::key_field>},
    {"avro.value.field", SetText<&PushSettings::value_field>},
    {"allow.duplicate.key", SetBoolean<&PushSettings::allow_duplicate_keys>},
    {"source.etl", SetBoolean<&PushSettings::source_etl>},
    {"poll.job.status.interval.ms", SetMilliseconds<&PushSettings::poll_interval>},
    {"job.status.in.unknown.state.timeout.ms", SetMilliseconds<&PushSettings::unknown_state_timeout>},
    {"push.job.timeout.override.ms", SetTimeout},
    {"controller.request.retry.attempts", SetInteger<&PushSettings::controller_attempts>},
    {"send.control.messages.directly", SetBoolean<&PushSettings::send_control_messages_directly>},
    {"defer.version.swap", SetBoolean<&PushSettings::defer_version_swap>},
    {"suppress.end.of.push.message", SetBoolean<&PushSettings::suppress_end_of_push>},
    {"zstd.compression.level", SetInteger<&PushSettings::zstd_level>},
    {"compression.dictionary.sample.size", SetBytes<&PushSettings::dictionary_sample>},
    {"compression.dictionary.size.limit", SetBytes<&PushSettings::dictionary_bytes_max>},
    {"venice.writer.max.size.for.user.payload.per.message.in.bytes", SetBytes<&PushSettings::record_bytes_max>},
    {"tmp.dir.prefix", SetText<&PushSettings::temp_dir>},
    {"job.execution.id", SetText<&PushSettings::execution_id>},
    {"job.execution.url", SetText<&PushSettings::execution_url>},
    {"incremental.push", RefuseTrue},
    {"venice.write.compute.enable", RefuseTrue},
    {"source.kafka", RefuseTrue},
    {"targeted.region.push.enabled", RefuseTrue},
    {"targeted.region.push.with.deferred.swap", RefuseTrue},
    {"push.input.format", SetFormat},
    {"push.csv.delimiter", SetDelimiter},
    {"push.value.schema.id",
     [](PushSettings& settings, const std::string& text) -> Status {
       VENICE_ASSIGN(const int64_t id, ParseInteger(text));
       settings.value_schema_id = static_cast<int32_t>(id);
       return Ok();
     }},
    {"push.memory", SetBytes<&PushSettings::memory>},
    {"push.threads", SetInteger<&PushSettings::threads>},
};

// Both spellings of a field's name may be given, if they agree.
Status CheckAlias(const Properties& properties, const std::string& name, const std::string& alias) {
  const auto one = properties.find(name);
  const auto other = properties.find(alias);
  if (one == properties.end() || other == properties.end() || one->second == other->second) return Ok();
  return Invalid(fmt::format("{} is \"{}\" but {} is \"{}\"; remove one", name, one->second, alias, other->second));
}

}  // namespace

std::string_view ToString(InputFormat format) {
  constexpr std::string_view kNames[] = {"auto", "avro", "jsonl", "csv"};
  return kNames[static_cast<size_t>(format)];
}

Result<InputFormat> ParseInputFormat(std::string_view name) {
  for (const InputFormat format :
       {InputFormat::kAuto, InputFormat::kAvro, InputFormat::kJsonLines, InputFormat::kCsv}) {
    if (ToString(format) == name) return format;
  }
  return Invalid(fmt::format("input format \"{}\"; it is auto, avro, jsonl or csv", name));
}

Result<PushSettings> SettingsFromProperties(const Properties& properties) {
  PushSettings settings;
  VENICE_TRY(CheckAlias(properties, "key.field", "avro.key.field"));
  VENICE_TRY(CheckAlias(properties, "value.field", "avro.value.field"));
  for (const auto& [name, value] : properties) {
    const auto* binding = std::find_if(std::begin(kBindings), std::end(kBindings),
                                       [&name = name](const Binding& one) { return one.property == name; });
    if (binding != std::end(kBindings)) {
      if (Status set = binding->set(settings, value); !set.ok()) {
        return Invalid(fmt::format("{}: {}", name, set.error().message()));
      }
    } else if (name.starts_with("kafka.") && !name.starts_with("kafka.input.") && name != "kafka.bootstrap.servers") {
      settings.kafka[name] = value;  // where the log is, is the controller's to say
    } else {
      settings.ignored.push_back(name);
    }
  }
  return settings;
}

Status PushSettings::Validate() const {
  if (controller_urls.empty()) {
    return Invalid("venice.discover.urls is missing: where is the controller, for example http://localhost:5555?");
  }
  for (const std::string& url : controller_urls) {
    if (url.starts_with("d2://")) {
      return Error(ErrorCode::kUnsupported,
                   "venice.discover.urls " + url + ": D2 is not supported; give http:// addresses");
    }
  }
  if (store.empty()) return Invalid("venice.store.name is missing: which store is pushed to?");
  if (input_path.empty()) return Invalid("input.path is missing: a file, a folder or a pattern such as /data/*.avro");
  if (key_field.empty() || value_field.empty()) return Invalid("key.field and value.field must not be empty");
  if (memory < kMemoryMin) {
    return Invalid(
        fmt::format("push.memory (--memory) is {}; at least {} are needed", memory.ToString(), kMemoryMin.ToString()));
  }
  if (threads < 0 || threads > 256) return Invalid(fmt::format("push.threads (--threads) is {}; 0 to 256", threads));
  if (poll_interval < std::chrono::milliseconds(10)) return Invalid("poll.job.status.interval.ms must be at least 10");
  if (controller_attempts < 1) return Invalid("controller.request.retry.attempts must be at least 1");
  if (record_bytes_max > 950_KiB) {
    return Invalid("venice.writer.max.size.for.user.payload.per.message.in.bytes: at most 972800 without chunking");
  }
  if (dictionary_bytes_max > 950_KiB || dictionary_bytes_max < ByteSize(256)) {
    return Invalid("compression.dictionary.size.limit: from 256 B to 950 KiB");
  }
  return Ok();
}

}  // namespace venice::push
