#include "admin/compatibility_report.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "admin/text_layout.h"

namespace venice::admin {
namespace {

using avro::Compatibility;
using avro::Direction;
using avro::Finding;
using Json = nlohmann::ordered_json;

constexpr size_t kProblemsShownMax = 40;  // the rest is in --json
constexpr size_t kNotesShownMax = 20;

// One thing to repair, whichever versions and directions it breaks.
struct Problem {
  std::vector<const Finding*> findings;  // one of each direction
  std::vector<int32_t> versions;

  // What helps old readers helps new ones as well; the other way round it need not.
  const Finding& Strictest() const { return *findings.back(); }
};

struct NoteGroup {
  const avro::Note* note = nullptr;
  std::vector<int32_t> versions;
};

bool Counts(const CompatibilityReport& report, const Finding& finding) {
  return report.mode == Compatibility::kNone || avro::Requires(report.mode, finding.direction);
}

void AddVersion(std::vector<int32_t>& versions, int32_t id) {
  if (versions.empty() || versions.back() != id) versions.push_back(id);
}

std::vector<Problem> Problems(const CompatibilityReport& report) {
  std::vector<Problem> problems;
  for (const ComparedVersion& version : report.versions) {
    for (const Finding& finding : version.comparison.findings) {
      if (!Counts(report, finding)) continue;
      auto problem = std::find_if(problems.begin(), problems.end(), [&](const Problem& one) {
        return one.findings[0]->what == finding.what && one.findings[0]->path == finding.path;
      });
      if (problem == problems.end()) problem = problems.insert(problems.end(), Problem());
      const bool known = std::any_of(problem->findings.begin(), problem->findings.end(),
                                     [&](const Finding* one) { return one->direction == finding.direction; });
      if (!known) problem->findings.push_back(&finding);
      AddVersion(problem->versions, version.id);
    }
  }
  for (Problem& problem : problems) {
    std::sort(problem.findings.begin(), problem.findings.end(),
              [](const Finding* a, const Finding* b) { return a->direction < b->direction; });
  }
  return problems;
}

std::vector<NoteGroup> NoteGroups(const CompatibilityReport& report) {
  std::vector<NoteGroup> groups;
  for (const ComparedVersion& version : report.versions) {
    for (const avro::Note& note : version.comparison.notes) {
      auto group = std::find_if(groups.begin(), groups.end(), [&](auto& one) { return one.note->text == note.text; });
      if (group == groups.end()) group = groups.insert(groups.end(), NoteGroup{&note, {}});
      AddVersion(group->versions, version.id);
    }
  }
  return groups;
}

std::vector<int32_t> Ids(const CompatibilityReport& report, bool compatible) {
  std::vector<int32_t> ids;
  for (const ComparedVersion& version : report.versions) {
    if (avro::Satisfies(version.comparison.verdict, report.mode) == compatible) ids.push_back(version.id);
  }
  return ids;
}

// "version 3", "versions 1-7, 9", "both versions", "all 9 versions", or the names of files.
std::string VersionsInWords(const CompatibilityReport& report, const std::vector<int32_t>& ids) {
  if (report.store.empty()) {
    std::vector<std::string> names;
    for (const ComparedVersion& version : report.versions) {
      if (std::find(ids.begin(), ids.end(), version.id) != ids.end()) names.push_back(version.label);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }
  if (ids.size() == 1) return fmt::format("version {}", ids[0]);
  if (ids.size() == report.versions.size())
    return fmt::format("{} versions", ids.size() == 2 ? "both" : fmt::format("all {}", ids.size()));
  std::vector<int32_t> all;
  for (const ComparedVersion& version : report.versions) all.push_back(version.id);
  return "versions " + VersionRanges(ids, all);
}

std::string_view Meaning(Compatibility mode) {
  switch (mode) {
    case Compatibility::kFull:
      return "programs on the new schema must be able to read every record written before, and programs still on a "
             "registered schema must be able to read every record written from now on.";
    case Compatibility::kBackward:
      return "programs on the new schema must be able to read every record written before.";
    case Compatibility::kForward:
      return "programs still on a registered schema must be able to read every record written from now on.";
    case Compatibility::kNone:
      return "nothing is asked for; what would break is only told.";
  }
  return "";
}

std::string VerdictText(const CompatibilityReport& report, size_t problems, const Paint& paint) {
  const std::vector<int32_t> good = Ids(report, true);
  const std::vector<int32_t> bad = Ids(report, false);
  if (report.mode == Compatibility::kNone) {
    return problems == 0 ? paint.Good("COMPATIBLE") + " with everything registered.\n"
                         : paint.Bold("ACCEPTED") + " because mode NONE asks for nothing, but see below.\n";
  }
  if (report.versions.empty()) return paint.Good("COMPATIBLE") + ": nothing is registered yet.\n";
  if (bad.empty()) return fmt::format("{} with {}.\n", paint.Good("COMPATIBLE"), VersionsInWords(report, good));
  const bool none = good.empty() && bad.size() > 1 && !report.store.empty();
  std::string text =
      fmt::format("{} with {}.\n", paint.Bad("NOT COMPATIBLE"),
                  none ? fmt::format("any of the {} versions", bad.size()) : VersionsInWords(report, bad));
  if (!good.empty()) text += fmt::format("Compatible with {}.\n", VersionsInWords(report, good));
  return text;
}

std::string ProblemText(const CompatibilityReport& report, const Problem& problem, size_t number,
                        std::set<std::string>& hints, const Paint& paint) {
  const Finding& strictest = problem.Strictest();
  std::string text = paint.Bold(fmt::format("{}. {}", number, problem.findings[0]->what)) + "\n";
  text += Paragraph("   Against:    ", VersionsInWords(report, problem.versions));
  if (!strictest.also_at.empty())
    text += Paragraph("   Also at:    ", fmt::format("`{}`", fmt::join(strictest.also_at, "`, `")));
  for (const Finding* finding : problem.findings) {
    const bool first = finding == problem.findings[0];
    text += Paragraph(first ? "   Who breaks: " : "               ", finding->reader_sees);
  }
  text += Paragraph("   To do:      ", strictest.remedy);
  if (!strictest.remedy_json.empty()) text += "                 " + strictest.remedy_json + "\n";
  // A rename breaks both ways, as two problems.
  if (!strictest.hint.empty() && hints.insert(strictest.hint).second)
    text += Paragraph("               ", strictest.hint);
  text += paint.Faint(Paragraph("   Rule:       ",
                                fmt::format("{}: {}", avro::RuleId(strictest.rule), avro::RuleText(strictest.rule))));
  return text + "\n";
}

std::string NotesText(const CompatibilityReport& report, const Paint& paint) {
  const std::vector<NoteGroup> groups = NoteGroups(report);
  if (groups.empty()) return "";
  std::string text = paint.Bold("Good to know:") + "\n";
  for (size_t i = 0; i < std::min(groups.size(), kNotesShownMax); ++i) {
    text += Paragraph(
        "  - ", fmt::format("{} (against {})", groups[i].note->text, VersionsInWords(report, groups[i].versions)));
  }
  if (groups.size() > kNotesShownMax)
    text += fmt::format("  - ... and {} more; --json lists them\n", groups.size() - kNotesShownMax);
  return text + "\n";
}

// What the signs in paths stand for, when there are any.
std::string PathLegend(const std::vector<Problem>& problems) {
  const auto used = [&](std::string_view sign) {
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& problem) {
      return problem.findings[0]->path.find(sign) != std::string::npos;
    });
  };
  std::vector<std::string_view> signs;
  if (used("[]")) signs.push_back("`x[]` is an item of list `x`");
  if (used("{}")) signs.push_back("`x{}` is a value of map `x`");
  if (used("<")) signs.push_back("`x<T>` is `x` when it is of type T");
  return signs.empty() ? "" : Paragraph("", fmt::format("In paths, {}.", fmt::join(signs, ", "))) + "\n";
}

// Findings that the mode does not ask about.
size_t OtherDirection(const CompatibilityReport& report) {
  size_t count = 0;
  for (const ComparedVersion& version : report.versions) {
    for (const Finding& finding : version.comparison.findings) count += Counts(report, finding) ? 0 : 1;
  }
  return count;
}

std::string NextStep(const CompatibilityReport& report) {
  if (!report.Compatible()) {
    std::string text =
        fmt::format("Nothing has been registered. Next:\n  change {} as described, and run this command again\n",
                    report.schema_file);
    bool only_venice = true;
    for (const ComparedVersion& version : report.versions) {
      for (const Finding& finding : version.comparison.findings)
        only_venice = only_venice && (finding.beyond_avro || !Counts(report, finding));
    }
    if (only_venice && !report.store.empty())
      text += fmt::format(
          "Or, when every client of the store is recent, make Avro's own rules the store's:\n"
          "  venice-admin-tool update-store --url {} --store {} --enum-schema-evolution-allowed true\n",
          report.url, report.store);
    return text;
  }
  if (report.registered_as != 0)
    return Paragraph(
        "", fmt::format("It is registered already, as version {}: there is nothing to do.", report.registered_as));
  if (report.store.empty()) return "Nothing has to change.\n";
  return fmt::format(
      "Nothing has been registered. Next:\n  venice-admin-tool add-schema --url {} --store {} --value-schema-file "
      "{}\n",
      report.url, report.store, report.schema_file);
}

Json FindingJson(const Finding& finding) {
  Json json = {{"rule", avro::RuleId(finding.rule)},
               {"path", finding.path},
               {"direction", avro::DirectionName(finding.direction)},
               {"what", finding.what},
               {"readerSees", finding.reader_sees},
               {"remedy", finding.remedy},
               {"remedyJson", finding.remedy_json},
               {"hint", finding.hint},
               {"readerType", finding.reader_type},
               {"writerType", finding.writer_type},
               {"alsoAt", finding.also_at},
               {"beyondAvro", finding.beyond_avro}};
  return json;
}

}  // namespace

