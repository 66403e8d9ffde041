// The schema of partial updates ("write compute", "derived schema") of a value schema.
// Source: data-plane reference 7.7; tests/golden/schemas holds what Venice's own code makes.
#pragma once

#include "avro/schema.h"
#include "base/result.h"

namespace venice::protocol {

// Names of records and fields that writers and readers of updates look for.
namespace update {
inline constexpr const char* kRecordSuffix = "WriteOpRecord";
inline constexpr const char* kNoOp = "NoOp";
inline constexpr const char* kListOps = "ListOps";
inline constexpr const char* kSetUnion = "setUnion";
inline constexpr const char* kSetDiff = "setDiff";
inline constexpr const char* kMapOps = "MapOps";
inline constexpr const char* kMapUnion = "mapUnion";
inline constexpr const char* kMapDiff = "mapDiff";
}  // namespace update

// A record `<Name>WriteOpRecord` in which each field may also be left alone (NoOp) and each list or map also be added
// to and removed from. Nested records are replaced whole. Pure. Errors: kInvalidSchema: not a record, a field without a
// default, a union with two collections, names that collide.
Result<avro::Schema> MakeUpdateSchema(const avro::Schema& value_schema);

}  // namespace venice::protocol
