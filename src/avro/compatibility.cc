#include "avro/compatibility.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "avro/mismatch.h"
#include "avro/names.h"
#include "avro/promotion.h"
#include "avro/resolver.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

// Two hostile schemas can name as many pairs of types as the product of their sizes, and chain them as deep.
constexpr size_t kWorkMax = 500'000;  // pairs of types and fields looked at; a fraction of a second
constexpr int kPairDepthMax = 512;
constexpr size_t kCountMax = 1'000'000;

bool IsNamed(const Node& node) {
  return node.type == Type::kRecord || node.type == Type::kEnum || node.type == Type::kFixed;
}

bool HasDefaultSymbol(const Node& reader) {
  return reader.default_symbol && reader.SymbolIndex(*reader.default_symbol) >= 0;
}

// What one pair of types comes to; paths are relative to the pair.
struct Outcome {
  enum class State : uint8_t { kInProgress, kCompatible, kIncompatible };
  State state = State::kInProgress;
  bool assumed = false;  // somebody met it in progress and took it for compatible
  std::vector<Mismatch> found;
  size_t more = 0;

  bool fits() const { return found.empty(); }
  void Add(Mismatch mismatch) {
    if (found.size() < kFindingsMax) {
      found.push_back(std::move(mismatch));
    } else {
      more = std::min(more + 1, kCountMax);
    }
  }
};

// Source: Java Avro 1.12 SchemaCompatibility for Rules::kAvro, Venice's schema/avro/SchemaCompatibility for kVenice.
class Comparer {
 public:
  explicit Comparer(Rules rules) : rules_(rules) {}

  Outcome Run(const Node& reader, const Node& writer) {
    Outcome outcome = Check(reader, writer, 0);
    if (!too_complex_) return outcome;
    Outcome given_up;
    given_up.Add({.rule = Rule::kTooComplex, .reader = &reader, .writer = &writer});
    return given_up;
  }

