// Random schemas, and random changes to a schema such as people make.
#pragma once

#include <string>

#include "choices.h"
#include "schema_model.h"

namespace venice::oracle {

// Well-formed by the specification: names, defaults and unions are as they must be, and some value is finite. Logical
// types may be wrong, which readers must ignore.
SchemaModel RandomSchema(Choices& choices);

// One to four changes, compatible and not; the result is well-formed. See evolution.cc for the list.
SchemaModel Evolved(const SchemaModel& schema, Choices& choices);

// A schema's text with one thing about it changed, well-formed or not.
std::string Spoiled(const SchemaModel& schema, Choices& choices);

// What the generators share.
// A new type's index. `depth` is what may still nest below it.
size_t AddRandomType(SchemaModel& schema, Choices& choices, int depth);
size_t AddPrimitive(SchemaModel& schema, Kind kind);
// A name that no other type of the schema has or could be mistaken for.
void SetFreshName(SchemaModel& schema, size_t type, Choices& choices);
std::string FreshFieldName(const TypeModel& record, Choices& choices);

}  // namespace venice::oracle
