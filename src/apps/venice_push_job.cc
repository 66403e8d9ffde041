// venice-push-job: a dataset in files becomes a new version of a store. All work is in src/push.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/properties.h"
#include "push/progress_printer.h"
#include "push/push_job.h"

namespace {

using venice::Error;
using venice::Result;
using Properties = std::map<std::string, std::string>;

constexpr const char* kExamples = R"(Examples:
  venice-push-job batch-push-job.properties
  venice-push-job --url http://localhost:5555 --store profiles --input /data/profiles
  venice-push-job --url http://localhost:5555 --store packages --input 'packages-*.jsonl' --key-field name
  venice-push-job job.properties --input.path /data/2026-11-21 --memory 4GiB --json

Every property of Venice's push job is also a flag: --venice.store.name S, --poll.job.status.interval.ms 1000,
--kafka.compression.type zstd. A flag wins over the properties file; properties that concern Hadoop or Spark are ignored.

Input: Avro container files, JSON Lines ({"key": ..., "value": ...}) or CSV with a header line; a file, a folder (names
starting with _ or . are left out) or a pattern. #LATEST in the path stands for the last sub-folder.

Exit codes: 0 online; 2 wrong settings, schema, key or record; 3 no such store or input; 4 controller or log not
reachable, or over quota; 5 corrupt input; 6 disk; 7 another push is running; 8 the servers refused the version.
A failed push never touches the version that serves.)";

// The short flags and the properties they stand for.
struct Flag {
  const char* name;
  const char* property;
  const char* help;
};
constexpr Flag kFlags[] = {
    {"--url", "venice.discover.urls", "Controllers, comma-separated: http://localhost:5555"},
    {"--store", "venice.store.name", "Store to push to"},
    {"--input", "input.path", "File, folder or pattern: /data/*.avro"},
    {"--format", "push.input.format", "avro, jsonl, csv, or auto (default: by name and content)"},
    {"--key-field", "key.field", "Field, member or column of the key (default: key)"},
    {"--value-field", "value.field", "Field, member or column of the value (default: value)"},
    {"--value-schema-id", "push.value.schema.id", "Schema of JSON and CSV values (default: the newest)"},
    {"--csv-delimiter", "push.csv.delimiter", "One character, or tab (default: ,)"},
    {"--memory", "push.memory", "Memory of the job (default: 1GiB); more data is sorted on disk"},
    {"--temp-dir", "tmp.dir.prefix", "Folder for sorting on disk (default: the system's)"},
    {"--threads", "push.threads", "Reading and writing threads (default: one per core)"},
    {"--zstd-level", "zstd.compression.level", "Level for stores that compress with a dictionary (default: 22)"},
};
constexpr Flag kSwitches[] = {
    {"--allow-duplicate-key", "allow.duplicate.key", "Keep one of several values of a key instead of failing"},
    {"--defer-version-swap", "defer.version.swap", "Load the version, but leave the swap to an operator"},
};

bool IsPropertyFlag(const std::string& word) {
  return word.starts_with("--") && word.substr(0, word.find('=')).find('.') != std::string::npos;
}

// Takes --some.property VALUE and --some.property=VALUE out of `words`. A property flag without a value is "true".
Properties TakePropertyFlags(std::vector<std::string>& words) {
  Properties properties;
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!IsPropertyFlag(word)) {
      rest.push_back(word);
    } else if (const size_t equals = word.find('='); equals != std::string::npos) {
      properties[word.substr(2, equals - 2)] = word.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      properties[word.substr(2)] = words[i + 1];
      ++i;
    } else {
      properties[word.substr(2)] = "true";
    }
  }
  words = std::move(rest);
  return properties;
}

std::atomic<venice::push::PushJob*> running_job{nullptr};

void OnSignal(int) {
  if (venice::push::PushJob* job = running_job.load()) job->Cancel();
}

int Fail(const Error& error, bool json, const venice::push::PushSummary* summary) {
  std::fprintf(stderr, "venice-push-job: %s\n", error.message().c_str());
  if (json && summary != nullptr) {
    std::string text = summary->ToJson();
    std::printf("%s,\"error\":\"%s\"}\n", text.substr(0, text.size() - 1).c_str(),
                std::string(venice::Info(error.code()).name).c_str());
  }
  return venice::Info(error.code()).exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  venice::SetLogLevel(venice::LogLevel::kWarning);
  std::vector<std::string> words(argv + 1, argv + argc);
  Properties properties = TakePropertyFlags(words);

  CLI::App app("Pushes a dataset from files into a Venice store as a new version, and waits until it serves.",
               "venice-push-job");
  app.footer(kExamples);
  std::string file;
  bool json = false;
  bool quiet = false;
  std::map<std::string, std::string> given;
  std::map<std::string, bool> switched;
  app.add_option("properties", file, "Properties file with Venice's push job keys");
  for (const Flag& flag : kFlags) app.add_option(flag.name, given[flag.property], flag.help);
  for (const Flag& flag : kSwitches) app.add_flag(flag.name, switched[flag.property], flag.help);
  app.add_flag("--json", json, "Print the summary as one JSON object");
  app.add_flag("--quiet", quiet, "No progress");
  std::reverse(words.begin(), words.end());  // CLI11 takes them last first
  try {
    app.parse(words);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == 0 ? 0 : 2;
  }
  for (const auto& [property, value] : given) {
    if (!value.empty()) properties[property] = value;
  }
  for (const auto& [property, on] : switched) {
    if (on) properties[property] = "true";
  }
  if (!file.empty()) {
    auto loaded = venice::LoadProperties(file);
    if (!loaded.ok()) return Fail(loaded.error(), false, nullptr);
    // One of the two names of a field given as a flag silences the file's other name.
    for (const auto& [name, other] :
         {std::pair{"key.field", "avro.key.field"}, std::pair{"value.field", "avro.value.field"}}) {
      if (properties.contains(name)) loaded->erase(other);
      if (properties.contains(other)) loaded->erase(name);
    }
    properties.merge(*loaded);
  }

  auto settings = venice::push::SettingsFromProperties(properties);
  if (!settings.ok()) return Fail(settings.error(), false, nullptr);
  if (const auto valid = settings->Validate(); !valid.ok()) return Fail(valid.error(), false, nullptr);

  using venice::push::ProgressPrinter;
  ProgressPrinter printer(stderr, quiet ? ProgressPrinter::Mode::kSilent : ProgressPrinter::ModeFor(stderr));
  venice::push::PushJob job(std::move(*settings));
  running_job = &job;
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  const auto summary = job.Run([&](const venice::push::Progress& progress) { printer(progress); });
  running_job = nullptr;
  printer.Finish();
  if (!summary.ok()) return Fail(summary.error(), json, &job.summary());
  std::fputs(json ? (summary->ToJson() + "\n").c_str() : venice::push::SummaryText(*summary).c_str(), stdout);
  return 0;
}
