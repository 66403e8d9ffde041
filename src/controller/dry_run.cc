#include "controller/dry_run.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace venice::controller {

using avro::Field;
using avro::Node;
using avro::Type;
using Verdict = SchemaPlan::Verdict;

namespace {

constexpr size_t kFieldsNamedMax = 8;

class FieldDifference {
 public:
  explicit FieldDifference(size_t limit) : limit_(limit) {}

  void Walk(const Node& old, const Node& fresh, const std::string& path) {
    if (old.type != fresh.type || !seen_.insert({&old, &fresh}).second || added.size() >= limit_) return;
    if (fresh.type == Type::kArray) return Walk(*old.items, *fresh.items, path + "[]");
    if (fresh.type == Type::kMap) return Walk(*old.items, *fresh.items, path + "{}");
    if (fresh.type == Type::kUnion) {
      for (const Node* branch : fresh.branches)
        for (const Node* other : old.branches)
          if (branch->BranchName() == other->BranchName()) Walk(*other, *branch, path);
      return;
    }
    for (const Field& field : fresh.fields) {
      const std::string name = path.empty() ? field.name : path + "." + field.name;
      const int at = old.FieldIndex(field.name);
      if (at >= 0)
        Walk(*old.fields[static_cast<size_t>(at)].type, *field.type, name);
      else if (added.size() < limit_)
        added.push_back(name);
    }
  }

  std::vector<std::string> added;

 private:
  const size_t limit_;
  std::set<std::pair<const Node*, const Node*>> seen_;
};

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kFieldsNamedMax; ++i) text += (i == 0 ? "`" : ", `") + names[i] + "`";
  if (names.size() > kFieldsNamedMax) text += " and more";
  return text;
}

// The newest registered schema that the new one cannot be read with or cannot read; 0 for none.
int32_t Unreadable(const SchemaPlan& plan) {
  int32_t id = 0;
  for (const avro::VersionComparison& version : plan.comparisons)
    if (!avro::Satisfies(version.comparison.verdict, avro::Compatibility::kBackward)) id = version.id;
  return id;
}

void Judge(const SchemaPlan& plan, const std::vector<std::string>& added, PushImpact& push) {
  if (plan.verdict == Verdict::kRejected) {
    push.reason =
        "Not affected: the schema would be refused, so nothing changes. The push writes with a schema that is "
        "registered already.";
    return;
  }
  if (plan.verdict == Verdict::kAlreadyRegistered) {
    push.reason = fmt::format("Not affected: the schema is registered already, as value schema {}.", plan.id);
    return;
  }
  const std::string again =
      fmt::format("wait for it and push again, or kill it (kill-job --version {}) and start it again after registering",
                  push.version);
  if (const int32_t unreadable = Unreadable(plan); unreadable != 0) {
    push.affected = true;
    push.reason = fmt::format(
        "Affected: readers that use schema {} cannot read records that this push writes with schema {}. Do not "
        "register it before the push has ended; then push again with the new schema.",
        plan.id, unreadable);
    return;
  }
  if (!added.empty()) {
    push.affected = true;
    push.reason = fmt::format(
        "Affected: the push goes on and its data stays readable, but it writes with a schema registered before this "
        "one. Readers that use schema {} see the default of {} in every record of version {}. To fill them: {}.",
        plan.id, Listed(added), push.version, again);
    return;
  }
  push.reason = fmt::format(
      "Not affected: it goes on writing with a schema registered before this one, and readers that use schema {} read "
      "the same from its records.",
      plan.id);
}

}  // namespace

bool IsInFlight(const metadata::Version& version) {
  return version.status == metadata::VersionStatus::kStarted || version.status == metadata::VersionStatus::kCreated;
}

std::vector<std::string> AddedFields(const avro::Schema& old, const avro::Schema& fresh, size_t limit) {
  FieldDifference difference(limit);
  difference.Walk(old.node(), fresh.node(), "");
  return std::move(difference.added);
}

std::vector<PushImpact> JudgePushes(const metadata::Store& store, const metadata::StoreSchemas& known,
                                    const SchemaPlan& plan, const std::map<int32_t, metadata::OfflinePush>& statuses) {
  std::vector<std::string> added;
  if (plan.verdict == Verdict::kAccepted && known.LatestValue() != nullptr) {
    const Result<avro::Schema> old = avro::Schema::Parse(known.LatestValue()->text, avro::Schema::Defaults::kAccept);
    const Result<avro::Schema> fresh = avro::Schema::Parse(plan.text, avro::Schema::Defaults::kAccept);
    if (old.ok() && fresh.ok()) added = AddedFields(*old, *fresh, kFieldsNamedMax + 1);
  }
  std::vector<PushImpact> pushes;
  for (const metadata::Version& version : store.versions) {
    if (!IsInFlight(version)) continue;
    PushImpact push;
    push.version = version.number;
    push.push_job_id = version.push_job_id;
    push.topic = version.Topic();
    push.started_ms = version.created_ms;
    const auto status = statuses.find(version.number);
    push.status =
        status == statuses.end() ? std::string(ToText(version.status)) : std::string(ToText(status->second.status));
    Judge(plan, added, push);
    pushes.push_back(std::move(push));
  }
  return pushes;
}

std::string Summary(const DryRun& run) {
  const SchemaPlan& plan = run.plan;
  if (plan.verdict == Verdict::kRejected) return "The schema would be refused: " + plan.reason;
  if (plan.verdict == Verdict::kAlreadyRegistered)
    return fmt::format("The schema is registered already, as value schema {}; registering it again changes nothing.",
                       plan.id);
  std::string text = fmt::format("The schema would be accepted as value schema {}", plan.id);
  if (plan.comparisons.empty())
    text += ".";
  else
    text += fmt::format(": it is {} compatible with {} registered schema{}.", avro::CompatibilityName(run.mode),
                        plan.comparisons.size(), plan.comparisons.size() == 1 ? "" : "s");
  const auto affected =
      std::count_if(run.pushes.begin(), run.pushes.end(), [](const PushImpact& push) { return push.affected; });
  if (!run.pushes.empty())
    text += fmt::format(" {} of {} running push{} would be affected.", affected, run.pushes.size(),
                        run.pushes.size() == 1 ? "" : "es");
  return text;
}

}  // namespace venice::controller
