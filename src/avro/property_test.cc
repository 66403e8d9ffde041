// Random schemas and values: everything that is written is read back.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "avro/binary.h"
#include "avro/compare.h"
#include "avro/extractor.h"
#include "avro/json.h"
#include "avro/projection.h"
#include "avro/skip.h"

namespace venice::avro {
namespace {

struct Sample {
  std::string schema;
  Datum datum;
};

// A schema together with a function that makes values of it. Names come from a counter, so that they are unique.
class Generator {
 public:
  std::string Schema(int depth) {
    const int kind = *rc::gen::inRange(0, depth > 0 ? 14 : 8);
    if (kind < 8) return fmt::format("\"{}\"", TypeName(static_cast<Type>(kind)));
    switch (static_cast<Type>(kind)) {
      case Type::kArray:
        return fmt::format(R"({{"type":"array","items":{}}})", Schema(depth - 1));
      case Type::kMap:
        return fmt::format(R"({{"type":"map","values":{}}})", Schema(depth - 1));
      case Type::kFixed:
        return fmt::format(R"({{"type":"fixed","name":"F{}","size":{}}})", next_name_++, *rc::gen::inRange(0, 5));
      case Type::kEnum:
        return fmt::format(R"({{"type":"enum","name":"E{}","symbols":["A","B","C"]}})", next_name_++);
      case Type::kUnion:
        return fmt::format(
            R"(["null","long",{{"type":"record","name":"U{}","fields":[{{"name":"x","type":{}}}]}},"string"])",
            next_name_++, Schema(depth - 1));
      default: {
        std::string fields;
        const int count = *rc::gen::inRange(0, 4);
        const int name = next_name_++;
        for (int i = 0; i < count; ++i) {
          fields += fmt::format(R"({}{{"name":"f{}","type":{}}})", i > 0 ? "," : "", i, Schema(depth - 1));
        }
        return fmt::format(R"({{"type":"record","name":"n.R{}","fields":[{}]}})", name, fields);
      }
    }
  }

  Datum Value(const Node& node) {
    switch (node.type) {
      case Type::kNull:
        return Datum();
      case Type::kBoolean:
        return Datum::Boolean(*rc::gen::arbitrary<bool>());
      case Type::kInt:
        return Datum::Int(*rc::gen::arbitrary<int32_t>());
      case Type::kLong:
        return Datum::Long(*rc::gen::arbitrary<int64_t>());
      case Type::kFloat:
        return Datum::Float(*rc::gen::arbitrary<float>());
      case Type::kDouble:
        return Datum::Double(*rc::gen::arbitrary<double>());
      case Type::kBytes:
        return Datum::Bytes(*rc::gen::arbitrary<std::string>());
      case Type::kString:
        return Datum::String(*rc::gen::string<std::string>());
      case Type::kFixed:
        return Datum::Fixed(std::string(node.fixed_size, static_cast<char>(*rc::gen::inRange(0, 256))));
      case Type::kEnum:
        return Datum::Enum(*rc::gen::inRange(0, 3));
      case Type::kUnion: {
        const int branch = *rc::gen::inRange(0, static_cast<int>(node.branches.size()));
        return Value(*node.branches[static_cast<size_t>(branch)]).InBranch(branch);
      }
      case Type::kRecord: {
        Datum::Items fields;
        for (const Field& field : node.fields) fields.push_back(Value(*field.type));
        return Datum::Record(std::move(fields));
      }
      case Type::kArray: {
        Datum::Items items(static_cast<size_t>(*rc::gen::inRange(0, 4)));
        for (Datum& item : items) item = Value(*node.items);
        return Datum::Array(std::move(items));
      }
      case Type::kMap: {
        Datum::Entries entries;
        const int count = *rc::gen::inRange(0, 4);
        for (int i = 0; i < count; ++i) entries.push_back({fmt::format("k{}", i), Value(*node.items)});
        return Datum::Map(std::move(entries));
      }
    }
    return Datum();
  }

