#include "admin/admin_tool.h"

#include <sstream>

#include <fmt/format.h>

#include "admin/arguments.h"
#include "admin/command_table.h"
#include "admin/help.h"
#include "admin/table_printer.h"
#include "base/file.h"
#include "controller_api/client.h"
#include "net/http_client.h"

namespace venice::admin {
namespace {

// A person waits at the terminal: give up on an unreachable controller in seconds, not in the minutes a job would.
constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kRetryInterval{500};
constexpr std::chrono::milliseconds kRequestTimeout{120'000};

class ControllerSession : public Session {
 public:
  explicit ControllerSession(const Arguments& arguments) {
    controller_api::ControllerClientOptions options;
    if (const auto url = arguments.find("url"); url != arguments.end()) {
      std::istringstream list(url->second);
      for (std::string one; std::getline(list, one, ',');) options.urls.push_back(one);
    }
    if (const auto cluster = arguments.find("cluster"); cluster != arguments.end()) options.cluster = cluster->second;
    options.attempts = kAttempts;
    options.retry_interval = kRetryInterval;
    options.request_timeout = kRequestTimeout;
    client_ = std::make_unique<controller_api::ControllerClient>(std::move(options));
  }

  Result<std::string> CallController(const std::string& path,
                                     const std::map<std::string, std::string>& parameters) override {
    return client_->Call(path, controller_api::Params(parameters.begin(), parameters.end()));
  }

  Result<std::string> Get(const std::string& url) override {
    VENICE_ASSIGN(const net::Url parsed, net::ParseUrl(url));
    net::HttpRequest request;
    request.target = parsed.path;
    // Re-reading a large partition takes minutes.
    VENICE_ASSIGN(net::HttpResponse response,
                  http_.Send(parsed.endpoint, std::move(request), std::chrono::minutes(30)));
    if (response.status != 200) {
      return Error(ErrorCode::kUnavailable,
                   fmt::format("{} answered HTTP {}: {}", url, response.status, response.body));
    }
    return std::move(response.body);
  }

 private:
  std::unique_ptr<controller_api::ControllerClient> client_;
  net::BlockingHttpClient http_;
};

Result<Answer> RunCommand(const CommandLine& line, Session& session) {
  const Command& command = *line.command;
  Arguments arguments = line.arguments;
  std::map<std::string, std::string> parameters = command.fixed_parameters;
  for (const Flag& flag : command.flags) {
    const auto argument = arguments.find(flag.name);
    if (argument == arguments.end()) continue;
    if (flag.reads_file) {
      VENICE_ASSIGN(argument->second, ReadFile(argument->second));
    }
    if (!flag.parameter.empty()) parameters[std::string(flag.parameter)] = argument->second;
  }
  if (command.run) return command.run(arguments, session);
  VENICE_ASSIGN(std::string json, session.CallController(std::string(command.path), parameters));
  return Answer{.json = std::move(json)};
}

Outcome Failed(const Error& error) {
  return {Info(error.code()).exit_code, "", fmt::format("venice-admin-tool: {}\n", error.message())};
}

Outcome Finish(const CommandLine& line, bool terminal, const Result<Answer>& answer) {
  if (!answer.ok()) return Failed(answer.error());
  if (answer->report && line.output != Output::kJson) return {answer->exit_code, answer->report(terminal), ""};
  const bool table = line.output == Output::kTable || (line.output == Output::kAuto && terminal);
  auto text = table ? PrintAsTable(answer->json) : PrintAsJson(answer->json, line.flat_json);
  if (!text.ok()) return Failed(text.error());
  return {answer->exit_code, *std::move(text), ""};
}

// What needs no session; nullopt when a command is to be run.
std::optional<Outcome> AnswerAlone(const CommandLine& line) {
  if (line.help) return Outcome{0, line.command ? HelpFor(*line.command) : HelpOverview(), ""};
  if (!line.search.empty()) {
    const auto found = SearchCommands(line.search);
    return Outcome{found.empty() ? Info(ErrorCode::kNotFound).exit_code : 0, SearchReport(line.search, found), ""};
  }
  return std::nullopt;
}

}  // namespace

Outcome RunAdminTool(std::span<const std::string> words, bool terminal, Session& session) {
  const auto line = ParseCommandLine(words);
  if (!line.ok()) return Failed(line.error());
  if (auto outcome = AnswerAlone(*line)) return *std::move(outcome);
  return Finish(*line, terminal, RunCommand(*line, session));
}

Outcome RunAdminTool(std::span<const std::string> words, bool terminal) {
  const auto line = ParseCommandLine(words);
  if (!line.ok()) return Failed(line.error());
  if (auto outcome = AnswerAlone(*line)) return *std::move(outcome);
  ControllerSession session(line->arguments);
  return Finish(*line, terminal, RunCommand(*line, session));
}

}  // namespace venice::admin
