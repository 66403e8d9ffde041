// Private to protocol's schema generators: the form in which Venice's code writes a field's default anew.
#pragma once

#include <string>

#include "avro/schema.h"

namespace venice::protocol {

// Records are completed from the defaults of their fields; members of records and maps stand in the order of Java's
// hash maps. A default that does not fit its type, or that would grow beyond bounds, is left as it is.
std::string DefaultInJavaForm(const avro::Node& type, const std::string& default_json);

}  // namespace venice::protocol
