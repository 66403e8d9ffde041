// Whether the default of a field fits its type, as Java's Schema.Parser asks it: strings are taken for enums, bytes and
// fixed whatever they say. What they then stand for is DefaultValue's affair.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_set>

#include "avro/json_document.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Of one document; its steps are bounded over all defaults.
class DefaultCheck {
 public:
  // open_records         records whose fields are not all known yet; a default of such a type is an error in Java
  // first_branch_only    of a union (Avro up to 1.11)
  DefaultCheck(const JsonDocument& json, const std::unordered_set<const Node*>& open_records, bool first_branch_only)
      : json_(json), open_records_(open_records), first_branch_only_(first_branch_only) {}

  // Errors: kInvalidSchema with the place.
  Status Check(const Node& type, JsonValue value);

 private:
  // Kept as its parts: while branches of a union are tried, most problems are forgotten again.
  struct Problem {
    enum class Kind : uint8_t { kType, kBranches, kFirstBranch, kField, kOpenRecord, kTooMany };
    Kind kind;
    const Node* type;
    const Field* field;  // kField: the one that is missing
    JsonValue value;
  };

  bool Fits(const Node& type, JsonValue value);
  bool FitsRecord(const Node& type, JsonValue value);
  bool FitsUnion(const Node& type, JsonValue value);
  bool Fail(Problem problem, bool fatal = false);
  std::string Words() const;

  const JsonDocument& json_;
  const std::unordered_set<const Node*>& open_records_;
  const bool first_branch_only_;
  size_t steps_ = 0;
  bool fatal_ = false;  // no other branch of a union can help
  std::optional<Problem> problem_;
};

// A number as Java's Double.valueOf reads it from text: "NaN", " 1e3f", "0x1p3".
std::optional<double> RealOfText(std::string_view text);

}  // namespace venice::avro
