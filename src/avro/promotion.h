// Which primitive types are read as which other ones (Avro specification, schema resolution).
#pragma once

#include "avro/schema.h"

namespace venice::avro {

inline bool Promotes(Type from, Type to) {
  switch (from) {
    case Type::kInt:
      return to == Type::kLong || to == Type::kFloat || to == Type::kDouble;
    case Type::kLong:
      return to == Type::kFloat || to == Type::kDouble;
    case Type::kFloat:
      return to == Type::kDouble;
    case Type::kString:
      return to == Type::kBytes;
    case Type::kBytes:
      return to == Type::kString;
    default:
      return false;
  }
}

}  // namespace venice::avro
