#include "controller_api/client.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <random>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "controller_api/routes.h"
#include "net/http.h"

namespace venice::controller_api {

namespace {

using Json = nlohmann::json;

// The code behind an answer that carries an error. Several codes share one ErrorType; the HTTP status tells them apart.
ErrorCode CodeOf(std::string_view type, int http_status) {
  if (type == "STORE_NOT_FOUND") return ErrorCode::kStoreNotFound;
  if (type == "SCHEMA_NOT_FOUND") return ErrorCode::kSchemaNotFound;
  if (type == "INVALID_SCHEMA") return ErrorCode::kInvalidSchema;
  if (type == "INVALID_CONFIG") return ErrorCode::kInvalidConfig;
  if (type == "INCORRECT_CONTROLLER") return ErrorCode::kNotLeader;
  if (type == "CONCURRENT_BATCH_PUSH") return ErrorCode::kConcurrentPush;
  if (type == "STORE_DISABLED") return ErrorCode::kStoreDisabled;
  if (type == "ACL_ERROR") return ErrorCode::kPermissionDenied;
  if (type == "CONNECTION_ERROR") return ErrorCode::kUnavailable;
  switch (http_status) {
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kAlreadyExists;
    case 413:
      return ErrorCode::kTooLarge;
    case 421:
      return ErrorCode::kNotLeader;
    case 429:
      return ErrorCode::kResourceExhausted;
    case 501:
      return ErrorCode::kUnsupported;
    case 503:
      return ErrorCode::kUnavailable;
    default:
      break;
  }
  return type == "BAD_REQUEST" || http_status == 400 ? ErrorCode::kInvalidArgument : ErrorCode::kInternal;
}

std::string Text(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

int64_t Number(const Json& json, const char* name, int64_t fallback = 0) {
  const auto it = json.find(name);
  return it != json.end() && it->is_number_integer() ? it->get<int64_t>() : fallback;
}

const Json& Child(const Json& json, const char* name) {
  static const Json kNone;
  const auto it = json.find(name);
  return it == json.end() ? kNone : *it;
}

std::map<std::string, std::string> TextMap(const Json& json) {
  std::map<std::string, std::string> map;
  if (!json.is_object()) return map;
  for (const auto& [key, value] : json.items())
    if (value.is_string()) map[key] = value.get<std::string>();
  return map;
}

bool MayRepeat(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout ||
         error.code() == ErrorCode::kNotLeader;
}

// An answer that carries an error is final, whatever its code: repeating is for requests that no leader has seen.
Error Final(Error error) {
  if (error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout)
    return Error(ErrorCode::kNotReady, error.message());
  return error;
}

std::string_view ParamValue(const Params& params, std::string_view name) {
  for (const auto& [key, value] : params)
    if (key == name) return value;
  return {};
}

std::string FormEncode(const Params& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    if (!out.empty()) out += '&';
    out += net::PercentEncode(name);
    out += '=';
    out += net::PercentEncode(value);
  }
  return out;
}

Schema ToSchema(const Json& json) { return {static_cast<int32_t>(Number(json, "id", -1)), Text(json, "schemaStr")}; }

VersionCreation ToVersionCreation(const Json& json) {
  VersionCreation creation;
  creation.version = static_cast<int32_t>(Number(json, "version"));
  creation.partitions = static_cast<int32_t>(Number(json, "partitions"));
  creation.replicas = static_cast<int32_t>(Number(json, "replicas"));
  creation.topic = Text(json, "kafkaTopic");
  creation.bootstrap_servers = Text(json, "kafkaBootstrapServers");
  creation.compression = metadata::ParseCompressionStrategy(Text(json, "compressionStrategy"))
                             .value_or(metadata::CompressionStrategy::kNoOp);
  creation.partitioner_class = Text(json, "partitionerClass");
  creation.partitioner_params = TextMap(Child(json, "partitionerParams"));
  return creation;
}

}  // namespace

class ControllerClient::Impl {
 public:
  explicit Impl(ControllerClientOptions options) : options_(std::move(options)), random_(std::random_device{}()) {}

