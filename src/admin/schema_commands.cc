// Schemas of a store.
#include "admin/command_table.h"

namespace venice::admin {

std::vector<Command> SchemaCommands() {
  std::vector<Command> commands;
  commands.push_back({.name = "schemas",
                      .summary = "Lists the value schemas of a store.",
                      .examples = {"schemas --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/get_all_value_schema"});
  commands.push_back({.name = "key-schema",
                      .summary = "Shows the key schema of a store.",
                      .examples = {"key-schema --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/get_key_schema"});
  commands.push_back(
      {.name = "add-schema",
       .summary = "Registers a value schema; one that is registered already keeps its id.",
       .examples = {"add-schema --url http://localhost:5555 --store profiles --value-schema-file value.avsc"},
       .flags = {UrlFlag(),
                 StoreFlag(),
                 ClusterFlag(),
                 {"value-schema-file", "vs", "File with the Avro schema.", "value.avsc", Flag::Need::kRequired,
                  "value_schema", true}},
       .path = "/add_value_schema"});
  return commands;
}

}  // namespace venice::admin
