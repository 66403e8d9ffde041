// Schemas that are nearly right: one member of one object is taken away, replaced, or repeated elsewhere.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "random_schema.h"

namespace venice::oracle {
namespace {

using Json = nlohmann::ordered_json;

void Collect(Json& json, std::vector<Json*>& out) {
  out.push_back(&json);
  if (!json.is_structured()) return;
  for (auto& inner : json) Collect(inner, out);
}

Json RandomJson(Choices& choices) {
  static const char* const kTexts[] = {"null",
                                       "1",
                                       "-1",
                                       "1.5",
                                       "\"\"",
                                       "\"int\"",
                                       "\"record\"",
                                       "\"T0\"",
                                       "\"no.Such\"",
                                       "\"9lives\"",
                                       "\"a-b\"",
                                       "\"a.b\"",
                                       "\".x\"",
                                       "\"x.\"",
                                       "[]",
                                       "{}",
                                       "[\"int\"]",
                                       "[\"a\",\"a\"]",
                                       "[1]",
                                       "{\"type\":1}",
                                       "[[\"int\"]]",
                                       "2147483648",
                                       "true",
                                       "\"\\u00e9\"",
                                       "[\"null\",\"null\"]",
                                       "{\"type\":\"array\"}",
                                       "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
                                       "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}",
                                       "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"a\"]}",
                                       "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}",
                                       "{\"type\":{\"type\":\"int\"}}",
                                       "1e3"};
  return Json::parse(choices.Pick(kTexts));
}

void SpoilObject(Json& object, Choices& choices) {
  static const char* const kKeys[] = {"type",   "name",    "namespace", "fields", "symbols", "size",       "items",
                                      "values", "default", "aliases",   "order",  "doc",     "logicalType"};
  if (object.empty() || choices.Chance(1, 3)) {
    object[choices.Pick(kKeys)] = RandomJson(choices);
    return;
  }
  auto member = object.begin();
  std::advance(member, choices.Below(static_cast<int>(object.size())));
  if (choices.Chance(1, 2)) {
    object.erase(member);
  } else {
    member.value() = RandomJson(choices);
  }
}

}  // namespace

std::string Spoiled(const SchemaModel& schema, Choices& choices) {
  Json json = Json::parse(schema.Print());
  const int changes = 1 + choices.Below(2);
  for (int i = 0; i < changes; ++i) {
    std::vector<Json*> places;
    Collect(json, places);
    Json& place = *choices.Pick(places);
    if (place.is_object()) {
      SpoilObject(place, choices);
    } else if (place.is_array() && !place.empty() && choices.Chance(1, 2)) {
      place.push_back(choices.Chance(1, 2) ? Json(place[0]) : RandomJson(choices));
    } else {
      place = RandomJson(choices);
    }
  }
  std::string text = json.dump();
  // Now and then not even JSON.
  if (choices.Chance(1, 20)) text.resize(static_cast<size_t>(choices.Below(static_cast<int>(text.size()) + 1)));
  if (choices.Chance(1, 20)) text += choices.Chance(1, 2) ? "}" : " 1";
  return text;
}

}  // namespace venice::oracle
