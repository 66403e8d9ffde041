// src/avro decodes in several ways; they must not contradict each other.
#pragma once

#include <string>
#include <string_view>

#include "avro/binary.h"

namespace venice::oracle {

// Decodes `bytes` into an arena, with borrowed and with copied text; skips them; and cuts a record into its fields.
// datum    what decoding them as the resolver's reader gave
// returns  which way disagrees with it; empty when none does
std::string Contradiction(const avro::Resolver& resolver, std::string_view bytes, const Result<avro::Datum>& datum);

}  // namespace venice::oracle
