#include "embedded/zookeeper_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace venice::embedded {
namespace {

// 64 KiB a turn keeps one busy client from starving the others.
constexpr size_t kReceiveBytes = 64 << 10;
constexpr size_t kIdleBufferBytes = 256 << 10;  // larger buffers are given back when empty

void Compact(std::string& buffer, size_t& used) {
  if (used == buffer.size()) {
    buffer.clear();
    used = 0;
    if (buffer.capacity() > kIdleBufferBytes) buffer.shrink_to_fit();
  } else if (used > kIdleBufferBytes) {
    buffer.erase(0, used);
    used = 0;
  }
}

}  // namespace

ZooKeeperConnection::ZooKeeperConnection(int fd, WatcherId id, std::string peer_ip, std::chrono::nanoseconds now)
    : fd_(fd), opened_at_(now) {
  peer_.id = id;
  peer_.caller.identities.push_back({"ip", std::move(peer_ip)});
}

ZooKeeperConnection::~ZooKeeperConnection() { ::close(fd_); }

bool ZooKeeperConnection::Receive() {
  Compact(in_, taken_);
  const size_t before = in_.size();
  in_.resize(before + kReceiveBytes);
  const ssize_t count = ::recv(fd_, in_.data() + before, kReceiveBytes, MSG_DONTWAIT);
  const int failure = errno;
  in_.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
  if (count > 0) return true;
  return count < 0 && (failure == EAGAIN || failure == EINTR);
}

bool ZooKeeperConnection::Send() {
  while (output_bytes() > 0) {
    const ssize_t count = ::send(fd_, peer_.out.data() + sent_, output_bytes(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Compact(peer_.out, sent_);
      return errno == EAGAIN;
    }
    sent_ += static_cast<size_t>(count);
  }
  Compact(peer_.out, sent_);
  return true;
}

std::optional<std::string_view> ZooKeeperConnection::FirstWord() const {
  if (first_frame_taken_ || input_bytes() < 4) return std::nullopt;
  return std::string_view(in_).substr(taken_, 4);
}

ZooKeeperConnection::FrameState ZooKeeperConnection::PeekFrame(uint32_t bytes_max, std::string_view& frame) const {
  if (input_bytes() < 4) return FrameState::kIncomplete;
  const auto length = LoadBigEndian<uint32_t>(in_.data() + taken_);  // a negative one is too large
  if (length > bytes_max) return FrameState::kTooLarge;
  if (input_bytes() - 4 < length) return FrameState::kIncomplete;
  frame = std::string_view(in_).substr(taken_ + 4, length);
  return FrameState::kReady;
}

void ZooKeeperConnection::PopFrame(std::string_view frame) {
  taken_ += 4 + frame.size();
  first_frame_taken_ = true;
}

}  // namespace venice::embedded
