#include "avro/value.h"

namespace venice::avro {
namespace {

Datum ToPlainDatum(const Value& value) {
  switch (value.type()) {
    case Type::kBoolean:
      return Datum::Boolean(value.boolean());
    case Type::kInt:
      return Datum::Int(value.int_value());
    case Type::kLong:
      return Datum::Long(value.long_value());
    case Type::kFloat:
      return Datum::Float(value.float_value());
    case Type::kDouble:
      return Datum::Double(value.double_value());
    case Type::kBytes:
      return Datum::Bytes(std::string(value.text()));
    case Type::kString:
      return Datum::String(std::string(value.text()));
    case Type::kFixed:
      return Datum::Fixed(std::string(value.text()));
    case Type::kEnum:
      return Datum::Enum(value.int_value());
    case Type::kRecord: {
      Datum::Items fields;
      fields.reserve(value.size());
      for (const Value& field : value.items()) fields.push_back(ToDatum(field));
      return Datum::Record(std::move(fields));
    }
    case Type::kArray: {
      Datum::Items items;
      items.reserve(value.size());
      for (size_t i = 0; i < value.size(); ++i) items.push_back(ToDatum(value.item(i)));
      return Datum::Array(std::move(items));
    }
    case Type::kMap: {
      Datum::Entries entries;
      entries.reserve(value.size());
      for (const ValueEntry& entry : value.entries()) entries.push_back({std::string(entry.key), ToDatum(entry.value)});
      return Datum::Map(std::move(entries));
    }
    default:
      return Datum();
  }
}

}  // namespace

Value Value::item(size_t index) const {
  VENICE_CHECK(header_.type == Type::kArray && index < header_.size);
  const Header header{.type = header_.item_type};
  switch (header_.item_type) {
    case Type::kUnion:
      return payload_.items[index];
    case Type::kBoolean:
      return Value(header, numbers<bool>()[index]);
    case Type::kInt:
    case Type::kEnum:
      return Value(header, numbers<int32_t>()[index]);
    case Type::kLong:
      return Value(header, numbers<int64_t>()[index]);
    case Type::kFloat:
      return Value(header, numbers<float>()[index]);
    case Type::kDouble:
      return Value(header, numbers<double>()[index]);
    default:
      return Value(header);
  }
}

Datum ToDatum(const Value& value) {
  Datum datum = ToPlainDatum(value);
  return value.branch() < 0 ? std::move(datum) : std::move(datum).InBranch(value.branch());
}

}  // namespace venice::avro
