// Prints controller_api's route table as JSON, for the checks that compare it with openapi.yaml.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "controller_api/routes.h"

using venice::controller_api::Answers;
using venice::controller_api::ClusterName;

int main() {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const venice::controller_api::Route& route : venice::controller_api::Routes()) {
    Json row;
    row["path"] = route.path;
    row["method"] = route.method;
    row["answers"] = route.answers == Answers::kAnyController   ? "any"
                     : route.answers == Answers::kClusterMember ? "member"
                                                                : "leader";
    row["cluster_name"] = route.cluster_name == ClusterName::kRequired   ? "required"
                          : route.cluster_name == ClusterName::kOptional ? "optional"
                                                                         : "unused";
    row["summary"] = route.summary;
    row["parameters"] = Json::array();
    for (const venice::controller_api::RouteParameter& parameter : route.parameters)
      row["parameters"].push_back(
          {{"name", parameter.name}, {"required", parameter.required}, {"description", parameter.description}});
    rows.push_back(std::move(row));
  }
  std::puts(rows.dump(1).c_str());
}