 private:
  struct Key {
    const Node* reader;
    const Node* writer;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<const Node*>()(key.reader) * 31 + std::hash<const Node*>()(key.writer);
    }
  };

  // The result stays valid until the next call.
  const Outcome& Check(const Node& reader, const Node& writer, int depth) {
    static const Outcome kFits{.state = Outcome::State::kCompatible, .found = {}};
    if (depth > kPairDepthMax || ++work_ > kWorkMax) too_complex_ = true;
    if (too_complex_) return kFits;
    const Key key{&reader, &writer};
    if (const auto known = pairs_.find(key); known != pairs_.end()) {
      // A type that contains itself fits as long as nothing else speaks against it.
      if (known->second.state == Outcome::State::kInProgress) known->second.assumed = true;
      return known->second;
    }
    pairs_[key];
    const size_t order = decided_.size();
    Outcome outcome;
    Compare(reader, writer, depth, outcome);
    const bool was_assumed = pairs_[key].assumed;
    outcome.state = outcome.fits() ? Outcome::State::kCompatible : Outcome::State::kIncompatible;
    if (was_assumed && !outcome.fits()) ForgetAssumptions(order);
    decided_.push_back(key);
    return pairs_[key] = std::move(outcome);
  }

  // What was found to fit since `order` may have leant on a pair that turned out not to fit.
  void ForgetAssumptions(size_t order) {
    for (size_t i = order; i < decided_.size(); ++i) {
      const auto found = pairs_.find(decided_[i]);
      if (found != pairs_.end() && found->second.state == Outcome::State::kCompatible) pairs_.erase(found);
    }
    decided_.resize(order);
  }

  void CheckInto(const Node& reader, const Node& writer, int depth, PathStep::Kind kind, std::string_view name,
                 Outcome& out) {
    const Outcome& inner = Check(reader, writer, depth + 1);
    Prefix(inner, kind, name, out);
  }

  static void Prefix(const Outcome& inner, PathStep::Kind kind, std::string_view name, Outcome& out) {
    for (const Mismatch& mismatch : inner.found) {
      Mismatch longer = mismatch;
      longer.path = std::make_shared<const PathStep>(PathStep{kind, name, mismatch.path});
      out.Add(std::move(longer));
    }
    out.more = std::min(out.more + inner.more, kCountMax);
  }

  static void Append(const Outcome& inner, Outcome& out) {
    for (const Mismatch& mismatch : inner.found) out.Add(mismatch);
    out.more = std::min(out.more + inner.more, kCountMax);
  }

  void Compare(const Node& reader, const Node& writer, int depth, Outcome& out) {
    if (writer.type == Type::kUnion) return CompareWriterUnion(reader, writer, depth, out);
    if (reader.type == Type::kUnion) return CompareReaderUnion(reader, writer, depth, out);
    if (reader.type != writer.type) return ComparePromotion(reader, writer, out);
    if (IsNamed(reader)) CompareNames(reader, writer, out);
    switch (reader.type) {
      case Type::kArray:
        return CheckInto(*reader.items, *writer.items, depth, PathStep::Kind::kItem, "", out);
      case Type::kMap:
        return CheckInto(*reader.items, *writer.items, depth, PathStep::Kind::kValue, "", out);
      case Type::kFixed:
        if (reader.fixed_size != writer.fixed_size)
          out.Add({.rule = Rule::kFixedSize, .reader = &reader, .writer = &writer});
        return;
      case Type::kEnum:
        return CompareSymbols(reader, writer, out);
      case Type::kRecord:
        return CompareFields(reader, writer, depth, out);
      default:
        return;
    }
  }

  void ComparePromotion(const Node& reader, const Node& writer, Outcome& out) const {
    const bool avro = Promotes(writer.type, reader.type);
    const bool text = writer.type == Type::kString || writer.type == Type::kBytes;
    if (avro && !(text && rules_ == Rules::kVenice)) return;
    out.Add({.rule = Rule::kTypeMismatch, .reader = &reader, .writer = &writer, .beyond_avro = avro});
  }

  static bool AvroNamesMatch(const Node& reader, const Node& writer) {
    return SimpleName(reader.name) == SimpleName(writer.name) || HasAlias(reader.aliases, writer.name);
  }

  static bool HasAlias(const std::vector<std::string>& aliases, std::string_view name) {
    return std::find(aliases.begin(), aliases.end(), name) != aliases.end();
  }

  void CompareNames(const Node& reader, const Node& writer, Outcome& out) const {
    const bool avro = AvroNamesMatch(reader, writer);
    const bool venice = reader.name == writer.name || HasAlias(reader.aliases, writer.name);
    if (rules_ == Rules::kVenice ? venice : avro) return;
    out.Add({.rule = Rule::kNameMismatch, .reader = &reader, .writer = &writer, .beyond_avro = avro});
  }

  void CompareSymbols(const Node& reader, const Node& writer, Outcome& out) const {
    const std::unordered_set<std::string_view> known(reader.symbols.begin(), reader.symbols.end());
    std::vector<std::string_view> missing;
    for (const std::string& symbol : writer.symbols) {
      if (!known.contains(symbol)) missing.push_back(symbol);
    }
    const bool avro = missing.empty() || HasDefaultSymbol(reader);
    if (missing.empty() || (avro && rules_ == Rules::kAvro)) return;
    out.Add({.rule = Rule::kMissingSymbols,
             .reader = &reader,
             .writer = &writer,
             .symbols = std::move(missing),
             .beyond_avro = avro});
  }

  void CompareFields(const Node& reader, const Node& writer, int depth, Outcome& out) {
    std::unordered_map<std::string_view, const Field*> written;
    for (const Field& field : writer.fields) written[field.name] = &field;
    work_ += writer.fields.size() + reader.fields.size();
    const auto find = [&](std::string_view name) {
      const auto found = written.find(name);
      return found == written.end() ? nullptr : found->second;
    };
    std::optional<Strangers> strangers;
    for (const Field& field : reader.fields) {
      const Field* source = find(field.name);
      bool ambiguous = false;
      const Field* by_alias = nullptr;
      for (const std::string& alias : field.aliases) {
        const Field* other = find(alias);
        if (other == nullptr || other == source || other == by_alias) continue;
        ambiguous = ambiguous || source != nullptr || by_alias != nullptr;
        by_alias = other;
      }
      if (rules_ == Rules::kAvro && source == nullptr) source = by_alias;
      if (ambiguous && rules_ == Rules::kAvro) {
        AddAtField({.rule = Rule::kAmbiguousAlias, .reader = &reader, .writer = &writer, .field = &field}, out);
      } else if (source != nullptr) {
        CheckInto(*field.type, *source->type, depth, PathStep::Kind::kField, field.name, out);
      } else if (!field.default_json) {
        if (!strangers) strangers = Strangers{FieldsOnlyIn(reader, writer), FieldsOnlyIn(writer, reader)};
        AddAtField({.rule = Rule::kMissingDefault,
                    .reader = &reader,
                    .writer = &writer,
                    .field = &field,
                    .lookalike = Lookalike(field, *strangers),
                    .beyond_avro = by_alias != nullptr},
                   out);
      }
    }
  }

  // A field that only one of two records has, and its type in words.
  struct Stranger {
    const Field* field;
    std::string type;
  };
  struct Strangers {
    std::vector<Stranger> of_reader;
    std::vector<Stranger> of_writer;
  };

  // The first few: among many strangers nobody can tell which one was renamed.
  static std::vector<Stranger> FieldsOnlyIn(const Node& record, const Node& other) {
    constexpr size_t kStrangersMax = 20;
    std::unordered_set<std::string_view> names;
    for (const Field& field : other.fields) names.insert(field.name);
    std::vector<Stranger> strangers;
    for (const Field& field : record.fields) {
      if (strangers.size() == kStrangersMax) break;
      if (!names.contains(field.name)) strangers.push_back({&field, TypeInWords(*field.type)});
    }
    return strangers;
  }

  // The only two strangers of a type: likely the same field under another name.
  static const Field* Lookalike(const Field& field, const Strangers& strangers) {
    const auto own = std::find_if(strangers.of_reader.begin(), strangers.of_reader.end(),
                                  [&](const Stranger& one) { return one.field == &field; });
    if (own == strangers.of_reader.end()) return nullptr;
    const auto count = [&](const std::vector<Stranger>& list) {
      return std::count_if(list.begin(), list.end(), [&](const Stranger& one) { return one.type == own->type; });
    };
    if (count(strangers.of_reader) != 1 || count(strangers.of_writer) != 1) return nullptr;
    return std::find_if(strangers.of_writer.begin(), strangers.of_writer.end(),
                        [&](const Stranger& one) { return one.type == own->type; })
        ->field;
  }

  static void AddAtField(Mismatch mismatch, Outcome& out) {
    mismatch.path = std::make_shared<const PathStep>(PathStep{PathStep::Kind::kField, mismatch.field->name, nullptr});
    out.Add(std::move(mismatch));
  }

  // Every branch has to fit: any value may be of any branch.
  void CompareWriterUnion(const Node& reader, const Node& writer, int depth, Outcome& out) {
    Mismatch lacking{.rule = reader.type == Type::kUnion ? Rule::kMissingBranch : Rule::kTypeMismatch,
                     .reader = &reader,
                     .writer = &writer,
                     .beyond_avro = true};
    for (const Node* branch : writer.branches) {
      const Outcome& inner = Check(reader, *branch, depth + 1);
      if (inner.fits()) continue;
      if (!IsAboutTheWhole(inner)) {
        Append(inner, out);
        continue;
      }
      lacking.branches.push_back(branch);
      lacking.beyond_avro = lacking.beyond_avro && inner.found.front().beyond_avro;
    }
    if (!lacking.branches.empty()) {
      if (lacking.branches.size() == writer.branches.size()) lacking.branches.clear();
      return out.Add(std::move(lacking));
    }
    // Venice reads a union as something else only when it has one branch.
    if (rules_ == Rules::kVenice && reader.type != Type::kUnion && writer.branches.size() != 1 && out.fits())
      out.Add(std::move(lacking));
  }

  // That the type itself is not taken, as against something within it.
  static bool IsAboutTheWhole(const Outcome& outcome) {
    const Mismatch& first = outcome.found.front();
    return !first.path && (first.rule == Rule::kTypeMismatch || first.rule == Rule::kMissingBranch);
  }

  // The first branch that fits is enough. When none does, the one that was meant tells why.
  void CompareReaderUnion(const Node& reader, const Node& writer, int depth, Outcome& out) {
    const Node* meant = nullptr;
    bool beyond_avro = false;
    for (const Node* branch : reader.branches) {
      const Outcome& inner = Check(*branch, writer, depth + 1);
      if (inner.fits()) return;
      const bool same = branch->type == writer.type && (!IsNamed(writer) || AvroNamesMatch(*branch, writer));
      const bool avro = std::all_of(inner.found.begin(), inner.found.end(), [](auto& m) { return m.beyond_avro; });
      if (same && (meant == nullptr || (avro && !beyond_avro))) meant = branch;
      beyond_avro = beyond_avro || avro;
    }
    if (meant == nullptr) {
      return out.Add({.rule = Rule::kMissingBranch, .reader = &reader, .writer = &writer, .beyond_avro = beyond_avro});
    }
    const bool plain = NullableBranch(reader) != nullptr;
    CheckInto(*meant, writer, depth, PathStep::Kind::kBranch, plain ? "" : SimpleName(meant->BranchName()), out);
  }

  const Rules rules_;
  std::unordered_map<Key, Outcome, KeyHash> pairs_;
  std::vector<Key> decided_;
  size_t work_ = 0;
  bool too_complex_ = false;
};

