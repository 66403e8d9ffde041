// Our part of the Avro benchmark (bench/avro/run.py): writes the records, then times what standard input asks for.
//
//   avro-bench SCHEMAS DATA
//
// Each line "CASE WAY" is answered by the CPU nanoseconds that one record took, over at least kRoundNs of work.
#include <ctime>

#include <fmt/format.h>

#include <iostream>

#include "avro/binary.h"
#include "avro/extractor.h"
#include "avro/skip.h"
#include "bench/avro/data.h"

namespace venice::bench {
namespace {

constexpr int64_t kRoundNs = 200'000'000;

int64_t CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Keeps the compiler from dropping the work.
template <typename T>
void Use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

struct Case {
  std::string name;
  avro::Schema schema;
  avro::Resolver resolver;
  avro::Resolver evolved;  // the reader lacks the first half of the fields
  avro::Extractor last_field;
  avro::Skipper skipper;
  std::vector<std::string> records;
  std::vector<avro::Datum> datums;
};

// Without the odd fields of the record.
avro::Schema EveryOtherField(const avro::Schema& schema) {
  std::string fields;
  const auto& all = schema->fields;
  for (size_t i = 0; i < all.size(); i += 2) {
    fields +=
        fmt::format(R"({}{{"name":"{}","type":{}}})", i > 0 ? "," : "", all[i].name, schema.At(*all[i].type).ToJson());
  }
  return avro::Schema::Parse(fmt::format(R"({{"type":"record","name":"{}","fields":[{}]}})", schema.name(), fields))
      .value();
}

Result<Case> MakeCase(const std::string& schemas, const std::string& data, std::string_view name) {
  VENICE_ASSIGN(const avro::Schema schema, LoadSchema(schemas, name));
  VENICE_ASSIGN(const avro::Resolver resolver, avro::Resolver::Make(schema));
  VENICE_ASSIGN(const avro::Resolver evolved, avro::Resolver::Make(schema, EveryOtherField(schema)));
  const std::string last = schema->fields.back().name;
  VENICE_ASSIGN(const avro::Extractor extractor, avro::Extractor::Make(schema, std::span(&last, 1)));
  VENICE_ASSIGN(const avro::Skipper skipper, avro::Skipper::Make(schema));
  std::vector<std::string> records = MakeRecords(schema, name);
  VENICE_TRY(WriteRecords(fmt::format("{}/{}.records", data, name), records));
  std::vector<avro::Datum> datums;
  for (const std::string& record : records) {
    VENICE_ASSIGN(avro::Datum datum, avro::DecodeAll(schema, record));
    datums.push_back(std::move(datum));
  }
  return Case{std::string(name), schema, resolver, evolved, extractor, skipper, std::move(records), std::move(datums)};
}

template <typename Function>
int64_t TimePerRecord(size_t records, Function work) {
  int64_t rounds = 0;
  const int64_t begin = CpuNs();
  int64_t now = begin;
  for (; now - begin < kRoundNs; now = CpuNs(), ++rounds) {
    for (size_t i = 0; i < records; ++i) work(i);
  }
  return (now - begin) * 1000 / (rounds * static_cast<int64_t>(records));
}

// In thousandths of a nanosecond; -1 for a way that is not known.
int64_t Time(const Case& c, std::string_view way) {
  avro::Arena arena;
  std::string out;
  const size_t n = c.records.size();
  const auto decode = [&](const avro::Resolver& resolver, avro::Text text) {
    return TimePerRecord(n, [&](size_t i) {
      arena.Reset();
      const auto value = avro::DecodeWholeValue(resolver, c.records[i], arena, text);
      VENICE_CHECK(value.ok());
      Use(*value);
    });
  };
  if (way == "value") return decode(c.resolver, avro::Text::kBorrow);
  if (way == "value-copied") return decode(c.resolver, avro::Text::kCopy);
  if (way == "value-half") return decode(c.evolved, avro::Text::kBorrow);
  if (way == "datum") {
    return TimePerRecord(n, [&](size_t i) { Use(avro::DecodeAll(c.resolver, c.records[i]).value()); });
  }
  if (way == "extract-last") {
    avro::ExtractedField field;
    return TimePerRecord(n, [&](size_t i) {
      std::string_view in = c.records[i];
      VENICE_CHECK(c.last_field.Extract(in, std::span(&field, 1)).ok());
      Use(field);
    });
  }
  if (way == "skip") {
    return TimePerRecord(n, [&](size_t i) {
      std::string_view in = c.records[i];
      VENICE_CHECK(c.skipper.Skip(in).ok());
      Use(in);
    });
  }
  if (way == "memcpy") {
    out.resize(64 << 10);
    return TimePerRecord(n, [&](size_t i) {
      std::memcpy(out.data(), c.records[i].data(), c.records[i].size());
      Use(out[0]);
    });
  }
  if (way == "encode-value") {
    std::vector<avro::Value> values;
    for (const std::string& record : c.records) {
      values.push_back(avro::DecodeWholeValue(c.resolver, record, arena).value());
    }
    return TimePerRecord(n, [&](size_t i) {
      out.clear();
      VENICE_CHECK(avro::Encode(c.schema, values[i], out).ok());
      Use(out[0]);
    });
  }
  if (way == "encode-datum") {
    return TimePerRecord(n, [&](size_t i) {
      out.clear();
      VENICE_CHECK(avro::Encode(c.schema, c.datums[i], out).ok());
      Use(out[0]);
    });
  }
  return -1;
}

int Main(const std::string& schemas, const std::string& data) {
  std::vector<Case> cases;
  for (const std::string_view name : kAvroCases) {
    auto made = MakeCase(schemas, data, name);
    if (!made.ok()) {
      fmt::print(stderr, "{}: {}\n", name, made.error().ToString());
      return 1;
    }
    cases.push_back(std::move(made).value());
  }
  std::string name;
  std::string way;
  std::cout << "ready" << std::endl;
  while (std::cin >> name >> way) {
    int64_t time = -1;
    for (const Case& c : cases) {
      if (c.name == name) time = Time(c, way);
    }
    std::cout << fmt::format("{:.3f}", static_cast<double>(time) / 1000) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace venice::bench

int main(int argc, char** argv) {
  if (argc == 3) return venice::bench::Main(argv[1], argv[2]);
  fmt::print(stderr, "usage: avro-bench SCHEMAS_FOLDER DATA_FOLDER (bench/avro/run.py runs it)\n");
  return 2;
}
