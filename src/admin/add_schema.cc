#include "admin/add_schema.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/check_schema_compatibility.h"
#include "admin/text_layout.h"

namespace venice::admin {
namespace {

using Json = nlohmann::json;

std::string Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& List(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : kNone;
}

int64_t Number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string FindingText(const Json& finding) {
  const std::string path = Text(finding, "path");
  std::string text = Paragraph(fmt::format("    - {}", path.empty() ? "" : path + ": "), Text(finding, "what"));
  text += Paragraph("      what readers see: ", Text(finding, "readerSees"));
  text += Paragraph("      what to do: ", Text(finding, "remedy"));
  // Not wrapped: it is to be pasted.
  if (const std::string paste = Text(finding, "remedyJson"); !paste.empty())
    text += fmt::format("                  {}\n", paste);
  if (const std::string hint = Text(finding, "hint"); !hint.empty()) text += Paragraph("      ", hint);
  return text;
}

// The controller's summary stands alone and repeats the first findings; here the findings follow.
std::string SummaryText(const Json& run) {
  const Json& results = List(run, "results");
  const auto broken =
      std::count_if(results.begin(), results.end(), [](const Json& one) { return !one.value("compatible", false); });
  if (Text(run, "verdict") != "REJECTED" || broken == 0) return Text(run, "summary");
  return fmt::format("The schema would be refused: it is not {} compatible with {} of {} registered schemas.",
                     Text(run, "compatibilityMode"), broken, results.size());
}

std::string VersionsText(const Json& results, const Paint& paint) {
  if (results.empty()) return "";
  std::string text = "\n" + paint.Bold("Compared with the registered schemas") + "\n";
  for (const Json& result : results) {
    const bool compatible = result.value("compatible", false);
    text += fmt::format("  version {}: {}\n", Number(result, "schemaId"),
                        compatible ? paint.Good("compatible") : paint.Bad("not compatible"));
    if (compatible) continue;
    for (const Json& finding : List(result, "findings")) text += FindingText(finding);
    if (const int64_t more = Number(result, "moreFindings"); more > 0)
      text += fmt::format("    and {} more findings\n", more);
  }
  return text;
}

std::string PushesText(const Json& pushes, const Paint& paint) {
  std::string text = "\n" + paint.Bold("Pushes that are running") + "\n";
  if (pushes.empty()) return text + "  none\n";
  for (const Json& push : pushes) {
    text += fmt::format("  {} (push {}, {})\n", Text(push, "topic"), Text(push, "pushJobId"), Text(push, "status"));
    text += Paragraph("    ", Text(push, "reason"));
  }
  return text;
}

std::string AlsoText(const Json& schemas, const Paint& paint) {
  if (schemas.empty()) return "";
  std::string text = "\n" + paint.Bold("Registered along with it") + "\n";
  for (const Json& schema : schemas) {
    const std::string kind = Text(schema, "kind");
    const int64_t value_id = Number(schema, "valueSchemaId");
    if (kind == "SUPERSET")
      text += fmt::format("  value schema {}: a superset, with the fields of all versions\n", value_id);
    else if (kind == "UPDATE")
      text += fmt::format("  update schema {} of value schema {}\n", Number(schema, "id"), value_id);
    else
      text += fmt::format("  replication metadata schema of value schema {}\n", value_id);
  }
  return text;
}

}  // namespace

Result<std::string> DryRunText(const std::string& json, const std::string& store, bool colour) {
  const Json run = Json::parse(json, nullptr, false);
  if (!run.is_object() || !run.value("dryRun", false))
    return Error(ErrorCode::kCorruption, "the controller's answer is not that of a dry run");
  const Paint paint(colour);
  const std::string verdict = Text(run, "verdict");
  std::string text = paint.Bold(fmt::format("Dry run: value schema for store {}", store)) + "\n";
  text += verdict == "REJECTED" ? paint.Bad(verdict) : paint.Good(verdict);
  text += " - nothing was written\n";
  text += Paragraph("", SummaryText(run));
  text += VersionsText(List(run, "results"), paint);
  text += AlsoText(List(run, "wouldAlsoRegister"), paint);
  text += PushesText(List(run, "inFlightPushes"), paint);
  if (verdict == "ACCEPTED")
    text += "\nTo register it, run the same command without --dry-run.\n";
  else if (verdict == "REJECTED")
    text += "\nChange the schema as said above and run this again.\n";
  return text;
}

Result<Answer> AddSchema(const Arguments& arguments, Session& session) {
  const std::string store = arguments.at("store");
  std::map<std::string, std::string> parameters{{"value_schema", arguments.at("value-schema-file")}};
  if (!arguments.contains("dry-run")) {
    parameters["store_name"] = store;
    Result<std::string> json = session.CallController("/add_value_schema", parameters);
    if (!json.ok() && json.error().code() == ErrorCode::kInvalidSchema)
      return Error(ErrorCode::kInvalidSchema,
                   json.error().message() + "\nAdd --dry-run to see all that is wrong with it, one by one.");
    if (!json.ok()) return std::move(json).error();
    return Answer{.json = *std::move(json)};
  }
  parameters["dryRun"] = "true";
  VENICE_ASSIGN(const std::string json, session.CallController("POST /schema/" + store, parameters));
  VENICE_TRY(DryRunText(json, store, false));
  const bool accepted = Json::parse(json).value("accepted", false);
  return Answer{.json = json, .exit_code = accepted ? 0 : kIncompatibleExitCode, .report = [json, store](bool colour) {
                  return DryRunText(json, store, colour).value();
                }};
}

}  // namespace venice::admin
