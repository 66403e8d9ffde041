#include "controller/controller.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "base/wait.h"
#include "controller/cluster.h"
#include "controller/http_front.h"
#include "controller/topics.h"
#include "net/event_loop.h"
#include "net/http_server.h"

namespace venice::controller {

namespace {

// A compression dictionary travels in a form body, as base64.
constexpr ByteSize kRequestBodyMax{4u << 20};
constexpr ByteSize kRequestLineMax{64u << 10};

}  // namespace

class Controller::Impl {
 public:
  explicit Impl(ControllerSettings settings) : settings_(std::move(settings)), topics_(settings_) {}

  Status Start() {
    VENICE_TRY(Validate(settings_));
    if (settings_.advertised_host.empty())
      settings_.advertised_host = settings_.host == "0.0.0.0" || settings_.host == "::" || settings_.host.empty()
                                      ? "localhost"
                                      : settings_.host;
    loops_ = std::make_unique<net::EventLoopGroup>("ctl-http", settings_.event_loops);
    loops_->Start();
    // Listening comes first, because the port is part of the name under which the clusters are joined.
    net::HttpServerOptions http;
    http.host = settings_.host;
    http.port = settings_.port;
    http.body_max = kRequestBodyMax;
    http.request_line_max = kRequestLineMax;
    server_ =
        std::make_unique<net::HttpServer>(*loops_, http, [this](net::HttpRequest request, net::Responder responder) {
          const std::shared_ptr<HttpFront> front = Front();
          if (front)
            front->Handle(std::move(request), std::move(responder));
          else
            responder.Send(NotNow("this controller is starting; retry"));
        });
    if (Status started = server_->Start(); !started.ok()) {
      Stop();
      return std::move(started).error().In("controller, admin.port");
    }
    const std::string instance = settings_.advertised_host + "_" + std::to_string(server_->port());
    for (const std::string& name : settings_.clusters) {
      clusters_.push_back(std::make_unique<Cluster>(name, instance, settings_, topics_));
      if (Status started = clusters_.back()->Start(); !started.ok()) {
        Stop();
        return std::move(started).error().In("controller of cluster " + name);
      }
    }
    std::vector<Cluster*> clusters;
    for (const auto& cluster : clusters_) clusters.push_back(cluster.get());
    {
      std::lock_guard lock(mutex_);
      front_ = std::make_shared<HttpFront>(settings_, std::move(clusters));
    }
    LogInfo("controller.started", {{"url", url()}});
    return Ok();
  }

  void Stop() {
    if (server_) server_->Stop();
    std::shared_ptr<HttpFront> front;
    {
      std::lock_guard lock(mutex_);
      front.swap(front_);
    }
    if (front) front->Stop();
    for (const auto& cluster : clusters_) cluster->Stop();
    clusters_.clear();
    if (loops_) loops_->Stop();
  }

  uint16_t port() const { return server_ ? server_->port() : 0; }
  std::string url() const { return "http://" + settings_.advertised_host + ":" + std::to_string(port()); }

  bool Leads(const std::string& name) const {
    return std::any_of(clusters_.begin(), clusters_.end(),
                       [&](const auto& cluster) { return cluster->name() == name && cluster->Leads(); });
  }

  bool WaitForLeaders(std::chrono::milliseconds limit) const {
    const std::string self = settings_.advertised_host + "_" + std::to_string(port());
    return WaitUntil(
        [&] {
          return std::all_of(clusters_.begin(), clusters_.end(), [&](const auto& cluster) {
            const std::string leader = cluster->Leader();
            return leader == self ? cluster->Leads() : !leader.empty();
          });
        },
        limit);
  }

 private:
  std::shared_ptr<HttpFront> Front() {
    std::lock_guard lock(mutex_);
    return front_;
  }

  ControllerSettings settings_;
  Topics topics_;
  std::unique_ptr<net::EventLoopGroup> loops_;
  std::unique_ptr<net::HttpServer> server_;
  std::vector<std::unique_ptr<Cluster>> clusters_;
  std::mutex mutex_;  // guards front_
  std::shared_ptr<HttpFront> front_;
};

Controller::Controller(ControllerSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Controller::~Controller() { Stop(); }
Status Controller::Start() { return impl_->Start(); }
void Controller::Stop() { impl_->Stop(); }
uint16_t Controller::port() const { return impl_->port(); }
std::string Controller::url() const { return impl_->url(); }
bool Controller::Leads(const std::string& cluster) const { return impl_->Leads(cluster); }
bool Controller::WaitForLeaders(std::chrono::milliseconds limit) const { return impl_->WaitForLeaders(limit); }

}  // namespace venice::controller
