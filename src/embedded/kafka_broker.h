// What the Kafka front does with each request. One file per subject: kafka_data.cc (records), kafka_topics.cc,
// kafka_configs.cc, kafka_membership.cc (groups and their offsets).
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "embedded/kafka_api.h"
#include "embedded/kafka_groups.h"
#include "embedded/kafka_network.h"
#include "embedded/kafka_server.h"
#include "embedded/kafka_wire.h"
#include "embedded/log_engine.h"

namespace venice::embedded {

// Where an answer goes; a value, good until the connection closes.
struct ReplyTo {
  ConnectionId connection = 0;
  int32_t correlation_id = 0;
  int16_t version = 0;
  bool flexible = false;
};

struct KafkaRequest {
  ReplyTo reply_to;
  Api api = Api::kApiVersions;
  std::string client_id;
  char* bytes = nullptr;  // of the whole request: produced batches are patched in place
  size_t size = 0;
  WireReader body;
  int16_t version() const { return reply_to.version; }
};

// Loop-bound: the network's thread.
class KafkaBroker : public RequestHandler {
 public:
  // All outlive the broker. `host` and `port` are what clients are told.
  KafkaBroker(const KafkaServerOptions& options, LogEngine& engine);
  ~KafkaBroker() override;
  void Attach(KafkaNetwork& network, GroupCoordinator& groups, DurableMap& offsets, std::string host, uint16_t port);

  void OnRequest(ConnectionId connection, char* bytes, size_t size) override;
  void OnClose(ConnectionId connection) override;
  void OnTurnEnd() override;

 private:
  struct PendingFetch;
  using Handler = void (KafkaBroker::*)(KafkaRequest&);
  static Handler HandlerFor(Api api);

  // Starts an answer with its header.
  WireWriter Begin(const ReplyTo& to) const;
  void Send(const ReplyTo& to, WireWriter& writer) { network_->Send(to.connection, writer.Finish()); }
  // For a request whose fields do not parse.
  void Malformed(const KafkaRequest& request);

  void ApiVersions(KafkaRequest& request);
  void ReplyApiVersions(const ReplyTo& to, KafkaError error);
  void Metadata(KafkaRequest& request);
  void FindCoordinator(KafkaRequest& request);
  void DescribeCluster(KafkaRequest& request);

  // kafka_data.cc
  void Produce(KafkaRequest& request);
  AppendResult AppendRecords(const std::string& topic, int32_t partition, char* records, size_t bytes);
  AppendResult AppendTampered(PartitionLog& log, const std::string& topic, int32_t partition, std::string_view batch);
  void Fetch(KafkaRequest& request);
  bool TryFetch(PendingFetch& fetch, bool final);
  void FinishFetch(PendingFetch& fetch);
  void WakeFetchesOf(const PartitionLog* log);
  void ListOffsets(KafkaRequest& request);
  void OffsetForLeaderEpoch(KafkaRequest& request);
  void DeleteRecords(KafkaRequest& request);
  void InitProducerId(KafkaRequest& request);

  // kafka_topics.cc
  std::shared_ptr<const LogTopic> FindOrAutoCreate(const std::string& name, bool may_create);
  void CreateTopics(KafkaRequest& request);
  void DeleteTopics(KafkaRequest& request);
  void CreatePartitions(KafkaRequest& request);

  // kafka_configs.cc
  void DescribeConfigs(KafkaRequest& request);
  void AlterConfigs(KafkaRequest& request);
  void IncrementalAlterConfigs(KafkaRequest& request);

  // kafka_membership.cc
  void JoinGroup(KafkaRequest& request);
  void SyncGroup(KafkaRequest& request);
  void Heartbeat(KafkaRequest& request);
  void LeaveGroup(KafkaRequest& request);
  void OffsetCommit(KafkaRequest& request);
  void OffsetFetch(KafkaRequest& request);
  void DescribeGroups(KafkaRequest& request);
  void ListGroups(KafkaRequest& request);
  void DeleteGroups(KafkaRequest& request);
  void OffsetDelete(KafkaRequest& request);

  const KafkaServerOptions& options_;
  LogEngine& engine_;
  const Clock& clock_;
  KafkaNetwork* network_ = nullptr;
  GroupCoordinator* groups_ = nullptr;
  DurableMap* offsets_ = nullptr;
  std::string host_;
  uint16_t port_ = 0;

  // Long polls, by connection (one request at a time each), and who waits for what.
  std::unordered_map<ConnectionId, std::unique_ptr<PendingFetch>> fetches_;
  std::unordered_map<const PartitionLog*, std::set<ConnectionId>> waiting_;
  std::set<ConnectionId> woken_;

  // With LogSync::kBeforeAck: answers held until the end of the turn, and what must be synced before.
  struct HeldAnswer {
    ReplyTo to;
    WireWriter answer;
  };
  std::vector<HeldAnswer> held_answers_;
  std::map<const PartitionLog*, std::shared_ptr<PartitionLog>> unsynced_;
};

// Kafka's form of an engine error.
KafkaError ErrorForTopicChange(const Error& error);

}  // namespace venice::embedded
