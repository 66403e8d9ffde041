#include "cases.h"

#include <rapidcheck.h>

#include "choices.h"
#include "random_schema.h"
#include "random_value.h"

namespace venice::oracle {
namespace {

// At most so many choices: small cases are many and quick, and find most; a few are large.
int Length(uint64_t seed) { return seed % 100 == 99 ? 3000 : 60 + static_cast<int>(seed % 100) * 8; }

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
