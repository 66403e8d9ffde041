// What a store's documentation page says, before it is Markdown or HTML.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/store_schemas.h"

namespace venice::admin {

// One line of the table of fields. A nested record's fields follow the field that holds it, one deeper.
struct FieldRow {
  int depth = 0;
  std::string path;  // "address.zip", "tags[].name", "scores{}", "shape<Circle>"; empty: the value itself, no record
  std::string type;  // in words
  bool is_field = true;  // not a case of a union, nor the value itself: those have no default
  bool has_default = false;
  std::string default_json;
  std::string doc;
  std::string type_doc;  // of the record, enum or fixed type
  std::vector<std::string> aliases;
  std::vector<std::string> symbols;  // of an enum
  std::string default_symbol;        // what readers see instead of a symbol they do not know; empty for none
  // Where the fields of this type are listed, when that is not below: it was expanded before, or contains itself.
  std::string expanded_at;
  bool recursive = false;
};

struct VersionRow {
  int32_t id = 0;
  std::string registered;  // "2026-11-21 10:15 UTC", or empty
  std::string change;      // one line against the version before; paths in backticks
  bool superset = false;
};

struct SchemaDocument {
  std::string store;
  std::string cluster;
  std::string owner;
  int32_t current_version = 0;
  std::string key_type;              // in words; empty when unknown
  std::string value_type;            // "record com.example.User", or the type in words
  std::string doc;                   // of the value's type
  std::vector<VersionRow> versions;  // newest first
  int32_t latest = 0;                // 0: there is no schema yet
  std::string problem;               // why the latest schema could not be read; then there are no fields
  std::vector<FieldRow> fields;
  bool fields_cut = false;  // there were more than kFieldRowsMax
  std::string latest_json;  // indented
};

constexpr size_t kFieldRowsMax = 20'000;

// Pure.
SchemaDocument DescribeStore(const StoreSchemas& schemas);

}  // namespace venice::admin