bool CompatibilityReport::Compatible() const {
  return std::all_of(versions.begin(), versions.end(),
                     [&](auto& version) { return avro::Satisfies(version.comparison.verdict, mode); });
}

std::string VersionRanges(const std::vector<int32_t>& ids, const std::vector<int32_t>& all) {
  std::vector<std::string> runs;
  for (size_t i = 0; i < ids.size();) {
    size_t last = i;
    auto at = std::lower_bound(all.begin(), all.end(), ids[i]);
    while (last + 1 < ids.size() && std::next(at) != all.end() && *std::next(at) == ids[last + 1]) {
      ++last;
      ++at;
    }
    runs.push_back(last == i ? fmt::format("{}", ids[i]) : fmt::format("{}-{}", ids[i], ids[last]));
    i = last + 1;
  }
  return fmt::format("{}", fmt::join(runs, ", "));
}

std::string ReportText(const CompatibilityReport& report, bool colour) {
  const Paint paint(colour);
  const std::vector<Problem> problems = Problems(report);
  const size_t count = report.versions.size();
  const std::string_view s = count == 1 ? "" : "s";
  const std::string against =
      report.store.empty() ? fmt::format("{} older schema file{}", count, s)
                           : fmt::format("the {} registered value schema{} of store {}{}", count, s, report.store,
                                         report.cluster.empty() ? "" : " in cluster " + report.cluster);
  std::string text = Paragraph(
      "", fmt::format("{} against {}, mode {}.", report.schema_file, against, avro::CompatibilityName(report.mode)));
  text += "\n" + VerdictText(report, problems.size(), paint) + "\n";
  text += Paragraph("", fmt::format("{} means: {}", avro::CompatibilityName(report.mode), Meaning(report.mode))) + "\n";
  if (!problems.empty())
    text += paint.Bold(problems.size() == 1 ? "1 problem:" : fmt::format("{} problems:", problems.size())) + "\n\n";
  std::set<std::string> hints;
  for (size_t i = 0; i < std::min(problems.size(), kProblemsShownMax); ++i)
    text += ProblemText(report, problems[i], i + 1, hints, paint);
  size_t left_out = 0;
  for (const ComparedVersion& version : report.versions)
    left_out = std::max(left_out, version.comparison.more_findings);
  if (problems.size() > kProblemsShownMax || left_out > 0)
    text += Paragraph("", fmt::format("... and at least {} more. Is this the right file?",
                                      problems.size() - std::min(problems.size(), kProblemsShownMax) + left_out)) +
            "\n";
  text += PathLegend(problems) + NotesText(report, paint);
  if (const size_t others = OtherDirection(report); others > 0)
    text +=
        Paragraph("", fmt::format("Not asked for by mode {}: the other direction breaks ({}). --mode FULL shows it.",
                                  avro::CompatibilityName(report.mode),
                                  others == 1 ? "1 finding" : fmt::format("{} findings", others))) +
        "\n";
  if (report.stricter_store_would_refuse)
    text +=
        Paragraph("",
                  "By Avro's own rules. Venice refuses it in stores that are not set to enumSchemaEvolutionAllowed; "
                  "--rules venice shows why.") +
        "\n";
  return text + NextStep(report);
}

