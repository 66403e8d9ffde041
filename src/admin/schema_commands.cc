// Schemas of a store.
#include "admin/add_schema.h"
#include "admin/check_schema_compatibility.h"
#include "admin/command_table.h"
#include "admin/generate_schema_docs.h"

namespace venice::admin {
namespace {

constexpr auto kOptional = Flag::Need::kOptional;

Command CheckCompatibility() {
  return {
      .name = "check-schema-compatibility",
      .summary =
          "Tells whether a new value schema may be registered, which fields would break whom, and what to change.",
      .examples = {"check-schema-compatibility --url http://localhost:5555 --store profiles --schema-file value.avsc",
                   "check-schema-compatibility --url http://localhost:5555 --cluster venice-cluster0 --store profiles "
                   "--schema-file value.avsc --mode BACKWARD --json",
                   "check-schema-compatibility --against v1.avsc,v2.avsc --schema-file value.avsc"},
      .flags =
          {{"schema-file", "sf", "File with the Avro schema that is to be registered.", "value.avsc"},
           {"url", "u", "Address of any controller of the fleet; several may be given with commas.",
            "http://localhost:5555", kOptional},
           {"store", "s", "Name of the store whose registered value schemas are compared with.", "profiles", kOptional},
           ClusterFlag(),
           {"against", "ag", "Files with older schemas, with commas between them, instead of a store.",
            "v1.avsc,v2.avsc", kOptional},
           {"mode", "m",
            "Which compatibility is asked for: FULL (both; Venice's), BACKWARD (new programs read old data), FORWARD "
            "(old programs read new data) or NONE (tell, and end with 0).",
            "FULL", kOptional},
           {"rules", "r",
            "Whose rules decide: avro or venice, which is stricter; left out, what the store is set to, and avro "
            "for files.",
            "avro", kOptional}},
      .path = "",
      .fixed_parameters = {},
      .run = CheckSchemaCompatibility};
}

Command GenerateDocs() {
  return {
      .name = "generate-schema-docs",
      .summary =
          "Writes documentation pages of stores from their registered value schemas: a page a store and an index.",
      .examples =
          {"generate-schema-docs --url http://localhost:5555 --cluster venice-cluster0 --output-dir schema-docs",
           "generate-schema-docs --url http://localhost:5555 --cluster venice-cluster0 --store member-* "
           "--output-dir schema-docs --html"},
      .flags =
          {UrlFlag(),
           ClusterFlag(),
           {"store", "s",
            "Name of the store, or a pattern with * and ?; all stores of the cluster when left out. The index lists "
            "what matches.",
            "member-*", kOptional},
           {"output-dir", "od", "Folder for the pages; made when it is not there. Nothing in it is deleted.",
            "schema-docs"},
           {"html", "ht", "Also writes a static site: index.html with a search box, and a page a store.", "", kOptional,
            "", false, true}},
      .path = "",
      .fixed_parameters = {},
      .run = GenerateSchemaDocs};
}

Command AddSchemaCommand() {
  return {.name = "add-schema",
          .summary = "Registers a value schema; one that is registered already keeps its id.",
          .examples = {"add-schema --url http://localhost:5555 --store profiles --value-schema-file value.avsc",
                       "add-schema --url http://localhost:5555 --store profiles --value-schema-file value.avsc "
                       "--dry-run"},
          .flags = {UrlFlag(),
                    StoreFlag(),
                    ClusterFlag(),
                    {"value-schema-file", "vs", "File with the Avro schema.", "value.avsc", Flag::Need::kRequired,
                     "value_schema", true},
                    {.name = "dry-run",
                     .short_name = "dr",
                     .description = "Only tells what would happen, also to running pushes; writes nothing.",
                     .need = kOptional,
                     .is_switch = true}},
          .path = "",
          .fixed_parameters = {},
          .run = AddSchema};
}

Flag ValueSchemaIdFlag() {
  return {"value-schema-id",     "vid",      "Id of the value schema that the update schema belongs to.", "1",
          Flag::Need::kRequired, "schema_id"};
}

}  // namespace

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
  commands.push_back(AddSchemaCommand());
  commands.push_back(
      {.name = "add-derived-schema",
       .summary = "Registers an update schema of a value schema; one that is registered already keeps its id.",
       .examples = {"add-derived-schema --url http://localhost:5555 --store profiles --value-schema-id 1 "
                    "--derived-schema-file update.avsc"},
       .flags = {UrlFlag(),
                 StoreFlag(),
                 ClusterFlag(),
                 ValueSchemaIdFlag(),
                 {"derived-schema-file", "ds", "File with the update schema.", "update.avsc", Flag::Need::kRequired,
                  "derived_schema", true}},
       .path = "/add_derived_schema"});
  commands.push_back({.name = "remove-derived-schema",
                      .summary = "Removes an update schema.",
                      .examples = {"remove-derived-schema --url http://localhost:5555 --store profiles "
                                   "--value-schema-id 1 --derived-schema-id 2"},
                      .flags = {UrlFlag(),
                                StoreFlag(),
                                ClusterFlag(),
                                ValueSchemaIdFlag(),
                                {"derived-schema-id", "did", "Id of the update schema among those of its value schema.",
                                 "2", Flag::Need::kRequired, "derived_schema_id"}},
                      .path = "/remove_derived_schema"});
  commands.push_back(CheckCompatibility());
  commands.push_back(GenerateDocs());
  return commands;
}

}  // namespace venice::admin
