// Version topics and their control messages.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "controller/settings.h"
#include "protocol/content_digest.h"
#include "pubsub/pubsub.h"
#include "writer/version_topic_writer.h"

namespace venice::controller {

// Thread-safe; blocks. One for all clusters of a controller. Connects when first used.
class Topics {
 public:
  explicit Topics(const ControllerSettings& settings) : settings_(settings) {}

  // Eternal retention, not compacted. Errors: kAlreadyExists, kUnavailable.
  Status CreateVersionTopic(const std::string& topic, int32_t partitions);
  Status WriteStartOfPush(const std::string& topic, int32_t partitions, const writer::PushStart& start);
  // One per partition of `digests`, or else of `counts` (-1: not known), or neither.
  Status WriteEndOfPush(const std::string& topic, int32_t partitions,
                        const std::vector<protocol::PartitionDigest>& digests, const std::vector<int64_t>& counts);
  // Lowers the retention so far that the log gives the data up. An absent topic is fine.
  Status Truncate(const std::string& topic);
  // True also for an absent topic.
  Result<bool> IsTruncated(const std::string& topic);
  // Absent is fine.
  Status Delete(const std::string& topic);
  Result<std::vector<std::string>> List();
  Result<bool> Exists(const std::string& topic);

 private:
  Result<pubsub::Admin*> Admin();
  Result<pubsub::Producer*> Producer();

  const ControllerSettings& settings_;
  std::mutex mutex_;  // guards all below
  std::unique_ptr<pubsub::Client> client_;
  std::unique_ptr<pubsub::Admin> admin_;
  std::unique_ptr<pubsub::Producer> producer_;
};

}  // namespace venice::controller
