// Schemas of stores: checks and registration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "controller/context.h"
#include "metadata/schema_entry.h"

namespace venice::controller {

enum class Compatibility { kFull, kBackward, kForward, kNone };
std::optional<Compatibility> ParseCompatibility(std::string_view text);

// The text as it is stored: parsed and printed again. Errors: kInvalidSchema.
Result<std::string> NormalizeSchema(const std::string& text, std::string_view what);

// What registering `text` next to `known` means: the id of an equal schema, or nullopt when it is new and compatible
// with every known one. Docs count, as they are for readers. Errors: kInvalidSchema. Pure.
// Source: control-plane reference 5.
Result<std::optional<int32_t>> JudgeNewValueSchema(const metadata::StoreSchemas& known, const std::string& text,
                                                   Compatibility compatibility);
// The newest id of a schema with the same canonical form. Errors: kInvalidSchema.
Result<std::optional<int32_t>> FindValueSchema(const metadata::StoreSchemas& known, const std::string& text);

// Thread-safe; blocks.
class SchemaAdmin {
 public:
  explicit SchemaAdmin(ClusterContext& context) : context_(context) {}

  // Errors: kStoreNotFound.
  Result<metadata::StoreSchemas> Schemas(const std::string& store);
  // Errors: kStoreNotFound, kInvalidSchema. `wanted_id`: 0 for the next.
  Result<metadata::SchemaEntry> AddValueSchema(const std::string& store, const std::string& text, int32_t wanted_id,
                                               Compatibility compatibility);

 private:
  ClusterContext& context_;
};

}  // namespace venice::controller
