// The parameters of /update_store applied to a store record. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "controller/settings.h"
#include "metadata/store.h"

namespace venice::controller {

using ParamList = std::vector<std::pair<std::string, std::string>>;

// Applies all parameters or none; cluster_name and store_name are skipped.
// Errors: kInvalidArgument (unknown or repeated parameter, bad value), kInvalidConfig, kUnsupported.
Status ApplyStoreUpdate(const ParamList& params, const ControllerSettings& settings, metadata::Store& store);

// Strict: true or false in any case.
Result<bool> ParseBool(const std::string& name, const std::string& text);

}  // namespace venice::controller
