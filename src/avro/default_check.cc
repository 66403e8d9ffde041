#include "avro/default_check.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

namespace venice::avro {
namespace {

// Beyond one step per byte of text: trying every branch of nested unions can repeat work at every level.
constexpr size_t kStepsMax = 1'000'000;

}  // namespace

Status DefaultCheck::Check(const Node& type, JsonValue value) {
  if (Fits(type, value)) return Ok();
  return Error(ErrorCode::kInvalidSchema, Words() + json_.Place(problem_->value.offset()));
}

bool DefaultCheck::Fail(Problem problem, bool fatal) {
  if (!fatal_) problem_ = problem;
  fatal_ = fatal_ || fatal;
  return false;
}

std::string DefaultCheck::Words() const {
  const Node& type = *problem_->type;
  const std::string found = problem_->value.Excerpt();
  switch (problem_->kind) {
    case Problem::Kind::kType:
      return fmt::format("expected {}, found {}", type.BranchName(), found);
    case Problem::Kind::kBranches: {
      std::string names;
      for (const Node* branch : type.branches) {
        if (names.size() > 200) return fmt::format("expected one of {}, ...; found {}", names, found);
        names += fmt::format("{}{}", names.empty() ? "" : ", ", branch->BranchName());
      }
      return fmt::format("expected one of {}; found {}", names.empty() ? "no types" : names, found);
    }
    case Problem::Kind::kFirstBranch:
      return fmt::format("expected {}, found {}; the default of a union is of its first branch",
                         type.branches[0]->BranchName(), found);
    case Problem::Kind::kField:
      return fmt::format("no value of field {}, which {} needs", problem_->field->name, type.name);
    case Problem::Kind::kOpenRecord:
      return fmt::format("a default of record {} cannot stand within its definition", type.name);
    case Problem::Kind::kTooMany:
      return "too many combinations of union branches to try";
  }
  return "";
}

bool DefaultCheck::Fits(const Node& type, JsonValue value) {
  if (fatal_) return false;
  if (++steps_ > kStepsMax + json_.text().size()) return Fail({Problem::Kind::kTooMany, &type, nullptr, value}, true);
  bool fits = false;
  switch (type.type) {
    case Type::kString:
    case Type::kBytes:
    case Type::kEnum:
    case Type::kFixed:
      fits = value.is_string();
      break;
    case Type::kInt:
      fits = value.Integer() && *value.Integer() >= INT32_MIN && *value.Integer() <= INT32_MAX;
      break;
    case Type::kLong:
      fits = value.Integer().has_value();
      break;
    case Type::kFloat:
    case Type::kDouble:
      fits = value.is_number();
      break;
    case Type::kBoolean:
      fits = value.is_boolean();
      break;
    case Type::kNull:
      fits = value.is_null();
      break;
    case Type::kArray:
      if (!value.is_array()) break;
      for (const JsonValue item : value.items()) {
        if (!Fits(*type.items, item)) return false;
      }
      return true;
    case Type::kMap:
      if (!value.is_object()) break;
      for (const auto& [key, member] : value.Members()) {
        if (!Fits(*type.items, member)) return false;
      }
      return true;
    case Type::kUnion:
      return FitsUnion(type, value);
    case Type::kRecord:
      if (!value.is_object()) break;
      return FitsRecord(type, value);
  }
  return fits || Fail({Problem::Kind::kType, &type, nullptr, value});
}

bool DefaultCheck::FitsUnion(const Node& type, JsonValue value) {
  for (const Node* branch : type.branches) {
    if (Fits(*branch, value)) return true;
    if (fatal_) return false;
    if (first_branch_only_ && type.branches.size() > 1) {
      return Fail({Problem::Kind::kFirstBranch, &type, nullptr, value});
    }
  }
  // Of a single branch, its own problem says more.
  return type.branches.size() != 1 && Fail({Problem::Kind::kBranches, &type, nullptr, value});
}

// A field that is left out takes its own default, which was checked where it stands.
bool DefaultCheck::FitsRecord(const Node& type, JsonValue value) {
  if (open_records_.contains(&type)) return Fail({Problem::Kind::kOpenRecord, &type, nullptr, value}, true);
  std::unordered_map<std::string_view, JsonValue> members;
  for (const auto& [key, member] : value.Members()) members.emplace(key, member);
  steps_ += members.size() + type.fields.size();
  for (const Field& field : type.fields) {
    const auto found = members.find(field.name);
    if (found != members.end()) {
      if (!Fits(*field.type, found->second)) return false;
    } else if (!field.default_json) {
      return Fail({Problem::Kind::kField, &type, &field, value});
    }
  }
  return true;
}

std::optional<double> RealOfText(std::string_view text) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  std::string_view unsigned_text = text;
  if (text.starts_with('+') || text.starts_with('-')) unsigned_text.remove_prefix(1);
  if (unsigned_text == "NaN") return std::nan("");
  if (unsigned_text == "Infinity") return text.front() == '-' ? -HUGE_VAL : HUGE_VAL;
  if (unsigned_text.empty() ||
      (!std::isdigit(static_cast<uint8_t>(unsigned_text.front())) && unsigned_text.front() != '.')) {
    return std::nullopt;
  }
  const bool hexadecimal = unsigned_text.starts_with("0x") || unsigned_text.starts_with("0X");
  if (hexadecimal && unsigned_text.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kSuffixes = "fFdD";
  // In hexadecimal the exponent stands between the digits and the suffix.
  if (kSuffixes.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  const std::string digits(text);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  return !digits.empty() && end == digits.c_str() + digits.size() ? std::optional(value) : std::nullopt;
}

}  // namespace venice::avro
