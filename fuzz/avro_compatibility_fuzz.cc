#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avro/compatibility.h"
#include "avro/schema_changes.h"

namespace {

using namespace venice::avro;

// Findings that both sets of rules have to share.
bool Refuses(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.rule != Rule::kAmbiguousAlias && finding.rule != Rule::kTooComplex;
  });
}

}  // namespace

// Two schemas with an empty line between them: comparing them ends, Venice takes nothing that Avro refuses, every
// finding says something, and nothing changes between a schema and itself.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t middle = std::min(text.find("\n\n"), text.size());
  const auto before = Schema::Parse(text.substr(0, middle), Schema::Defaults::kAccept);
  const auto after = Schema::Parse(text.substr(middle), Schema::Defaults::kAccept);
  if (before.ok() && !ChangesBetween(*before, *before).empty()) std::abort();
  if (!before.ok() || !after.ok()) return 0;
  (void)ChangeSummary(ChangesBetween(*before, *after));
  const Comparison avro = Compare(*after, *before, Rules::kAvro);
  const Comparison venice = Compare(*after, *before, Rules::kVenice);
  if ((avro.verdict == Compatibility::kFull) != avro.findings.empty()) std::abort();
  if (Refuses(avro.findings) && venice.findings.empty()) std::abort();
  for (const Comparison* comparison : {&avro, &venice}) {
    for (const Finding& finding : comparison->findings) {
      if (finding.what.empty() || finding.reader_sees.empty() || finding.remedy.empty()) std::abort();
    }
  }
  return 0;
}
