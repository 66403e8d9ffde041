// Carries out what the pipeline decided: the controller's writes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "helix/epoch.h"
#include "helix/mirror.h"
#include "helix/paths.h"
#include "helix/pipeline.h"
#include "zk/client.h"

namespace venice::helix {

// Belongs to the controller's thread; one per term of leadership. Writes only in the session that leads.
class Dispatcher {
 public:
  Dispatcher(zk::Client& client, Mirror& mirror, const Paths& paths, std::string instance, int64_t session)
      : client_(client),
        mirror_(mirror),
        paths_(paths),
        instance_(std::move(instance)),
        session_(session),
        epoch_(client, paths.LeadershipEpoch(), instance_) {}

  // Before anything is read that Apply() is to act on.
  Status TakeOffice() { return epoch_.Claim(); }
  int64_t latest_term_ms() const { return epoch_.latest_term_ms(); }

  // Reads the views that are on ZooKeeper, so that only differences are written. Once before Apply().
  Status LoadViews(const std::vector<std::string>& customized_types);
  // Messages first, then the assignment, then the views. Errors: kConflict: another controller has taken office;
  // kSessionExpired, and those of the client. After an error the mirror may not know what was sent.
  Status Apply(const Actions& actions, const ClusterData& data, int64_t now_ms);

 private:
  Status CheckSession() const;
  Status DeleteMessages(const Actions& actions);
  Status SendMessages(const Actions& actions);
  Status SendBatch(const std::vector<TransitionMessage>& batch);
  Status PersistAssignments(const Actions& actions, const ClusterData& data);
  Status MarkOffline(const Actions& actions, int64_t now_ms);
  Status LoadViews(const std::string& parent);
  Status WriteViews(const Records& wanted, const std::string& parent);

  zk::Client& client_;
  Mirror& mirror_;
  const Paths& paths_;
  const std::string instance_;
  const int64_t session_;
  Epoch epoch_;
  std::map<std::string, Records> written_;  // parent path -> views as on ZooKeeper
};

}  // namespace venice::helix
