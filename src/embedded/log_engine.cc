#include "embedded/log_engine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/log.h"
#include "base/properties.h"

namespace venice::embedded {
namespace {

constexpr int64_t kProducerIdBlock = 1'000;  // ids reserved by one durable write
constexpr std::string_view kSettingPrefix = "config.";

bool ValidTopicName(std::string_view name) {
  constexpr size_t kNameMax = 249;
  if (name.empty() || name.size() > kNameMax || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

TopicId RandomId() {
  std::random_device random;
  TopicId id;
  for (auto& byte : id) byte = static_cast<uint8_t>(random());
  // Version 4 of RFC 9562, as Kafka's ids are.
  id[6] = static_cast<uint8_t>((id[6] & 0x0F) | 0x40);
  id[8] = static_cast<uint8_t>((id[8] & 0x3F) | 0x80);
  return id;
}

std::string_view Bytes(const TopicId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

std::string EscapeProperty(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || (c == ' ' && out.empty())) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Error NoSuchTopic(const std::string& name) { return Error(ErrorCode::kNotFound, "no such topic: " + name); }

}  // namespace

LogEngine::LogEngine(LogEngineOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

LogEngine::~LogEngine() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

Status LogEngine::Open() {
  VENICE_ASSIGN(defaults_, LogTopicConfig::From(LogTopicConfig(), options_.topic_defaults));
  for (const char* folder : {"/topics", "/deleted"}) {
    std::error_code error;
    std::filesystem::create_directories(options_.data_dir + folder, error);
    if (error) return ErrnoError("cannot create folder " + options_.data_dir + folder, error.value());
  }
  const std::string lock_path = options_.data_dir + "/lock";
  lock_fd_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) return ErrnoError("cannot open " + lock_path, errno);
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(std::exchange(lock_fd_, -1));
    return Error(ErrorCode::kAlreadyExists, "data folder " + options_.data_dir +
                                                " is in use by another process: stop it or choose another folder");
  }
  const std::string id_path = options_.data_dir + "/cluster-id";
  if (auto id = ReadFile(id_path); id.ok()) {
    cluster_id_ = *id;
  } else {
    cluster_id_ = Base64Encode(Bytes(RandomId()), Base64::kUrlSafe).substr(0, 22);
    VENICE_TRY(WriteFileDurably(id_path, cluster_id_));
  }
  if (const auto ids = ReadFile(options_.data_dir + "/producer-ids"); ids.ok()) {
    producer_id_next_ = producer_id_end_ = std::strtoll(ids->c_str(), nullptr, 10);
  }
  return LoadTopics();
}

Status LogEngine::LoadTopics() {
  const std::lock_guard change(change_mutex_);
  std::error_code error;
  for (std::filesystem::directory_iterator it(options_.data_dir + "/topics", error), end; !error && it != end;
       it.increment(error)) {
    VENICE_TRY(LoadTopic(it->path().filename().string()));
  }
  if (error) return ErrnoError("cannot list " + options_.data_dir + "/topics", error.value());
  return Ok();
}

Status LogEngine::LoadTopic(const std::string& name) {
  const std::string path = TopicFolder(name) + "/topic.properties";
  auto properties = LoadProperties(path);
  if (!properties.ok() && properties.error().code() == ErrorCode::kNotFound) {
    // A creation that was cut off before it was acknowledged.
    std::error_code ignored;
    std::filesystem::remove_all(TopicFolder(name), ignored);
    return Ok();
  }
  if (!properties.ok()) return std::move(properties).error().In(path);
  LogTopic topic;
  topic.name = name;
  const auto id = HexDecode((*properties)["id"]);
  const int64_t count = std::strtoll((*properties)["partitions"].c_str(), nullptr, 10);
  if (!id.ok() || id->size() != topic.id.size() || count < 1 || count > options_.partitions_max) {
    return Error(ErrorCode::kCorruption, path + " does not describe a topic");
  }
  std::copy(id->begin(), id->end(), reinterpret_cast<char*>(topic.id.data()));
  for (const auto& [key, value] : *properties) {
    if (key.starts_with(kSettingPrefix)) topic.settings[key.substr(kSettingPrefix.size())] = value;
  }
  VENICE_ASSIGN(LogTopicConfig config, LogTopicConfig::From(defaults_, topic.settings));
  topic.config = std::make_shared<const LogTopicConfig>(config);
  for (int32_t partition = 0; partition < count; ++partition) {
    VENICE_ASSIGN(auto log, OpenPartition(topic, partition));
    topic.partitions.push_back(std::move(log));
  }
  partition_count_ += count;
  const std::unique_lock lock(topics_mutex_);
  topics_[name] = std::make_shared<const LogTopic>(std::move(topic));
  return Ok();
}

void LogEngine::Close() {
  for (const auto& topic : Topics()) {
    for (const auto& partition : topic->partitions) partition->Close();
  }
}

std::string LogEngine::TopicFolder(std::string_view name) const {
  return fmt::format("{}/topics/{}", options_.data_dir, name);
}

Result<std::shared_ptr<PartitionLog>> LogEngine::OpenPartition(const LogTopic& topic, int32_t partition) const {
  PartitionLog::Options options;
  options.folder = fmt::format("{}/{}", TopicFolder(topic.name), partition);
  options.config = topic.config;
  options.hold_back_unsynced = options_.hold_back_unsynced;
  options.compaction_memory_max = options_.compaction_memory_max.bytes();
  return PartitionLog::Open(std::move(options), clock_);
}

Status LogEngine::WriteTopicFile(const LogTopic& topic) const {
  std::string text = fmt::format("id={}\npartitions={}\n", HexEncode(Bytes(topic.id)), topic.partitions.size());
  for (const auto& [name, value] : topic.settings) {
    text += fmt::format("{}{}={}\n", kSettingPrefix, name, EscapeProperty(value));
  }
  return WriteFileDurably(TopicFolder(topic.name) + "/topic.properties", text);
}

Result<std::shared_ptr<const LogTopic>> LogEngine::CreateTopic(const std::string& name, int32_t partitions,
                                                               const std::map<std::string, std::string>& settings,
                                                               bool check_only) {
  if (!ValidTopicName(name)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Topic name '{}' is illegal: 1 to 249 letters, digits, '.', '_' and '-'", name.substr(0, 250)));
  }
  if (partitions < 1) return Error(ErrorCode::kInvalidArgument, "Number of partitions must be larger than 0");
  LogTopic topic;
  topic.name = name;
  topic.id = RandomId();
  topic.settings = settings;
  VENICE_ASSIGN(LogTopicConfig config, LogTopicConfig::From(defaults_, settings));
  topic.config = std::make_shared<const LogTopicConfig>(config);

  const std::lock_guard change(change_mutex_);
  if (Find(name) != nullptr) return Error(ErrorCode::kAlreadyExists, "Topic '" + name + "' already exists");
  if (partition_count_ + partitions > options_.partitions_max) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("the log holds at most {} partitions: delete topics first", options_.partitions_max));
  }
  for (int32_t partition = 0; partition < partitions; ++partition) {
    VENICE_ASSIGN(auto log, OpenPartition(topic, partition));
    topic.partitions.push_back(std::move(log));
  }
  auto created = std::make_shared<const LogTopic>(std::move(topic));
  if (check_only) return created;
  std::error_code error;
  std::filesystem::create_directory(TopicFolder(name), error);
  if (error) return ErrnoError("cannot create folder " + TopicFolder(name), error.value());
  VENICE_TRY(WriteTopicFile(*created));
  VENICE_TRY(SyncDirectory(options_.data_dir + "/topics"));
  partition_count_ += partitions;
  const std::unique_lock lock(topics_mutex_);
  topics_[name] = created;
  return created;
}

Status LogEngine::DeleteTopic(const std::string& name) {
  const std::lock_guard change(change_mutex_);
  const auto topic = Find(name);
  if (topic == nullptr) return NoSuchTopic(name);
  for (const auto& partition : topic->partitions) partition->MarkDeleted();
  const std::string target = fmt::format("{}/deleted/{}", options_.data_dir, HexEncode(Bytes(topic->id)));
  if (::rename(TopicFolder(name).c_str(), target.c_str()) != 0) return ErrnoError("cannot delete topic " + name, errno);
  partition_count_ -= static_cast<int64_t>(topic->partitions.size());
  {
    const std::unique_lock lock(topics_mutex_);
    topics_.erase(name);
  }
  return SyncDirectory(options_.data_dir + "/topics");
}

Status LogEngine::AddPartitions(const std::string& name, int32_t total, bool check_only) {
  const std::lock_guard change(change_mutex_);
  const auto topic = Find(name);
  if (topic == nullptr) return NoSuchTopic(name);
  const auto present = static_cast<int32_t>(topic->partitions.size());
  if (total <= present) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("Topic {} has {} partitions already: they can only grow in number", name, present));
  }
  if (partition_count_ + total - present > options_.partitions_max) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("the log holds at most {} partitions: delete topics first", options_.partitions_max));
  }
  if (check_only) return Ok();
  LogTopic larger = *topic;
  for (int32_t partition = present; partition < total; ++partition) {
    VENICE_ASSIGN(auto log, OpenPartition(larger, partition));
    larger.partitions.push_back(std::move(log));
  }
  VENICE_TRY(WriteTopicFile(larger));
  partition_count_ += total - present;
  const std::unique_lock lock(topics_mutex_);
  topics_[name] = std::make_shared<const LogTopic>(std::move(larger));
  return Ok();
}

