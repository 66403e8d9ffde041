#include "base/byte_order.h"
#include "base/byte_size.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/properties.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace venice {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Error(ErrorCode::kInvalidArgument, "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  VENICE_ASSIGN(const int half, Half(value));
  return Half(half);
}

TEST(Result, PassesErrorsUp) {
  EXPECT_EQ(*Quarter(8), 2);
  const Result<int> failed = Quarter(6);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().ToString(), "InvalidArgument: odd");
  EXPECT_EQ(Error(failed.error()).In("store a").message(), "store a: odd");
}

TEST(ErrorCode, TableMapsToHttpAndExitCodes) {
  EXPECT_EQ(Info(ErrorCode::kNotLeader).http_status, 421);
  EXPECT_EQ(Info(ErrorCode::kStoreNotFound).venice_type, "STORE_NOT_FOUND");
  EXPECT_EQ(Info(ErrorCode::kNotReady).advice, Advice::kElsewhere);
}

TEST(ByteOrder, RoundTrips) {
  std::string bytes;
  AppendBigEndian<int32_t>(bytes, -2);
  EXPECT_EQ(HexEncode(bytes), "fffffffe");
  EXPECT_EQ(LoadBigEndian<int32_t>(bytes.data()), -2);
}

TEST(ByteSize, ParsesEverySpelling) {
  EXPECT_EQ(*ByteSize::Parse("512"), ByteSize(512));
  EXPECT_EQ(*ByteSize::Parse("64KiB"), 64_KiB);
  EXPECT_EQ(*ByteSize::Parse("1.5 g"), ByteSize(3u << 29));
  EXPECT_FALSE(ByteSize::Parse("lots").ok());
  EXPECT_FALSE(ByteSize::Parse("-1").ok());
  EXPECT_EQ((1_GiB).ToString(), "1.0 GiB");
}

TEST(Encoding, HexAndBase64RoundTrip) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(*HexDecode(HexEncode(bytes)), bytes);
    EXPECT_EQ(*Base64Decode(Base64Encode(bytes)), bytes);
    EXPECT_EQ(*Base64Decode(Base64Encode(bytes, Base64::kUrlSafe), Base64::kUrlSafe), bytes);
  }
  EXPECT_EQ(Base64Encode("\xff\xfe", Base64::kUrlSafe), "__4=");
  EXPECT_FALSE(Base64Decode("a").ok());
  EXPECT_FALSE(Base64Decode("a*bc").ok());
  EXPECT_FALSE(HexDecode("0g").ok());
}

TEST(Encoding, Md5OfRfc1321) {
  const auto digest = Md5("abc");
  EXPECT_EQ(HexEncode({reinterpret_cast<const char*>(digest.data()), 16}), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Properties, ReadsJavaForms) {
  const auto properties = ParseProperties(
      "# comment\n! other\na=1\n b : two words \nc three\nd=x\\\n   y\ne\\=f=g\nu=\\u00e9\nempty=\na=2\r\n");
  ASSERT_TRUE(properties.ok());
  EXPECT_EQ(properties->at("a"), "2");
  EXPECT_EQ(properties->at("b"), "two words ");
  EXPECT_EQ(properties->at("c"), "three");
  EXPECT_EQ(properties->at("d"), "xy");
  EXPECT_EQ(properties->at("e=f"), "g");
  EXPECT_EQ(properties->at("u"), "\xc3\xa9");
  EXPECT_EQ(properties->at("empty"), "");
  EXPECT_FALSE(ParseProperties("a=\\u12").ok());
  EXPECT_FALSE(ParseProperties("=x").ok());
}

TEST(File, ReplacesDurably) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(WriteFileDurably(folder / "f", "one").ok());
  ASSERT_TRUE(WriteFileDurably(folder / "f", "two").ok());
  EXPECT_EQ(*ReadFile(folder / "f"), "two");
  EXPECT_EQ(ReadFile(folder / "missing").error().code(), ErrorCode::kNotFound);
}

TEST(File, AsksForFreeSpace) {
  const TemporaryDirectory folder;
  EXPECT_TRUE(RequireFreeSpace(folder.path().string(), 0, 1_GiB).ok());
  EXPECT_EQ(RequireFreeSpace(folder.path().string(), 1.0, ByteSize(UINT64_MAX)).error().code(), ErrorCode::kDiskFull);
  EXPECT_EQ(RequireFreeSpace(folder / "missing", 0, 1_GiB).error().code(), ErrorCode::kNotFound);
}

TEST(ThreadPool, RunsQueuedTasksBeforeItStops) {
  std::atomic<int> count = 0;
  ThreadPool pool("test", 2);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Submit([&] { ++count; }));
  pool.Stop();
  EXPECT_EQ(count, 100);
  EXPECT_FALSE(pool.Submit([] {}));
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.WallMs(), 1000);
  clock.Advance(std::chrono::milliseconds(5));
  EXPECT_EQ(clock.WallMs(), 1005);
}

}  // namespace
}  // namespace venice
