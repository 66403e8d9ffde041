#include "controller/http_front.h"

#include <charconv>

#include "base/log.h"
#include "console/assets.h"
#include "controller/handlers.h"
#include "controller_api/routes.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using controller_api::Answers;
using controller_api::ClusterName;
using controller_api::Route;

const HandlerTable& Handlers() {
  static const HandlerTable table = [] {
    HandlerTable t;
    AddStoreHandlers(t);
    AddSchemaHandlers(t);
    AddRestHandlers(t);
    AddVersionHandlers(t);
    AddNodeHandlers(t);
    AddDiscoveryHandlers(t);
    return t;
  }();
  return table;
}

// Of texts that end in a record or a path. ZooKeeper closes the connection of who sends it a request of a megabyte.
constexpr size_t kParameterBytesMax = 64 << 10;

// These have limits of their own, or only that of the request.
bool MayBeLong(std::string_view name) {
  return name == param::kKeySchema || name == param::kValueSchema || name == param::kDerivedSchema ||
         name == param::kDictionary || name == param::kRecordCounts || name == param::kRecordDigests;
}

std::string WhyTooLong(const ParamList& params) {
  for (const auto& [name, value] : params)
    if (value.size() > kParameterBytesMax && !MayBeLong(name))
      return "parameter " + name.substr(0, 100) + " has " + std::to_string(value.size()) + " bytes; at most " +
             std::to_string(kParameterBytesMax) + " are allowed";
  return {};
}

// Venice answers these with HTTP 200 and `error` set; its tools rely on that.
bool FailsWith200(std::string_view path) {
  return path == "/delete_store" || path == "/update_store" || path == "/roll_forward_to_future_version";
}

// `exceptionType` is what old clients know of the newer error types.
std::string_view ExceptionType(std::string_view error_type) {
  if (error_type == "CONCURRENT_BATCH_PUSH" || error_type == "RESOURCE_STILL_EXISTS" ||
      error_type == "PROTOCOL_ERROR" || error_type == "ACL_ERROR" || error_type == "STORE_DISABLED")
    return "BAD_REQUEST";
  return error_type;
}

void SetError(Json& out, std::string_view type, const std::string& message) {
  out["error"] = message;
  out["errorType"] = std::string(type);
  out["exceptionType"] = std::string(ExceptionType(type));
}

Json Base(const ParamList& params) {
  const auto text = [&](std::string_view name) -> Json {
    for (const auto& [key, value] : params)
      if (key == name && !value.empty()) return value;
    return nullptr;
  };
  Json out;
  out["cluster"] = text(param::kCluster);
  out["name"] = text(param::kStore);
  out["error"] = nullptr;
  out["errorType"] = nullptr;
  out["exceptionType"] = nullptr;
  return out;
}

net::HttpResponse Respond(int status, const Json& json) {
  net::HttpResponse response;
  response.status = status;
  response.headers.Set("Content-Type", "application/json");
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

net::HttpResponse Refuse(Json out, int status, std::string_view type, const std::string& message) {
  SetError(out, type, message);
  return Respond(status, out);
}

// Query and form body together, for any method, as servlets do.
ParamList ParseParams(const net::HttpRequest& request) {
  ParamList params = net::ParseForm(request.query());
  const std::string* type = request.headers.Find("Content-Type");
  if (type != nullptr && type->starts_with("application/x-www-form-urlencoded")) {
    ParamList form = net::ParseForm(request.body);
    params.insert(params.end(), std::make_move_iterator(form.begin()), std::make_move_iterator(form.end()));
  }
  return params;
}

net::HttpResponse Index(const std::vector<Cluster*>& clusters) {
  Json out;
  out["service"] = "venice-controller";
  out["health"] = "/health";
  out["console"] = "/ui/";
  out["documentation"] = "/api-docs";
  out["clusters"] = Json::object();
  for (const Cluster* cluster : clusters) {
    const std::string url = UrlOfInstance(cluster->Leader());
    out["clusters"][cluster->name()] = url.empty() ? Json("no leader") : Json("led by " + url);
  }
  out["routes"] = Json::array();
  for (const Route& route : controller_api::Routes()) {
    Json row;
    row["route"] = std::string(route.method) + " " + std::string(route.path);
    row["summary"] = std::string(route.summary);
    Json parameters = Json::object();
    if (route.cluster_name == ClusterName::kRequired) parameters["cluster_name"] = "Required. Name of the cluster.";
    if (route.cluster_name == ClusterName::kOptional)
      parameters["cluster_name"] = "Name of the cluster; found by the store when absent.";
    for (const controller_api::RouteParameter& p : route.parameters)
      parameters[std::string(p.name)] = (p.required ? "Required. " : "") + std::string(p.description);
    row["parameters"] = std::move(parameters);
    out["routes"].push_back(std::move(row));
  }
  return Respond(200, out);
}

}  // namespace

net::HttpResponse NotNow(const std::string& why) { return Refuse(Base({}), 503, "GENERAL_ERROR", why); }

std::string Call::Text(std::string_view name) const {
  for (const auto& [key, value] : params)
    if (key == name) return value;
  return {};
}

Result<int32_t> Call::Integer(std::string_view name) const {
  const std::string text = Text(name);
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error(ErrorCode::kInvalidArgument,
                 "parameter " + std::string(name) + "=" + text + ": must be a whole number");
  return value;
}

Result<bool> Call::Bool(std::string_view name, bool fallback) const {
  const std::string text = Text(name);
  if (text.empty()) return fallback;
  return ParseBool(std::string(name), text);
}

Cluster* Call::FindCluster(std::string_view name) const {
  for (Cluster* cluster : clusters)
    if (cluster->name() == name) return cluster;
  return nullptr;
}

