// Cases by number: the same number makes the same case on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace venice::oracle {

enum class CaseKind { kEvolution, kSpoiled, kDamaged };

struct Case {
  std::string writer;  // schema text
  // Not of a spoiled schema; of damaged values the reader is the writer:
  std::string reader;
  std::vector<std::string> values;         // of the writer, encoded; each second one much like the one before
  std::vector<std::string> reader_values;  // of the reader, encoded
};

// The choices that a seed stands for; a shorter row, or one of smaller numbers, makes a smaller case.
std::vector<uint32_t> ChoicesOfSeed(uint64_t seed);
Case MakeCase(CaseKind kind, const std::vector<uint32_t>& row);

// Encoded values of a schema given by its canonical form.
std::vector<std::string> MakeValues(const std::string& canonical, uint64_t seed, int count);

}  // namespace venice::oracle
