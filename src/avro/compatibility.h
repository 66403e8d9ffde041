// Whether programs on one schema can read what programs on another one wrote; if not, what breaks and what to change.
//
//   const avro::Comparison comparison = avro::Compare(candidate, registered);
//   if (!avro::Satisfies(comparison.verdict, avro::Compatibility::kFull))
//     for (const avro::Finding& finding : comparison.findings) ...
//
// Findings are written for people who do not know Avro's rules. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// What a new schema keeps with an older one, and what a store asks of it: kBackward: the new one reads old data;
// kForward: the old one reads new data.
enum class Compatibility : uint8_t { kNone, kBackward, kForward, kFull };
std::string_view CompatibilityName(Compatibility compatibility);         // "FULL"
std::optional<Compatibility> ParseCompatibility(std::string_view text);  // exactly these names
bool Satisfies(Compatibility verdict, Compatibility mode);

enum class Direction : uint8_t { kNewReadsOld, kOldReadsNew };
std::string_view DirectionName(Direction direction);  // the mode that asks for it: "BACKWARD", "FORWARD"
bool Requires(Compatibility mode, Direction direction);

// Whose rules decide.
enum class Rules : uint8_t {
  kAvro,    // Java Avro's SchemaCompatibility (1.9 to 1.12); also Venice's for stores with enumSchemaEvolutionAllowed
  kVenice,  // Venice's registration otherwise: no field aliases, no enum defaults, string is not bytes, full names
            // count
};

enum class Rule : uint8_t {
  kMissingDefault,  // the reader's field is not in the data and has no default
  kTypeMismatch,    // the data's type is not the reader's, nor promoted to it
  kMissingBranch,   // the reader's union lacks a type of the data
  kMissingSymbols,  // the reader's enum lacks symbols of the data
  kNameMismatch,    // two records, enums or fixed types of different names
  kFixedSize,       // two fixed types of different sizes
  kAmbiguousAlias,  // name and alias of the reader's field are two fields of the data
  kTooComplex,      // the two schemas together are too large to compare
};
// Stable ids, Java Avro's where it has the rule: "READER_FIELD_MISSING_DEFAULT_VALUE".
std::string_view RuleId(Rule rule);
// The rule in one sentence.
std::string_view RuleText(Rule rule);

// One reason why one side cannot read the other.
struct Finding {
  Rule rule = Rule::kTooComplex;
  Direction direction = Direction::kNewReadsOld;
  std::string path;  // in the reader's schema: "address.zip", "tags[]", "scores{}", "shape<Circle>.r"; "" is the root
  std::vector<std::string> also_at;  // other paths that lead to the same pair of named types, at most kAlsoAtMax
  std::string what;                  // what is different between old and new: "Field `id` changed from int to string."
  std::string reader_sees;           // what would happen to whom
  std::string remedy;                // what to change
  std::string remedy_json;           // JSON to paste, when there is a ready piece; else empty
  std::string hint;                  // what the owner may have meant instead ("If you renamed ..."); often empty
  std::string reader_type;           // in words: "string (nullable)"
  std::string writer_type;
  bool beyond_avro = false;  // Rules::kVenice only: Avro itself would accept this
};

constexpr size_t kFindingsMax = 100;  // per direction; the rest is only counted
constexpr size_t kAlsoAtMax = 5;

// Something that leaves the verdict as it is but that the schema's owner should know.
struct Note {
  std::string path;
  std::string text;
};

struct Comparison {
  Compatibility verdict = Compatibility::kFull;
  std::vector<Finding> findings;  // kNewReadsOld first; in the order of the reader's fields
  size_t more_findings = 0;       // beyond kFindingsMax
  std::vector<Note> notes;
};

// One direction, all findings and not only the first; empty means that every value can be read. Recursive schemas end.
std::vector<Finding> FindIncompatibilities(const Schema& reader, const Schema& writer,
                                           Direction direction = Direction::kNewReadsOld, Rules rules = Rules::kAvro);

// Both directions and the notes.
Comparison Compare(const Schema& candidate, const Schema& registered, Rules rules = Rules::kAvro);

struct RegisteredSchema {
  int32_t id = 0;
  Schema schema;
};
struct VersionComparison {
  int32_t id = 0;
  Comparison comparison;
};
// What the owner of the new schema should know although no rule forbids it: values lost, renamed, misread.
std::vector<Note> NotesOn(const Schema& candidate, const Schema& registered);

// In the order of `registered`.
std::vector<VersionComparison> CompareWithAll(const Schema& candidate, std::span<const RegisteredSchema> registered,
                                              Rules rules = Rules::kAvro);

}  // namespace venice::avro
