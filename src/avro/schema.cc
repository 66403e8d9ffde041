#include "avro/schema.h"

#include <array>

namespace venice::avro {
namespace {

constexpr std::string_view kTypeNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                           "string", "record",  "enum", "array", "map",   "union",  "fixed"};

}  // namespace

std::string_view TypeName(Type type) { return kTypeNames[static_cast<size_t>(type)]; }

std::string Node::LogicalType() const {
  const auto found = properties.find("logicalType");
  if (found == properties.end() || found->second.size() < 2 || found->second.front() != '"') return "";
  return found->second.substr(1, found->second.size() - 2);
}

int Node::FieldIndex(std::string_view field_name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field_name) return static_cast<int>(i);
  }
  return -1;
}

int Node::SymbolIndex(std::string_view symbol) const {
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i] == symbol) return static_cast<int>(i);
  }
  return -1;
}

std::string_view Node::BranchName() const {
  switch (type) {
    case Type::kRecord:
    case Type::kEnum:
    case Type::kFixed:
      return name;
    default:
      return TypeName(type);
  }
}

std::optional<Schema> Schema::FieldSchema(std::string_view field_name) const {
  const int index = type() == Type::kRecord ? node_->FieldIndex(field_name) : -1;
  if (index < 0) return std::nullopt;
  return At(*node_->fields[static_cast<size_t>(index)].type);
}

bool Schema::SameAs(const Schema& other) const {
  return node_ == other.node_ || CanonicalForm() == other.CanonicalForm();
}

uint64_t Fingerprint64(std::string_view bytes) {
  constexpr uint64_t kEmpty = 0xc15d213aa4d7a795;  // Avro specification, "Schema fingerprints"
  static constexpr auto kTable = [] {
    std::array<uint64_t, 256> table{};
    for (uint64_t i = 0; i < 256; ++i) {
      uint64_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (kEmpty & (~(value & 1) + 1));
      table[i] = value;
    }
    return table;
  }();
  uint64_t result = kEmpty;
  for (const char c : bytes) result = (result >> 8) ^ kTable[(result ^ static_cast<uint8_t>(c)) & 0xff];
  return result;
}

uint64_t Schema::Fingerprint64() const { return avro::Fingerprint64(CanonicalForm()); }

}  // namespace venice::avro