std::string ReportJson(const CompatibilityReport& report) {
  Json json = {{"schemaFile", report.schema_file}, {"mode", avro::CompatibilityName(report.mode)}};
  if (!report.store.empty()) json["store"] = report.store;
  if (!report.cluster.empty()) json["cluster"] = report.cluster;
  json["rules"] = report.rules == avro::Rules::kAvro ? "avro" : "venice";
  json["compatible"] = report.Compatible();
  json["registeredAs"] = report.registered_as == 0 ? Json() : Json(report.registered_as);
  json["compatibleVersions"] = Ids(report, true);
  json["incompatibleVersions"] = Ids(report, false);
  json["results"] = Json::array();
  for (const ComparedVersion& version : report.versions) {
    Json result = {{"schemaId", version.id}};
    if (report.store.empty()) result["file"] = version.label;
    result["compatible"] = avro::Satisfies(version.comparison.verdict, report.mode);
    result["verdict"] = avro::CompatibilityName(version.comparison.verdict);
    result["findings"] = Json::array();
    for (const Finding& finding : version.comparison.findings) result["findings"].push_back(FindingJson(finding));
    result["moreFindings"] = version.comparison.more_findings;
    result["notes"] = Json::array();
    for (const avro::Note& note : version.comparison.notes)
      result["notes"].push_back({{"path", note.path}, {"text", note.text}});
    json["results"].push_back(std::move(result));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace venice::admin
