#include <string>
#include <vector>

#include "zk/client.h"

namespace venice::zk {

Status EnsurePath(Client& client, const std::string& path) {
  if (path.empty() || path == "/") return Ok();
  VENICE_ASSIGN(const std::optional<Stat> stat, client.Exists(path));
  if (stat) return Ok();
  Result<std::string> created = client.Create(path, "");
  if (!created.ok() && created.error().code() == ErrorCode::kNotFound) {
    VENICE_TRY(EnsurePath(client, path.substr(0, path.rfind('/'))));
    created = client.Create(path, "");
  }
  // Somebody else may have been faster.
  if (created.ok() || created.error().code() == ErrorCode::kAlreadyExists) return Ok();
  return std::move(created).error();
}

Status DeleteRecursively(Client& client, const std::string& path) {
  // Children may appear while we delete, so that the last delete is refused; a few rounds are enough unless somebody
  // keeps writing, and then the error says so.
  constexpr int kRounds = 5;
  Status status;
  for (int round = 0; round < kRounds; ++round) {
    VENICE_ASSIGN(const std::optional<std::vector<std::string>> children, client.Children(path));
    if (!children) return Ok();
    for (const std::string& child : *children) {
      VENICE_TRY(DeleteRecursively(client, path == "/" ? "/" + child : path + "/" + child));
    }
    status = client.Delete(path);
    if (status.ok() || status.error().code() == ErrorCode::kNotFound) return Ok();
    if (status.error().code() != ErrorCode::kConflict) return status;
  }
  return std::move(status).error().In("somebody keeps creating nodes below " + path);
}

}  // namespace venice::zk