  // Repeats by the rules of Venice's client. `any_controller`: no leader is looked up first.
  Result<Json> Request(const std::string& path, const Params& params, std::chrono::milliseconds timeout, int attempts) {
    std::optional<Error> last;
    for (int attempt = 0; attempt < std::max(attempts, 1); ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(options_.retry_interval);
      Result<Json> answer = Once(path, params, timeout);
      if (answer.ok() || !MayRepeat(answer.error())) return answer;
      Forget(std::string(ParamValue(params, param::kStore)));
      LogDebug("controller_client.retry", {{"path", path}, {"error", answer.error().ToString()}});
      last = std::move(answer).error();
    }
    return *std::move(last);
  }

  Result<std::string> ClusterOf(const std::string& store) {
    if (!options_.cluster.empty()) return options_.cluster;
    if (store.empty())
      return Error(ErrorCode::kInvalidArgument, "no cluster is named, and there is no store to find it by; name one");
    {
      std::lock_guard lock(mutex_);
      if (const auto it = cluster_of_.find(store); it != cluster_of_.end()) return it->second;
    }
    VENICE_ASSIGN(const Json json, AskAny("/discover_cluster",
                                          {{std::string(param::kCluster), "*"}, {std::string(param::kStore), store}}));
    const std::string cluster = Text(json, "cluster");
    std::lock_guard lock(mutex_);
    cluster_of_[store] = cluster;
    return cluster;
  }

  Result<std::string> Leader(const std::string& cluster) {
    {
      std::lock_guard lock(mutex_);
      if (const auto it = leader_of_.find(cluster); it != leader_of_.end()) return it->second;
    }
    Result<Json> answer = AskAny("/leader_controller", {{std::string(param::kCluster), cluster}});
    if (!answer.ok()) {
      // Between two leaders: the next one comes.
      if (answer.error().code() == ErrorCode::kNotReady)
        return Error(ErrorCode::kUnavailable, answer.error().message());
      return std::move(answer).error();
    }
    const Json& json = *answer;
    const std::string url = Text(json, "url");
    if (url.empty())
      return Error(ErrorCode::kUnavailable, "cluster " + cluster + " has no leading controller now; retry");
    std::lock_guard lock(mutex_);
    leader_of_[cluster] = url;
    return url;
  }

  // Of the configured controllers, in random order, until one answers.
  Result<Json> AskAny(const std::string& path, const Params& params) {
    if (options_.urls.empty())
      return Error(ErrorCode::kInvalidArgument, "no controller URL is given, for example http://localhost:5555");
    std::vector<std::string> urls = options_.urls;
    {
      std::lock_guard lock(mutex_);
      std::shuffle(urls.begin(), urls.end(), random_);
    }
    std::optional<Error> last;
    for (const std::string& url : urls) {
      Result<Json> answer = Send(url, path, params, options_.request_timeout);
      if (answer.ok() || !MayRepeat(answer.error())) return answer;
      last = std::move(answer).error();
    }
    return *std::move(last);
  }

  const ControllerClientOptions& options() const { return options_; }

 private:
  Result<Json> Once(const std::string& path, const Params& params, std::chrono::milliseconds timeout) {
    const RouteMatch match = Match(path);
    const bool any = match.route != nullptr && match.route->answers == Answers::kAnyController;
    Params full = params;
    if (any) {
      if (ParamValue(full, param::kCluster).empty())
        full.insert(full.begin(), {std::string(param::kCluster), options_.cluster.empty() ? "*" : options_.cluster});
      return AskAny(path, full);
    }
    std::string cluster(ParamValue(full, param::kCluster));
    if (cluster.empty()) {
      VENICE_ASSIGN(cluster,
                    ClusterOf(match.store.empty() ? std::string(ParamValue(full, param::kStore)) : match.store));
      full.insert(full.begin(), {std::string(param::kCluster), cluster});
    }
    VENICE_ASSIGN(const std::string leader, Leader(cluster));
    return Send(leader, path, full, timeout);
  }

