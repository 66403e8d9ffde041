// venice-client: reads a store through a router, and prints what is found as JSON.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "avro/binary.h"
#include "avro/json.h"
#include "base/log.h"
#include "client/thin_client.h"

namespace {

using venice::Error;
using venice::ErrorCode;
using venice::Result;
using venice::avro::JsonForm;
using venice::client::ThinClient;
using venice::client::Value;
using Json = nlohmann::ordered_json;

struct Options {
  std::string router;
  std::string store;
  std::vector<std::string> keys;
  bool json = false;
  int timeout_ms = 10'000;
};

constexpr int kNotFoundExit = 3;  // as of ErrorCode::kNotFound

int Fail(const Error& error) {
  fmt::print(stderr, "venice-client: {}\n", error.message());
  return venice::Info(error.code()).exit_code;
}

Result<std::unique_ptr<ThinClient>> Connect(const Options& options) {
  return ThinClient::Connect(
      {.router_url = options.router, .store = options.store, .timeout = std::chrono::milliseconds(options.timeout_ms)});
}

Result<std::string> EncodeKey(const ThinClient& client, const std::string& text) {
  Result<venice::avro::Datum> key = venice::avro::FromText(client.key_schema(), text);
  if (!key.ok()) {
    return std::move(key).error().In("key '" + text + "' does not fit the key schema " +
                                     client.key_schema().CanonicalForm());
  }
  return venice::avro::Encode(client.key_schema(), *key);
}

// One line, or indented for people.
Result<std::string> Print(const Value& value, bool one_line) {
  VENICE_ASSIGN(const std::string text, venice::avro::ToJson(value.schema, value.datum, JsonForm::kPlain));
  if (one_line) return text;
  const Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? text : json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<int> Get(const Options& options) {
  VENICE_ASSIGN(const auto client, Connect(options));
  VENICE_ASSIGN(const std::string key, EncodeKey(*client, options.keys.front()));
  VENICE_ASSIGN(const std::optional<Value> value, client->GetEncoded(key));
  if (!value) {
    fmt::print(stderr, "venice-client: store '{}' has no key '{}'\n", options.store, options.keys.front());
    return kNotFoundExit;
  }
  VENICE_ASSIGN(const std::string text, Print(*value, options.json));
  fmt::print("{}\n", text);
  return 0;
}

Result<int> MultiGet(const Options& options) {
  VENICE_ASSIGN(const auto client, Connect(options));
  std::vector<std::string> keys;
  for (const std::string& key : options.keys) {
    VENICE_ASSIGN(std::string encoded, EncodeKey(*client, key));
    keys.push_back(std::move(encoded));
  }
  VENICE_ASSIGN(const std::vector<std::optional<Value>> values, client->MultiGetEncoded(keys));
  size_t width = 0;
  for (const std::string& key : options.keys) width = std::max(width, std::min<size_t>(key.size(), 40));
  size_t found = 0;
  std::string all = "{";
  for (size_t i = 0; i < values.size(); ++i) {
    std::string text = "null";
    if (values[i]) {
      ++found;
      VENICE_ASSIGN(text, Print(*values[i], true));
    }
    if (options.json) {
      all += fmt::format("{}{}: {}", i == 0 ? "" : ", ",
                         Json(options.keys[i]).dump(-1, ' ', false, Json::error_handler_t::replace), text);
    } else {
      fmt::print("{:<{}}  {}\n", options.keys[i], width, values[i] ? text : "(not found)");
    }
  }
  if (options.json) fmt::print("{}}}\n", all);
  return found == 0 ? kNotFoundExit : 0;
}

Result<int> Describe(const Options& options) {
  VENICE_ASSIGN(const auto client, Connect(options));
  VENICE_ASSIGN(const ThinClient::SchemaList schemas, client->ValueSchemas());
  VENICE_ASSIGN(const int32_t current, client->CurrentVersion());
  VENICE_ASSIGN(const std::string state, client->GetRaw("store_state/" + options.store));
  const Json store = Json::parse(state, nullptr, false);
  Json out = {{"store", options.store}, {"router", options.router}, {"currentVersion", current}};
  if (store.is_object()) {
    if (store.contains("owner")) out["owner"] = store["owner"];
    for (const Json& version : store.value("versions", Json::array())) {
      if (!version.is_object() || version.value("number", 0) != current) continue;
      for (const char* field : {"partitionCount", "replicationFactor", "compressionStrategy", "status"}) {
        if (version.contains(field)) out[field] = version[field];
      }
    }
  }
  out["keySchema"] = Json::parse(client->key_schema().ToJson(), nullptr, false);
  out["valueSchemas"] = Json::array();
  for (const auto& [id, schema] : schemas.schemas) {
    out["valueSchemas"].push_back({{"id", id}, {"schema", Json::parse(schema.ToJson(), nullptr, false)}});
  }
  if (options.json) {
    fmt::print("{}\n", out.dump(-1, ' ', false, Json::error_handler_t::replace));
    return 0;
  }
  const auto row = [](const std::string& name, const Json& value) {
    const std::string text =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    fmt::print("{:<20}  {}\n", name, text);
  };
  const std::pair<const char*, const char*> rows[] = {{"store", "store"},
                                                      {"router", "router"},
                                                      {"owner", "owner"},
                                                      {"current version", "currentVersion"},
                                                      {"status", "status"},
                                                      {"partitions", "partitionCount"},
                                                      {"replicas", "replicationFactor"},
                                                      {"compression", "compressionStrategy"}};
  for (const auto& [name, field] : rows) {
    if (out.contains(field)) row(name, out[field]);
  }
  if (current == 0) fmt::print("{:<20}  {}\n", "", "(no version serves yet: push one)");
  fmt::print("{:<20}  {}\n", "key schema", client->key_schema().ToJson());
  for (const auto& [id, schema] : schemas.schemas) {
    fmt::print("{:<20}  {}\n", fmt::format("value schema {}{}", id, id == schemas.superset_id ? " (superset)" : ""),
               schema.ToJson());
  }
  return 0;
}

// Venice's own query tool: <store> <key> <url> <is_vson> <ssl config>, or --batch <store> <url> <is_vson> <ssl>
// <key...>.
Result<int> Fetch(const std::vector<std::string>& words, bool batch) {
  Options options;
  if (words.size() < (batch ? 5 : 3)) {
    return Error(ErrorCode::kInvalidArgument, batch
                                                  ? "fetch --batch takes: <store> <url> <is_vson> <ssl_config> <key>..."
                                                  : "fetch takes: <store> <key> <url> [<is_vson> [<ssl_config>]]");
  }
  options.store = words[0];
  options.router = words[batch ? 1 : 2];
  const size_t vson = batch ? 2 : 3;
  if (words.size() > vson && words[vson] == "true") {
    return Error(ErrorCode::kUnsupported, "Vson schemas are not supported: pass false for is_vson");
  }
  if (batch) {
    options.keys.assign(words.begin() + 4, words.end());
  } else {
    options.keys = {words[1]};
  }
  VENICE_ASSIGN(const auto client, Connect(options));
  std::vector<std::string> keys;
  for (const std::string& key : options.keys) {
    VENICE_ASSIGN(std::string encoded, EncodeKey(*client, key));
    keys.push_back(std::move(encoded));
  }
  VENICE_ASSIGN(const std::vector<std::optional<Value>> values, client->MultiGetEncoded(keys));
  size_t found = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) {
      fmt::print(stderr, "venice-client: store '{}' has no key '{}'\n", options.store, options.keys[i]);
      continue;
    }
    ++found;
    // Strings bare, as that tool prints them.
    std::string text;
    if (values[i]->datum.type() == venice::avro::Type::kString) {
      text = values[i]->datum.text();
    } else {
      VENICE_ASSIGN(text, Print(*values[i], true));
    }
    fmt::print("key={}\nvalue={}\n", options.keys[i], text);
  }
  return found == 0 ? kNotFoundExit : 0;
}

