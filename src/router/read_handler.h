// The data endpoints of the router: single and batch reads. Source: read-path reference 2.2 to 2.5, 3.6.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "dispatch/dispatcher.h"
#include "net/http_server.h"
#include "router/request_path.h"
#include "router/router.h"
#include "router/serving_table.h"

namespace venice::router {

struct GetCall;
struct BatchCall;

// Loop-bound: one on each event loop of the router.
class ReadHandler {
 public:
  ReadHandler(net::EventLoop& loop, const RouterSettings& settings, const dispatch::RetryThresholds& batch_thresholds);
  ~ReadHandler();

  void SetTable(std::shared_ptr<const ServingTable> table);
  const std::shared_ptr<const ServingTable>& table() const { return table_; }

  void Handle(RequestPath path, net::HttpRequest request, net::Responder responder);

 private:
  // The store, ready to be read; or an answer that says why not.
  std::shared_ptr<const ServedStore> FindStore(const std::string& name, net::HttpResponse* refusal) const;
  // Has the version that answers for the store changed since `version` was asked?
  bool Swapped(const std::string& store, int32_t version) const;
  bool SupportedCompression(const net::HttpRequest& request, int32_t* id, net::HttpResponse* refusal) const;
  // What the client may get as it is: NO_OP, and what it announced if the store allows that.
  bool PassThrough(const ServedStore& store, int32_t compression, int32_t supported) const;

  void Get(RequestPath path, const net::HttpRequest& request, net::Responder responder);
  void SendGet(std::shared_ptr<GetCall> call);
  void OnGetAnswer(const std::shared_ptr<GetCall>& call, dispatch::Answer answer);

  void Batch(RequestPath path, net::HttpRequest request, net::Responder responder, bool compute);
  void SendBatch(std::shared_ptr<BatchCall> call);
  void OnBatchPart(BatchCall& call, dispatch::Answer answer);
  void OnBatchDone(const std::shared_ptr<BatchCall>& call);

  Result<protocol::Compressor*> CompressorFor(int32_t strategy, const ServedVersion& version);
  Result<std::string> Decompress(int32_t strategy, const ServedVersion& version, std::string_view bytes);
  Result<std::string> DecompressRecords(int32_t strategy, const ServedVersion& version, std::string_view body);
  dispatch::RetryBudget* BudgetOf(const std::string& store, bool batch);

  const RouterSettings& settings_;
  const dispatch::RetryThresholds batch_thresholds_;
  std::shared_ptr<const ServingTable> table_ = std::make_shared<ServingTable>();
  std::map<std::pair<std::string, bool>, std::unique_ptr<dispatch::RetryBudget>> budgets_;  // by store and kind
  std::map<std::pair<int32_t, const void*>, std::unique_ptr<protocol::Compressor>> compressors_;
  std::vector<std::shared_ptr<const protocol::ZstdDictionary>> compressor_dictionaries_;  // keep the keys above alive
  dispatch::HostPool hosts_;
  dispatch::Dispatcher dispatcher_;
};

}  // namespace venice::router
