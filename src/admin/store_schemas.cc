#include "admin/store_schemas.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/http.h"

namespace venice::admin {
namespace {

using Json = nlohmann::json;

Result<Json> CallFor(Session& session, const std::string& path, const std::string& store) {
  VENICE_ASSIGN(const std::string text, session.CallController(path, {{"store_name", store}}));
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object())
    return Error(ErrorCode::kCorruption,
                 fmt::format("the controller's answer to {} can not be read: {}", path, text.substr(0, 200)));
  return json;
}

// The member, or `otherwise` when it is missing or of another type.
template <typename T>
T Member(const Json& json, const char* name, T otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  if constexpr (std::is_same_v<T, std::string>) {
    return found->is_string() ? found->get<T>() : otherwise;
  } else if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<T>() : otherwise;
  } else {
    return found->is_number_integer() ? found->get<T>() : otherwise;
  }
}

}  // namespace

Result<StoreSchemas> FetchStoreSchemas(Session& session, const std::string& store) {
  VENICE_ASSIGN(const Json described, CallFor(session, "/store", store));
  VENICE_ASSIGN(const Json listed, CallFor(session, "/get_all_value_schema", store));
  if (!described.contains("store") || !described["store"].is_object() || !listed.contains("schemas") ||
      !listed["schemas"].is_array())
    return Error(ErrorCode::kCorruption,
                 fmt::format("the controller's description of store {} can not be read", store));
  StoreSchemas schemas{.name = store,
                       .cluster = Member<std::string>(listed, "cluster", ""),
                       .owner = Member<std::string>(described["store"], "owner", ""),
                       .current_version = Member<int32_t>(described["store"], "currentVersion", 0),
                       .enum_evolution = Member<bool>(described["store"], "enumSchemaEvolutionAllowed", false),
                       .superset_id = std::max(0, Member<int32_t>(listed, "superSetSchemaId", 0)),
                       .versions = {}};
  for (const Json& entry : listed["schemas"]) {
    if (!entry.is_object()) continue;
    StoreSchemas::Version version{.id = Member<int32_t>(entry, "id", 0),
                                  .text = Member<std::string>(entry, "schemaStr", "")};
    // The list also holds derived schemas in Venice's controller.
    if (version.id > 0 && Member<int32_t>(entry, "derivedSchemaId", -1) <= 0)
      schemas.versions.push_back(std::move(version));
  }
  std::sort(schemas.versions.begin(), schemas.versions.end(), [](auto& a, auto& b) { return a.id < b.id; });
  return schemas;
}

Status FetchKeySchema(Session& session, StoreSchemas& schemas) {
  VENICE_ASSIGN(const Json key, CallFor(session, "/get_key_schema", schemas.name));
  schemas.key_schema = Member<std::string>(key, "schemaStr", "");
  return Ok();
}

void FetchRegistrationTimes(Session& session, const std::string& urls, StoreSchemas& schemas) {
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');) {
    while (url.ends_with('/')) url.pop_back();
    const auto text = session.Get(fmt::format("{}/schema/{}?cluster_name={}", url, net::PercentEncode(schemas.name),
                                              net::PercentEncode(schemas.cluster)));
    const Json json = text.ok() ? Json::parse(*text, nullptr, false) : Json();
    if (!json.is_object() || !json.contains("schemas") || !json["schemas"].is_array()) continue;
    for (const Json& entry : json["schemas"]) {
      if (!entry.is_object()) continue;
      const int32_t id = Member<int32_t>(entry, "id", 0);
      for (StoreSchemas::Version& version : schemas.versions) {
        if (version.id == id) version.registered_ms = Member<int64_t>(entry, "registrationTimestamp", 0);
      }
    }
    return;
  }
}

}  // namespace venice::admin
