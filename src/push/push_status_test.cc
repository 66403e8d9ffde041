#include "push/push_status.h"

#include <gtest/gtest.h>

namespace venice::push {
namespace {

using controller_api::JobStatus;
using metadata::ExecutionStatus;

TEST(PushStatus, SaysHowFarTheServersAre) {
  JobStatus status{.status = ExecutionStatus::kStarted, .status_text = "STARTED"};
  EXPECT_EQ(Describe(status, 4).detail, "STARTED");
  status.uncompleted_partitions[1] = {{"a", "STARTED", ""}, {"b", "STARTED", ""}};
  status.uncompleted_partitions[3] = {{"a", "END_OF_PUSH_RECEIVED", ""}};
  const IngestionProgress progress = Describe(status, 4);
  EXPECT_DOUBLE_EQ(progress.fraction, 0.5);
  EXPECT_EQ(progress.detail, "2 of 4 partitions ready; replicas 1 END_OF_PUSH_RECEIVED, 2 STARTED");
  EXPECT_TRUE(CheckNotFailed(status).ok());
  status = {.status = ExecutionStatus::kCompleted, .status_text = "COMPLETED"};
  EXPECT_DOUBLE_EQ(Describe(status, 4).fraction, 1);
}

TEST(PushStatus, SaysWhyAVersionFailed) {
  JobStatus status{
      .version = 3, .status = ExecutionStatus::kError, .status_text = "ERROR", .details = "too many errors"};
  status.extra_details["dc-0"] = "two replicas failed";
  status.uncompleted_partitions[1] = {{"host_1", "ERROR", "digest differs"}, {"host_2", "COMPLETED", ""}};
  const Status failed = CheckNotFailed(status);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kPushFailed);
  for (const char* part :
       {"version 3", "too many errors", "dc-0: two replicas failed", "partition 1 on host_1", "digest differs"}) {
    EXPECT_NE(failed.error().message().find(part), std::string::npos) << failed.error().message();
  }
  EXPECT_EQ(failed.error().message().find("host_2"), std::string::npos);
}

}  // namespace
}  // namespace venice::push
