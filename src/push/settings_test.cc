#include <gtest/gtest.h>

#include "base/properties.h"
#include "push/progress_printer.h"
#include "push/settings.h"

namespace venice::push {
namespace {

Result<PushSettings> From(std::string_view text) { return SettingsFromProperties(ParseProperties(text).value()); }

TEST(Settings, ReadsVenicesQuickstartFile) {
  const auto settings = From(
      "venice.discover.urls=http://venice-controller:5555\n"
      "venice.store.name=test-store\n"
      "input.path=sample-data/batch-push-data\n"
      "key.field=key\nvalue.field=value\n"
      "push.job.status.upload.enable=false\n"
      "controller.request.retry.attempts=5\n"
      "venice.writer.close.timeout.ms=500\n"
      "poll.job.status.interval.ms=1000\n"
      "incremental.push=false\n"
      "kafka.security.protocol=PLAINTEXT\n");
  ASSERT_TRUE(settings.ok()) << settings.error().ToString();
  EXPECT_EQ(settings->controller_urls, std::vector<std::string>{"http://venice-controller:5555"});
  EXPECT_EQ(settings->store, "test-store");
  EXPECT_EQ(settings->controller_attempts, 5);
  EXPECT_EQ(settings->poll_interval, std::chrono::milliseconds(1000));
  EXPECT_EQ(settings->kafka.at("kafka.security.protocol"), "PLAINTEXT");
  EXPECT_EQ(settings->ignored,
            (std::vector<std::string>{"push.job.status.upload.enable", "venice.writer.close.timeout.ms"}));
  EXPECT_TRUE(settings->Validate().ok());
}

TEST(Settings, SaysWhichPropertyIsWrong) {
  EXPECT_EQ(From("poll.job.status.interval.ms=soon").error().message(),
            "poll.job.status.interval.ms: \"soon\" is not a whole number");
  EXPECT_EQ(From("allow.duplicate.key=yes").error().message(),
            "allow.duplicate.key: \"yes\" is neither true nor false");
  EXPECT_FALSE(From("incremental.push=true").ok());
  EXPECT_FALSE(From("key.field=a\navro.key.field=b").ok());
  EXPECT_TRUE(From("key.field=a\navro.key.field=a").ok());
  EXPECT_NE(From("")->Validate().error().message().find("venice.discover.urls"), std::string::npos);
  EXPECT_NE(From("venice.discover.urls=a")->Validate().error().message().find("venice.store.name"), std::string::npos);
  EXPECT_NE(From("venice.discover.urls=a\nvenice.store.name=b")->Validate().error().message().find("input.path"),
            std::string::npos);
  EXPECT_FALSE(From("venice.discover.urls=d2://x\nvenice.store.name=b\ninput.path=c")->Validate().ok());
  EXPECT_FALSE(From("venice.discover.urls=x\nvenice.store.name=b\ninput.path=c\npush.memory=1M")->Validate().ok());
}

TEST(Progress, LinesAndSummaryRead) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatDuration(std::chrono::milliseconds(850)), "850 ms");
  EXPECT_EQ(FormatDuration(std::chrono::milliseconds(12'345)), "12.3 s");
  EXPECT_EQ(FormatDuration(std::chrono::milliseconds(245'000)), "4 min 05 s");
  Progress progress{.stage = Stage::kReading,
                    .records = 60'000,
                    .bytes = 3 << 20,
                    .fraction = 0.5,
                    .remaining = std::chrono::milliseconds(2000)};
  EXPECT_EQ(ProgressPrinter::Line(progress, 0),
            "reading   [############............]  50%  60,000 records  3.0 MiB  2.0 s left");
  PushSummary summary;
  summary.store = "quote\"d";
  EXPECT_NE(summary.ToJson().find(R"("store":"quote\"d")"), std::string::npos);
}

}  // namespace
}  // namespace venice::push
