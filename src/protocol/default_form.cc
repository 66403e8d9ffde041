#include "protocol/default_form.h"

#include <vector>

#include <nlohmann/json.hpp>

#include "protocol/java_hash_order.h"

namespace venice::protocol {

namespace {

using avro::Field;
using avro::Node;
using avro::Type;
using Json = nlohmann::ordered_json;

constexpr int kDepthMax = avro::kSchemaDepthMax;
// Values within one default: records that are completed from defaults of records grow with every layer.
constexpr size_t kValuesMax = 10'000;

class Former {
 public:
  bool too_large() const { return values_ > kValuesMax; }

  Json Form(const Node& type, const Json& value, int depth) {
    if (depth > kDepthMax || ++values_ > kValuesMax) return value;
    switch (type.type) {
      case Type::kRecord:
        return FormRecord(type, value, depth);
      case Type::kMap:
        return FormMap(type, value, depth);
      case Type::kArray: {
        if (!value.is_array()) return value;
        Json out = Json::array();
        for (const Json& item : value) out.push_back(Form(*type.items, item, depth + 1));
        return out;
      }
      case Type::kUnion:
        return type.branches.empty() ? value : Form(*type.branches[0], value, depth + 1);
      default:
        return value;
    }
  }

 private:
  Json FormRecord(const Node& type, const Json& value, int depth) {
    if (!value.is_object()) return value;
    std::vector<std::string> names;
    std::vector<Json> members;
    for (const Field& field : type.fields) {
      const auto given = value.find(field.name);
      if (given == value.end() && !field.default_json) return value;
      const Json member = given != value.end() ? *given : Json::parse(*field.default_json, nullptr, false);
      if (member.is_discarded()) return value;
      names.push_back(field.name);
      members.push_back(Form(*field.type, member, depth + 1));
    }
    Json out = Json::object();
    for (const size_t i : JavaHashOrder(names)) out[names[i]] = std::move(members[i]);
    return out;
  }

  Json FormMap(const Node& type, const Json& value, int depth) {
    if (!value.is_object()) return value;
    std::vector<std::string> keys;
    for (const auto& [key, item] : value.items()) keys.push_back(key);
    Json out = Json::object();
    for (const size_t i : JavaUtf8HashOrder(keys, keys.size()))
      out[keys[i]] = Form(*type.items, value.at(keys[i]), depth + 1);
    return out;
  }

  size_t values_ = 0;
};

}  // namespace

std::string DefaultInJavaForm(const Node& type, const std::string& default_json) {
  if (default_json.empty() || (default_json.front() != '{' && default_json.front() != '[')) return default_json;
  const Json value = Json::parse(default_json, nullptr, false);
  if (value.is_discarded()) return default_json;
  Former former;
  const Json formed = former.Form(type, value, 0);
  return former.too_large() ? default_json : formed.dump();
}

}  // namespace venice::protocol
