#include "router/router.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/http_client.h"
#include "router/fake_cluster_testing.h"
#include "router/key_text.h"
#include "router/request_path.h"

namespace venice::router {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr auto kLimit = milliseconds(20'000);
constexpr int kPartitions = 4;

FakeStorageNode::Data Values(const std::string& prefix, int count = 20) {
  FakeStorageNode::Data data;
  for (int i = 0; i < count; ++i) {
    data.values[EncodedString("k" + std::to_string(i))] = EncodedString(prefix + std::to_string(i));
  }
  return data;
}

class RouterTest : public testing::Test {
 protected:
  void SetUp() override {
    for (auto& node : nodes_) {
      node = std::make_unique<FakeStorageNode>();
      cluster_.SetLive(node->instance(), true);
    }
    cluster_.CreateStore("S");
  }

  std::vector<std::string> Instances() const { return {nodes_[0]->instance(), nodes_[1]->instance()}; }

  // Version `number` of S on both nodes.
  void PutVersion(int number, FakeStorageNode::Data data, bool current = true,
                  metadata::CompressionStrategy compression = metadata::CompressionStrategy::kNoOp) {
    const std::string topic = "S_v" + std::to_string(number);
    for (auto& node : nodes_) node->Put(topic, data);
    cluster_.SetReady(topic, kPartitions, Instances());
    cluster_.AddVersion("S", number, kPartitions, current, compression);
  }

  void StartRouter(const std::function<void(RouterSettings&)>& change = nullptr) {
    RouterSettings settings;
    settings.cluster = FakeCluster::kName;
    settings.zk_address = cluster_.address();
    settings.kafka_bootstrap_servers = "kafka:9092";
    settings.event_loops = 2;
    settings.single_get_retry_after = milliseconds(0);
    settings.multi_get_retry_after = "";
    if (change) change(settings);
    router_ = std::make_unique<Router>(settings);
    const Status started = router_->Start();
    ASSERT_TRUE(started.ok()) << started.error().ToString();
  }

  net::HttpResponse Send(const std::string& method, const std::string& target, std::string body = "",
                         std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = std::move(body);
    request.headers.fields = std::move(headers);
    auto response = http_.Send({"127.0.0.1", router_->port()}, std::move(request), milliseconds(10'000));
    EXPECT_TRUE(response.ok()) << target << ": " << response.error().ToString();
    return response.ok() ? *response : net::HttpResponse{.status = 0};
  }
  net::HttpResponse Get(const std::string& target) { return Send("GET", target); }
  net::HttpResponse GetKey(const std::string& key, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return Send("GET", "/storage/S/" + Base64Encode(EncodedString(key), Base64::kUrlSafe) + "?f=b64", "",
                std::move(headers));
  }
  net::HttpResponse Batch(const std::vector<std::string>& keys, bool streaming,
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
    std::string body;
    for (const std::string& key : keys) protocol::AppendClientKey(EncodedString(key), body);
    headers.emplace_back("X-VENICE-API-VERSION", "1");
    if (streaming) headers.emplace_back("X-VENICE-STREAMING", "1");
    return Send("POST", "/storage/S", body, std::move(headers));
  }
  // Waits until key k0 has the value.
  bool WaitFor(const std::string& value) {
    return WaitUntil(
        [&] {
          const auto reply = GetKey("k0");
          return reply.status == 200 && reply.body == EncodedString(value);
        },
        kLimit);
  }
  static std::string Header(const net::HttpResponse& response, std::string_view name) {
    const std::string* value = response.headers.Find(name);
    return value ? *value : "(absent)";
  }
  // (index, schema id) -> value, of a batch answer.
  static std::map<std::pair<int, int>, std::string> Records(const net::HttpResponse& response) {
    std::map<std::pair<int, int>, std::string> out;
    std::string_view rest = response.body;
    while (!rest.empty()) {
      const auto record = protocol::NextResponseRecord(rest);
      EXPECT_TRUE(record.ok());
      if (!record.ok()) break;
      EXPECT_TRUE(out.emplace(std::pair(record->key_index, record->schema_id), record->value).second);
    }
    return out;
  }

  FakeCluster cluster_;
  std::unique_ptr<FakeStorageNode> nodes_[2];
  std::unique_ptr<Router> router_;
  net::BlockingHttpClient http_;
};

TEST_F(RouterTest, SingleGetHasTheHeadersOfTheReference) {
  PutVersion(1, Values("a"));
  StartRouter();
  const auto found = GetKey("k3");
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.body, EncodedString("a3"));
  EXPECT_EQ(Header(found, "Content-Type"), "avro/binary");
  EXPECT_EQ(Header(found, "X-VENICE-SCHEMA-ID"), "1");
  EXPECT_EQ(Header(found, "X-VENICE-COMPRESSION-STRATEGY"), "0");
  EXPECT_EQ(Header(found, "X-VENICE-RCU"), "1");

  const auto missing = GetKey("nope");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "");
  EXPECT_EQ(Header(missing, "Content-Type"), "avro/binary");
  EXPECT_EQ(Header(missing, "X-VENICE-SCHEMA-ID"), "-1");
  EXPECT_EQ(Header(missing, "X-VENICE-COMPRESSION-STRATEGY"), "0");
  EXPECT_EQ(Header(missing, "X-VENICE-RCU"), "1");
}

TEST_F(RouterTest, KeysMayBeTextOrPercentEncodedBytes) {
  PutVersion(1, Values("a"));
  StartRouter();
  EXPECT_EQ(Get("/storage/S/k3").body, EncodedString("a3"));
  EXPECT_EQ(Get("/storage/S/k3?f=string").body, EncodedString("a3"));
  EXPECT_EQ(Get("/storage/S/%04k3?f=string").body, EncodedString("a3"));
  EXPECT_EQ(Get("/storage/S/k3/dropped?f=string").body, EncodedString("a3"));
  EXPECT_EQ(Get("/storage/S/nope?f=string").status, 404);
  EXPECT_EQ(Get("/storage/S/*?f=b64").status, 400);
}

TEST_F(RouterTest, RefusalsHaveTheStatusesOfTheReference) {
  PutVersion(1, Values("a"));
  cluster_.CreateStore("Empty");
  cluster_.CreateStore("Off");
  cluster_.Update("Off", [](metadata::Store& store) { store.enable_reads = false; });
  StartRouter();
  EXPECT_EQ(Get("/storage/Unknown/k").status, 400);
  EXPECT_EQ(Get("/storage/Empty/k").status, 400);
  EXPECT_EQ(Get("/storage/Off/k").status, 400);
  EXPECT_EQ(Get("/storage/S").status, 400);
  EXPECT_EQ(Get("/storage").status, 400);
  EXPECT_EQ(Get("/storage/9bad/k").status, 400);
  EXPECT_EQ(Get("/nonsense/S/k").status, 400);
  EXPECT_EQ(Get("/compute/S").status, 400);
  EXPECT_EQ(Send("PUT", "/storage/S/k").status, 400);
  EXPECT_EQ(GetKey("k1", {{"X-VENICE-SUPPORTED-COMPRESSION-STRATEGY", "9"}}).status, 400);
  const auto unknown = Get("/storage/Unknown/k");
  EXPECT_NE(Header(unknown, "X-Error-Message").find("Unknown"), std::string::npos);
  EXPECT_EQ(Header(unknown, "Content-Type"), "text/plain");

  std::string key;
  protocol::AppendClientKey(EncodedString("k1"), key);
  EXPECT_EQ(Send("POST", "/storage/S", key).status, 500);
  EXPECT_EQ(Send("POST", "/storage/S", key, {{"X-VENICE-API-VERSION", "x"}}).status, 500);
  EXPECT_EQ(Header(Send("POST", "/storage/S", key), "Connection"), "close");
  EXPECT_EQ(Send("POST", "/storage/S", key, {{"X-VENICE-API-VERSION", "2"}}).status, 400);
  EXPECT_EQ(Send("POST", "/storage/S", "", {{"X-VENICE-API-VERSION", "1"}}).status, 400);
  EXPECT_EQ(Send("POST", "/storage/S", "\xff\xff\xff\xff\x0fz", {{"X-VENICE-API-VERSION", "1"}}).status, 400);
  EXPECT_EQ(Send("POST", "/compute/S", key, {{"X-VENICE-API-VERSION", "3"}}).status, 405);
}

TEST_F(RouterTest, BatchWithoutStreamingLeavesMissingKeysOut) {
  PutVersion(1, Values("a"));
  StartRouter();
  const auto reply = Batch({"k0", "nope", "k2", "k3", "k4"}, false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Header(reply, "X-VENICE-SCHEMA-ID"), "1");
  EXPECT_EQ(Header(reply, "X-VENICE-RCU"), "5");
  EXPECT_EQ(Header(reply, "X-VENICE-CLIENT-COMPUTE"), "1");
  EXPECT_EQ(Header(reply, "X-VENICE-STREAMING-RESPONSE"), "(absent)");
  const auto records = Records(reply);
  ASSERT_EQ(records.size(), 4u);
  for (const int i : {0, 2, 3, 4}) {
    EXPECT_EQ(records.at({i, 1}), EncodedString("a" + std::to_string(i)));
  }
}

TEST_F(RouterTest, StreamedBatchNamesMissingKeysAndHasNoFooterWhenAllIsWell) {
  PutVersion(1, Values("a"));
  StartRouter();
  const auto reply = Batch({"nope", "k1", "gone", "k3"}, true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Header(reply, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(Header(reply, "X-VENICE-STREAMING-RESPONSE"), "1");
  EXPECT_EQ(Header(reply, "X-VENICE-COMPRESSION-STRATEGY"), "0");
  const auto records = Records(reply);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_TRUE(records.contains({0, -1000}));  // -0 is 0
  EXPECT_TRUE(records.contains({-2, -1000}));
  EXPECT_EQ(records.at({3, 1}), EncodedString("a3"));
}

TEST_F(RouterTest, EqualKeysCollapseToTheLastIndex) {
  PutVersion(1, Values("a"));
  StartRouter();
  const auto records = Records(Batch({"k1", "k2", "k1", "k1"}, true));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records.contains({3, 1}));
  EXPECT_TRUE(records.contains({1, 1}));
}

TEST_F(RouterTest, BatchLimitIsTheStoresOrTheRouters) {
  PutVersion(1, Values("a"));
  cluster_.CreateStore("Small");
  StartRouter();
  std::vector<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.push_back("k" + std::to_string(i));
  EXPECT_EQ(Batch(keys, false).status, 200);
  keys.push_back("one more");
  EXPECT_EQ(Batch(keys, false).status, 413);
  cluster_.Update("S", [](metadata::Store& store) { store.batch_get_limit = 3; });
  EXPECT_TRUE(WaitUntil([&] { return Batch({"a", "b", "c", "d"}, false).status == 413; }, kLimit));
  EXPECT_EQ(Batch({"a", "b", "c"}, false).status, 200);
}

TEST_F(RouterTest, ComputeOfAClientThatCanComputeBecomesABatch) {
  PutVersion(1, Values("a"));
  StartRouter();
  // One operation, Count: the item's union byte, its type, the branch of its union; then the end of the array.
  std::string body = std::string("\x02\x00\x06\x06", 4) + EncodedString("list") + EncodedString("count") +
                     std::string(1, '\0') + EncodedString("{}");
  protocol::AppendClientKey(EncodedString("k1"), body);
  const auto reply =
      Send("POST", "/compute/S", body,
           {{"X-VENICE-API-VERSION", "3"}, {"X-VENICE-CLIENT-COMPUTE", "1"}, {"X-VENICE-STREAMING", "1"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Header(reply, "X-VENICE-CLIENT-COMPUTE"), "1");
  EXPECT_EQ(Records(reply).at({0, 1}), EncodedString("a1"));
}

TEST_F(RouterTest, AFailingReplicaIsReplacedOnce) {
  PutVersion(1, Values("a"));
  StartRouter();
  for (const int status : {500, 503}) {
    nodes_[0]->read_status = status;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(GetKey("k" + std::to_string(i)).status, 200);
    const auto reply = Batch({"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"}, true);
    EXPECT_EQ(Records(reply).size(), 8u);
  }
  EXPECT_GT(nodes_[1]->retries(), 0);
  nodes_[1]->read_status = 500;
  EXPECT_EQ(GetKey("k0").status, 502);
  EXPECT_EQ(Batch({"k0"}, true).status, 502);
  EXPECT_EQ(Batch({"k0"}, false).status, 502);
}

TEST_F(RouterTest, ADeadNodeIsSurvived) {
  PutVersion(1, Values("a"));
  StartRouter();
  nodes_[0]->Kill();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(GetKey("k" + std::to_string(i)).status, 200);
    EXPECT_EQ(Records(Batch({"k0", "k1", "k2", "k3"}, true)).size(), 4u);
  }
}

TEST_F(RouterTest, ServerQuotaIsPassedOn) {
  PutVersion(1, Values("a"));
  StartRouter();
  for (auto& node : nodes_) node->read_status = 429;
  EXPECT_EQ(GetKey("k0").status, 429);
  EXPECT_EQ(Batch({"k0"}, true).status, 429);
}

TEST_F(RouterTest, ASlowReplicaIsOvertaken) {
  PutVersion(1, Values("a"));
  StartRouter([](RouterSettings& settings) {
    settings.single_get_retry_after = milliseconds(5);
    settings.multi_get_retry_after = "1-:5";
  });
  nodes_[0]->read_delay_ms = 3'000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(GetKey("k" + std::to_string(i)).status, 200);
    EXPECT_EQ(Records(Batch({"k0", "k1", "k2", "k3"}, true)).size(), 4u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2'500));
}

TEST_F(RouterTest, AStreamThatFailsHalfWayEndsInAFooter) {
  PutVersion(1, Values("a"));
  std::map<int, std::map<std::string, std::string>> states;
  for (int p = 0; p < kPartitions; ++p) states[p][nodes_[p % 2]->instance()] = "COMPLETED";
  cluster_.SetView("S_v1", states);
  StartRouter();
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back("k" + std::to_string(i));
  EXPECT_EQ(Records(Batch(keys, true)).size(), 20u);
  nodes_[1]->read_status = 500;
  const auto reply = Batch(keys, true);
  EXPECT_EQ(reply.status, 200);
  const auto records = Records(reply);
  ASSERT_TRUE(records.contains({protocol::kFooterKeyIndex, protocol::kFooterSchemaId}));
  const auto footer = protocol::DecodeFooter(records.at({protocol::kFooterKeyIndex, protocol::kFooterSchemaId}));
  ASSERT_TRUE(footer.ok());
  EXPECT_EQ(footer->status, 502);
  EXPECT_GT(records.size(), 1u);
  EXPECT_EQ(Batch(keys, false).status, 502);  // without streaming it is all or nothing
}

TEST_F(RouterTest, ASwapWaitsForAllPartitionsAndFailsNoRead) {
  PutVersion(1, Values("a"));
  StartRouter();
  ASSERT_TRUE(WaitFor("a0"));
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0, failures = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto single = GetKey("k5");
        const auto batch = Batch({"k1", "k2", "k3", "k4"}, true);
        if (single.status != 200 || Records(batch).size() != 4) ++failures;
        ++reads;
      }
    });
  }
  // The metadata names version 2 first; its replicas come one by one.
  for (auto& node : nodes_) node->Put("S_v2", Values("b"));
  cluster_.AddVersion("S", 2, kPartitions, true);
  std::map<int, std::map<std::string, std::string>> states;
  for (int p = 0; p < kPartitions; ++p) {
    for (const std::string& instance : Instances()) states[p][instance] = "STARTED";
  }
  for (int p = 0; p < kPartitions; ++p) {
    EXPECT_EQ(GetKey("k0").body, EncodedString("a0"));
    states[p][Instances()[p % 2]] = "COMPLETED";
    cluster_.SetView("S_v2", states);
  }
  EXPECT_TRUE(WaitFor("b0"));
  // The old version goes away at once, also for requests on their way.
  for (auto& node : nodes_) node->Drop("S_v1");
  EXPECT_TRUE(WaitUntil([&] { return reads > 50; }, kLimit));
  // Back to version 1, as a rollback does.
  for (auto& node : nodes_) node->Put("S_v1", Values("a"));
  cluster_.Update("S", [](metadata::Store& store) { store.current_version = 1; });
  EXPECT_TRUE(WaitFor("a0"));
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(RouterTest, TheOldVersionServesUntilItsReplicasAreGone) {
  PutVersion(1, Values("a"));
  StartRouter();
  cluster_.AddVersion("S", 2, kPartitions, true);  // with no replica at all
  EXPECT_TRUE(WaitUntil([&] { return Get("/current_version/S").body == R"({"currentVersion":2})"; }, kLimit));
  EXPECT_EQ(GetKey("k0").body, EncodedString("a0"));
  cluster_.SetLive(nodes_[0]->instance(), false);
  cluster_.SetLive(nodes_[1]->instance(), false);
  EXPECT_TRUE(WaitUntil([&] { return GetKey("k0").status == 400; }, kLimit));
}

TEST_F(RouterTest, NewStoresAndNodesAreSeenWithoutARestart) {
  StartRouter();
  EXPECT_EQ(GetKey("k0").status, 400);
  PutVersion(1, Values("a"));
  EXPECT_TRUE(WaitFor("a0"));
  FakeStorageNode third;
  cluster_.SetLive(third.instance(), true);
  third.Put("S_v1", Values("a"));
  cluster_.SetReady("S_v1", kPartitions, {third.instance()});
  EXPECT_TRUE(WaitUntil(
      [&] {
        GetKey("k0");
        return third.reads() > 0;
      },
      kLimit));
}

TEST_F(RouterTest, GzipPassesToClientsThatUndoItAndIsUndoneForOthers) {
  auto gzip = std::move(*protocol::Compressor::Make(protocol::CompressionStrategy::kGzip));
  FakeStorageNode::Data data = Values("a");
  data.compression = 1;
  for (auto& [_, value] : data.values) {
    std::string compressed;
    ASSERT_TRUE(gzip->Compress(value, compressed).ok());
    value = compressed;
  }
  PutVersion(1, data, true, metadata::CompressionStrategy::kGzip);
  StartRouter();
  const auto plain = GetKey("k0");
  EXPECT_EQ(plain.body, EncodedString("a0"));
  EXPECT_EQ(Header(plain, "X-VENICE-COMPRESSION-STRATEGY"), "0");
  const auto passed = GetKey("k0", {{"X-VENICE-SUPPORTED-COMPRESSION-STRATEGY", "1"}});
  EXPECT_EQ(Header(passed, "X-VENICE-COMPRESSION-STRATEGY"), "1");
  EXPECT_EQ(passed.body, data.values.at(EncodedString("k0")));
  const auto other = GetKey("k0", {{"X-VENICE-SUPPORTED-COMPRESSION-STRATEGY", "3"}});
  EXPECT_EQ(other.body, EncodedString("a0"));
  EXPECT_EQ(Records(Batch({"k0", "nope"}, true)).at({0, 1}), EncodedString("a0"));
  const auto batch = Batch({"k0"}, true, {{"X-VENICE-SUPPORTED-COMPRESSION-STRATEGY", "1"}});
  EXPECT_EQ(Header(batch, "X-VENICE-COMPRESSION-STRATEGY"), "1");

  cluster_.Update("S", [](metadata::Store& store) { store.client_decompression_enabled = false; });
  EXPECT_TRUE(WaitUntil(
      [&] {
        return GetKey("k0", {{"X-VENICE-SUPPORTED-COMPRESSION-STRATEGY", "1"}}).body == EncodedString("a0");
      },
      kLimit));
}

TEST_F(RouterTest, AVersionWithADictionaryIsServedOnlyWhenItIsLoaded) {
  PutVersion(1, Values("a"));
  FakeStorageNode::Data data = Values("b", 500);
  std::vector<std::string> samples;
  for (const auto& [key, value] : data.values) samples.push_back(key + value + "some words that repeat");
  std::vector<std::string_view> views(samples.begin(), samples.end());
  auto bytes = protocol::ZstdDictionary::Train(views, 4096);
  ASSERT_TRUE(bytes.ok()) << bytes.error().ToString();
  auto zstd = std::move(*protocol::Compressor::Make(protocol::CompressionStrategy::kZstdWithDict,
                                                    *protocol::ZstdDictionary::Make(*bytes)));
  for (auto& [_, value] : data.values) {
    std::string compressed;
    ASSERT_TRUE(zstd->Compress(value, compressed).ok());
    value = compressed;
  }
  data.compression = 3;
  data.dictionary = *bytes;
  StartRouter();
  for (auto& node : nodes_) node->dictionary_ready = false;
  PutVersion(2, data, true, metadata::CompressionStrategy::kZstdWithDict);
  EXPECT_TRUE(WaitUntil([&] { return Get("/current_version/S").body == R"({"currentVersion":2})"; }, kLimit));
  EXPECT_EQ(GetKey("k0").body, EncodedString("a0"));
  for (auto& node : nodes_) node->dictionary_ready = true;
  EXPECT_TRUE(WaitFor("b0"));
  EXPECT_EQ(Records(Batch({"k7"}, true)).at({0, 1}), EncodedString("b7"));
  // A router that starts now has the dictionary before its first answer.
  router_.reset();
  StartRouter();
  EXPECT_EQ(GetKey("k0").body, EncodedString("b0"));
}

TEST_F(RouterTest, MetadataEndpoints) {
  PutVersion(1, Values("a"));
  ASSERT_TRUE(cluster_.writer().AddValueSchema("S", 2, R"(["null","string"])").ok());
  StartRouter();
  const auto json = [&](const std::string& target, int status = 200) {
    const auto reply = Get(target);
    EXPECT_EQ(reply.status, status) << target << reply.body;
    EXPECT_EQ(Header(reply, "Content-Type"), "application/json") << target;
    return Json::parse(reply.body, nullptr, false);
  };
  const Json key = json("/key_schema/S");
  EXPECT_EQ(key["cluster"], FakeCluster::kName);
  EXPECT_EQ(key["name"], "S");
  EXPECT_EQ(key["id"], 1);
  EXPECT_EQ(key["schemaStr"], R"("string")");
  EXPECT_TRUE(key["error"].is_null() && key["errorType"].is_null() && key.contains("exceptionType"));
  const Json values = json("/value_schema/S");
  EXPECT_EQ(values["superSetSchemaId"], -1);
  ASSERT_EQ(values["schemas"].size(), 2u);
  EXPECT_EQ(values["schemas"][1]["id"], 2);
  EXPECT_EQ(values["schemas"][1]["derivedSchemaId"], -1);
  EXPECT_EQ(values["schemas"][1]["rmdValueSchemaId"], -1);
  EXPECT_EQ(json("/value_schema/S/2")["schemaStr"], R"(["null","string"])");
  EXPECT_EQ(json("/latest_value_schema/S")["id"], 2);
  EXPECT_EQ(json("/all_value_schema_ids/S")["schemaIdSet"], Json::parse("[1,2]"));
  // Update schemas are seen as they come; one per value schema, the newest, with holes where there is none.
  EXPECT_EQ(json("/update_schema/S")["schemas"], Json::array());
  for (int id : {1, 2}) ASSERT_TRUE(cluster_.writer().AddDerivedSchema("S", {2, id, R"("long")"}).ok());
  ASSERT_TRUE(WaitUntil([&] { return json("/update_schema/S")["schemas"].size() == 2; }, kLimit));
  ASSERT_TRUE(WaitUntil([&] { return json("/update_schema/S")["schemas"][1]["derivedSchemaId"] == 2; }, kLimit));
  const Json updates = json("/update_schema/S");
  EXPECT_TRUE(updates["schemas"][0].is_null());
  EXPECT_EQ(updates["schemas"][1]["id"], 2);
  EXPECT_EQ(updates["superSetSchemaId"], -1);
  const Json update = json("/update_schema/S/2");
  EXPECT_EQ(update["id"], 2);
  EXPECT_EQ(update["derivedSchemaId"], 2);
  EXPECT_EQ(update["schemaStr"], R"("long")");
  EXPECT_EQ(json("/stores")["stores"], Json::parse(R"(["S"])"));
  EXPECT_EQ(json("/current_version/S"), Json::parse(R"({"currentVersion":1})"));
  EXPECT_EQ(json("/store_state/S")["currentVersion"], 1);
  for (const std::string form : {"/discover_cluster/S", "/discover_cluster?store_name=S"}) {
    const Json found = json(form);
    EXPECT_EQ(found["cluster"], FakeCluster::kName);
    EXPECT_EQ(found["name"], "S");
    EXPECT_EQ(found["kafkaBootstrapServers"], "kafka:9092");
    EXPECT_FALSE(found["d2Service"].is_null());
  }
  const Json unknown = json("/discover_cluster/Unknown", 404);
  EXPECT_EQ(unknown["errorType"], "STORE_NOT_FOUND");
  EXPECT_FALSE(unknown["error"].is_null());
  const Json state = json("/resource_state/S_v1");
  EXPECT_EQ(state["readyToServe"], true);
  EXPECT_EQ(state["replicaStates"].size(), 2u * kPartitions);
  EXPECT_EQ(state["replicaStates"][0]["venicePushStatus"], "COMPLETED");
  EXPECT_EQ(state["unretrievablePartitions"], Json::array());
  EXPECT_EQ(json("/request_topic/S", 400)["errorType"], "BAD_REQUEST");
  EXPECT_EQ(json("/push_status/S_v1", 400)["errorType"], "GENERAL_ERROR");
  EXPECT_EQ(json("/stream_hybrid_store_quota/S")["quotaStatus"], "UNKNOWN");
  EXPECT_EQ(json("/admin/readQuotaThrottle")["readThrottlingEnabled"], "false");
  EXPECT_EQ(Get("/admin").status, 200);
  EXPECT_EQ(Get("/admin/what").status, 501);
  EXPECT_EQ(Send("OPTIONS", "*").status, 200);

  for (const std::string missing :
       {"/key_schema/X", "/value_schema/X", "/value_schema/S/99", "/update_schema/X", "/update_schema/S/1",
        "/current_version/X", "/store_state/X", "/resource_state/X_v1", "/all_value_schema_ids/X"}) {
    EXPECT_EQ(Get(missing).status, 404) << missing;
  }
  for (const std::string bad : {"/key_schema", "/value_schema/", "/current_version", "/discover_cluster",
                                "/resource_state/S", "/blob_discovery?store_name=S"}) {
    EXPECT_EQ(Get(bad).status, 400) << bad;
  }
  EXPECT_NE(Get("/key_schema").body.find("Resource name required"), std::string::npos);
  EXPECT_EQ(Get("/blob_discovery?store_name=S&store_version=1&store_partition=0").status, 403);
  EXPECT_EQ(Get("/leader_controller").status, 500);  // this cluster has no controller
}

TEST_F(RouterTest, RegistersItselfAndLeavesCleanly) {
  StartRouter();
  const std::string path =
      std::string("/") + FakeCluster::kName + "/routers/127.0.0.1_" + std::to_string(router_->port());
  EXPECT_TRUE(WaitUntil([&] { return cluster_.zk().Exists(path)->has_value(); }, kLimit));
  EXPECT_NE((*cluster_.zk().Exists(path))->ephemeral_owner, 0);
  router_->Stop();
  EXPECT_FALSE(cluster_.zk().Exists(path)->has_value());
  router_->Stop();
}

TEST_F(RouterTest, ReadsGoOnWhileZooKeeperIsAway) {
  PutVersion(1, Values("a"));
  StartRouter();
  cluster_.StopZooKeeper();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(GetKey("k" + std::to_string(i)).status, 200);
    EXPECT_EQ(Get("/key_schema/S").status, 200);
  }
  EXPECT_EQ(Get("/discover_cluster/S").status, 500);
  const auto start = std::chrono::steady_clock::now();
  router_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(15'000));
}

TEST_F(RouterTest, StartFailsWithTheReason) {
  StartRouter();
  RouterSettings settings;
  settings.cluster = FakeCluster::kName;
  settings.zk_address = cluster_.address();
  settings.port = router_->port();
  Router second(settings);
  EXPECT_EQ(second.Start().error().code(), ErrorCode::kAlreadyExists);
  settings.port = 0;
  settings.cluster = "no-such-cluster";
  Router lost(settings);
  EXPECT_EQ(lost.Start().error().code(), ErrorCode::kNotFound);
  settings.cluster = FakeCluster::kName;
  settings.multi_get_retry_after = "1-3:nonsense";
  Router wrong(settings);
  EXPECT_EQ(wrong.Start().error().code(), ErrorCode::kInvalidConfig);
}

TEST(RouterSettings, ComeFromVenicesProperties) {
  std::map<std::string, std::string> properties = {{"cluster.name", "c"},
                                                   {"zookeeper.address", "zk:2181"},
                                                   {"listener.port", "7777"},
                                                   {"cluster.to.d2", "c:venice-c,d:venice-d"},
                                                   {"router.long.tail.retry.for.batch.get.threshold.ms", "1-:9"},
                                                   {"listener.ssl.port", "7778"}};
  const auto settings = SettingsFromProperties(properties);
  ASSERT_TRUE(settings.ok()) << settings.error().ToString();
  EXPECT_EQ(settings->port, 7777);
  EXPECT_EQ(settings->cluster_to_d2.at("d"), "venice-d");
  for (const auto& [key, value] : {std::pair("listener.port", "x"), std::pair("listener.port", "70000"),
                                   std::pair("cluster.name", ""), std::pair("cluster.to.d2", "nonsense"),
                                   std::pair("router.long.tail.retry.for.batch.get.threshold.ms", "5-:1")}) {
    auto wrong = properties;
    wrong[key] = value;
    const auto refused = SettingsFromProperties(wrong);
    ASSERT_FALSE(refused.ok()) << key;
    EXPECT_NE(refused.error().message().find(key), std::string::npos);
  }
}

TEST(KeyText, IsTheValueUnlessItIsAnEncodedKey) {
  const auto string = avro::Schema::Primitive(avro::Type::kString);
  const auto integer = avro::Schema::Primitive(avro::Type::kInt);
  EXPECT_EQ(KeyFromText(string, "abc"), EncodedString("abc"));
  EXPECT_EQ(KeyFromText(string, EncodedString("abc")), EncodedString("abc"));
  EXPECT_EQ(KeyFromText(string,
                        "\x06"
                        "abcd"),
            EncodedString("\x06"
                          "abcd"));
  // 'b' is also the length 49: what people type is text all the same.
  const std::string ambiguous = "b" + std::string(49, 'x');
  EXPECT_EQ(KeyFromText(string, ambiguous), EncodedString(ambiguous));
  EXPECT_EQ(KeyFromText(integer, "4"), "\x08");
  EXPECT_EQ(KeyFromText(integer, "four"), "four");
}

TEST(RequestPath, SplitsAfterDecoding) {
  net::HttpRequest request;
  request.target = "/storage/S/a%2Fb?f=string&x=1%202";
  const RequestPath path = ParseRequestPath(request);
  EXPECT_EQ(path.type, "storage");
  EXPECT_EQ(path.name, "S");
  EXPECT_EQ(path.key, "a");  // Venice cuts keys with a slash
  EXPECT_EQ(*path.Parameter("x"), "1 2");
  request.target = "*";
  EXPECT_EQ(ParseRequestPath(request).type, "*");
}

}  // namespace
}  // namespace venice::router
