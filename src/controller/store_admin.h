// Creating, changing and deleting stores of one cluster.
#pragma once

#include <string>

#include "base/result.h"
#include "controller/context.h"
#include "controller/update_store.h"
#include "controller/version_admin.h"

namespace venice::controller {

struct NewStore {
  std::string name;
  std::string owner;
  std::string key_schema;
  std::string value_schema;
  bool system_store = false;
};

// Errors: kInvalidArgument with the rule that the name breaks. Pure.
Status CheckStoreName(const std::string& name, bool system_store);

// Thread-safe; blocks.
class StoreAdmin {
 public:
  StoreAdmin(ClusterContext& context, VersionAdmin& versions) : context_(context), versions_(versions) {}

  // Errors: kInvalidArgument (name), kInvalidSchema, kAlreadyExists, kConflict (deleted too recently).
  Status Create(const NewStore& request);
  Status Update(const std::string& store, const ParamList& params);
  // operation: read, write or readwrite.
  Status Enable(const std::string& store, const std::string& operation, bool enabled);
  // Reads and writes must be disabled. Errors: kInvalidArgument, kStoreNotFound.
  Status Delete(const std::string& store);
  // Ends deletions that were cut off: part of taking over.
  Status FinishDeletions();

 private:
  Status DeleteLocked(const std::string& store);

  ClusterContext& context_;
  VersionAdmin& versions_;
};

}  // namespace venice::controller
