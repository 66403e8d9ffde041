// Requests that show and change settings.
#include <algorithm>

#include "embedded/kafka_broker.h"

namespace venice::embedded {
namespace {

constexpr int8_t kTopicResource = 2;
constexpr int8_t kBrokerResource = 4;

enum class Source : int8_t { kTopic = 1, kServer = 4, kDefault = 5 };
enum class Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct ShownSetting {
  std::string name;
  std::string value;
  Source source = Source::kDefault;
  int8_t type = 2;
  bool read_only = false;
  std::string text;
};

int8_t WireType(SettingType type) {
  switch (type) {
    case SettingType::kBoolean:
      return 1;
    case SettingType::kString:
      return 2;
    case SettingType::kInt:
      return 3;
    case SettingType::kLong:
      return 5;
    case SettingType::kDouble:
      return 6;
    case SettingType::kList:
      return 7;
  }
  return 0;
}

std::vector<ShownSetting> ShowTopic(const LogTopic& topic, const std::map<std::string, std::string>& defaults) {
  std::vector<ShownSetting> shown;
  for (const TopicSetting& setting : TopicSettings()) {
    ShownSetting one;
    one.name = setting.name;
    one.type = WireType(setting.type);
    one.text = setting.text;
    one.value = setting.fallback;
    if (const auto found = defaults.find(one.name); found != defaults.end()) {
      one.value = found->second;
      one.source = Source::kServer;
    }
    if (const auto found = topic.settings.find(one.name); found != topic.settings.end()) {
      one.value = found->second;
      one.source = Source::kTopic;
    }
    shown.push_back(std::move(one));
  }
  return shown;
}

std::vector<ShownSetting> ShowBroker(const KafkaServerOptions& options) {
  auto fixed = [](std::string name, std::string value, std::string text) {
    return ShownSetting{std::move(name), std::move(value), Source::kServer, 2, true, std::move(text)};
  };
  return {
      fixed("auto.create.topics.enable", options.auto_create_topics ? "true" : "false", "topics appear when asked for"),
      fixed("broker.id", "1", "there is one broker"),
      fixed("default.replication.factor", "1", "there is one broker"),
      fixed("log.dirs", options.data_dir, "folder of all data"),
      fixed("message.max.bytes", "1048588", "default of max.message.bytes"),
      fixed("num.partitions", std::to_string(options.auto_create_partitions), "of topics that do not say"),
      fixed("socket.request.max.bytes", std::to_string(options.request_bytes_max.bytes()), "largest request"),
  };
}

struct Change {
  std::string name;
  Operation operation = Operation::kSet;
  std::optional<std::string> value;
};

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  size_t start = 0;
  while (start <= list.size() && !list.empty()) {
    const size_t end = std::min(list.find(',', start), list.size());
    items.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return items;
}

std::string Join(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
  return list;
}

Status Apply(const Change& change, std::map<std::string, std::string>& settings) {
  const TopicSetting* setting = FindTopicSetting(change.name);
  if (setting == nullptr) return Error(ErrorCode::kInvalidArgument, "Unknown topic config name: " + change.name);
  if (change.operation == Operation::kDelete) {
    settings.erase(change.name);
    return Ok();
  }
  if (!change.value) return Error(ErrorCode::kInvalidArgument, "Null value not supported for: " + change.name);
  if (change.operation == Operation::kSet) {
    settings[change.name] = *change.value;
    return Ok();
  }
  if (setting->type != SettingType::kList) {
    return Error(ErrorCode::kInvalidArgument, "Config value append is not allowed for config key: " + change.name);
  }
  const auto found = settings.find(change.name);
  std::vector<std::string> items = Split(found == settings.end() ? std::string(setting->fallback) : found->second);
  for (const std::string& item : Split(*change.value)) {
    std::erase(items, item);
    if (change.operation == Operation::kAppend) items.push_back(item);
  }
  settings[change.name] = Join(items);
  return Ok();
}

}  // namespace

void KafkaBroker::DescribeConfigs(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  struct Wanted {
    int8_t type = 0;
    std::string name;
    bool all = false;
    std::vector<std::string> keys;
  };
  std::vector<Wanted> wanted;
  const int32_t count = body.ArrayCount();
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Wanted resource;
    resource.type = body.Int8();
    resource.name = body.String();
    const int32_t keys = body.ArrayCount();
    resource.all = keys < 0;
    for (int32_t k = 0; k < keys && body.ok(); ++k) resource.keys.emplace_back(body.String());
    body.Tags();
    wanted.push_back(std::move(resource));
  }
  const bool synonyms = body.Bool();
  const bool documentation = version >= 3 && body.Bool();
  if (!body.ok()) return Malformed(request);

  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(wanted.size());
  for (const Wanted& resource : wanted) {
    KafkaError error = KafkaError::kNone;
    std::string message;
    std::vector<ShownSetting> settings;
    if (resource.type == kTopicResource) {
      const auto topic = engine_.Find(resource.name);
      if (topic != nullptr) {
        settings = ShowTopic(*topic, options_.topic_defaults);
      } else {
        error = KafkaError::kUnknownTopicOrPartition;
        message = "no such topic";
      }
    } else if (resource.type == kBrokerResource && (resource.name == "1" || resource.name.empty())) {
      if (!resource.name.empty()) settings = ShowBroker(options_);
    } else {
      error = KafkaError::kInvalidRequest;
      message = "only the settings of topics and of broker 1 can be shown";
    }
    std::erase_if(settings, [&](const ShownSetting& setting) {
      return !resource.all &&
             std::find(resource.keys.begin(), resource.keys.end(), setting.name) == resource.keys.end();
    });
    writer.Int16(static_cast<int16_t>(error));
    writer.NullableString(error == KafkaError::kNone ? std::nullopt : std::optional<std::string_view>(message));
    writer.Int8(resource.type).String(resource.name).Array(settings.size());
    for (const ShownSetting& setting : settings) {
      writer.String(setting.name).NullableString(setting.value).Bool(setting.read_only);
      writer.Int8(static_cast<int8_t>(setting.source)).Bool(false);
      writer.Array(synonyms ? 1 : 0);
      if (synonyms) {
        writer.String(setting.name).NullableString(setting.value).Int8(static_cast<int8_t>(setting.source)).Tags();
      }
      if (version >= 3) {
        writer.Int8(setting.type);
        writer.NullableString(documentation ? std::optional<std::string_view>(setting.text) : std::nullopt);
      }
      writer.Tags();
    }
    writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::AlterConfigs(KafkaRequest& request) { IncrementalAlterConfigs(request); }

void KafkaBroker::IncrementalAlterConfigs(KafkaRequest& request) {
  // The older request replaces all settings; this one changes those it names.
  const bool replace = request.api == Api::kAlterConfigs;
  WireReader& body = request.body;
  struct Wanted {
    int8_t type = 0;
    std::string name;
    std::vector<Change> changes;
  };
  std::vector<Wanted> wanted;
  const int32_t count = body.ArrayCount();
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Wanted resource;
    resource.type = body.Int8();
    resource.name = body.String();
    const int32_t changes = body.ArrayCount();
    for (int32_t c = 0; c < changes && body.ok(); ++c) {
      Change change;
      change.name = body.String();
      if (!replace) change.operation = static_cast<Operation>(body.Int8());
      change.value = body.NullableString();
      body.Tags();
      resource.changes.push_back(std::move(change));
    }
    body.Tags();
    wanted.push_back(std::move(resource));
  }
  const bool check_only = body.Bool();
  if (!body.ok()) return Malformed(request);

  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(wanted.size());
  for (const Wanted& resource : wanted) {
    KafkaError error = KafkaError::kNone;
    std::string message;
    const auto topic = resource.type == kTopicResource ? engine_.Find(resource.name) : nullptr;
    if (resource.type != kTopicResource) {
      error = KafkaError::kInvalidRequest;
      message = "only settings of topics can be changed; the server's are given at its start";
    } else if (topic == nullptr) {
      error = KafkaError::kUnknownTopicOrPartition;
      message = "no such topic";
    } else {
      std::map<std::string, std::string> settings = replace ? std::map<std::string, std::string>() : topic->settings;
      Status changed = Ok();
      for (const Change& change : resource.changes) {
        if (changed.ok()) changed = Apply(change, settings);
      }
      if (changed.ok()) changed = engine_.SetSettings(resource.name, settings, check_only);
      if (!changed.ok()) {
        error = ErrorForTopicChange(changed.error());
        message = changed.error().message();
      }
    }
    writer.Int16(static_cast<int16_t>(error));
    writer.NullableString(error == KafkaError::kNone ? std::nullopt : std::optional<std::string_view>(message));
    writer.Int8(resource.type).String(resource.name).Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

}  // namespace venice::embedded