Status LogEngine::SetSettings(const std::string& name, const std::map<std::string, std::string>& settings,
                              bool check_only) {
  VENICE_ASSIGN(const LogTopicConfig config, LogTopicConfig::From(defaults_, settings));
  const std::lock_guard change(change_mutex_);
  const auto topic = Find(name);
  if (topic == nullptr) return NoSuchTopic(name);
  if (check_only) return Ok();
  LogTopic changed = *topic;
  changed.settings = settings;
  changed.config = std::make_shared<const LogTopicConfig>(config);
  VENICE_TRY(WriteTopicFile(changed));
  for (const auto& partition : changed.partitions) partition->SetConfig(changed.config);
  const std::unique_lock lock(topics_mutex_);
  topics_[name] = std::make_shared<const LogTopic>(std::move(changed));
  return Ok();
}

std::shared_ptr<const LogTopic> LogEngine::Find(std::string_view name) const {
  const std::shared_lock lock(topics_mutex_);
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

std::shared_ptr<const LogTopic> LogEngine::FindById(const TopicId& id) const {
  const std::shared_lock lock(topics_mutex_);
  for (const auto& [name, topic] : topics_) {
    if (topic->id == id) return topic;
  }
  return nullptr;
}

std::vector<std::shared_ptr<const LogTopic>> LogEngine::Topics() const {
  const std::shared_lock lock(topics_mutex_);
  std::vector<std::shared_ptr<const LogTopic>> topics;
  topics.reserve(topics_.size());
  for (const auto& [name, topic] : topics_) topics.push_back(topic);
  return topics;
}

std::shared_ptr<PartitionLog> LogEngine::Partition(std::string_view topic, int32_t partition) const {
  const auto found = Find(topic);
  if (found == nullptr || partition < 0 || static_cast<size_t>(partition) >= found->partitions.size()) return nullptr;
  return found->partitions[static_cast<size_t>(partition)];
}

Status LogEngine::RequireFreeSpace() const {
  return venice::RequireFreeSpace(options_.data_dir, options_.disk_reserve_share, options_.disk_reserve_cap);
}

Result<int64_t> LogEngine::NewProducerId() {
  const std::lock_guard lock(producer_id_mutex_);
  if (producer_id_next_ == producer_id_end_) {
    const int64_t end = producer_id_end_ + kProducerIdBlock;
    VENICE_TRY(WriteFileDurably(options_.data_dir + "/producer-ids", fmt::format("{}\n", end)));
    producer_id_end_ = end;
  }
  return producer_id_next_++;
}

void LogEngine::RunMaintenance() {
  for (const auto& topic : Topics()) {
    for (const auto& partition : topic->partitions) {
      if (stop_requested_) return;
      partition->RunMaintenance(stop_requested_);
    }
  }
  RemoveDeleted();
}

void LogEngine::RemoveDeleted() {
  std::error_code error;
  for (std::filesystem::directory_iterator it(options_.data_dir + "/deleted", error), end; !error && it != end;
       it.increment(error)) {
    if (stop_requested_) return;
    std::error_code failed;
    std::filesystem::remove_all(it->path(), failed);
    if (failed) LogWarning("log.delete.failed", {{"folder", it->path().string()}, {"error", failed.message()}});
  }
}

}  // namespace venice::embedded
