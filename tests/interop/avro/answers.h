// What src/avro says about schemas and values, as JSON; the Java peer (AvroPeer.java) answers the same questions.
#pragma once

#include <nlohmann/json.hpp>

namespace venice::oracle {

// `request` has a member "op" and the arguments that answers.cc lists by it; binary is in hexadecimal digits.
nlohmann::json Answer(const nlohmann::json& request);

}  // namespace venice::oracle