  Result<Json> Send(const std::string& url_text, const std::string& path, const Params& params,
                    std::chrono::milliseconds timeout) {
    VENICE_ASSIGN(const net::Url url, net::ParseUrl(url_text));
    net::HttpRequest request;
    const Route* route = Match(path).route;
    request.method = route != nullptr ? std::string(route->method) : "GET";
    request.target = path.substr(path.find('/'));
    const std::string form = FormEncode(params);
    if (request.method == "GET") {
      if (!form.empty()) request.target += "?" + form;
    } else {
      request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
      request.body = form;
    }
    Result<net::HttpResponse> response = http_.Send(url.endpoint, std::move(request), timeout);
    if (!response.ok())
      return std::move(response).error().In("controller " + url.endpoint.ToString() + " " + path +
                                            " (is it running, and is the URL right?)");
    return Judge(*response, url.endpoint.ToString() + " " + path);
  }

  // "/store" or "POST /schema/books".
  static RouteMatch Match(std::string_view path) {
    const size_t slash = std::min(path.find('/'), path.size());
    return FindRoute(path.substr(slash), path.substr(0, slash == 0 ? 0 : slash - 1));
  }

  static Result<Json> Judge(const net::HttpResponse& response, const std::string& what) {
    Json json = Json::parse(response.body, nullptr, false);
    if (json.is_object()) {
      if (const std::string error = Text(json, "error"); !error.empty())
        return Final(Error(CodeOf(Text(json, "errorType"), response.status), error));
      if (response.status == 200) return json;
    }
    const std::string* type = response.headers.Find("Content-Type");
    const bool text = type != nullptr && type->starts_with("text/plain");
    const std::string detail = text ? response.body.substr(0, 500) : "";
    if (response.status == 200)
      return Error(ErrorCode::kCorruption,
                   "controller " + what + " answered something that is not JSON: is it a Venice controller?");
    return Error(text && response.status / 100 == 4 ? ErrorCode::kInvalidArgument : CodeOf("", response.status),
                 "controller " + what + " answered HTTP " + std::to_string(response.status) +
                     (detail.empty() ? "" : ": " + detail));
  }

  void Forget(const std::string& store) {
    std::lock_guard lock(mutex_);
    leader_of_.clear();
    cluster_of_.erase(store);
  }

