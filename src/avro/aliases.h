// The reader's aliases, as names that the writer's types and fields take on for resolution.
#pragma once

#include <string_view>
#include <unordered_map>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Views into the reader's schema, which must outlive it.
class Aliases {
 public:
  Aliases() = default;  // renames nothing
  explicit Aliases(const Node& reader);

  // Errors: kInvalidSchema when a record of the writer would have two fields of one name, or a union two branches.
  Status CheckRenamed(const Node& writer) const;

  std::string_view NameOf(const Node& writer) const;
  std::string_view FieldName(const Node& record, const Field& field) const;

 private:
  using Names = std::unordered_map<std::string_view, std::string_view>;
  Names types_;                                         // alias to the type's name
  std::unordered_map<std::string_view, Names> fields_;  // the reader's record to alias to the field's name
};

}  // namespace venice::avro
