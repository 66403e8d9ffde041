#include "admin/generate_schema_docs.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/schema_pages.h"
#include "admin/store_schemas.h"
#include "base/file.h"

namespace venice::admin {
namespace {

using Json = nlohmann::ordered_json;

std::string Argument(const Arguments& arguments, std::string_view name) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? "" : found->second;
}

bool IsPattern(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

Result<std::vector<std::string>> MatchingStores(const Arguments& arguments, Session& session) {
  const std::string wanted = Argument(arguments, "store");
  if (!wanted.empty() && !IsPattern(wanted)) return std::vector<std::string>{wanted};
  const std::string cluster = Argument(arguments, "cluster");
  if (cluster.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "--cluster is needed to list its stores; only a single --store does without");
  VENICE_ASSIGN(const std::string text, session.CallController("/list_stores", {{"include_system_stores", "false"}}));
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("stores") || !json["stores"].is_array())
    return Error(ErrorCode::kCorruption, "the controller's list of stores can not be read: " + text.substr(0, 200));
  std::vector<std::string> names;
  for (const Json& name : json["stores"]) {
    if (name.is_string() && (wanted.empty() || MatchesPattern(wanted, name.get<std::string>()))) names.push_back(name);
  }
  if (names.empty())
    return Error(ErrorCode::kNotFound, wanted.empty()
                                           ? fmt::format("cluster {} has no stores", cluster)
                                           : fmt::format("no store of cluster {} matches '{}'", cluster, wanted));
  std::sort(names.begin(), names.end());
  return names;
}

class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  Status Make() const {
    std::error_code error;
    std::filesystem::create_directories(path_ / "stores", error);
    if (error) return ErrnoError(fmt::format("create folder {}", (path_ / "stores").string()), error.value());
    return Ok();
  }

  Status Write(const std::string& name, std::string_view content) {
    const std::string path = (path_ / name).string();
    const auto present = ReadFile(path);
    if (present.ok() && *present == content) {
      ++unchanged;
      return Ok();
    }
    ++written;
    return WriteFileDurably(path, content);
  }

  size_t written = 0;
  size_t unchanged = 0;

 private:
  const std::filesystem::path path_;
};

Status WritePages(const std::vector<SchemaDocument>& documents, bool html, Folder& folder) {
  VENICE_TRY(folder.Make());
  for (const SchemaDocument& document : documents) {
    const std::string name = "stores/" + PageName(document.store);
    VENICE_TRY(folder.Write(name + ".md", MarkdownPage(document)));
    if (html) VENICE_TRY(folder.Write(name + ".html", HtmlPage(document)));
  }
  VENICE_TRY(folder.Write("README.md", MarkdownIndex(documents)));
  if (html) VENICE_TRY(folder.Write("index.html", HtmlIndex(documents)));
  return Ok();
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  // Where to go on when the text after the last * did not match.
  size_t star = std::string_view::npos;
  size_t retry = 0;
  size_t p = 0;
  size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<Answer> GenerateSchemaDocs(const Arguments& arguments, Session& session) {
  const std::string output = Argument(arguments, "output-dir");
  if (output.empty()) return Error(ErrorCode::kInvalidArgument, "--output-dir is empty; name a folder for the pages");
  const bool html = Argument(arguments, "html") == "true";
  VENICE_ASSIGN(const std::vector<std::string> names, MatchingStores(arguments, session));
  std::vector<SchemaDocument> documents;
  std::vector<std::string> gone;
  for (const std::string& name : names) {
    auto schemas = FetchStoreSchemas(session, name);
    // Deleted since it was listed.
    if (!schemas.ok() && schemas.error().code() == ErrorCode::kStoreNotFound && names.size() > 1) {
      gone.push_back(name);
      continue;
    }
    VENICE_TRY(schemas);
    VENICE_TRY(FetchKeySchema(session, *schemas));
    FetchRegistrationTimes(session, Argument(arguments, "url"), *schemas);
    documents.push_back(DescribeStore(*schemas));
  }
  Folder folder(output);
  VENICE_TRY(WritePages(documents, html, folder));
  Json answer = {{"outputDir", output}, {"stores", Json::array()}};
  for (const SchemaDocument& document : documents)
    answer["stores"].push_back({{"name", document.store},
                                {"page", "stores/" + PageName(document.store) + (html ? ".html" : ".md")},
                                {"schemaVersions", document.versions.size()}});
  answer["deletedMeanwhile"] = gone;
  answer["filesWritten"] = folder.written;
  answer["filesUnchanged"] = folder.unchanged;
  const std::string prose =
      fmt::format("{} {} documented: {} files written, {} unchanged.\nOpen {}\n", documents.size(),
                  documents.size() == 1 ? "store" : "stores", folder.written, folder.unchanged,
                  (std::filesystem::path(output) / (html ? "index.html" : "README.md")).string());
  return Answer{.json = answer.dump(-1, ' ', false, Json::error_handler_t::replace),
                .report = [prose](bool) { return prose; }};
}

}  // namespace venice::admin
