// Java-style properties text: the form of every Venice configuration file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice {

// key=value, key: value or key value; # and ! comments; a trailing backslash joins lines; \n \t \uXXXX escapes.
// A repeated key keeps its last value. Errors: kInvalidArgument naming the line.
Result<std::map<std::string, std::string>> ParseProperties(std::string_view text);

// Errors: kNotFound when the file cannot be read, and those of ParseProperties.
Result<std::map<std::string, std::string>> LoadProperties(const std::string& path);

}  // namespace venice
