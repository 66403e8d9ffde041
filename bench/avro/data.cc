#include "bench/avro/data.h"

#include <fmt/format.h>

#include <fstream>
#include <random>
#include <sstream>

#include "avro/binary.h"

namespace venice::bench {
namespace {

using avro::Datum;

class Maker {
 public:
  Datum Feature() {
    return Datum::Record({Long(1'000'000'000),
                          Long(4'000'000'000),
                          Datum::Long(1'760'000'000'000 + Below(1 << 30)),
                          Int(18, 70),
                          Int(0, 3000),
                          Int(0, 500),
                          Int(0, 60),
                          Datum::Boolean(Below(4) == 0),
                          Datum::Boolean(Below(10) == 0),
                          Word({"us", "de", "in", "br", "jp", "gb"}),
                          Word({"Software Engineer", "Product Manager", "Data Scientist", "Nurse Practitioner"}),
                          Word({"Technology", "Health Care", "Finance"}),
                          Datum::Enum(static_cast<int>(Below(5))),
                          Float(),
                          Float(),
                          Float(),
                          Double(),
                          Double(),
                          Double(),
                          Datum::Fixed(Bytes(16))});
  }

  Datum Member() {
    Datum::Items emails;
    for (uint64_t i = 1 + Below(2); i > 0; --i) emails.push_back(Datum::String(Name() + "@example.com"));
    Datum::Items positions;
    for (uint64_t i = 2 + Below(4); i > 0; --i) positions.push_back(Position());
    Datum::Entries scores;
    for (const char* key : {"engagement", "influence", "relevance", "trust", "activity"}) {
      scores.push_back({key, Double()});
    }
    Datum address = Below(4) == 0 ? Datum::Null().InBranch(0) : Address().InBranch(1);
    return Datum::Record({Long(1'000'000'000), Datum::String(Name() + " " + Name()),
                          Optional(Datum::String("Building things that people need, at " + Name())),
                          Optional(Int(1950, 2005)), std::move(address), Datum::Array(std::move(emails)),
                          Datum::Array(std::move(positions)), Datum::Map(std::move(scores)), Attributes(),
                          Datum::Enum(static_cast<int>(Below(3))), Datum::Long(1'760'000'000'000 + Below(1 << 30))});
  }

  Datum Embedding() {
    std::normal_distribution<float> normal(0, 0.06F);
    Datum::Items items;
    for (int i = 0; i < 256; ++i) items.push_back(Datum::Float(normal(dice_)));
    return Datum::Record({Long(1'000'000'000), Datum::Array(std::move(items))});
  }

 private:
  int64_t Below(int64_t bound) { return static_cast<int64_t>(dice_() % static_cast<uint64_t>(bound)); }
  Datum Long(int64_t bound) { return Datum::Long(Below(bound)); }
  Datum Int(int32_t from, int32_t to) { return Datum::Int(from + static_cast<int32_t>(Below(to - from))); }
  Datum Float() { return Datum::Float(static_cast<float>(Below(1 << 20)) / (1 << 20)); }
  Datum Double() { return Datum::Double(static_cast<double>(Below(1 << 30)) / (1 << 20)); }
  Datum Word(std::initializer_list<const char*> words) {
    return Datum::String(words.begin()[Below(static_cast<int64_t>(words.size()))]);
  }
  Datum Optional(Datum datum) { return Below(4) == 0 ? Datum::Null().InBranch(0) : std::move(datum).InBranch(1); }
  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(dice_());
    return bytes;
  }
  std::string Name() {
    std::string name(static_cast<size_t>(4 + Below(6)), ' ');
    for (char& letter : name) letter = static_cast<char>('a' + Below(26));
    return name;
  }

  Datum Address() {
    return Datum::Record({Optional(Datum::String("1000 Main Street")), Datum::String(Name()), Datum::String("94085"),
                          Double(), Double()});
  }
  Datum Position() {
    Datum::Items skills;
    for (uint64_t i = 1 + Below(5); i > 0; --i) skills.push_back(Datum::String(Name()));
    return Datum::Record({Datum::String(Name() + " Inc."), Word({"Engineer", "Senior Engineer", "Manager"}),
                          Int(1990, 2025), Optional(Int(1995, 2026)), Datum::Array(std::move(skills))});
  }
  Datum Attributes() {
    Datum::Entries entries;
    entries.push_back({"openToWork", Datum::Boolean(Below(2) == 0).InBranch(1)});
    entries.push_back({"lastLoginMs", Datum::Long(1'760'000'000'000 + Below(1 << 30)).InBranch(2)});
    entries.push_back({"recruiterScore", Double().InBranch(3)});
    entries.push_back({"locale", Word({"en_US", "de_DE", "pt_BR"}).InBranch(4)});
    entries.push_back({"referrer", Datum::Null().InBranch(0)});
    return Datum::Map(std::move(entries));
  }

  std::mt19937_64 dice_{20261121};
};

}  // namespace

Result<avro::Schema> LoadSchema(const std::string& schema_folder, std::string_view name) {
  std::ifstream file(fmt::format("{}/{}.avsc", schema_folder, name));
  std::ostringstream text;
  text << file.rdbuf();
  return avro::Schema::Parse(text.str());
}

std::vector<std::string> MakeRecords(const avro::Schema& schema, std::string_view name) {
  Maker maker;
  std::vector<std::string> records;
  for (size_t i = 0; i < kAvroRecords; ++i) {
    const Datum datum = name == "feature" ? maker.Feature() : name == "member" ? maker.Member() : maker.Embedding();
    records.push_back(avro::Encode(schema, datum).value());
  }
  return records;
}

Status WriteRecords(const std::string& path, const std::vector<std::string>& records) {
  std::ofstream file(path, std::ios::binary);
  for (const std::string& record : records) {
    const auto size = static_cast<uint32_t>(record.size());
    file.write(reinterpret_cast<const char*>(&size), sizeof(size));
    file.write(record.data(), size);
  }
  file.close();
  if (file) return Ok();
  return Error(ErrorCode::kInternal, fmt::format("cannot write {}", path));
}

}  // namespace venice::bench
