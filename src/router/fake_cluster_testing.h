// For tests of whatever reads through a router: a ZooKeeper with a cluster's records, and storage nodes made of a map.
#pragma once

#include <atomic>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "helix/admin.h"
#include "helix/paths.h"
#include "helix/zn_record.h"
#include "metadata/store_writer.h"
#include "net/http_server.h"
#include "protocol/compression.h"
#include "protocol/multi_get.h"
#include "protocol/partitioner.h"
#include "zk/client.h"

namespace venice::router {

// A storage node that speaks read-path reference section 4 over one table of versions. Thread-safe.
class FakeStorageNode {
 public:
  struct Data {
    std::map<std::string, std::string> values;  // encoded key -> value as stored, without the schema id
    int schema_id = 1;
    int compression = 0;
    std::string dictionary;
  };

  FakeStorageNode() {
    server_ = std::make_unique<net::HttpServer>(loops_, net::HttpServerOptions{},
                                                [this](net::HttpRequest request, net::Responder responder) {
                                                  Handle(std::move(request), std::move(responder));
                                                });
    EXPECT_TRUE(server_->Start().ok());
    loops_.Start();
  }
  ~FakeStorageNode() {
    server_->Stop();
    loops_.Stop();
  }

  std::string instance() const { return "127.0.0.1_" + std::to_string(server_->port()); }
  void Kill() { server_->Stop(); }
  void Put(const std::string& topic, Data data) {
    std::lock_guard lock(mutex_);
    data_[topic] = std::move(data);
  }
  void Drop(const std::string& topic) {
    std::lock_guard lock(mutex_);
    data_.erase(topic);
  }
  int reads() const { return reads_; }
  int retries() const { return retries_; }

  std::atomic<int> read_status{200};  // anything else answers reads with it
  std::atomic<int> read_delay_ms{0};
  std::atomic<bool> dictionary_ready{true};

 private:
  void Handle(net::HttpRequest request, net::Responder responder) {
    std::vector<std::string> parts;
    std::string_view rest = std::string_view(request.target).substr(1);
    while (true) {
      const size_t slash = std::min(rest.find('/'), rest.size());
      parts.emplace_back(rest.substr(0, slash));
      if (slash == rest.size()) break;
      rest.remove_prefix(slash + 1);
    }
    net::HttpResponse response;
    if (parts[0] == "health") {
      response.body = "OK";
    } else if (parts[0] == "dictionary" && parts.size() == 3) {
      std::lock_guard lock(mutex_);
      const auto found = data_.find(parts[1] + "_v" + parts[2]);
      if (!dictionary_ready || found == data_.end()) {
        response.status = 404;
      } else {
        response.body = found->second.dictionary;
      }
    } else if (parts[0] == "storage") {
      ++reads_;
      if (request.headers.Find("X-VENICE-RETRY")) ++retries_;
      response = Read(request, parts);
    } else {
      response.status = 400;
    }
    if (const int delay = read_delay_ms; delay > 0 && parts[0] == "storage") {
      auto shared = std::make_shared<net::Responder>(std::move(responder));
      net::EventLoop::Current()->RunAfter(std::chrono::milliseconds(delay),
                                          [shared, response] { shared->Send(response); });
      return;
    }
    responder.Send(std::move(response));
  }

  net::HttpResponse Read(const net::HttpRequest& request, const std::vector<std::string>& parts) {
    net::HttpResponse response;
    if (read_status != 200) {
      response.status = read_status;
      response.body = "told to fail";
      return response;
    }
    std::lock_guard lock(mutex_);
    const auto version = data_.find(parts.size() > 1 ? parts[1] : "");
    if (version == data_.end()) {
      response.status = 400;
      response.body = "No storage exists for: " + (parts.size() > 1 ? parts[1] : "");
      return response;
    }
    const Data& data = version->second;
    response.headers.Add("Content-Type", "avro/binary");
    response.headers.Add("X-VENICE-COMPRESSION-STRATEGY", std::to_string(data.compression));
    const std::string* api_version = request.headers.Find("X-VENICE-API-VERSION");
    EXPECT_TRUE(api_version != nullptr && *api_version == "1");
    if (request.method == "GET") {
      EXPECT_EQ(parts.size(), 4u) << request.target;
      const std::string key_text = parts[3].substr(0, parts[3].find('?'));
      EXPECT_TRUE(request.target.ends_with("?f=b64"));
      const auto key = Base64Decode(key_text, Base64::kUrlSafe);
      EXPECT_TRUE(key.ok());
      const auto found = data.values.find(key.ok() ? *key : "");
      response.headers.Add("X-VENICE-RCU", "1");
      response.status = found == data.values.end() ? 404 : 200;
      response.headers.Add("X-VENICE-SCHEMA-ID", found == data.values.end() ? "-1" : std::to_string(data.schema_id));
      if (found != data.values.end()) response.body = found->second;
      return response;
    }
    const bool streaming = request.headers.Find("X-VENICE-STREAMING") != nullptr;
    int count = 0;
    std::string_view body = request.body;
    while (!body.empty()) {
      const auto key = protocol::NextRouterKey(body);
      if (!key.ok()) {
        response.status = 400;
        return response;
      }
      ++count;
      const auto found = data.values.find(std::string(key->key));
      if (found != data.values.end()) {
        protocol::AppendResponseRecord({key->key_index, found->second, data.schema_id}, response.body);
      } else if (streaming) {
        protocol::AppendMissingKey(key->key_index, response.body);
      }
    }
    response.headers.Add("X-VENICE-SCHEMA-ID", "1");
    response.headers.Add("X-VENICE-RCU", std::to_string(count));
    return response;
  }

