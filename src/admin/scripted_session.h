// For tests: a controller that answers from a table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/command.h"

namespace venice::admin {

class ScriptedSession : public Session {
 public:
  // The answer to a path, for one store when there is one under "path store", else for all.
  std::map<std::string, std::string> answers;

  Result<std::string> CallController(const std::string& path,
                                     const std::map<std::string, std::string>& parameters) override {
    const auto store = parameters.find("store_name");
    auto found = store == parameters.end() ? answers.end() : answers.find(path + " " + store->second);
    if (found == answers.end()) found = answers.find(path);
    if (found == answers.end())
      return Error(ErrorCode::kStoreNotFound, fmt::format("Store: {} does not exist in cluster c", store->second));
    return found->second;
  }
  // By what follows "http://host".
  Result<std::string> Get(const std::string& url) override {
    const auto found = answers.find("GET " + url.substr(std::min(url.find('/', 7), url.size())));
    if (found == answers.end()) return Error(ErrorCode::kUnavailable, "refused");
    return found->second;
  }

  // A store with these value schemas, of ids 1, 2, ...
  void AddStore(const std::string& name, const std::vector<std::string>& schemas, bool enum_evolution = false) {
    using Json = nlohmann::json;
    Json listed = {{"cluster", "c"}, {"name", name}, {"superSetSchemaId", -1}, {"schemas", Json::array()}};
    for (size_t i = 0; i < schemas.size(); ++i) {
      listed["schemas"].push_back(
          {{"id", i + 1},
           {"derivedSchemaId", -1},
           {"schemaStr", schemas[i]},
           {"registrationTimestamp", 1'700'000'000'000 + 86'400'000 * static_cast<int64_t>(i)}});
    }
    const Json store = {
        {"name", name}, {"owner", "team"}, {"currentVersion", 3}, {"enumSchemaEvolutionAllowed", enum_evolution}};
    answers["/store " + name] = Json{{"cluster", "c"}, {"store", store}}.dump();
    answers["/get_all_value_schema " + name] = listed.dump();
    for (size_t i = 0; i < schemas.size(); ++i)
      listed["schemas"][i]["registrationTimestamp"] = 1'700'000'000'000 + 86'400'000 * static_cast<int64_t>(i);
    answers[fmt::format("GET /schema/{}?cluster_name=c", name)] = listed.dump();
    answers["/get_key_schema " + name] = R"({"id":1,"schemaStr":"\"string\""})";
  }
};

}  // namespace venice::admin
