#include "dispatch/version_choice.h"

namespace venice::dispatch {
namespace {

bool AllReady(const metadata::Version& version, const RoutingTable& routes) {
  const auto found = routes.Find(version.Topic());
  return found != nullptr && found->AllReady(version.partition_count);
}

}  // namespace

std::string_view ToText(VersionChoice::Reason reason) {
  switch (reason) {
    case VersionChoice::Reason::kCurrent:
      return "current";
    case VersionChoice::Reason::kNoCurrent:
      return "no current version";
    case VersionChoice::Reason::kPartitionsMissing:
      return "partitions without a ready replica";
    case VersionChoice::Reason::kDictionaryMissing:
      return "compression dictionary not loaded yet";
  }
  return "";
}

VersionChoice ChooseVersion(const metadata::Store& store, int32_t served_before, const RoutingTable& routes,
                            const std::function<bool(const metadata::Version&)>& dictionary_ready) {
  VersionChoice choice;
  if (const metadata::Version* current = store.CurrentVersion()) {
    if (!AllReady(*current, routes)) {
      choice.reason = VersionChoice::Reason::kPartitionsMissing;
    } else if (current->compression == metadata::CompressionStrategy::kZstdWithDict && !dictionary_ready(*current)) {
      choice.reason = VersionChoice::Reason::kDictionaryMissing;
    } else {
      return {current->number, VersionChoice::Reason::kCurrent};
    }
  }
  const metadata::Version* before = store.FindVersion(served_before);
  if (before != nullptr && AllReady(*before, routes)) choice.version = before->number;
  return choice;
}

}  // namespace venice::dispatch
