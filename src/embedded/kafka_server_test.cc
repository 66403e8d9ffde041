#include "embedded/kafka_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

#include <gtest/gtest.h>

#include "base/file.h"
#include "embedded/kafka_api.h"
#include "embedded/kafka_wire.h"

namespace venice::embedded {
namespace {

// A client that speaks bytes.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 10};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { ::close(fd_); }
  bool connected() const { return connected_; }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void EndSending() { ::shutdown(fd_, SHUT_WR); }

  // Empty when the server closed first.
  std::string Receive(size_t size) {
    std::string bytes(size, '\0');
    size_t have = 0;
    while (have < size) {
      const ssize_t count = ::recv(fd_, bytes.data() + have, size - have, 0);
      if (count <= 0) return "";
      have += static_cast<size_t>(count);
    }
    return bytes;
  }
  std::string ReceiveFrame() {
    const std::string size = Receive(4);
    return size.empty() ? "" : Receive(LoadBigEndian<uint32_t>(size.data()));
  }
  bool ClosedByServer() {
    char byte;
    return ::recv(fd_, &byte, 1, 0) == 0 || errno == ECONNRESET;
  }

  static std::string Frame(Api api, int16_t version, std::string_view body) {
    std::string header;
    AppendBigEndian(header, static_cast<int16_t>(api));
    AppendBigEndian(header, version);
    AppendBigEndian<int32_t>(header, 77);
    AppendBigEndian<int16_t>(header, -1);
    const ApiVersionRange* range = FindApi(static_cast<int16_t>(api));
    if (range != nullptr && version >= range->first_flexible) header += '\0';
    std::string frame;
    AppendBigEndian(frame, static_cast<uint32_t>(header.size() + body.size()));
    return frame + header + std::string(body);
  }
  std::string Call(Api api, int16_t version, std::string_view body) {
    Send(Frame(api, version, body));
    return ReceiveFrame();
  }

 private:
  int fd_;
  bool connected_ = false;
};

class KafkaServerTest : public testing::Test {
 protected:
  void Start(KafkaServerOptions options = {}) {
    options.data_dir = folder_ / "kafka";
    server_ = std::make_unique<KafkaServer>(options);
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.error().message();
  }
  bool Alive() { return RawClient(server_->port()).Call(Api::kApiVersions, 0, "").size() > 50; }

