#include <gtest/gtest.h>

#include <future>

#include "client/router_replies.h"
#include "client/thin_client.h"
#include "router/fake_cluster_testing.h"
#include "router/router.h"

namespace venice::client {
namespace {

using router::EncodedString;
using router::FakeCluster;
using router::FakeStorageNode;

constexpr const char* kRecord = R"({"type":"record","name":"User","fields":[
    {"name":"name","type":"string"},{"name":"age","type":["null","int"],"default":null}]})";

class ThinClientTest : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.SetLive(node_.instance(), true);
    cluster_.CreateStore("users", R"("string")", kRecord);
    schema_ = *avro::Schema::Parse(kRecord);
    FakeStorageNode::Data data;
    for (int i = 0; i < 50; ++i) data.values[EncodedString("u" + std::to_string(i))] = User(i);
    node_.Put("users_v1", data);
    cluster_.SetReady("users_v1", 3, {node_.instance()});
    cluster_.AddVersion("users", 1, 3, true);
    router::RouterSettings settings;
    settings.cluster = FakeCluster::kName;
    settings.zk_address = cluster_.address();
    settings.event_loops = 1;
    router_ = std::make_unique<router::Router>(settings);
    ASSERT_TRUE(router_->Start().ok());
    url_ = "http://127.0.0.1:" + std::to_string(router_->port());
    auto client = ThinClient::Connect({.router_url = url_, .store = "users"});
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client_ = std::move(client).value();
  }
  std::string User(int i) {
    return *avro::Encode(schema_,
                         avro::Datum::Record({avro::Datum::String("name" + std::to_string(i)), avro::Datum::Int(i)}));
  }

  FakeCluster cluster_;
  FakeStorageNode node_;
  avro::Schema schema_;
  std::unique_ptr<router::Router> router_;
  std::string url_;
  std::unique_ptr<ThinClient> client_;
};