  const ControllerClientOptions options_;
  net::BlockingHttpClient http_;
  std::mutex mutex_;  // guards all below
  std::mt19937 random_;
  std::map<std::string, std::string> cluster_of_;  // store -> cluster
  std::map<std::string, std::string> leader_of_;   // cluster -> URL
};

ControllerClient::ControllerClient(ControllerClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
ControllerClient::~ControllerClient() = default;

namespace {
std::pair<std::string, std::string> Pair(std::string_view name, std::string value) {
  return {std::string(name), std::move(value)};
}
const char* Bool(bool value) { return value ? "true" : "false"; }
}  // namespace

#define VENICE_ASK(json, path, ...) \
  VENICE_ASSIGN(const Json json,    \
                impl_->Request(path, Params __VA_ARGS__, impl_->options().request_timeout, impl_->options().attempts))

Result<std::string> ControllerClient::Call(const std::string& path, const Params& params) {
  VENICE_ASK(json, path, (params));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Discovery> ControllerClient::DiscoverCluster(const std::string& store) {
  VENICE_ASK(json, "/discover_cluster", {Pair(param::kCluster, "*"), Pair(param::kStore, store)});
  return Discovery{Text(json, "cluster"), Text(json, "name"), Text(json, "d2Service"), Text(json, "serverD2Service")};
}

Result<std::string> ControllerClient::LeaderController() {
  VENICE_ASK(json, "/leader_controller", {});
  return Text(json, "url");
}

Status ControllerClient::NewStore(const NewStoreRequest& request) {
  VENICE_ASK(json, "/new_store",
             {Pair(param::kStore, request.store), Pair(param::kOwner, request.owner),
              Pair(param::kKeySchema, request.key_schema), Pair(param::kValueSchema, request.value_schema)});
  return Ok();
}

Result<StoreDescription> ControllerClient::GetStore(const std::string& store) {
  VENICE_ASK(json, "/store", {Pair(param::kStore, store)});
  StoreDescription description;
  description.json = Child(json, "store").dump();
  VENICE_ASSIGN(description.store, metadata::ParseStoreInfo(description.json));
  return description;
}

Result<std::vector<std::string>> ControllerClient::ListStores() {
  VENICE_ASK(json, "/list_stores", {});
  std::vector<std::string> names;
  for (const Json& name : Child(json, "stores"))
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names;
}

Status ControllerClient::UpdateStore(const std::string& store, const Params& changes) {
  Params params = changes;
  params.insert(params.begin(), Pair(param::kStore, store));
  VENICE_ASK(json, "/update_store", (params));
  return Ok();
}

Status ControllerClient::DeleteStore(const std::string& store) {
  VENICE_ASK(json, "/delete_store", {Pair(param::kStore, store)});
  return Ok();
}

Status ControllerClient::EnableStore(const std::string& store, const std::string& operation, bool enabled) {
  VENICE_ASK(json, "/enable_store",
             {Pair(param::kStore, store), Pair("operation", operation), Pair("status", Bool(enabled))});
  return Ok();
}

Result<Schema> ControllerClient::GetKeySchema(const std::string& store) {
  VENICE_ASK(json, "/get_key_schema", {Pair(param::kStore, store)});
  return ToSchema(json);
}

Result<Schema> ControllerClient::AddValueSchema(const std::string& store, const std::string& schema) {
  VENICE_ASK(json, "/add_value_schema", {Pair(param::kStore, store), Pair(param::kValueSchema, schema)});
  return ToSchema(json);
}

Result<Schema> ControllerClient::GetValueSchema(const std::string& store, int32_t id) {
  VENICE_ASK(json, "/get_value_schema", {Pair(param::kStore, store), Pair(param::kSchemaId, std::to_string(id))});
  return ToSchema(json);
}

Result<std::optional<int32_t>> ControllerClient::GetValueSchemaId(const std::string& store, const std::string& schema) {
  Result<Json> json =
      impl_->Request("/get_value_schema_id", {Pair(param::kStore, store), Pair(param::kValueSchema, schema)},
                     impl_->options().request_timeout, impl_->options().attempts);
  if (!json.ok()) {
    // Venice's answer to "not registered".
    if (json.error().code() == ErrorCode::kInvalidSchema && json.error().message().find("not") != std::string::npos)
      return std::optional<int32_t>();
    return std::move(json).error();
  }
  return std::optional<int32_t>(ToSchema(*json).id);
}

Result<std::vector<Schema>> ControllerClient::GetAllValueSchemas(const std::string& store) {
  VENICE_ASK(json, "/get_all_value_schema", {Pair(param::kStore, store)});
  std::vector<Schema> schemas;
  for (const Json& schema : Child(json, "schemas"))
    if (schema.is_object()) schemas.push_back(ToSchema(schema));
  return schemas;
}

Result<VersionCreation> ControllerClient::RequestTopic(const RequestTopicRequest& request) {
  Params params{Pair(param::kStore, request.store),
                Pair(param::kPushType, request.push_type),
                Pair(param::kPushJobId, request.push_job_id),
                Pair(param::kStartOfPush, Bool(request.start_of_push)),
                Pair(param::kSortedOrder, Bool(request.sorted)),
                Pair(param::kDeferVersionSwap, Bool(request.defer_version_swap)),
                Pair("rewind_time_in_seconds_override", std::to_string(request.rewind_seconds_override))};
  if (!request.partitioners.empty()) params.push_back(Pair(param::kPartitioners, request.partitioners));
  if (!request.targeted_regions.empty()) params.push_back(Pair(param::kTargetedRegions, request.targeted_regions));
  if (request.compression_dictionary)
    params.push_back(Pair(param::kDictionary, Base64Encode(*request.compression_dictionary)));
  VENICE_ASK(json, "/request_topic", (params));
  return ToVersionCreation(json);
}

Result<VersionCreation> ControllerClient::EmptyPush(const std::string& store, const std::string& push_job_id) {
  VENICE_ASK(json, "/empty_push", {Pair(param::kStore, store), Pair(param::kPushJobId, push_job_id)});
  return ToVersionCreation(json);
}

Status ControllerClient::EndOfPush(const EndOfPushRequest& request) {
  Params params{Pair(param::kStore, request.store), Pair(param::kVersion, std::to_string(request.version))};
  Json counts = Json::object();
  for (const auto& [partition, count] : request.record_counts) counts[std::to_string(partition)] = count;
  if (!counts.empty()) params.push_back(Pair(param::kRecordCounts, counts.dump()));
  Json digests = Json::object();
  for (const auto& [partition, digest] : request.record_digests) digests[std::to_string(partition)] = HexEncode(digest);
  if (!digests.empty()) params.push_back(Pair(param::kRecordDigests, digests.dump()));
  VENICE_ASK(json, "/end_of_push", (params));
  return Ok();
}

Result<JobStatus> ControllerClient::GetJobStatus(const std::string& store, int32_t version) {
  VENICE_ASSIGN(const Json json, impl_->Request("/job",
                                                {Pair(param::kStore, store),
                                                 Pair(param::kVersion, std::to_string(version)), Pair("fabric", "*")},
                                                impl_->options().job_status_timeout, 1));
  JobStatus job;
  job.version = static_cast<int32_t>(Number(json, "version"));
  job.status_text = Text(json, "status");
  job.status = metadata::ParseExecutionStatus(job.status_text).value_or(metadata::ExecutionStatus::kUnknown);
  job.details = Text(json, "statusDetails");
  job.extra_info = TextMap(Child(json, "extraInfo"));
  job.extra_details = TextMap(Child(json, "extraDetails"));
  for (const Json& partition : Child(json, "uncompletedPartitions")) {
    if (!partition.is_object()) continue;
    auto& replicas = job.uncompleted_partitions[static_cast<int32_t>(Number(partition, "partitionId"))];
    for (const Json& replica : Child(partition, "uncompletedReplicas"))
      if (replica.is_object())
        replicas.push_back({Text(replica, "instanceId"), Text(replica, "status"), Text(replica, "statusDetails")});
  }
  return job;
}

Status ControllerClient::KillPush(const std::string& topic) {
  const size_t dash = topic.rfind("_v");
  Params params{Pair(param::kTopic, topic)};
  if (impl_->options().cluster.empty() && dash != std::string::npos) {
    VENICE_ASSIGN(std::string cluster, impl_->ClusterOf(topic.substr(0, dash)));
    params.push_back(Pair(param::kCluster, std::move(cluster)));
  }
  VENICE_ASK(json, "/kill_offline_push_job", (params));
  return Ok();
}

Status ControllerClient::SetVersion(const std::string& store, int32_t version) {
  VENICE_ASK(json, "/set_version", {Pair(param::kStore, store), Pair(param::kVersion, std::to_string(version))});
  return Ok();
}

Status ControllerClient::Rollback(const std::string& store) {
  VENICE_ASK(json, "/rollback_to_backup_version", {Pair(param::kStore, store)});
  return Ok();
}

Status ControllerClient::RollForward(const std::string& store) {
  VENICE_ASK(json, "/roll_forward_to_future_version", {Pair(param::kStore, store)});
  return Ok();
}

Status ControllerClient::DeleteOldVersion(const std::string& store, int32_t version) {
  VENICE_ASK(json, "/delete_old_version", {Pair(param::kStore, store), Pair(param::kVersion, std::to_string(version))});
  return Ok();
}

Result<std::vector<int32_t>> ControllerClient::DeleteAllVersions(const std::string& store) {
  VENICE_ASK(json, "/delete_all_versions", {Pair(param::kStore, store)});
  std::vector<int32_t> versions;
  for (const Json& version : Child(json, "versions"))
    if (version.is_number_integer()) versions.push_back(version.get<int32_t>());
  return versions;
}

Result<std::vector<std::string>> ControllerClient::ListInstances() {
  VENICE_ASK(json, "/list_instances", {});
  std::vector<std::string> nodes;
  for (const Json& node : Child(json, "nodes"))
    if (node.is_string()) nodes.push_back(node.get<std::string>());
  return nodes;
}

}  // namespace venice::controller_api