  TemporaryDirectory folder_;
  std::unique_ptr<KafkaServer> server_;
};

TEST_F(KafkaServerTest, StartsStopsAndStartsAgain) {
  Start();
  EXPECT_TRUE(Alive());
  KafkaServerOptions same_port;
  same_port.data_dir = folder_ / "other";
  same_port.port = server_->port();
  KafkaServer second(same_port);
  const Status refused = second.Start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_NE(refused.error().message().find("in use"), std::string::npos);
  server_->Stop();
  server_->Stop();
  ASSERT_TRUE(server_->Start().ok());
  EXPECT_TRUE(Alive());
}

TEST_F(KafkaServerTest, AnswersApiVersionsThatItDoesNotKnow) {
  Start();
  RawClient client(server_->port());
  const std::string answer = client.Call(Api::kApiVersions, 99, "");
  ASSERT_GT(answer.size(), 10u);
  EXPECT_EQ(LoadBigEndian<int16_t>(answer.data() + 4), static_cast<int16_t>(KafkaError::kUnsupportedVersion));
  EXPECT_EQ(LoadBigEndian<int32_t>(answer.data() + 6), static_cast<int32_t>(ApiVersionRanges().size()));
  EXPECT_GT(client.Call(Api::kApiVersions, 0, "").size(), 10u);
}

TEST_F(KafkaServerTest, GarbageClosesTheConnectionOnly) {
  Start();
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    RawClient client(server_->port());
    std::string bytes(1 + random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (round % 2 == 0) {
      // A plausible size and request kind in front of the garbage.
      std::string frame;
      AppendBigEndian(frame, static_cast<uint32_t>(bytes.size() + 4));
      AppendBigEndian(frame, static_cast<int16_t>(random() % 62));
      AppendBigEndian(frame, static_cast<int16_t>(random() % 10));
      bytes = frame + bytes;
    }
    client.Send(bytes);
    client.EndSending();
  }
  EXPECT_TRUE(Alive());
}

TEST_F(KafkaServerTest, EveryRequestCutOrFilledWithGarbageIsSurvived) {
  Start();
  std::mt19937 random(11);
  for (const ApiVersionRange& range : ApiVersionRanges()) {
    for (int16_t version = range.min; version <= range.max; ++version) {
      for (const int size : {0, 1, 5, 20, 90}) {
        RawClient client(server_->port());
        std::string body(static_cast<size_t>(size), '\0');
        for (char& c : body) c = static_cast<char>(size % 2 == 0 ? random() : random() % 3);
        client.Send(RawClient::Frame(range.api, version, body));
        client.EndSending();
      }
    }
  }
  EXPECT_TRUE(Alive());
}

TEST_F(KafkaServerTest, ForgedSizesAllocateNothing) {
  KafkaServerOptions options;
  options.request_bytes_max = 1_MiB;
  Start(options);
  RawClient client(server_->port());
  std::string frame;
  AppendBigEndian<uint32_t>(frame, (1u << 20) + 1);
  client.Send(frame + "xxxx");
  EXPECT_TRUE(client.ClosedByServer());
  RawClient negative(server_->port());
  negative.Send(std::string(8, '\xff'));
  EXPECT_TRUE(negative.ClosedByServer());
  // An array of two billion topics in a small request.
  RawClient array(server_->port());
  std::string body;
  AppendBigEndian<int32_t>(body, 0x7fffffff);
  array.Send(RawClient::Frame(Api::kMetadata, 1, body));
  EXPECT_TRUE(array.ClosedByServer());
  EXPECT_TRUE(Alive());
}

TEST_F(KafkaServerTest, ConnectionsAreBounded) {
  KafkaServerOptions options;
  options.connections_max = 4;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    ASSERT_GT(clients.back()->Call(Api::kApiVersions, 0, "").size(), 10u);
  }
  RawClient one_more(server_->port());
  EXPECT_TRUE(one_more.ClosedByServer());
  EXPECT_GT(clients.front()->Call(Api::kApiVersions, 0, "").size(), 10u);
}

TEST_F(KafkaServerTest, RequestsThatShareTooLittleMemoryTakeTurns) {
  KafkaServerOptions options;
  options.request_bytes_max = 1_MiB;
  options.request_memory_max = 1_MiB;
  Start(options);
  // Produce requests to a topic that is not there: large, and answered.
  std::string body;
  AppendBigEndian<int16_t>(body, -1);
  AppendBigEndian<int16_t>(body, 1);
  AppendBigEndian<int32_t>(body, 1000);
  AppendBigEndian<int32_t>(body, 1);
  body += std::string("\0\1t", 3);
  AppendBigEndian<int32_t>(body, 1);
  AppendBigEndian<int32_t>(body, 0);
  AppendBigEndian<int32_t>(body, 800'000);
  body += std::string(800'000, 'x');
  const std::string frame = RawClient::Frame(Api::kProduce, 3, body);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->Send(frame.substr(0, 70'000 + static_cast<size_t>(i)));
  }
  for (int i = 0; i < 8; ++i)
    clients[static_cast<size_t>(i)]->Send(frame.substr(70'000 + static_cast<size_t>(i), 5'000));
  std::vector<std::thread> senders;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    senders.emplace_back([&, i] {
      clients[static_cast<size_t>(i)]->Send(frame.substr(75'000 + static_cast<size_t>(i)));
      if (clients[static_cast<size_t>(i)]->ReceiveFrame().size() > 10) ++answered;
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(answered, 8);
}

}  // namespace
}  // namespace venice::embedded