void AddCommon(CLI::App* command, Options& options) {
  command->add_option("--router", options.router, "The router, as http://host:port")->required();
  command->add_option("--store", options.store, "The store's name")->required();
  command->add_flag("--json", options.json, "One line of JSON, for programs");
  command->add_option("--timeout-ms", options.timeout_ms, "How long to wait for an answer")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  venice::SetLogLevel(venice::LogLevel::kError);
  CLI::App app(
      "Reads Venice stores through a router.\n\n"
      "Examples:\n"
      "  venice-client get --router http://localhost:7777 --store users --key ada\n"
      "  venice-client get --router http://localhost:7777 --store visits --key '{\"user\": \"ada\", \"day\": 3}'\n"
      "  venice-client multi-get --router http://localhost:7777 --store users --key ada --key alan --json\n"
      "  venice-client describe --router http://localhost:7777 --store users\n"
      "  venice-client fetch users ada http://localhost:7777 false \"\"\n\n"
      "Exit codes: 0 found, 3 not found (no such key or store), 2 wrong request, 4 no answer; see "
      "docs/reference/exit-codes.md.",
      "venice-client");
  app.require_subcommand(1);
  Options options;
  std::string key;

  CLI::App* get = app.add_subcommand("get", "Print the value of one key as JSON");
  AddCommon(get, options);
  get->add_option("--key", key, "The key: JSON, or the bare text of a string key")->required();

  CLI::App* multi_get = app.add_subcommand("multi-get", "Print the values of many keys");
  AddCommon(multi_get, options);
  multi_get->add_option("--key", options.keys, "A key, as for get; repeat for more")->required()->expected(1);
  multi_get->get_option("--key")->take_all();

  CLI::App* describe = app.add_subcommand("describe", "Print the store's versions and schemas");
  AddCommon(describe, options);

  CLI::App* fetch = app.add_subcommand("fetch",
                                       "Venice's fetch.sh: <store> <key> <url> [<is_vson> [<ssl_config>]],\n"
                                       "or with --batch: <store> <url> <is_vson> <ssl_config> <key>...");
  std::vector<std::string> words;
  bool batch = false;
  fetch->add_flag("--batch", batch, "Many keys, listed last");
  fetch->add_option("words", words, "Store, key, URL, as above")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : venice::Info(ErrorCode::kInvalidArgument).exit_code;
  }
  if (get->parsed()) options.keys = {key};
  const Result<int> outcome = get->parsed()         ? Get(options)
                              : multi_get->parsed() ? MultiGet(options)
                              : describe->parsed()  ? Describe(options)
                                                    : Fetch(words, batch);
  return outcome.ok() ? *outcome : Fail(outcome.error());
}