// A named type used in several places is one thing to repair: its findings are told once.
std::vector<Finding> Tell(const Outcome& outcome, const Schema& reader, const Schema& writer, Direction direction) {
  std::vector<Finding> findings;
  std::vector<const Mismatch*> told;
  for (const Mismatch& mismatch : outcome.found) {
    const auto same = std::find_if(told.begin(), told.end(), [&](const Mismatch* other) {
      const bool inside = IsNamed(*mismatch.reader) && IsNamed(*mismatch.writer);
      return inside && other->reader == mismatch.reader && other->writer == mismatch.writer &&
             other->rule == mismatch.rule && other->field == mismatch.field;
    });
    if (same == told.end()) {
      findings.push_back(InWords(mismatch, reader, writer, direction));
      told.push_back(&mismatch);
      continue;
    }
    auto& also_at = findings[static_cast<size_t>(same - told.begin())].also_at;
    if (also_at.size() < kAlsoAtMax) also_at.push_back(PathText(mismatch.path));
  }
  return findings;
}

}  // namespace

std::string_view CompatibilityName(Compatibility compatibility) {
  constexpr std::string_view kNames[] = {"NONE", "BACKWARD", "FORWARD", "FULL"};
  return kNames[static_cast<size_t>(compatibility)];
}

std::optional<Compatibility> ParseCompatibility(std::string_view text) {
  for (const auto one :
       {Compatibility::kNone, Compatibility::kBackward, Compatibility::kForward, Compatibility::kFull}) {
    if (CompatibilityName(one) == text) return one;
  }
  return std::nullopt;
}

