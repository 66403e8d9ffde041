#include "admin/check_schema_compatibility.h"

#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/compatibility_report.h"
#include "admin/store_schemas.h"
#include "avro/schema_changes.h"
#include "base/file.h"

namespace venice::admin {
namespace {

using avro::Compatibility;
using avro::Schema;

// Venice's own field in answers of read computations.
constexpr std::string_view kReservedField = "__veniceComputationError__";

std::string Argument(const Arguments& arguments, std::string_view name) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? "" : found->second;
}

Result<Schema> ReadSchema(const std::string& path, Schema::Defaults defaults) {
  VENICE_ASSIGN(const std::string text, ReadFile(path));
  auto schema = Schema::Parse(text, defaults);
  if (!schema.ok())
    return Error(ErrorCode::kInvalidSchema,
                 fmt::format("{} is not an Avro schema: {}", path, schema.error().message()));
  return schema;
}

Result<Compatibility> Mode(const Arguments& arguments) {
  const std::string text = Argument(arguments, "mode");
  if (text.empty()) return Compatibility::kFull;
  if (const auto mode = avro::ParseCompatibility(text)) return *mode;
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("--mode {}: must be FULL, BACKWARD, FORWARD or NONE, in capitals", text));
}

// What is asked for; nullopt when the store decides.
Result<std::optional<avro::Rules>> WantedRules(const Arguments& arguments) {
  const std::string text = Argument(arguments, "rules");
  if (text.empty()) return std::optional<avro::Rules>();
  if (text == "avro") return std::optional(avro::Rules::kAvro);
  if (text == "venice") return std::optional(avro::Rules::kVenice);
  return Error(ErrorCode::kInvalidArgument, fmt::format("--rules {}: must be avro or venice", text));
}

struct Opponent {
  int32_t id = 0;
  std::string label;
  Schema schema;
};

Result<std::vector<Opponent>> OldFiles(const std::string& list) {
  std::vector<Opponent> opponents;
  std::istringstream paths(list);
  for (std::string path; std::getline(paths, path, ',');) {
    if (path.empty()) continue;
    VENICE_ASSIGN(Schema schema, ReadSchema(path, Schema::Defaults::kAccept));
    opponents.push_back({static_cast<int32_t>(opponents.size() + 1), path, std::move(schema)});
  }
  if (opponents.empty()) return Error(ErrorCode::kInvalidArgument, "--against names no file");
  return opponents;
}

Result<std::vector<Opponent>> Registered(const StoreSchemas& store) {
  std::vector<Opponent> opponents;
  for (const StoreSchemas::Version& version : store.versions) {
    auto schema = Schema::Parse(version.text, Schema::Defaults::kAccept);
    if (!schema.ok())
      return Error(ErrorCode::kCorruption,
                   fmt::format("the registered schema version {} of store {} cannot be read: {}", version.id,
                               store.name, schema.error().message()));
    opponents.push_back({version.id, fmt::format("{}", version.id), *std::move(schema)});
  }
  return opponents;
}

void CompareAll(const Schema& candidate, const std::vector<Opponent>& opponents, CompatibilityReport& report) {
  for (const Opponent& opponent : opponents) {
    report.versions.push_back({opponent.id, opponent.label, avro::Compare(candidate, opponent.schema, report.rules)});
    if (candidate.SameAs(opponent.schema) && avro::ChangesBetween(opponent.schema, candidate).empty())
      report.registered_as = opponent.id;
  }
  if (report.rules == avro::Rules::kVenice || !report.Compatible()) return;
  for (const Opponent& opponent : opponents) {
    const Compatibility strict = avro::Compare(candidate, opponent.schema, avro::Rules::kVenice).verdict;
    if (!avro::Satisfies(strict, report.mode)) report.stricter_store_would_refuse = report.store.empty();
  }
}

}  // namespace

Result<Answer> CheckSchemaCompatibility(const Arguments& arguments, Session& session) {
  CompatibilityReport report;
  VENICE_ASSIGN(report.mode, Mode(arguments));
  VENICE_ASSIGN(const std::optional<avro::Rules> rules, WantedRules(arguments));
  report.schema_file = Argument(arguments, "schema-file");
  report.url = Argument(arguments, "url");
  report.store = Argument(arguments, "store");
  report.cluster = Argument(arguments, "cluster");
  const std::string against = Argument(arguments, "against");
  if (against.empty() == report.store.empty())
    return Error(
        ErrorCode::kInvalidArgument,
        "say what to compare with: either --url and --store for the schemas of a store, or --against with files");
  if (!report.store.empty() && report.url.empty())
    return Error(ErrorCode::kInvalidArgument, "--store needs --url, the address of a controller");

  VENICE_ASSIGN(const Schema candidate, ReadSchema(report.schema_file, Schema::Defaults::kStrict));
  if (candidate.type() == avro::Type::kRecord && candidate->FieldIndex(kReservedField) >= 0)
    return Error(ErrorCode::kInvalidSchema,
                 fmt::format("{}: field {} is reserved for read computations; give it another name", report.schema_file,
                             kReservedField));
  std::vector<Opponent> opponents;
  if (report.store.empty()) {
    report.rules = rules.value_or(avro::Rules::kAvro);
    VENICE_ASSIGN(opponents, OldFiles(against));
  } else {
    VENICE_ASSIGN(const StoreSchemas store, FetchStoreSchemas(session, report.store));
    report.rules = rules.value_or(store.enum_evolution ? avro::Rules::kAvro : avro::Rules::kVenice);
    VENICE_ASSIGN(opponents, Registered(store));
  }
  CompareAll(candidate, opponents, report);
  return Answer{.json = ReportJson(report),
                .exit_code = report.Compatible() ? 0 : kIncompatibleExitCode,
                .report = [report](bool colour) { return ReportText(report, colour); }};
}

}  // namespace venice::admin
