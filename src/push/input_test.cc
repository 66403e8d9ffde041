// Input files: which are found, how each format becomes records, and what errors say.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "avro/binary.h"
#include "avro/container.h"
#include "avro/json.h"
#include "base/file.h"
#include "push/dictionary.h"
#include "push/input.h"

namespace venice::push {
namespace {

namespace fs = std::filesystem;

void Put(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

StoreSchemas Schemas(std::string_view key, std::vector<std::string_view> values) {
  StoreSchemas schemas{.key = avro::Schema::Parse(key).value(), .values = {}};
  for (const auto value : values) {
    schemas.values.push_back({static_cast<int32_t>(schemas.values.size()) + 1, avro::Schema::Parse(value).value()});
  }
  return schemas;
}

class CollectingSink : public RecordSink {
 public:
  explicit CollectingSink(const StoreSchemas& schemas, size_t value) : schemas_(schemas), value_(value) {}
  Status OnRecord(std::string_view key, std::string_view value) override {
    lines.push_back(avro::BinaryToJson(schemas_.key, key).value() + "=" +
                    avro::BinaryToJson(schemas_.values[value_].schema, value).value());
    return Ok();
  }
  Status OnNullValue(std::string_view) override {
    lines.push_back("null value");
    return Ok();
  }
  std::vector<std::string> lines;

 private:
  const StoreSchemas& schemas_;
  const size_t value_;
};

// The records as "key=value", or one line with the error.
std::vector<std::string> ReadAllOf(const std::string& path, const StoreSchemas& schemas, PushSettings settings = {}) {
  settings.store = "s";
  const auto files = FindInputFiles(path);
  if (!files.ok()) return {files.error().ToString()};
  const auto format = settings.format == InputFormat::kAuto ? DetectFormat(*files) : settings.format;
  if (!format.ok()) return {format.error().ToString()};
  auto input = OpenInput(settings, *format, *files, schemas);
  if (!input.ok()) return {input.error().ToString()};
  CollectingSink sink(schemas, static_cast<size_t>((*input)->value_schema_id()) - 1);
  const auto reader = (*input)->NewReader();
  Chunk chunk;
  while (true) {
    const auto more = (*input)->Next(chunk);
    if (!more.ok()) return {more.error().ToString()};
    if (!*more) return sink.lines;
    if (const Status status = reader->Read(chunk, sink); !status.ok()) return {status.error().ToString()};
  }
}

std::string FirstOf(const std::vector<std::string>& lines) { return lines.empty() ? "" : lines[0]; }

void WriteAvro(const std::string& path, std::string_view schema, const std::vector<std::string>& records,
               avro::Codec codec = avro::Codec::kNull) {
  const auto parsed = avro::Schema::Parse(schema).value();
  auto writer = avro::ContainerWriter::Create(path, parsed, {.codec = codec, .block_bytes = ByteSize(64)}).value();
  for (const std::string& record : records) {
    ASSERT_TRUE(writer->Append(avro::FromJson(parsed, record, avro::JsonForm::kPlain).value()).ok());
  }
  ASSERT_TRUE(writer->Close().ok());
}

constexpr std::string_view kPair =
    R"({"type":"record","name":"R","fields":[{"name":"key","type":"string"},{"name":"extra","type":"double"},{"name":"value","type":"int"}]})";

TEST(InputFiles, FoldersGlobsAndLatest) {
  const TemporaryDirectory folder;
  Put(folder / "b.avro", "b");
  Put(folder / "a.avro", "a");
  Put(folder / "_SUCCESS", "");
  Put(folder / ".hidden", "");
  const auto in_folder = FindInputFiles(folder.path().string());
  ASSERT_TRUE(in_folder.ok());
  ASSERT_EQ(in_folder->size(), 2u);
  EXPECT_EQ((*in_folder)[0].path, folder / "a.avro");
  EXPECT_EQ(FindInputFiles(folder / "*.avro")->size(), 2u);
  EXPECT_EQ(FindInputFiles("file://" + (folder / "b.avro"))->size(), 1u);
  EXPECT_EQ(FindInputFiles(folder / "*.none").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(FindInputFiles(folder / "none").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(FindInputFiles("hdfs://a/b").error().code(), ErrorCode::kUnsupported);

  EXPECT_TRUE(CheckUnchanged(*in_folder).ok());
  Put(folder / "a.avro", "longer");
  EXPECT_EQ(CheckUnchanged(*in_folder).error().code(), ErrorCode::kConflict);

  fs::create_directories(folder.path() / "day" / "2026-01-01");
  fs::create_directories(folder.path() / "day" / "2026-01-02");
  Put(folder / "day/2026-01-02/x.avro", "x");
  EXPECT_EQ(FindInputFiles(folder / "day/#LATEST")->front().path, folder / "day/2026-01-02/x.avro");
  EXPECT_NE(FindInputFiles(folder / "day").error().message().find("sub-folder"), std::string::npos);
}

TEST(AvroInput, SlicesKeyAndValue) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas("\"string\"", {"\"long\"", "\"int\""});
  for (const avro::Codec codec :
       {avro::Codec::kNull, avro::Codec::kDeflate, avro::Codec::kSnappy, avro::Codec::kZstandard}) {
    WriteAvro(folder / "a.avro", kPair, {R"({"key":"a","extra":1,"value":1})", R"({"key":"b","extra":2,"value":-2})"},
              codec);
    EXPECT_EQ(ReadAllOf(folder / "a.avro", schemas), (std::vector<std::string>{"\"a\"=1", "\"b\"=-2"}));
  }
  EXPECT_EQ(OpenInput({}, InputFormat::kAvro, *FindInputFiles(folder / "a.avro"), schemas).value()->value_schema_id(),
            2);
}

TEST(AvroInput, ErrorsSayWhatToDo) {
  const TemporaryDirectory folder;
  WriteAvro(folder / "a.avro", kPair, {R"({"key":"a","extra":1,"value":1})"});
  const auto with = [&](std::string_view key, std::vector<std::string_view> values) {
    return FirstOf(ReadAllOf(folder / "a.avro", Schemas(key, std::move(values))));
  };
  EXPECT_NE(with("\"long\"", {"\"int\""}).find("InvalidSchema: the key field \"key\" of the input is \"string\""),
            std::string::npos);
  const std::string value = with("\"string\"", {"\"bytes\"", "\"long\""});
  EXPECT_NE(value.find("1: \"bytes\""), std::string::npos) << value;
  EXPECT_NE(value.find("add-schema"), std::string::npos);
  PushSettings settings;
  settings.key_field = "id";
  EXPECT_NE(FirstOf(ReadAllOf(folder / "a.avro", Schemas("\"string\"", {"\"int\""}), settings)).find("key.field"),
            std::string::npos);
  WriteAvro(folder / "b.avro",
            R"({"type":"record","name":"R","fields":[{"name":"key","type":"string"},{"name":"value","type":"int"}]})",
            {});
  EXPECT_NE(FirstOf(ReadAllOf(folder / "*.avro", Schemas("\"string\"", {"\"int\""}))).find("differs from that of"),
            std::string::npos);
}

TEST(AvroInput, NullKeysAndEtlValues) {
  const TemporaryDirectory folder;
  constexpr std::string_view kNullable =
      R"({"type":"record","name":"R","fields":[{"name":"key","type":["null","string"]},{"name":"value","type":["null","int"]}]})";
  WriteAvro(folder / "a.avro", kNullable, {R"({"key":"a","value":1})", R"({"key":"b","value":null})"});
  const StoreSchemas schemas = Schemas("\"string\"", {"\"int\""});
  EXPECT_NE(FirstOf(ReadAllOf(folder / "a.avro", schemas)).find("not registered"), std::string::npos);
  PushSettings etl;
  etl.source_etl = true;
  EXPECT_EQ(ReadAllOf(folder / "a.avro", schemas, etl), (std::vector<std::string>{"\"a\"=1", "null value"}));
  WriteAvro(folder / "a.avro", kNullable, {R"({"key":"a","value":1})", R"({"key":null,"value":2})"});
  const std::string null_key = FirstOf(ReadAllOf(folder / "a.avro", schemas, etl));
  EXPECT_NE(null_key.find("a.avro, block 0 at byte"), std::string::npos) << null_key;
  EXPECT_NE(null_key.find("record 2 of 2: the key is null"), std::string::npos) << null_key;
}

TEST(AvroInput, DamagedBlocksAreNamed) {
  const TemporaryDirectory folder;
  std::vector<std::string> records;
  for (int i = 0; i < 100; ++i) records.push_back(fmt::format(R"({{"key":"key-{}","extra":1,"value":1}})", i));
  WriteAvro(folder / "a.avro", kPair, records);
  auto bytes = ReadFile(folder / "a.avro").value();
  Put(folder / "a.avro", bytes.substr(0, bytes.size() - 40));
  const std::string cut = FirstOf(ReadAllOf(folder / "a.avro", Schemas("\"string\"", {"\"int\""})));
  EXPECT_EQ(cut.substr(0, 11), "Corruption:") << cut;
  EXPECT_NE(cut.find("a.avro, block "), std::string::npos) << cut;
}

TEST(JsonInput, ReadsLines) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas(
      "\"string\"",
      {R"({"type":"record","name":"V","fields":[{"name":"a","type":["null","int"],"default":null},{"name":"t","type":"string"}]})"});
  Put(folder / "a.jsonl",
      "\xef\xbb\xbf{\"key\":\"x,\\\"}\", \"other\": [1,{\"key\":2}], \"value\": {\"a\":1,\"t\":\"{\"}}\n\n"
      "  {\"value\":{\"t\":\"u\"},\"key\":\"y\"}\r\n{\"key\":\"z\",\"value\":{\"t\":\"\"}}");
  EXPECT_EQ(ReadAllOf(folder / "a.jsonl", schemas),
            (std::vector<std::string>{R"("x,\"}"={"a":1,"t":"{"})", R"("y"={"a":null,"t":"u"})",
                                      R"("z"={"a":null,"t":""})"}));
}

TEST(JsonInput, ErrorsNameTheLine) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas("\"long\"", {"\"string\""});
  const auto read = [&](std::string_view line) {
    Put(folder / "a.jsonl", std::string("{\"key\":1,\"value\":\"v\"}\n") + std::string(line) + "\n");
    const std::string answer = FirstOf(ReadAllOf(folder / "a.jsonl", schemas));
    const size_t at = answer.find("a.jsonl, ");
    return at == std::string::npos ? answer : answer.substr(at + 9);
  };
  EXPECT_EQ(read(R"({"key":null,"value":"v"})"), "line 2: the key is null");
  EXPECT_EQ(read(R"({"value":"v"})"), "line 2: no member \"key\"; set key.field (--key-field)");
  EXPECT_EQ(read(R"({"key":"x","value":"v"})"), "line 2: key: expected long, found \"x\"");
  EXPECT_EQ(read(R"({"key":1,"value":7})"), "line 2: value: expected string, found 7");
  for (const std::string_view bad : {"{", "[1]", "{\"key\"", "{\"key\":1,\"value\":\"v\"} x", "{\"key\":1 \"value\":2}",
                                     "{\"key\":\"", "1", "{\"key\":[1,\"value\":2}"}) {
    EXPECT_EQ(read(bad).substr(0, 6), "line 2") << bad;
  }
}

TEST(CsvInput, ReadsColumnsAndRecords) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas(
      "\"string\"",
      {R"({"type":"record","name":"V","fields":[{"name":"n","type":"int","default":7},{"name":"t","type":["null","string"]}]})",
       "\"string\""});
  Put(folder / "a.csv", "key,n,value,t\na,1,v1,x\r\n\"b \"\"q\"\"\n2\",,\"v,2\",\n");
  EXPECT_EQ(ReadAllOf(folder / "a.csv", schemas), (std::vector<std::string>{R"("a"="v1")", R"("b \"q\"\n2"="v,2")"}));
  PushSettings first;
  first.value_schema_id = 1;
  first.value_field = "no such column";
  EXPECT_EQ(ReadAllOf(folder / "a.csv", schemas, first),
            (std::vector<std::string>{R"("a"={"n":1,"t":"x"})", R"("b \"q\"\n2"={"n":7,"t":null})"}));
}

TEST(CsvInput, ErrorsNameTheLine) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas("\"string\"", {"\"int\""});
  const auto read = [&](std::string_view text) {
    Put(folder / "a.csv", text);
    return FirstOf(ReadAllOf(folder / "a.csv", schemas));
  };
  EXPECT_NE(read("key,value\na,1\n\"b\nb\",2\nc,x\n").find("a.csv, line 5: column value: "), std::string::npos);
  EXPECT_NE(read("key,value\n,1\n").find("line 2: the key is empty"), std::string::npos);
  EXPECT_NE(read("key,value\na\n").find("line 2: 1 cells, but the header has 2"), std::string::npos);
  EXPECT_NE(read("key,value\n\"a,1\n").find("a quote is never closed"), std::string::npos);
  EXPECT_NE(read("id,value\na,1\n").find("no column \"key\""), std::string::npos);
  EXPECT_NE(read("").find("header"), std::string::npos);
}

TEST(TextInput, ChunksAreWholeLines) {
  const TemporaryDirectory folder;
  std::string text = "key,value\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 30'000; ++i) {
    text += fmt::format("\"key\n{}\",\"{}\"\n", i, std::string(static_cast<size_t>(i % 100), 'v'));
    expected.push_back(fmt::format("\"key\\n{}\"=\"{}\"", i, std::string(static_cast<size_t>(i % 100), 'v')));
  }
  Put(folder / "a.csv", text);
  EXPECT_EQ(ReadAllOf(folder / "a.csv", Schemas("\"string\"", {"\"string\""})), expected);
}

TEST(Dictionary, TrainsOnValuesOrFallsBack) {
  const TemporaryDirectory folder;
  const StoreSchemas schemas = Schemas("\"string\"", {"\"string\""});
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text +=
        fmt::format("{{\"key\":\"{}\",\"value\":\"a sentence that all values have in common, number {}\"}}\n", i, i);
  }
  Put(folder / "a.jsonl", text);
  PushSettings settings;
  const auto trained = MakeDictionary(settings, InputFormat::kJsonLines, *FindInputFiles(folder / "a.jsonl"), schemas);
  ASSERT_TRUE(trained.ok()) << trained.error().ToString();
  EXPECT_EQ(trained->substr(0, 4), std::string_view("\x37\xa4\x30\xec", 4));  // zstd's magic of a trained dictionary
  Put(folder / "a.jsonl", "");
  const auto fallback = MakeDictionary(settings, InputFormat::kJsonLines, *FindInputFiles(folder / "a.jsonl"), schemas);
  ASSERT_TRUE(fallback.ok());
  EXPECT_GE(fallback->size(), 8u);
}

}  // namespace
}  // namespace venice::push
