// Names of types, fields and symbols: what is one, and how namespaces qualify them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace venice::avro {

// A letter or _, then letters, digits and _. Letters and digits are Unicode's, as Java's Avro takes them; the
// specification itself knows ASCII only.
bool IsName(std::string_view text);
// Empty, or names with dots between them.
bool IsNamespace(std::string_view text);

std::string_view NamespaceOf(std::string_view full_name);
std::string_view SimpleName(std::string_view full_name);
// `name` itself when it holds a dot (a leading one stands for the null namespace), else qualified by `space`.
std::string FullName(std::string_view name, std::string_view space);

bool IsUnicodeLetter(uint32_t code_point);
bool IsUnicodeDigit(uint32_t code_point);

}  // namespace venice::avro
