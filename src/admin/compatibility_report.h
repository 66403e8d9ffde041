// The answer of check-schema-compatibility: the same findings against many versions told once.
#pragma once

#include <string>
#include <vector>

#include "avro/compatibility.h"

namespace venice::admin {

struct ComparedVersion {
  int32_t id = 0;
  std::string label;  // "3", or the name of a file
  avro::Comparison comparison;
};

struct CompatibilityReport {
  std::string schema_file;
  std::string url;      // of the controller; empty when files were compared
  std::string store;    // the same
  std::string cluster;  // empty when the controller was left to find it
  avro::Compatibility mode = avro::Compatibility::kFull;
  avro::Rules rules = avro::Rules::kVenice;
  std::vector<ComparedVersion> versions;     // by id
  int32_t registered_as = 0;                 // the version that is this very schema; 0 for none
  bool stricter_store_would_refuse = false;  // compatible by Avro's rules and not by Venice's

  bool Compatible() const;
};

// For a person who does not know Avro's rules. `colour` for terminals.
std::string ReportText(const CompatibilityReport& report, bool colour);
std::string ReportJson(const CompatibilityReport& report);

// "1-7, 9": runs of neighbours in `all`, which is sorted and holds every id of `ids`.
std::string VersionRanges(const std::vector<int32_t>& ids, const std::vector<int32_t>& all);

}  // namespace venice::admin
