// Messages between controller and participants: typed access to their records.
#pragma once

#include <cstdint>
#include <string>

#include "helix/zn_record.h"

namespace venice::helix {

// A state transition that the controller asks for.
struct TransitionMessage {
  std::string id;
  std::string target;          // instance
  std::string target_session;  // hex
  std::string source;          // controller instance
  std::string source_session;
  std::string resource;
  std::string partition;
  std::string from;
  std::string to;
  std::string state_model = "LeaderStandby";
  int64_t create_ms = 0;
  bool recovery = true;  // else a load-balancing move

  ZnRecord ToRecord() const;
};

// A random version 4 UUID in lower case. Thread-safe.
std::string NewMessageId();

// MSG_STATE is written in lower case, and only there.
inline constexpr std::string_view kMessageNew = "new";
inline constexpr std::string_view kMessageRead = "read";
inline constexpr std::string_view kMessageUnprocessable = "unprocessable";

}  // namespace venice::helix
