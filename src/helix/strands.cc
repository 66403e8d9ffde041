#include "helix/strands.h"

#include <utility>

namespace venice::helix {

bool Strands::Submit(const std::string& key, Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    const auto [it, is_new] = queues_.try_emplace(key);
    it->second.push_back(std::move(task));
    if (!is_new) return true;
  }
  if (pool_.Submit([this, key] { RunOne(key); })) return true;
  std::lock_guard lock(mutex_);
  queues_.erase(key);
  return false;
}

// Works the key's queue off on one pool thread: a hand-over between tasks would only cost a switch.
void Strands::RunOne(const std::string& key) {
  while (true) {
    Task task;
    {
      std::lock_guard lock(mutex_);
      const auto it = queues_.find(key);
      if (it->second.empty()) {
        queues_.erase(it);
        return;
      }
      task = std::move(it->second.front());
      it->second.pop_front();
    }
    task();
  }
}

void Strands::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  pool_.Stop();
}

}  // namespace venice::helix