HttpFront::HttpFront(const ControllerSettings& settings, std::vector<Cluster*> clusters)
    : settings_(settings),
      clusters_(std::move(clusters)),
      pool_("ctl-handler", settings.handler_threads, settings.requests_waiting_max) {}
HttpFront::~HttpFront() { Stop(); }
void HttpFront::Stop() { pool_.Stop(); }

void HttpFront::Handle(net::HttpRequest request, net::Responder responder) {
  // std::function wants copies; the responder cannot be copied.
  auto waiting = std::make_shared<net::Responder>(std::move(responder));
  auto asked = std::make_shared<net::HttpRequest>(std::move(request));
  if (!pool_.Submit([this, asked, waiting] { waiting->Send(Answer(*asked)); }))
    waiting->Send(NotNow("this controller is overloaded or stopping; retry later"));
}

std::optional<net::HttpResponse> HttpFront::FindCluster(Call& call) const {
  const Route& route = call.route;
  std::string name = call.Text(param::kCluster);
  if (name.empty() && route.cluster_name == ClusterName::kRequired)
    return Refuse(call.out, 400, "BAD_REQUEST", "cluster_name is a required parameter");
  if (route.answers == Answers::kAnyController) return std::nullopt;
  if (name.empty()) {
    const std::string store = call.Store();
    if (store.empty()) return std::nullopt;  // about all clusters
    Result<std::string> found = ClusterOf(store);
    if (!found.ok()) {
      const ErrorCodeInfo& info = Info(found.error().code());
      return Refuse(call.out, info.http_status, info.venice_type, found.error().message());
    }
    name = *std::move(found);
    call.out["cluster"] = name;
  }
  call.cluster = call.FindCluster(name);
  if (call.cluster != nullptr && (route.answers == Answers::kClusterMember || call.cluster->Leads()))
    return std::nullopt;
  std::string message = "This controller " + settings_.advertised_host + " is not the active controller";
  if (call.cluster == nullptr) {
    message += " of cluster " + name + ": it serves";
    for (const Cluster* cluster : clusters_) message += " " + cluster->name();
  } else if (const std::string leader = UrlOfInstance(call.cluster->Leader()); !leader.empty()) {
    message += "; the leader is " + leader;
  }
  return Refuse(call.out, 421, "INCORRECT_CONTROLLER", message);
}

Result<std::string> HttpFront::ClusterOf(const std::string& store) const {
  std::optional<metadata::StoreConfig> config;
  if (HasStoreNameForm(store)) {
    VENICE_ASSIGN(config, metadata::ReadStoreConfig(clusters_.front()->context().zk, store));
  }
  if (config && !config->cluster.empty()) return config->cluster;
  if (clusters_.size() == 1) return clusters_.front()->name();
  return Error(ErrorCode::kStoreNotFound, "Store: " + store.substr(0, 256) + " does not exist in any cluster");
}

net::HttpResponse HttpFront::Answer(const net::HttpRequest& request) const {
  const std::string path(request.path());
  if (path == "/" || path.empty()) return console::WantsPage(request) ? console::RedirectToConsole() : Index(clusters_);
  if (std::optional<net::HttpResponse> page = console::Answer(request)) return *std::move(page);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  const controller_api::RouteMatch match = controller_api::FindRoute(path, method);
  const Route* route = match.route;
  ParamList params = ParseParams(request);
  if (!match.store.empty()) params.insert(params.begin(), {std::string(param::kStore), match.store});
  if (const std::string why = WhyTooLong(params); !why.empty()) return Refuse(Base({}), 400, "BAD_REQUEST", why);
  Json out = Base(params);
  if (route == nullptr)
    return Refuse(out, 404, "BAD_REQUEST", "there is no route " + path.substr(0, 200) + "; GET / lists them all");
  if (method != route->method) {
    net::HttpResponse response =
        Refuse(out, 405, "BAD_REQUEST",
               path.substr(0, 200) + " is called by " + match.methods + ", not " + request.method.substr(0, 20));
    response.headers.Set("Allow", match.methods);
    return response;
  }

  Call call{*route, params, request.body, nullptr, clusters_, settings_, out};
  // The order of these checks is Venice's: cluster, leadership, parameters.
  if (std::optional<net::HttpResponse> refused = FindCluster(call)) return *std::move(refused);
  for (const controller_api::RouteParameter& p : route->parameters)
    if (p.required && call.Text(p.name).empty())
      return Refuse(out, 400, "BAD_REQUEST", std::string(p.name) + " is a required parameter");

  if (const std::string store = call.Store(); !store.empty() && route->path != "/new_store" && !HasStoreNameForm(store))
    return Refuse(out, 404, "STORE_NOT_FOUND",
                  "Store: " + store.substr(0, 256) + " does not exist: names have only letters, digits, '_' and '-'");
  const auto handler = Handlers().find(route->path);
  VENICE_CHECK(handler != Handlers().end());  // http_front_test compares the two tables
  Status done = handler->second(call);
  if (!done.ok()) {
    const Error& error = done.error();
    const ErrorCodeInfo& info = Info(error.code());
    const int status = call.http_status != 200 ? call.http_status : FailsWith200(route->path) ? 200 : info.http_status;
    if (info.http_status >= 500) LogWarning("controller.request_failed", {{"path", path}, {"error", error.ToString()}});
    return Refuse(std::move(out), status, info.venice_type, error.message());
  }
  net::HttpResponse response = Respond(call.http_status, out);
  if (!call.location.empty()) response.headers.Set("Location", call.location);
  return response;
}

}  // namespace venice::controller