  net::EventLoopGroup loops_{"fake-node", 1};
  std::unique_ptr<net::HttpServer> server_;
  std::mutex mutex_;
  std::map<std::string, Data> data_;
  std::atomic<int> reads_ = 0;
  std::atomic<int> retries_ = 0;
};

// The records of a cluster as controller and Helix would write them.
class FakeCluster {
 public:
  static constexpr const char* kName = "test-cluster";

  FakeCluster() {
    embedded::ZooKeeperServerOptions options;
    options.data_dir = folder_ / "zookeeper";
    server_ = std::make_unique<embedded::ZooKeeperServer>(options);
    EXPECT_TRUE(server_->Start().ok());
    auto client = zk::Connect({.address = server_->address()});
    EXPECT_TRUE(client.ok());
    zk_ = std::move(client).value();
    helix::Admin admin(*zk_);
    EXPECT_TRUE(admin.CreateCluster(kName).ok());
    writer_ = std::make_unique<metadata::StoreWriter>(*zk_, kName);
    EXPECT_TRUE(writer_->EnsureFolders().ok());
  }

  void StopZooKeeper() { server_->Stop(); }
  zk::Client& zk() { return *zk_; }
  std::string address() const { return server_->address(); }
  metadata::StoreWriter& writer() { return *writer_; }

  void CreateStore(const std::string& name, const std::string& key_schema = R"("string")",
                   const std::string& value_schema = R"("string")") {
    metadata::Store store;
    store.name = name;
    store.owner = "tester";
    const Status created = writer_->Create(store, key_schema, value_schema);
    ASSERT_TRUE(created.ok()) << created.error().ToString();
  }

  void Update(const std::string& name, const std::function<void(metadata::Store&)>& mutate) {
    const auto updated = writer_->Update(name, [&](metadata::Store& store) {
      mutate(store);
      return Ok();
    });
    ASSERT_TRUE(updated.ok()) << updated.error().ToString();
  }

  void AddVersion(const std::string& name, int number, int partitions, bool current,
                  metadata::CompressionStrategy compression = metadata::CompressionStrategy::kNoOp) {
    Update(name, [&](metadata::Store& store) {
      metadata::Version version;
      version.store_name = name;
      version.number = number;
      version.partition_count = partitions;
      version.status = metadata::VersionStatus::kOnline;
      version.compression = compression;
      store.versions.push_back(version);
      if (current) store.current_version = number;
    });
  }

  void SetLive(const std::string& instance, bool live) {
    const std::string path = helix::Paths(kName).LiveInstance(instance);
    if (!live) {
      EXPECT_TRUE(zk_->Delete(path).ok());
      return;
    }
    helix::ZnRecord record;
    record.id = instance;
    record.simple["SESSION_ID"] = "1";
    EXPECT_TRUE(zk_->Create(path, helix::EncodeZnRecord(record)).ok());
  }

  // states[partition] = instance -> state; partitions without an entry are left out.
  void SetView(const std::string& topic, const std::map<int, std::map<std::string, std::string>>& states) {
    const helix::Paths paths(kName);
    helix::ZnRecord record;
    record.id = topic;
    for (const auto& [partition, instances] : states) record.maps[topic + "_" + std::to_string(partition)] = instances;
    EXPECT_TRUE(zk::EnsurePath(*zk_, paths.CustomizedViews("OFFLINE_PUSH")).ok());
    const std::string path = paths.CustomizedView("OFFLINE_PUSH", topic);
    const std::string bytes = helix::EncodeZnRecord(record);
    const auto exists = zk_->Exists(path);
    if (exists.ok() && *exists) {
      EXPECT_TRUE(zk_->Set(path, bytes).ok());
    } else {
      EXPECT_TRUE(zk_->Create(path, bytes).ok());
    }
  }

  // All the partitions COMPLETED on all the instances.
  void SetReady(const std::string& topic, int partitions, const std::vector<std::string>& instances) {
    std::map<int, std::map<std::string, std::string>> states;
    for (int partition = 0; partition < partitions; ++partition) {
      for (const std::string& instance : instances) states[partition][instance] = "COMPLETED";
    }
    SetView(topic, states);
  }

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<metadata::StoreWriter> writer_;
};

inline std::string EncodedString(const std::string& text) {
  return *avro::Encode(avro::Schema::Primitive(avro::Type::kString), avro::Datum::String(text));
}

}  // namespace venice::router
