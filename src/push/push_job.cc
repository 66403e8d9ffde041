#include "push/push_job.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/log.h"
#include "controller_api/client.h"
#include "protocol/partitioner.h"
#include "pubsub/kafka/kafka_client.h"
#include "push/dictionary.h"
#include "push/external_sorter.h"
#include "push/push_status.h"
#include "push/read_stage.h"
#include "push/write_stage.h"

namespace venice::push {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kControllerRequestTimeout{120'000};
constexpr milliseconds kJobStatusTimeout{10'000};
constexpr milliseconds kEndOfPushTimeout{300'000};
// A log that takes no record for this long is down or its disk is full; a restart takes less.
constexpr milliseconds kDeliveryTimeout{60'000};
constexpr milliseconds kKillTimeout{10'000};

milliseconds Since(const Clock& clock, std::chrono::nanoseconds start) {
  return std::chrono::duration_cast<milliseconds>(clock.Monotonic() - start);
}

}  // namespace

// One run: the steps in the order they happen, and what they hand to each other.
class PushRun {
 public:
  PushRun(PushJob& job, const ProgressCallback& progress)
      : job_(job),
        settings_(job.settings_),
        clock_(*job.clock_),
        summary_(job.summary_),
        callback_(progress),
        started_(clock_.Monotonic()),
        threads_(settings_.threads > 0 ? settings_.threads
                                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

  Status Run() {
    Status status = Steps();
    if (!status.ok() && version_exists_) Kill(status.error());
    summary_.total = Since(clock_, started_);
    if (status.ok()) Report(1, 0, 0, "", Stage::kDone);
    return status;
  }

 private:
  Status Steps() {
    VENICE_TRY(settings_.Validate());
    Enter(Stage::kPreparing, "asking the controller");
    VENICE_TRY(DescribeStore());
    VENICE_TRY(LookAtInput());
    VENICE_TRY(PrepareCompression());
    VENICE_TRY(RequestVersion());
    VENICE_TRY(ReadInput());
    VENICE_TRY(WriteTopic());
    if (settings_.suppress_end_of_push) {
      summary_.status = "END_OF_PUSH_SUPPRESSED";
      return Ok();
    }
    return AwaitServers();
  }

  controller_api::ControllerClientOptions ClientOptions(std::string cluster) const {
    controller_api::ControllerClientOptions options;
    options.urls = settings_.controller_urls;
    options.cluster = std::move(cluster);
    options.request_timeout = kControllerRequestTimeout;
    options.job_status_timeout = kJobStatusTimeout;
    options.attempts = settings_.controller_attempts;
    options.retry_interval = settings_.controller_retry_interval;
    return options;
  }

  Status DescribeStore() {
    summary_.store = settings_.store;
    controller_api::ControllerClient finder(ClientOptions(""));
    auto discovery = finder.DiscoverCluster(settings_.store);
    if (!discovery.ok()) return std::move(discovery).error().In("store " + settings_.store);
    summary_.cluster = discovery->cluster;
    client_.emplace(ClientOptions(discovery->cluster));
    VENICE_ASSIGN(auto described, client_->GetStore(settings_.store));
    store_ = std::move(described.store);
    if (!store_.enable_writes) {
      return Error(ErrorCode::kStoreDisabled, fmt::format("store {} does not take writes; enable them with "
                                                          "venice-admin-tool enable-store --accessibility write",
                                                          store_.name));
    }
    if (store_.chunking_enabled) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("store {} has chunking enabled, which this push job cannot write yet; "
                               "turn it off with venice-admin-tool update-store --chunking-enabled "
                               "false",
                               store_.name));
    }
    VENICE_ASSIGN(const auto key, client_->GetKeySchema(settings_.store));
    auto key_schema = avro::Schema::Parse(key.text, avro::Schema::Defaults::kAccept);
    if (!key_schema.ok()) return std::move(key_schema).error().In("key schema of store " + store_.name);
    schemas_.key = std::move(key_schema).value();
    VENICE_ASSIGN(const auto values, client_->GetAllValueSchemas(settings_.store));
    for (const controller_api::Schema& value : values) {
      auto schema = avro::Schema::Parse(value.text, avro::Schema::Defaults::kAccept);
      if (!schema.ok())
        return std::move(schema).error().In(fmt::format("value schema {} of store {}", value.id, store_.name));
      schemas_.values.push_back({value.id, std::move(schema).value()});
    }
    std::sort(schemas_.values.begin(), schemas_.values.end(), [](auto& a, auto& b) { return a.id < b.id; });
    if (schemas_.values.empty()) {
      return Error(ErrorCode::kSchemaNotFound, fmt::format("store {} has no value schema; register one with "
                                                           "venice-admin-tool add-schema",
                                                           store_.name));
    }
    return Ok();
  }

  Status LookAtInput() {
    VENICE_ASSIGN(files_, FindInputFiles(settings_.input_path));
    format_ = settings_.format;
    if (format_ == InputFormat::kAuto) {
      VENICE_ASSIGN(format_, DetectFormat(files_));
    }
    for (const InputFile& file : files_) summary_.input_bytes += file.bytes;
    summary_.files = files_.size();
    Report(-1, 0, 0,
           fmt::format("store {}: {} {} files, {}", store_.name, files_.size(), ToString(format_),
                       ByteSize(summary_.input_bytes).ToString()));
    VENICE_ASSIGN(input_, OpenInput(settings_, format_, files_, schemas_));
    summary_.value_schema_id = input_->value_schema_id();
    return Ok();
  }

  Status PrepareCompression() {
    summary_.compression = static_cast<protocol::CompressionStrategy>(store_.compression);
    if (summary_.compression != protocol::CompressionStrategy::kZstdWithDict) return Ok();
    Report(-1, 0, 0, "training a compression dictionary");
    VENICE_ASSIGN(dictionary_bytes_, MakeDictionary(settings_, format_, files_, schemas_));
    summary_.dictionary_bytes = dictionary_bytes_.size();
    VENICE_ASSIGN(dictionary_, protocol::ZstdDictionary::Make(dictionary_bytes_, settings_.zstd_level));
    return Ok();
  }

  // <start ms>_<execution url>, made unique: the controller takes the same id for the same push.
  std::string PushJobId() const {
    if (settings_.push_job_id) return *settings_.push_job_id;
    return fmt::format("{}_{}_{}", clock_.WallMs(), settings_.execution_url,
                       protocol::Guid::Random().ToString().substr(0, 8));
  }

  Status RequestVersion() {
    VENICE_TRY(CheckCancelled());
    controller_api::RequestTopicRequest request;
    request.store = settings_.store;
    request.push_job_id = summary_.push_job_id = PushJobId();
    request.start_of_push = !settings_.send_control_messages_directly;
    request.sorted = true;
    request.defer_version_swap = settings_.defer_version_swap;
    request.partitioners = protocol::kDefaultPartitionerClass;
    if (!dictionary_bytes_.empty()) request.compression_dictionary = dictionary_bytes_;
    auto created = client_->RequestTopic(request);
    if (!created.ok()) return std::move(created).error().In("start a push to store " + settings_.store);
    version_ = std::move(created).value();
    if (version_.version <= 0 || version_.partitions <= 0) {
      return Error(ErrorCode::kInternal, fmt::format("the controller answered version {} with {} partitions",
                                                     version_.version, version_.partitions));
    }
    version_exists_ = true;
    summary_.version = version_.version;
    summary_.partitions = version_.partitions;
    summary_.topic = version_.topic;
    VENICE_TRY(protocol::CheckPartitionerClass(version_.partitioner_class));
    const auto compression = static_cast<protocol::CompressionStrategy>(version_.compression);
    if (compression != summary_.compression) {
      if (compression == protocol::CompressionStrategy::kZstdWithDict) {
        return Error(ErrorCode::kConflict, "the store's compression changed while the push started; push again");
      }
      summary_.compression = compression;
      dictionary_ = nullptr;
      dictionary_bytes_.clear();
    }
    const auto timeout = settings_.timeout.value_or(std::chrono::hours(
        store_.bootstrap_to_online_timeout_hours > 0 ? store_.bootstrap_to_online_timeout_hours : 24));
    deadline_ = clock_.Monotonic() + timeout;
    return Ok();
  }

  Result<std::string> TempDir() const {
    std::error_code failure;
    if (settings_.temp_dir.empty()) return std::filesystem::temp_directory_path(failure).string();
    std::filesystem::create_directories(settings_.temp_dir, failure);
    if (failure)
      return Error(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", settings_.temp_dir, failure.message()));
    return settings_.temp_dir;
  }

  Status ReadInput() {
    Enter(Stage::kReading, "");
    VENICE_ASSIGN(std::string temp_dir, TempDir());
    sorter_ = std::make_unique<ExternalSorter>(SorterOptions{
        .partitions = version_.partitions,
        .shards = threads_,
        .merge_threads = threads_,
        .memory_bytes = settings_.memory.bytes() / 8 * 5,  // the rest: blocks being read, the log client's queue, code
        .temp_dir = std::move(temp_dir)});
    const ReadOptions options{.threads = threads_,
                              .partitions = version_.partitions,
                              .value_schema_id = summary_.value_schema_id,
                              .compression = summary_.compression,
                              .dictionary = dictionary_,
                              .record_bytes_max = settings_.record_bytes_max.bytes(),
                              .key_schema = schemas_.key};
    ReadCounters counters;
    const Status read = ReadAll(
        *input_, *sorter_, options, counters,
        [&]() -> Status {
          const uint64_t done = counters.input_bytes;
          Report(Fraction(done, summary_.input_bytes), counters.records, done, "");
          return Watch();
        },
        read_digests_);
    summary_.records_read = counters.records;
    summary_.records_without_value = counters.null_values;
    summary_.records_too_large = counters.too_large;
    summary_.key_bytes = counters.key_bytes;
    summary_.value_bytes = counters.value_bytes;
    summary_.value_bytes_stored = counters.stored_bytes;
    summary_.largest_value_bytes = counters.largest_value;
    VENICE_TRY(read);
    Report(1, counters.records, counters.input_bytes, "");
    VENICE_TRY(CheckUnchanged(files_));
    VENICE_TRY(CheckQuota());
    VENICE_TRY(sorter_->PrepareMerge());
    input_.reset();
    summary_.spilled_bytes = sorter_->spilled_bytes();
    summary_.sorted_runs = sorter_->runs();
    summary_.merge_passes = sorter_->extra_passes();
    summary_.reading = Since(clock_, stage_started_);
    return Ok();
  }

  Status CheckQuota() const {
    const uint64_t bytes = summary_.key_bytes + summary_.value_bytes_stored;
    const int64_t quota = store_.storage_quota_bytes;
    if (quota < 0 || bytes <= static_cast<uint64_t>(quota)) return Ok();
    return Error(
        ErrorCode::kResourceExhausted,
        fmt::format("the data is {} but store {} may hold {}; raise it with venice-admin-tool update-store "
                    "--storage-quota {}",
                    ByteSize(bytes).ToString(), store_.name, ByteSize(static_cast<uint64_t>(quota)).ToString(), bytes));
  }

  Status WriteTopic() {
    Enter(Stage::kWriting, "");
    VENICE_ASSIGN(const auto log, pubsub::kafka::NewKafkaClient(
                                      {.bootstrap_servers = version_.bootstrap_servers, .config = settings_.kafka}));
    const uint64_t queue_kib = std::clamp<uint64_t>(settings_.memory.bytes() / 16 / 1024, 4 * 1024, 64 * 1024);
    std::map<std::string, std::string> overrides;
    if (!settings_.kafka.contains("kafka.buffer.memory"))
      overrides["queue.buffering.max.kbytes"] = std::to_string(queue_kib);
    if (!settings_.kafka.contains("kafka.delivery.timeout.ms")) {
      overrides["delivery.timeout.ms"] = std::to_string(kDeliveryTimeout.count());
    }
    VENICE_ASSIGN(const auto producer, log->NewProducer(overrides));
    // A segment that ends by age would differ between two runs; a push writes one segment per partition.
    writer::VersionTopicWriter writer(*producer, version_.topic, version_.partitions,
                                      {.segment_age_max = milliseconds(0), .clock = &clock_});
    if (settings_.send_control_messages_directly) {
      VENICE_TRY(writer.StartOfPush(
          {.sorted = true, .chunked = false, .compression = summary_.compression, .dictionary = dictionary_bytes_}));
    }
    const WriteOptions options{.threads = std::min(threads_, version_.partitions),
                               .partitions = version_.partitions,
                               .value_schema_id = summary_.value_schema_id,
                               .allow_duplicate_keys = settings_.allow_duplicate_keys,
                               .key_schema = schemas_.key};
    WriteCounters counters;
    const Status written = WriteAll(
        *sorter_, writer, options, read_digests_, counters,
        [&]() -> Status {
          Report(Fraction(counters.records, summary_.records_read), counters.records, counters.bytes, "");
          return Watch();
        },
        summary_.digests);
    summary_.records_written = counters.records;
    summary_.duplicates_identical = counters.duplicates_identical;
    summary_.duplicates_dropped = counters.duplicates_dropped;
    if (!written.ok()) return Explain(written.error());
    Report(1, counters.records, counters.bytes, "");
    sorter_.reset();
    if (const Status ended = EndOfPush(writer); !ended.ok()) return Explain(ended.error());
    summary_.writing = Since(clock_, stage_started_);
    return Ok();
  }

  Error Explain(const Error& error) const {
    if (error.code() != ErrorCode::kTimeout && error.code() != ErrorCode::kUnavailable) return error;
    return Error(error.code(),
                 fmt::format("{}; the log at {} did not take the records: is it up, and has its disk space left?",
                             error.message(), version_.bootstrap_servers));
  }

  // Counts and digests travel either way: in the headers of our end of push, or with the controller's.
  Status EndOfPush(writer::VersionTopicWriter& writer) {
    VENICE_TRY(CheckCancelled());
    if (settings_.suppress_end_of_push) return writer.Close(kEndOfPushTimeout);
    if (settings_.send_control_messages_directly) return writer.EndOfPush(summary_.digests, kEndOfPushTimeout);
    VENICE_TRY(writer.Close(kEndOfPushTimeout));
    controller_api::EndOfPushRequest request{.store = settings_.store, .version = version_.version};
    for (size_t i = 0; i < summary_.digests.size(); ++i) {
      const auto partition = static_cast<int32_t>(i);
      request.record_counts[partition] = static_cast<int64_t>(summary_.digests[i].count());
      request.record_digests[partition] = summary_.digests[i].Encode();
    }
    return client_->EndOfPush(request);
  }

  Status AwaitServers() {
    Enter(Stage::kIngesting, "");
    auto status = AwaitOnline(*client_, settings_, version_.version, version_.partitions, clock_,
                              [&](const IngestionProgress& progress) -> Status {
                                Report(progress.fraction, 0, 0, progress.detail);
                                VENICE_TRY(CheckCancelled());
                                return CheckDeadline();
                              });
    if (!status.ok()) return std::move(status).error();
    summary_.status = *status;
    Report(1, 0, 0,
           fmt::format("version {} {}", version_.version, settings_.defer_version_swap ? "is ready" : "is online"));
    summary_.online = !settings_.defer_version_swap;
    summary_.ingesting = Since(clock_, stage_started_);
    return Ok();
  }

  Status CheckCancelled() const {
    if (!job_.cancelled_.load(std::memory_order_relaxed)) return Ok();
    return Error(ErrorCode::kCancelled, "the push was interrupted");
  }

  Status CheckDeadline() const {
    if (clock_.Monotonic() < deadline_) return Ok();
    return Error(ErrorCode::kTimeout,
                 "the push takes longer than its limit (push.job.timeout.override.ms, or the store's "
                 "bootstrap-to-online timeout)");
  }

  // While this job works: has somebody killed the version?
  Status Watch() {
    VENICE_TRY(CheckCancelled());
    VENICE_TRY(CheckDeadline());
    const auto now = clock_.Monotonic();
    if (now - last_watch_ < std::max(settings_.poll_interval, milliseconds(1000))) return Ok();
    last_watch_ = now;
    const auto status = client_->GetJobStatus(settings_.store, version_.version);
    return status.ok() ? CheckNotFailed(*status) : Ok();  // an answer that fails says nothing about the push
  }

  void Kill(const Error& reason) {
    if (reason.code() == ErrorCode::kPushFailed) return;  // it is dead already
    // The controller may be what failed: this must not take long.
    controller_api::ControllerClientOptions options = ClientOptions(summary_.cluster);
    options.request_timeout = kKillTimeout;
    options.attempts = 2;
    const Status killed = controller_api::ControllerClient(options).KillPush(version_.topic);
    if (!killed.ok()) {
      LogWarning("push.kill_failed", {{"topic", version_.topic}, {"reason", killed.error().message()}});
    }
    summary_.status = "KILLED";
  }

  static double Fraction(uint64_t done, uint64_t all) {
    return all == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
  }

  void Enter(Stage stage, std::string detail) {
    stage_ = stage;
    stage_started_ = clock_.Monotonic();
    Report(stage == Stage::kPreparing ? -1 : 0, 0, 0, std::move(detail));
  }

  void Report(double fraction, uint64_t records, uint64_t bytes, std::string detail,
              std::optional<Stage> stage = {}) const {
    if (!callback_) return;
    Progress progress{.stage = stage.value_or(stage_),
                      .records = records,
                      .bytes = bytes,
                      .fraction = fraction,
                      .elapsed = Since(clock_, stage_started_),
                      .detail = std::move(detail)};
    const double seconds = static_cast<double>(progress.elapsed.count()) / 1000;
    if (seconds > 0.1) {
      progress.records_per_second = static_cast<double>(records) / seconds;
      progress.bytes_per_second = static_cast<double>(bytes) / seconds;
      if (fraction > 0.01 && fraction < 1) {
        progress.remaining = milliseconds(static_cast<int64_t>(seconds * 1000 * (1 - fraction) / fraction));
      }
    }
    callback_(progress);
  }

  PushJob& job_;
  const PushSettings& settings_;
  const Clock& clock_;
  PushSummary& summary_;
  const ProgressCallback& callback_;
  const std::chrono::nanoseconds started_;
  const int threads_;

  std::optional<controller_api::ControllerClient> client_;
  metadata::Store store_;
  StoreSchemas schemas_;
  std::vector<InputFile> files_;
  InputFormat format_ = InputFormat::kAuto;
  std::unique_ptr<Input> input_;
  std::string dictionary_bytes_;
  std::shared_ptr<const protocol::ZstdDictionary> dictionary_;
  controller_api::VersionCreation version_;
  bool version_exists_ = false;
  std::unique_ptr<ExternalSorter> sorter_;
  std::vector<protocol::PartitionDigest> read_digests_;
  Stage stage_ = Stage::kPreparing;
  std::chrono::nanoseconds stage_started_{0};
  std::chrono::nanoseconds last_watch_{0};
  std::chrono::nanoseconds deadline_ = std::chrono::nanoseconds::max();
};

PushJob::PushJob(PushSettings settings, const Clock* clock) : settings_(std::move(settings)), clock_(clock) {}

Result<PushSummary> PushJob::Run(const ProgressCallback& progress) {
  summary_ = {};
  PushRun run(*this, progress);
  VENICE_TRY(run.Run());
  return summary_;
}

}  // namespace venice::push