 private:
  int next_name_ = 0;
};

// Bytes that are not UTF-8 in a string do not survive JSON, by design.
bool AsciiOnly(const Node& node, const Datum& datum) {
  switch (datum.type()) {
    case Type::kString:
      return std::all_of(datum.text().begin(), datum.text().end(),
                         [](char c) { return static_cast<uint8_t>(c) < 0x80; });
    case Type::kRecord:
    case Type::kArray:
      return std::all_of(datum.items().begin(), datum.items().end(), [&](auto& item) { return AsciiOnly(node, item); });
    case Type::kMap:
      return std::all_of(datum.entries().begin(), datum.entries().end(),
                         [&](auto& entry) { return AsciiOnly(node, entry.value); });
    default:
      return true;
  }
}

TEST(Property, EverythingRoundTrips) {
  const bool holds = rc::check("binary, JSON, skip and resolution to itself", [] {
    Generator generator;
    const std::string text = generator.Schema(3);
    const auto schema = Schema::Parse(text);
    RC_ASSERT(schema.ok());
    const Datum datum = generator.Value(schema->node());
    const std::string bytes = Encode(*schema, datum).value();

    RC_ASSERT(DecodeAll(*schema, bytes).value() == datum);
    RC_ASSERT(DecodeAll(Resolver::Make(*schema, *schema).value(), bytes).value() == datum);
    std::string_view in = bytes;
    RC_ASSERT(Skip(*schema, in).ok() && in.empty());
    const auto same = CompareEncoded(*schema, bytes, bytes);
    RC_ASSERT((!same.ok() || std::is_eq(*same)));
    RC_ASSERT(bytes.size() >= (*schema)->encoded_bytes_min);
    if (AsciiOnly(schema->node(), datum)) {
      RC_ASSERT(FromJson(*schema, ToJson(*schema, datum).value()).value() == datum);
    }
    RC_ASSERT(Schema::Parse(schema->ToJson())->SameAs(*schema));
  });
  EXPECT_TRUE(holds);
}

std::string EncodeField(const Schema& schema, const Datum& record, size_t index) {
  return Encode(schema.At(*schema->fields[index].type), record.field(index)).value();
}

TEST(Property, ValuesExtractionAndProjectionSeeTheSame) {
  const bool holds = rc::check("arena values, extracted fields and projections are the fields", [] {
    Generator generator;
    std::string fields;
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      fields += fmt::format(R"({}{{"name":"f{}","type":{}}})", i > 0 ? "," : "", i, generator.Schema(2));
    }
    const Schema schema = Schema::Parse(fmt::format(R"({{"type":"record","name":"T","fields":[{}]}})", fields)).value();
    const Datum datum = generator.Value(schema.node());
    const std::string bytes = Encode(schema, datum).value();

    Arena arena;
    for (const Text text : {Text::kBorrow, Text::kCopy}) {
      const Value value = DecodeWholeValue(Resolver::Make(schema).value(), bytes, arena, text).value();
      RC_ASSERT(ToDatum(value) == datum);
      std::string again;
      RC_ASSERT(Encode(schema, value, again).ok() && again == bytes);
    }

    // A random choice of the fields in a random order.
    std::vector<size_t> chosen;
    for (size_t i = 0; i < schema->fields.size(); ++i) {
      if (*rc::gen::arbitrary<bool>()) {
        chosen.insert(chosen.begin() + *rc::gen::inRange<int>(0, static_cast<int>(chosen.size()) + 1), i);
      }
    }
    std::vector<std::string> paths;
    std::string picked;
    std::string expected;
    for (const size_t i : chosen) {
      const Field& field = schema->fields[i];
      paths.push_back(field.name);
      picked += fmt::format(R"({}{{"name":"{}","type":{}}})", picked.empty() ? "" : ",", field.name,
                            schema.At(*field.type).ToJson());
      expected += EncodeField(schema, datum, i);
    }
    const Extractor extractor = Extractor::Make(schema, paths).value();
    std::vector<ExtractedField> extracted(paths.size());
    std::string_view in = bytes;
    RC_ASSERT(extractor.Extract(in, extracted).ok());
    for (size_t i = 0; i < chosen.size(); ++i) {
      RC_ASSERT(extracted[i].encoded == EncodeField(schema, datum, chosen[i]));
    }

    const Schema reader = Schema::Parse(fmt::format(R"({{"type":"record","name":"T","fields":[{}]}})", picked)).value();
    std::string projected;
    in = bytes;
    RC_ASSERT(Projection::Make(schema, reader).value().Project(in, projected).ok());
    RC_ASSERT(projected == expected);
    RC_ASSERT(DecodeAll(reader, projected).value() == DecodeAll(Resolver::Make(schema, reader).value(), bytes).value());
  });
  EXPECT_TRUE(holds);
}

TEST(Property, RandomBytesNeverCrash) {
  const bool holds = rc::check("decode and skip agree on garbage", [](const std::string& bytes) {
    Generator generator;
    const Schema schema = Schema::Parse(generator.Schema(3)).value();
    std::string_view decoded = bytes;
    std::string_view skipped = bytes;
    const bool decodes = Decode(schema, decoded).ok();
    const bool skips = Skip(schema, skipped).ok();
    if (decodes) RC_ASSERT(skips && skipped.size() == decoded.size());
  });
  EXPECT_TRUE(holds);
}

TEST(Property, EncodedOrderIsTheOrderOfValues) {
  const bool holds = rc::check("comparing bytes and values agree; the order is antisymmetric and transitive", [] {
    Generator generator;
    const Schema schema = Schema::Parse(generator.Schema(2)).value();
    std::vector<Datum> values;
    for (int i = 0; i < 3; ++i) values.push_back(generator.Value(schema.node()));
    const auto order = [&](size_t i, size_t j) {
      const auto encoded = CompareEncoded(schema, Encode(schema, values[i]).value(), Encode(schema, values[j]).value());
      const auto compared = Compare(schema, values[i], values[j]);
      RC_ASSERT(encoded.ok() == compared.ok());
      if (!encoded.ok()) return std::optional<int>();
      RC_ASSERT((*encoded == *compared));
      if (std::is_eq(*encoded) && schema.type() != Type::kRecord) RC_ASSERT(values[i] == values[j]);
      return std::optional<int>(*encoded < 0 ? -1 : *encoded > 0 ? 1 : 0);
    };
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        const auto forward = order(i, j);
        const auto back = order(j, i);
        RC_ASSERT(forward.has_value() == back.has_value());
        if (forward) RC_ASSERT(*forward == -*back);
      }
    }
    const auto first = order(0, 1);
    const auto second = order(1, 2);
    if (first && second && *first <= 0 && *second <= 0) RC_ASSERT(*order(0, 2) <= 0);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace venice::avro
