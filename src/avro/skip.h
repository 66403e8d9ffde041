// Walking over encoded values without building them: how the push job cuts key and value out of a record.
#pragma once

#include <span>
#include <string_view>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Advances `in` past one value. No allocation unless it fails. Errors: kCorruption.
Status Skip(const Schema& schema, std::string_view& in);

// The same without a message, for inner loops: false when the bytes are not a value of this type.
bool SkipNode(const Node& node, std::string_view& in);

// Cuts one encoded record into its fields: slices[i] is the encoding of field i. `slices` must be as long as the
// record's field list. Advances `in`. False when the bytes are not such a record.
bool SliceRecord(const Node& record, std::string_view& in, std::span<std::string_view> slices);

}  // namespace venice::avro
