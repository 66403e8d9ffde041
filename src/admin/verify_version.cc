#include "admin/verify_version.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace venice::admin {

Result<Answer> VerifyVersion(const Arguments& arguments, Session& session) {
  using Json = nlohmann::ordered_json;
  const std::string& store = arguments.at("store");
  const std::string& version = arguments.at("version");
  VENICE_ASSIGN(const std::string text,
                session.CallController("/list_replicas", {{"store_name", store}, {"version", version}}));
  const Json listed = Json::parse(text, nullptr, false);
  if (!listed.is_object() || !listed.contains("replicas") || !listed["replicas"].is_array()) {
    return Error(ErrorCode::kCorruption, "the controller's list of replicas can not be read: " + text);
  }
  if (listed["replicas"].empty()) {
    return Error(
        ErrorCode::kNotFound,
        fmt::format("version {} of store '{}' has no replicas; describe-store lists its versions", version, store));
  }
  Json report = {{"store", store}, {"version", version}, {"verdict", "EQUAL"}, {"replicas", Json::array()}};
  bool equal = true;
  for (const Json& replica : listed["replicas"]) {
    const Json instance = replica.value("instance", Json::object());
    const std::string host = instance.value("host", "");
    const int port = instance.value("port", 0);
    const int partition = replica.value("partitionId", -1);
    Json row = {{"partition", partition}, {"server", fmt::format("{}:{}", host, port)}};
    const auto answer =
        session.Get(fmt::format("http://{}:{}/verify/{}_v{}/{}", host, port, store, version, partition));
    const Json verified = answer.ok() ? Json::parse(*answer, nullptr, false) : Json();
    if (verified.is_object()) {
      row.update(verified);
      equal = equal && verified.value("equal", false);
    } else {
      row["error"] = answer.ok() ? "the server's answer can not be read" : answer.error().message();
      equal = false;
    }
    report["replicas"].push_back(std::move(row));
  }
  if (!equal) report["verdict"] = "DIFFERENT";
  return Answer{.json = report.dump(), .exit_code = equal ? 0 : Info(ErrorCode::kCorruption).exit_code};
}

}  // namespace venice::admin
