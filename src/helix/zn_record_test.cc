#include "helix/zn_record.h"

#include <gtest/gtest.h>

#include "helix/instance_config.h"
#include "helix/message.h"
#include "helix/paths.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

ZnRecord Sample() {
  ZnRecord record;
  record.id = "store_v3";
  record.simple = {{"REPLICAS", "3"}, {"HELIX_ENABLED", "TRUE"}};
  record.maps["store_v3_0"] = {{"host_1", "LEADER"}};
  record.lists["store_v3_0"] = {"host_1", "host_2"};
  return record;
}

TEST(ZnRecord, RoundTrips) {
  EXPECT_EQ(DecodeZnRecord(EncodeZnRecord(Sample())).value(), Sample());
  EXPECT_EQ(DecodeZnRecord(EncodeZnRecord(ZnRecord{})).value(), ZnRecord{});
}

TEST(ZnRecord, AlwaysHasItsThreeContainers) {
  const std::string text = EncodeZnRecord(ZnRecord{});
  EXPECT_NE(text.find("\"simpleFields\": {}"), std::string::npos) << text;
  EXPECT_NE(text.find("\"mapFields\": {}"), std::string::npos);
  EXPECT_NE(text.find("\"listFields\": {}"), std::string::npos);
}

TEST(ZnRecord, ReadsWhatJavaWrites) {
  const auto record = DecodeZnRecord(R"({
    "id" : "r", "simpleFields" : { "A" : "1", "gone" : null }, "mapFields" : null,
    "listFields" : { "L" : [ "x" ] }, "rawPayload" : null, "unknown" : [1, {"deep": 2}] })");
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->Number("A", 0), 1);
  EXPECT_FALSE(record->simple.contains("gone"));
  EXPECT_EQ(record->lists.at("L").at(0), "x");
}

