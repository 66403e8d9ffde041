// What is worked out from a schema, kept for the next use of the same schema.
#pragma once

#include <optional>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// T::Make(schema), remembered by each thread for the last few schemas it used; T is small and keeps little but shared
// pointers. The pointer is good until the next call.
template <typename T>
Result<const T*> CachedFor(const Schema& schema) {
  constexpr size_t kKept = 64;
  struct Entry {
    Schema schema;  // held, so no other one can have come to its address
    std::optional<T> value;
  };
  thread_local Entry kept[kKept];
  Entry& entry = kept[reinterpret_cast<uintptr_t>(&schema.node()) / alignof(Node) * 0x9e3779b97f4a7c15 >> 58];
  static_assert(kKept == 1 << (64 - 58));
  if (entry.schema.empty() || &entry.schema.node() != &schema.node()) {
    VENICE_ASSIGN(entry.value, T::Make(schema));
    entry.schema = schema;
  }
  return &*entry.value;
}

}  // namespace venice::avro
