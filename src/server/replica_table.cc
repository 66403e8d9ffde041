#include "server/replica_table.h"

#include <condition_variable>

#include "base/check.h"

namespace venice::server {

// Outlives the tasks that loops may still run.
struct PublishedTable::Shared {
  std::vector<std::shared_ptr<const ReplicaTable>> tables;  // one per loop, touched only there
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
};

PublishedTable::PublishedTable(net::EventLoopGroup& loops) : loops_(loops), shared_(std::make_shared<Shared>()) {
  shared_->tables.assign(loops.size(), std::make_shared<const ReplicaTable>());
}

void PublishedTable::Publish(std::shared_ptr<const ReplicaTable> table) {
  std::lock_guard in_order(publishing_);
  struct Round {
    std::vector<std::shared_ptr<const ReplicaTable>> old;
    size_t pending = 0;
  };
  auto round = std::make_shared<Round>();
  round->old.resize(loops_.size());
  round->pending = loops_.size();
  for (size_t i = 0; i < loops_.size(); ++i) {
    loops_.loop(i).Post([shared = shared_, round, i, table]() mutable {
      round->old[i] = std::exchange(shared->tables[i], std::move(table));
      std::lock_guard lock(shared->mutex);
      --round->pending;
      shared->changed.notify_all();
    });
  }
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return round->pending == 0 || shared_->stopped; });
}

void PublishedTable::StopWaiting() {
  std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->changed.notify_all();
}

const std::shared_ptr<const ReplicaTable>& PublishedTable::On(const net::EventLoop& loop) const {
  for (size_t i = 0; i < loops_.size(); ++i)
    if (&loops_.loop(i) == &loop) return shared_->tables[i];
  VENICE_CHECK(false);
}

}  // namespace venice::server
