// One cluster as this controller sees it: its session, leadership, and the parts that work while it leads.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "controller/context.h"
#include "controller/schema_admin.h"
#include "controller/store_admin.h"
#include "controller/version_admin.h"

namespace venice::controller {

// Thread-safe. Owns a ZooKeeper session, a Helix controller, a spectator, and three threads: leadership, push monitor,
// background work.
class Cluster {
 public:
  // instance   "host_port" of this controller
  // Borrowed settings and topics must outlive it.
  Cluster(std::string name, std::string instance, const ControllerSettings& settings, Topics& topics);
  ~Cluster();  // as Stop()

  // Connects, makes the cluster if it is missing, competes for leadership. Errors: kUnavailable.
  Status Start();
  void Stop();

  // True while this controller leads and has taken everything over.
  bool Leads() const;
  // Instance name of the leader; empty while none is known.
  std::string Leader() const;

  const std::string& name() const;
  // Valid between Start() and Stop().
  ClusterContext& context();
  VersionAdmin& versions();
  StoreAdmin& stores();
  SchemaAdmin& schemas();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::controller