std::string_view DirectionName(Direction direction) {
  return direction == Direction::kNewReadsOld ? "BACKWARD" : "FORWARD";
}

bool Requires(Compatibility mode, Direction direction) {
  if (mode == Compatibility::kFull) return true;
  return mode == (direction == Direction::kNewReadsOld ? Compatibility::kBackward : Compatibility::kForward);
}

bool Satisfies(Compatibility verdict, Compatibility mode) {
  return verdict == Compatibility::kFull || mode == Compatibility::kNone || verdict == mode;
}

std::vector<Finding> FindIncompatibilities(const Schema& reader, const Schema& writer, Direction direction,
                                           Rules rules) {
  return Tell(Comparer(rules).Run(reader.node(), writer.node()), reader, writer, direction);
}

Comparison Compare(const Schema& candidate, const Schema& registered, Rules rules) {
  const Outcome backward = Comparer(rules).Run(candidate.node(), registered.node());
  const Outcome forward = Comparer(rules).Run(registered.node(), candidate.node());
  Comparison comparison;
  comparison.verdict = backward.fits() ? (forward.fits() ? Compatibility::kFull : Compatibility::kBackward)
                                       : (forward.fits() ? Compatibility::kForward : Compatibility::kNone);
  comparison.findings = Tell(backward, candidate, registered, Direction::kNewReadsOld);
  std::ranges::move(Tell(forward, registered, candidate, Direction::kOldReadsNew),
                    std::back_inserter(comparison.findings));
  comparison.more_findings = backward.more + forward.more;
  comparison.notes = NotesOn(candidate, registered);
  return comparison;
}

std::vector<VersionComparison> CompareWithAll(const Schema& candidate, std::span<const RegisteredSchema> registered,
                                              Rules rules) {
  std::vector<VersionComparison> comparisons;
  comparisons.reserve(registered.size());
  for (const RegisteredSchema& one : registered) comparisons.push_back({one.id, Compare(candidate, one.schema, rules)});
  return comparisons;
}

Status CheckCanRead(const Schema& reader, const Schema& writer) {
  const std::vector<Finding> findings = FindIncompatibilities(reader, writer);
  if (findings.empty()) return Ok();
  const Finding& first = findings.front();
  std::string message = fmt::format("{}: written as {}, read as {} ({})", first.path.empty() ? "(root)" : first.path,
                                    first.writer_type, first.reader_type, RuleId(first.rule));
  if (findings.size() > 1) message += fmt::format("; and {} more", findings.size() - 1);
  return Error(ErrorCode::kInvalidSchema, std::move(message));
}

}  // namespace venice::avro