TEST_F(ThinClientTest, GetsDecodedValues) {
  EXPECT_EQ(client_->key_schema().type(), avro::Type::kString);
  const auto found = client_->Get(avro::Datum::String("u7"));
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->schema_id, 1);
  EXPECT_EQ((*found)->datum.field(0).text(), "name7");
  EXPECT_EQ((*found)->datum.field(1).int_value(), 7);
  EXPECT_EQ((*found)->bytes, User(7));
  const auto missing = client_->Get(avro::Datum::String("nobody"));
  ASSERT_TRUE(missing.ok());
  EXPECT_FALSE(missing->has_value());
  EXPECT_EQ(client_->Get(avro::Datum::Int(7)).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(ThinClientTest, BatchAnswersInTheOrderOfTheKeysAlsoForRepeatedOnes) {
  std::vector<avro::Datum> keys;
  for (const std::string key : {"u3", "nobody", "u1", "u3", "u0"}) keys.push_back(avro::Datum::String(key));
  const auto values = client_->MultiGet(keys);
  ASSERT_TRUE(values.ok()) << values.error().ToString();
  ASSERT_EQ(values->size(), 5u);
  EXPECT_EQ((*values)[0]->bytes, User(3));
  EXPECT_FALSE((*values)[1].has_value());
  EXPECT_EQ((*values)[2]->bytes, User(1));
  EXPECT_EQ((*values)[3]->bytes, User(3));
  EXPECT_EQ((*values)[4]->bytes, User(0));
  EXPECT_TRUE(client_->MultiGet({})->empty());
}

TEST_F(ThinClientTest, KeysTooLongForAUrlTravelInABody) {
  const std::string key(20'000, 'k');
  FakeStorageNode::Data data;
  data.values[EncodedString(key)] = User(1);
  node_.Put("users_v1", data);
  const auto found = client_->Get(avro::Datum::String(key));
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  EXPECT_TRUE(found->has_value());
}

TEST_F(ThinClientTest, ASchemaThatIsNewIsFetchedOnDemand) {
  ASSERT_TRUE(cluster_.writer().AddValueSchema("users", 2, R"("long")").ok());
  FakeStorageNode::Data data;
  data.schema_id = 2;
  data.values[EncodedString("u1")] = "\x54";
  node_.Put("users_v1", data);
  const auto found = client_->Get(avro::Datum::String("u1"));
  // The router may not have seen the schema yet; then the error says which one is missing.
  EXPECT_TRUE(found.ok() || found.error().message().find("value schema 2") != std::string::npos);
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto again = client_->Get(avro::Datum::String("u1"));
        return again.ok() && *again && (*again)->datum.long_value() == 42;
      },
      std::chrono::milliseconds(10'000)));
  EXPECT_EQ(client_->ValueSchemas()->schemas.size(), 2u);
  EXPECT_EQ(client_->CurrentVersion().value(), 1);
}

TEST_F(ThinClientTest, ErrorsSayWhatToDo) {
  node_.read_status = 429;
  EXPECT_EQ(client_->Get(avro::Datum::String("u1")).error().code(), ErrorCode::kResourceExhausted);
  node_.read_status = 200;
  FakeStorageNode::Data data;
  data.values[EncodedString("u1")] = "\x05";
  node_.Put("users_v1", data);
  EXPECT_EQ(client_->Get(avro::Datum::String("u1")).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ThinClient::Connect({.router_url = url_, .store = "nope"}).error().code(), ErrorCode::kStoreNotFound);
  EXPECT_EQ(ThinClient::Connect({.router_url = "nonsense://", .store = "users"}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(ThinClient::Connect({.router_url = "http://127.0.0.1:1", .store = "users"}).error().code(),
            ErrorCode::kUnavailable);
  EXPECT_EQ(client_->GetRaw("value_schema/users/77").error().code(), ErrorCode::kNotFound);
  std::vector<std::string> many;
  for (int i = 0; i < 501; ++i) many.push_back(EncodedString(std::to_string(i)));
  EXPECT_EQ(client_->MultiGetEncoded(many).error().code(), ErrorCode::kTooLarge);
}

TEST_F(ThinClientTest, AsyncRequestsRunTogetherAndEndWithTheClient) {
  std::promise<void> all;
  std::atomic<int> left = 200;
  for (int i = 0; i < 200; ++i) {
    client_->GetAsync(EncodedString("u" + std::to_string(i % 50)), [&](Result<std::optional<Value>> value) {
      EXPECT_TRUE(value.ok() && value->has_value());
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().get();
  node_.read_delay_ms = 60'000;
  auto ended = std::make_shared<std::promise<ErrorCode>>();
  client_->GetAsync(EncodedString("u1"),
                    [ended](Result<std::optional<Value>> value) { ended->set_value(value.error().code()); });
  client_.reset();
  EXPECT_EQ(ended->get_future().get(), ErrorCode::kCancelled);
}

TEST(RouterReplies, FootersAndBadIndexesAreErrors) {
  net::HttpResponse reply;
  reply.headers.Add("X-VENICE-SCHEMA-ID", "1");
  protocol::AppendResponseRecord({0, "value", 1}, reply.body);
  EXPECT_TRUE(ParseBatchReply(reply, 1).ok());
  const std::string good = reply.body;
  protocol::AppendFooter({503, "no replica", {}}, reply.body);
  const auto cut = ParseBatchReply(reply, 1);
  EXPECT_EQ(cut.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(cut.error().message().find("no replica"), std::string::npos);
  reply.body = good;
  EXPECT_EQ(ParseBatchReply(reply, 0).error().code(), ErrorCode::kCorruption);
  reply.body = good.substr(0, good.size() - 1);
  EXPECT_FALSE(ParseBatchReply(reply, 1).ok());
  reply.body = good;
  reply.headers.Set("X-VENICE-SCHEMA-ID", "2");
  EXPECT_FALSE(ParseBatchReply(reply, 1).ok());
  reply.headers.Set("X-VENICE-SCHEMA-ID", "1");
  reply.headers.Set("X-VENICE-COMPRESSION-STRATEGY", "3");
  EXPECT_FALSE(ParseBatchReply(reply, 1).ok());
}

TEST(RouterReplies, AMissingFirstKeyIsSeenByItsSchemaId) {
  net::HttpResponse reply;
  reply.headers.Add("X-VENICE-SCHEMA-ID", "1");
  protocol::AppendMissingKey(0, reply.body);
  protocol::AppendResponseRecord({1, "v", 5}, reply.body);
  const auto values = ParseBatchReply(reply, 3);
  ASSERT_TRUE(values.ok());
  EXPECT_FALSE((*values)[0]);
  EXPECT_EQ((*values)[1]->schema_id, 5);
  EXPECT_FALSE((*values)[2]);  // absent in the form without streaming
}

TEST(RouterReplies, JsonThatIsNotWhatItShouldBe) {
  for (const std::string bad :
       {"", "[]", "{", "null", R"({"schemas":1})", R"({"schemas":[1]})", R"({"schemaStr":3})"}) {
    EXPECT_FALSE(ParseSchemaReply(bad).ok()) << bad;
    EXPECT_FALSE(ParseSchemaListReply(bad).ok()) << bad;
    EXPECT_FALSE(ParseCurrentVersionReply(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace venice::client
