// Reading and writing whole records at a path.
#include <functional>

#include "helix/admin.h"

namespace venice::helix {
namespace {

constexpr int kConflictsMax = 100;  // each one means that somebody else's write went through

std::string LastElement(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

Status CreateWithParents(zk::Client& client, const std::string& path, const std::string& data) {
  Result<std::string> created = client.Create(path, data);
  if (!created.ok() && created.error().code() == ErrorCode::kNotFound) {
    VENICE_TRY(zk::EnsurePath(client, Parent(path)));
    created = client.Create(path, data);
  }
  VENICE_TRY(created);
  return Ok();
}

}  // namespace

Result<std::optional<ZnRecord>> ReadRecord(zk::Client& client, const std::string& path) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, client.Get(path));
  if (!node || node->data.empty()) return std::optional<ZnRecord>();
  Result<ZnRecord> record = DecodeZnRecord(node->data);
  if (!record.ok()) return std::move(record).error().In(path);
  return std::optional(std::move(*record));
}

Status WriteRecord(zk::Client& client, const std::string& path, const ZnRecord& record) {
  const std::string data = EncodeZnRecord(record);
  for (int attempt = 0; attempt < kConflictsMax; ++attempt) {
    const Result<zk::Stat> set = client.Set(path, data);
    if (set.ok()) return Ok();
    if (set.error().code() != ErrorCode::kNotFound) return set.error();
    const Status created = CreateWithParents(client, path, data);
    if (created.ok() || created.error().code() != ErrorCode::kAlreadyExists) return created;
  }
  return Error(ErrorCode::kConflict, path + " is created and deleted by others all the time");
}

Status ChangeRecord(zk::Client& client, const std::string& path, const std::function<bool(ZnRecord&)>& change) {
  for (int attempt = 0; attempt < kConflictsMax; ++attempt) {
    VENICE_ASSIGN(const std::optional<zk::Node> node, client.Get(path));
    ZnRecord record;
    if (node && !node->data.empty()) {
      Result<ZnRecord> decoded = DecodeZnRecord(node->data);
      if (!decoded.ok()) return std::move(decoded).error().In(path);
      record = std::move(*decoded);
    } else {
      record.id = LastElement(path);
    }
    if (!change(record)) return Ok();
    const std::string data = EncodeZnRecord(record);
    Status written = Ok();
    if (node) {
      if (const Result<zk::Stat> set = client.Set(path, data, node->stat.version); !set.ok()) written = set.error();
    } else {
      written = CreateWithParents(client, path, data);
    }
    if (written.ok()) return Ok();
    const ErrorCode code = written.error().code();
    const bool raced =
        code == ErrorCode::kConflict || code == ErrorCode::kAlreadyExists || code == ErrorCode::kNotFound;
    if (!raced) return written;
  }
  return Error(ErrorCode::kConflict, path + " is changed by others all the time");
}

}  // namespace venice::helix
