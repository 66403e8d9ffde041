#include "helix/process_identity.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace venice::helix {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Field 22 of /proc/<pid>/stat, in clock ticks since boot; empty when there is no such process.
std::string StartTime(int pid) {
  const std::string stat = ReadAll(fmt::format("/proc/{}/stat", pid));
  const size_t name_end = stat.rfind(')');  // the name in front of it may hold anything
  if (name_end == std::string::npos) return "";
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

// Of this kernel and pid namespace; empty when unknown.
std::string Machine() {
  std::string boot = ReadAll("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  char space[64] = {};
  if (boot.empty() || readlink("/proc/self/ns/pid", space, sizeof(space) - 1) <= 0) return "";
  return boot + "/" + space;
}

}  // namespace

std::string ProcessIdentity() {
  const std::string machine = Machine();
  const std::string start = StartTime(getpid());
  return machine.empty() || start.empty() ? "" : fmt::format("{}/{}/{}", machine, getpid(), start);
}

bool IsSurelyDead(std::string_view identity) {
  const std::string machine = Machine();
  if (machine.empty() || !identity.starts_with(machine + "/")) return false;
  identity.remove_prefix(machine.size() + 1);
  const size_t split = identity.find('/');
  int pid = 0;
  if (split == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(identity.data(), identity.data() + split, pid);
  if (error != std::errc() || end != identity.data() + split || pid <= 0) return false;
  if (kill(pid, 0) != 0) return errno == ESRCH;
  const std::string start = StartTime(pid);
  return !start.empty() && start != identity.substr(split + 1);
}

}  // namespace venice::helix
