// One operator command, described once: the parser, the help, the search and the completeness test all read this.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::admin {

// One flag of one command. Venice's short names (-ks, -vs) repeat across commands, so they belong to the command.
struct Flag {
  enum class Need { kRequired, kOptional };

  std::string_view name;        // "key-schema-file", typed as --key-schema-file
  std::string_view short_name;  // "ks", typed as -ks; empty for none
  std::string_view description;
  std::string_view example;  // a value one would really type
  Need need = Need::kRequired;
  std::string_view parameter;  // the controller's route parameter it fills; empty when the command reads it itself
  bool reads_file = false;     // the value is a path, and the file's content is what is sent
  bool is_switch = false;      // takes no value
};

// The flags as typed, by their long names.
using Arguments = std::map<std::string, std::string, std::less<>>;

// Reaches the controller of the cluster the arguments name. Thread-bound.
class Session {
 public:
  virtual ~Session() = default;
  // Calls a controller route and returns its JSON body. Errors are the controller's own, or kUnavailable.
  virtual Result<std::string> CallController(const std::string& path,
                                             const std::map<std::string, std::string>& parameters) = 0;
  // GET of any http://host:port/path; returns the body of a 200.
  virtual Result<std::string> Get(const std::string& url) = 0;
};

struct Answer {
  std::string json;
  int exit_code = 0;  // for commands whose answer is a verdict
  // Prose for people, printed unless --json is asked for; the argument allows colours. Empty: the JSON as a table.
  std::function<std::string(bool colour)> report = nullptr;
};

using Run = std::function<Result<Answer>(const Arguments& arguments, Session& session)>;

struct Command {
  std::string_view name;                                // "new-store"
  std::string_view summary;                             // one sentence
  std::vector<std::string_view> examples;               // whole command lines, without the program's name
  std::vector<Flag> flags;                              // beside the common ones
  std::string_view path;                                // the controller's route; empty when `run` does the work
  std::map<std::string, std::string> fixed_parameters;  // always sent with the route
  Run run;
};

// Flags of every command: --url, --cluster (and the store flag that most commands share).
Flag UrlFlag();
Flag ClusterFlag(Flag::Need need = Flag::Need::kOptional);
Flag StoreFlag();
Flag VersionFlag();

}  // namespace venice::admin
