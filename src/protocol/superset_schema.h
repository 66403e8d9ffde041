// Superset schemas: one value schema that has every field of two or more.
// Source: data-plane reference 7.8; tests/golden/schemas holds what Venice's own code makes.
#pragma once

#include <cstddef>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::protocol {

// The fields of `fresh` in their order, then those that only `existing` has; at every depth. Where both say something
// (docs, defaults, properties), `fresh` wins. Equal schemas give `existing`. Pure.
// Errors: kInvalidSchema: names, namespaces, types or sizes that differ.
Result<avro::Schema> MakeSuperset(const avro::Schema& existing, const avro::Schema& fresh);

// Of all, in order; at least one. Pure.
Result<avro::Schema> MakeSupersetOfAll(const std::vector<avro::Schema>& schemas);

// Whether two schemas hold the same data: fields in any order, docs and properties aside; every branch of a union of
// `schema` must be one of `other`. This decides whether a superset must be registered beside the value schema.
bool SameButForFieldOrder(const avro::Schema& schema, const avro::Schema& other);

}  // namespace venice::protocol
