// The order in which a Java HashMap gives its keys, where schemas that Venice made show it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace venice::protocol {

// keys             distinct UTF-8 texts, in the order they were put in
// capacity_asked   what the map was constructed with; 16 is Java's default
// returns          positions in `keys`
// Buckets with many collisions, which Java keeps as trees, are taken as lists: their order is the same.
// Source: java.util.HashMap, String.hashCode.
std::vector<size_t> JavaHashOrder(const std::vector<std::string>& keys, size_t capacity_asked = 16);
// The same with keys that are Avro's Utf8 objects, which hash their bytes.
std::vector<size_t> JavaUtf8HashOrder(const std::vector<std::string>& keys, size_t capacity_asked = 16);

}  // namespace venice::protocol
