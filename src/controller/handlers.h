// Private to controller's sources: a request on its way through a handler.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "controller/cluster.h"
#include "controller/update_store.h"
#include "controller_api/routes.h"

namespace venice::controller {

using Json = nlohmann::ordered_json;

struct Call {
  const controller_api::Route& route;
  const ParamList& params;
  const std::string& body;
  Cluster* cluster = nullptr;             // set for routes of one cluster
  const std::vector<Cluster*>& clusters;  // of this process
  const ControllerSettings& settings;
  Json& out;  // the response; the base is filled in already, the rest once nothing can fail any more
  int http_status = 200;
  std::string location;  // of a redirect

  // The parameter's text; empty when absent.
  std::string Text(std::string_view name) const;
  // Errors: kInvalidArgument.
  Result<int32_t> Integer(std::string_view name) const;
  Result<bool> Bool(std::string_view name, bool fallback) const;
  std::string Store() const { return Text(controller_api::param::kStore); }
  // The cluster of that name; nullptr when this controller does not serve it.
  Cluster* FindCluster(std::string_view name) const;
};

using Handler = Status (*)(Call&);
// By the route's path; a handler of two routes with one path looks at the method.
using HandlerTable = std::map<std::string_view, Handler, std::less<>>;

void AddStoreHandlers(HandlerTable& table);
void AddSchemaHandlers(HandlerTable& table);
void AddRestHandlers(HandlerTable& table);
void AddVersionHandlers(HandlerTable& table);
void AddNodeHandlers(HandlerTable& table);
void AddDiscoveryHandlers(HandlerTable& table);

// The `store` object of an answer: what the store leaves to the cluster is said as the cluster has it.
Json StoreInfo(metadata::Store store, const ControllerSettings& settings);

// "http://host:port" of an instance name; empty for no instance.
std::string UrlOfInstance(const std::string& instance);

}  // namespace venice::controller