TEST(ZnRecord, LargeRecordsAreCompressed) {
  ZnRecord record = Sample();
  for (int i = 0; i < 20'000; ++i) record.maps["partition_" + std::to_string(i)] = {{"host_1690", "STANDBY"}};
  const std::string bytes = EncodeZnRecord(record);
  EXPECT_LT(bytes.size(), 1000u * 1024u);
  EXPECT_EQ(bytes.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(DecodeZnRecord(bytes).value(), record);
}

TEST(ZnRecord, RefusesDamage) {
  for (const std::string& bytes :
       {std::string(), std::string("{"), std::string("[]"), std::string("\x1f\x8b\x08garbage"),
        std::string(R"({"id":"x","simpleFields":[]})"), std::string(R"({"id":"x","mapFields":{"a":"b"}})"),
        std::string(R"({"id":"x","listFields":{"a":{"b":"c"}}})"), std::string(100'000, '['),
        std::string(R"({"id":{"a":1}})")}) {
    const auto record = DecodeZnRecord(bytes);
    ASSERT_FALSE(record.ok()) << bytes.substr(0, 40);
    EXPECT_EQ(record.error().code(), ErrorCode::kCorruption);
  }
}

TEST(ZnRecord, MergeAppendsListsAndUpdateReplacesThem) {
  ZnRecord change;
  change.simple["REPLICAS"] = "2";
  change.maps["store_v3_0"] = {{"host_2", "STANDBY"}};
  change.lists["store_v3_0"] = {"host_3"};
  ZnRecord merged = Sample();
  merged.Merge(change);
  EXPECT_EQ(merged.Text("REPLICAS"), "2");
  EXPECT_EQ(merged.maps["store_v3_0"].size(), 2u);
  EXPECT_EQ(merged.lists["store_v3_0"].size(), 3u);
  ZnRecord updated = Sample();
  updated.Update(change);
  EXPECT_EQ(updated.maps["store_v3_0"].size(), 1u);
  EXPECT_EQ(updated.lists["store_v3_0"].size(), 1u);
}

TEST(ZnRecord, FieldsHaveFallbacks) {
  const ZnRecord record = Sample();
  EXPECT_EQ(record.Number("REPLICAS", -1), 3);
  EXPECT_EQ(record.Number("HELIX_ENABLED", -1), -1);
  EXPECT_TRUE(record.Flag("HELIX_ENABLED", false));
  EXPECT_TRUE(record.Flag("absent", true));
}

TEST(Paths, SessionTextHasNoPrefixAndNoPadding) {
  EXPECT_EQ(SessionText(0x10000a3f2b10004), "10000a3f2b10004");
  EXPECT_EQ(SessionText(-1), "ffffffffffffffff");
}

TEST(Paths, InstanceAndPartitionNames) {
  EXPECT_EQ(ParseInstanceName("my_host_1690")->host, "my_host");
  EXPECT_EQ(ParseInstanceName("my_host_1690")->port, 1690);
  EXPECT_FALSE(ParseInstanceName("host"));
  EXPECT_FALSE(ParseInstanceName("host_99999"));
  EXPECT_EQ(PartitionIndex(PartitionName("a_b_v1", 12)), 12);
  EXPECT_FALSE(PartitionIndex("a_"));
  EXPECT_FALSE(PartitionIndex("a_-1"));
}

TEST(StateModel, LeaderStandbyHops) {
  const StateModel& model = StateModel::LeaderStandby();
  EXPECT_EQ(model.NextHop("OFFLINE", "LEADER"), "STANDBY");
  EXPECT_EQ(model.NextHop("LEADER", "DROPPED"), "STANDBY");
  EXPECT_EQ(model.NextHop("STANDBY", "DROPPED"), "OFFLINE");
  EXPECT_EQ(model.NextHop("ERROR", "DROPPED"), "DROPPED");
  EXPECT_EQ(model.NextHop("ERROR", "OFFLINE"), "OFFLINE");
  EXPECT_FALSE(model.NextHop("ERROR", "LEADER"));
  EXPECT_TRUE(model.IsSecondTop("STANDBY"));
  EXPECT_FALSE(model.IsSecondTop("OFFLINE"));
  EXPECT_LT(model.TransitionPriority("LEADER", "STANDBY"), model.TransitionPriority("OFFLINE", "STANDBY"));
}

TEST(StateModel, Counts) {
  const StateModel& model = StateModel::LeaderStandby();
  EXPECT_EQ(model.Counts(3, 3), (std::map<std::string, int>{{"LEADER", 1}, {"STANDBY", 2}}));
  EXPECT_EQ(model.Counts(1, 3), (std::map<std::string, int>{{"LEADER", 1}, {"STANDBY", 0}}));
  EXPECT_EQ(model.Counts(0, 3), (std::map<std::string, int>{{"LEADER", 0}, {"STANDBY", 0}}));
}

TEST(Message, IdsAreUuids) {
  const std::string id = NewMessageId();
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(id, NewMessageId());
}

TEST(InstanceConfig, DisableAndEnableAgain) {
  ZnRecord record = NewInstanceConfig("host_1690");
  EXPECT_TRUE(ParseInstanceConfig(record).Enabled());
  SetInstanceEnabled(record, false, "repair", 1000);
  EXPECT_EQ(ParseInstanceConfig(record).operation, InstanceOperation::kDisable);
  EXPECT_EQ(ParseInstanceConfig(record).enabled_ms, 1000);
  EXPECT_EQ(record.lists["HELIX_INSTANCE_OPERATIONS"].size(), 1u);
  SetInstanceEnabled(record, true, "", 2000);
  EXPECT_TRUE(ParseInstanceConfig(record).Enabled());
  EXPECT_EQ(record.lists["HELIX_INSTANCE_OPERATIONS"].size(), 1u);
}

TEST(InstanceConfig, AnotherSourcesDisableStays) {
  ZnRecord record = NewInstanceConfig("host_1690");
  record.lists["HELIX_INSTANCE_OPERATIONS"] = {R"({"OPERATION":"DISABLE","SOURCE":"AUTOMATION"})"};
  SetInstanceEnabled(record, true, "", 2000);
  EXPECT_FALSE(ParseInstanceConfig(record).Enabled());
}

TEST(InstanceConfig, LegacyFlagWins) {
  ZnRecord record = NewInstanceConfig("host_1690");
  record.lists["HELIX_INSTANCE_OPERATIONS"] = {R"({"OPERATION":"ENABLE","SOURCE":"USER"})"};
  record.simple["HELIX_ENABLED"] = "false";
  EXPECT_EQ(ParseInstanceConfig(record).operation, InstanceOperation::kDisable);
}

TEST(InstanceConfig, DisabledPartitions) {
  ZnRecord record = NewInstanceConfig("host_1690");
  SetPartitionsEnabled(record, "s_v1", {"s_v1_2", "s_v1_0"}, false);
  EXPECT_EQ(record.maps["HELIX_DISABLED_PARTITION"]["s_v1"], "s_v1_0,s_v1_2");
  EXPECT_TRUE(ParseInstanceConfig(record).PartitionDisabled("s_v1", "s_v1_0"));
  EXPECT_FALSE(ParseInstanceConfig(record).PartitionDisabled("s_v1", "s_v1_1"));
  SetPartitionsEnabled(record, "s_v1", {"s_v1_2", "s_v1_0"}, true);
  EXPECT_FALSE(record.maps["HELIX_DISABLED_PARTITION"].contains("s_v1"));
}

}  // namespace
}  // namespace venice::helix
