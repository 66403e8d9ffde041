#include "cases.h"

#include <rapidcheck.h>

#include "choices.h"
#include "random_schema.h"
#include "random_value.h"

namespace venice::oracle {
namespace {

// At most so many choices: small cases are many and quick, and find most; a few are large.
int Length(uint64_t seed) { return seed % 100 == 99 ? 3000 : 60 + static_cast<int>(seed % 100) * 8; }

// One byte changed, taken away or added, or the end cut off.
std::string Damaged(std::string bytes, Choices& choices) {
  static constexpr char kBytes[] = {'\0', '\1', '\2', '\x7f', '\x80', '\xff'};
  const auto at = static_cast<size_t>(choices.Below(static_cast<int>(bytes.size()) + 1));
  const int kind = choices.Below(4);
  if (kind == 3 || at == bytes.size()) return bytes.insert(at, 1, choices.Pick(kBytes));
  if (kind == 0) return bytes.substr(0, at);
  if (kind == 1) return bytes.erase(at, 1);
  bytes[at] = static_cast<char>(choices.Below(256));
  return bytes;
}

}  // namespace

std::vector<uint32_t> ChoicesOfSeed(uint64_t seed) {
  const auto numbers = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<uint32_t>());
  return rc::gen::container<std::vector<uint32_t>>(numbers)(rc::Random(seed), Length(seed)).value();
}

Case MakeCase(CaseKind kind, const std::vector<uint32_t>& row) {
  Choices choices(row);
  Case made;
  const SchemaModel writer = RandomSchema(choices);
  if (kind == CaseKind::kSpoiled) {
    made.writer = Spoiled(writer, choices);
    return made;
  }
  made.writer = writer.Print();
  if (kind == CaseKind::kDamaged) {
    made.reader = made.writer;
    const std::string value = RandomBinary(writer, choices);
    for (int i = 0; i < 4; ++i) made.values.push_back(Damaged(value, choices));
    return made;
  }
  const SchemaModel reader = Evolved(writer, choices);
  made.reader = reader.Print();
  const int values = 1 + choices.Below(2);
  for (int i = 0; i < values; ++i) {
    Choices twin = choices.Twin(choices.Below(20));
    made.values.push_back(RandomBinary(writer, choices));
    made.values.push_back(RandomBinary(writer, twin));
    made.reader_values.push_back(RandomBinary(reader, choices));
  }
  return made;
}

std::vector<std::string> MakeValues(const std::string& canonical, uint64_t seed, int count) {
  const SchemaModel schema = FromCanonicalForm(canonical);
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    Choices choices(ChoicesOfSeed(seed + static_cast<uint64_t>(i)));
    values.push_back(RandomBinary(schema, choices));
  }
  return values;
}

}  // namespace venice::oracle
