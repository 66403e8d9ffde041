#include "avro/compatibility.h"

#include <ctime>

#include <gtest/gtest.h>

#include "avro/resolver.h"
#include "avro/schema_changes.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

Schema Record(std::string_view fields) {
  return Parse(fmt::format(R"({{"type":"record","name":"User","fields":[{}]}})", fields));
}

using Lines = std::vector<std::string>;

// "DIRECTION RULE path" of every finding.
Lines Broken(const Comparison& comparison) {
  Lines lines;
  for (const Finding& finding : comparison.findings)
    lines.push_back(fmt::format("{} {} {}", DirectionName(finding.direction), RuleId(finding.rule), finding.path));
  return lines;
}

Lines Notes(const Comparison& comparison) {
  Lines lines;
  for (const Note& note : comparison.notes) lines.push_back(note.text);
  return lines;
}

constexpr std::string_view kId = R"({"name":"id","type":"int"})";

// Of this process: how loaded the machine is does not count.
double CpuSeconds(std::clock_t since) { return static_cast<double>(std::clock() - since) / CLOCKS_PER_SEC; }

TEST(Compatibility, FourVerdicts) {
  const Schema id = Record(kId);
  const auto verdict = [&](std::string_view fields) { return Compare(Record(fields), id).verdict; };
  EXPECT_EQ(verdict(R"({"name":"id","type":"int"},{"name":"email","type":"string","default":""})"),
            Compatibility::kFull);
  EXPECT_EQ(verdict(R"({"name":"id","type":"long"})"), Compatibility::kBackward);
  EXPECT_EQ(verdict(R"({"name":"id","type":"int"},{"name":"email","type":"string"})"), Compatibility::kForward);
  EXPECT_EQ(verdict(R"({"name":"id","type":"string"})"), Compatibility::kNone);
}

TEST(Compatibility, ModesAskForDirections) {
  using enum Compatibility;
  EXPECT_TRUE(Satisfies(kFull, kFull) && Satisfies(kFull, kBackward) && Satisfies(kNone, kNone));
  EXPECT_FALSE(Satisfies(kBackward, kFull) || Satisfies(kBackward, kForward) || Satisfies(kNone, kBackward));
  EXPECT_TRUE(Requires(kFull, Direction::kOldReadsNew) && Requires(kBackward, Direction::kNewReadsOld));
  EXPECT_FALSE(Requires(kBackward, Direction::kOldReadsNew) || Requires(kNone, Direction::kNewReadsOld));
  for (const auto mode : {kNone, kBackward, kForward, kFull})
    EXPECT_EQ(ParseCompatibility(CompatibilityName(mode)), mode);
  EXPECT_EQ(ParseCompatibility("full"), std::nullopt);
}

TEST(Compatibility, ANewFieldNeedsADefault) {
  const Comparison comparison =
      Compare(Record(R"({"name":"id","type":"int"},{"name":"email","type":"string"})"), Record(kId));
  EXPECT_EQ(Broken(comparison), Lines{"BACKWARD READER_FIELD_MISSING_DEFAULT_VALUE email"});
  const Finding& finding = comparison.findings[0];
  EXPECT_EQ(finding.what, "Field `email` is new and has no default value.");
  EXPECT_EQ(finding.reader_sees,
            "Records already written have no `email`, and the new schema does not say what to use instead: programs on "
            "the new schema would fail to decode every record already written.");
  EXPECT_EQ(finding.remedy,
            "Give `email` a default. When it may be unknown, add \"default\": null and make its type [\"null\", "
            "\"string\"]:");
  EXPECT_EQ(finding.remedy_json, R"({"name": "email", "type": ["null", "string"], "default": null})");
  EXPECT_EQ(finding.hint, "");
}

TEST(Compatibility, ARequiredFieldStays) {
  const Comparison comparison =
      Compare(Record(kId), Record(R"({"name":"id","type":"int"},{"name":"age","type":"int"})"));
  EXPECT_EQ(Broken(comparison), Lines{"FORWARD READER_FIELD_MISSING_DEFAULT_VALUE age"});
  const Finding& finding = comparison.findings[0];
  EXPECT_EQ(finding.what, "Field `age` is gone, and the older schema has no default value for it.");
  EXPECT_EQ(finding.reader_sees,
            "Programs still on the older schema need `age` in every record: they would fail to decode every record "
            "written with the new schema.");
  EXPECT_EQ(finding.remedy_json, R"({"name": "age", "type": "int", "default": 0})");
}

TEST(Compatibility, ARenameIsGuessed) {
  const Comparison comparison =
      Compare(Record(R"({"name":"years","type":"int"})"), Record(R"({"name":"age","type":"int"})"));
  ASSERT_EQ(comparison.findings.size(), 2U);
  for (const Finding& finding : comparison.findings)
    EXPECT_EQ(finding.hint.find("If you renamed `age` to `years`"), 0U) << finding.hint;
  // Two candidates are none.
  EXPECT_EQ(
      Compare(Record(R"({"name":"a","type":"int"},{"name":"b","type":"int"})"), Record(R"({"name":"c","type":"int"})"))
          .findings[0]
          .hint,
      "");
}

TEST(Compatibility, TellsAChangedTypeFromBothSides) {
  const Comparison comparison = Compare(Record(R"({"name":"id","type":"string"})"), Record(kId));
  EXPECT_EQ(Broken(comparison), (Lines{"BACKWARD TYPE_MISMATCH id", "FORWARD TYPE_MISMATCH id"}));
  EXPECT_EQ(comparison.findings[0].what, "Field `id` changed from int to string.");
  EXPECT_EQ(comparison.findings[1].what, comparison.findings[0].what);
  EXPECT_EQ(comparison.findings[0].reader_type, "string");
  EXPECT_EQ(comparison.findings[0].writer_type, "int");
  EXPECT_EQ(comparison.findings[0].remedy_json,
            R"({"name": "id_string", "type": ["null", "string"], "default": null})");
}

TEST(Compatibility, NumbersWidenAndDoNotNarrow) {
  const std::string_view order[] = {"int", "long", "float", "double"};
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(FindIncompatibilities(Parse(order[i]), Parse(order[j])).empty(), i >= j) << order[i] << order[j];
    }
  }
  const Finding widened = Compare(Record(R"({"name":"id","type":"long"})"), Record(kId)).findings.at(0);
  EXPECT_NE(widened.reader_sees.find("never narrows"), std::string::npos);
}

TEST(Compatibility, NullabilityHasTwoSides) {
  const Schema plain = Record(R"({"name":"email","type":"string"})");
  const Schema nullable = Record(R"({"name":"email","type":["null","string"],"default":null})");
  const Comparison opened = Compare(nullable, plain);
  EXPECT_EQ(Broken(opened), Lines{"FORWARD TYPE_MISMATCH email"});
  EXPECT_EQ(opened.findings[0].what, "Field `email` changed from string to string (nullable).");
  EXPECT_NE(opened.findings[0].reader_sees.find("any record written with the new schema where `email` is null"),
            std::string::npos)
      << opened.findings[0].reader_sees;
  const Comparison closed = Compare(plain, nullable);
  EXPECT_EQ(Broken(closed), Lines{"BACKWARD TYPE_MISMATCH email"});
  EXPECT_EQ(closed.findings[0].remedy, "Keep `email` nullable:");
  EXPECT_EQ(closed.findings[0].remedy_json, R"("type": ["null","string"])");
}

TEST(Compatibility, UnionsNameTheMissingType) {
  const Schema two = Record(R"({"name":"v","type":["int","string"]})");
  const Schema three = Record(R"({"name":"v","type":["int","string","boolean"]})");
  EXPECT_EQ(Compare(three, two).findings.at(0).what, "Field `v` can now also be boolean.");
  EXPECT_EQ(Compare(two, three).findings.at(0).what, "Field `v` can no longer be boolean.");
  EXPECT_EQ(Broken(Compare(three, two)), Lines{"FORWARD MISSING_UNION_BRANCH v"});
}

TEST(Compatibility, LooksIntoTheBranchThatWasMeant) {
  const auto with = [](std::string_view zip, std::string_view extra) {
    return Record(fmt::format(
        R"({{"name":"address","type":["null",{{"type":"record","name":"Address","fields":[{{"name":"zip","type":"{}"}}]}}{}]}})",
        zip, extra));
  };
  EXPECT_EQ(Broken(Compare(with("string", ""), with("int", ""))),
            (Lines{"BACKWARD TYPE_MISMATCH address.zip", "FORWARD TYPE_MISMATCH address.zip"}));
  EXPECT_EQ(Broken(Compare(with("string", R"(,"long")"), with("int", R"(,"long")"))),
            (Lines{"BACKWARD TYPE_MISMATCH address<Address>.zip", "FORWARD TYPE_MISMATCH address<Address>.zip"}));
}

TEST(Compatibility, EnumsNeedEverySymbolOrADefault) {
  const auto with = [](std::string_view rest) {
    return Record(fmt::format(R"({{"name":"state","type":{{"type":"enum","name":"State",{}}}}})", rest));
  };
  const Schema two = with(R"("symbols":["ON","OFF"])");
  const Comparison more = Compare(with(R"("symbols":["ON","OFF","BROKEN"])"), two);
  EXPECT_EQ(Broken(more), Lines{"FORWARD MISSING_ENUM_SYMBOLS state"});
  EXPECT_EQ(more.findings[0].what, "Field `state`: enum State now also has BROKEN.");
  EXPECT_EQ(more.findings[0].reader_sees,
            "Programs still on the older schema know only ON, OFF: they would fail to decode any record written with "
            "the new schema that holds BROKEN.");
  EXPECT_EQ(Broken(Compare(with(R"("symbols":["ON"])"), two)), Lines{"BACKWARD MISSING_ENUM_SYMBOLS state"});
  const Comparison fallback = Compare(with(R"("symbols":["ON"],"default":"ON")"), two);
  EXPECT_EQ(fallback.verdict, Compatibility::kFull);
  EXPECT_EQ(Notes(fallback), Lines{"Enum `state` changed (-OFF): programs that do not know a symbol see ON instead."});
}

TEST(Compatibility, NamesAndSizes) {
  const auto fixed = [](std::string_view name, int size) {
    return Record(fmt::format(R"({{"name":"hash","type":{{"type":"fixed","name":"{}","size":{}}}}})", name, size));
  };
  EXPECT_EQ(Broken(Compare(fixed("H", 16), fixed("H", 20))),
            (Lines{"BACKWARD FIXED_SIZE_MISMATCH hash", "FORWARD FIXED_SIZE_MISMATCH hash"}));
  EXPECT_EQ(Broken(Compare(fixed("G", 16), fixed("H", 16))),
            (Lines{"BACKWARD NAME_MISMATCH hash", "FORWARD NAME_MISMATCH hash"}));
  // The reader's alias helps the reader only.
  const Schema renamed =
      Parse(R"({"type":"record","name":"Member","aliases":["User"],"fields":[{"name":"id","type":"int"}]})");
  const Comparison comparison = Compare(renamed, Record(kId));
  EXPECT_EQ(Broken(comparison), Lines{"FORWARD NAME_MISMATCH "});
  EXPECT_EQ(comparison.findings[0].what, "The value: record User is now called Member.");
  EXPECT_EQ(comparison.findings[0].remedy_json, R"("name": "User")");
}

TEST(Compatibility, AllFindingsAndTheirPaths) {
  const Schema before = Record(R"({"name":"a","type":{"type":"array","items":"int"}},
      {"name":"m","type":{"type":"map","values":{"type":"array","items":"int"}}},{"name":"x","type":"bytes"},
      {"name":"gone","type":"int"})");
  const Schema after = Record(R"({"name":"a","type":{"type":"array","items":"boolean"}},
      {"name":"m","type":{"type":"map","values":{"type":"array","items":"boolean"}}},{"name":"x","type":"int"},
      {"name":"come","type":"double"})");
  EXPECT_EQ(Broken(Compare(after, before)),
            (Lines{"BACKWARD TYPE_MISMATCH a[]", "BACKWARD TYPE_MISMATCH m{}[]", "BACKWARD TYPE_MISMATCH x",
                   "BACKWARD READER_FIELD_MISSING_DEFAULT_VALUE come", "FORWARD TYPE_MISMATCH a[]",
                   "FORWARD TYPE_MISMATCH m{}[]", "FORWARD TYPE_MISMATCH x",
                   "FORWARD READER_FIELD_MISSING_DEFAULT_VALUE gone"}));
}

TEST(Compatibility, SaysWhichRecordsAreAffected) {
  const auto affected = [](std::string_view after, std::string_view before) {
    const std::string text = Compare(Record(after), Record(before)).findings.at(0).reader_sees;
    return text.substr(text.find("decode ") + 7);
  };
  EXPECT_EQ(affected(R"({"name":"a","type":{"type":"array","items":"int"}})",
                     R"({"name":"a","type":{"type":"array","items":"string"}})"),
            "any record already written that has items in `a`.");
  const auto nested = [&](std::string_view around, std::string_view zip) {
    const std::string address = fmt::format(R"({{"type":"record","name":"Address","fields":[{}]}})", zip);
    return fmt::format(R"({{"name":"home","type":{}}})", fmt::format(fmt::runtime(around), address));
  };
  const auto missing = [&](std::string_view around) {
    return affected(nested(around, R"({"name":"zip","type":"int"})"), nested(around, ""));
  };
  EXPECT_EQ(missing("{}"), "every record already written.");
  EXPECT_EQ(missing(R"(["null",{}])"), "any record already written that has a value at `home`.");
  EXPECT_EQ(missing(R"({{"type":"map","values":{}}})"), "any record already written that has entries in `home`.");
}

TEST(Compatibility, ASharedTypeIsToldOnce) {
  const auto with = [](std::string_view zip) {
    return Record(fmt::format(
        R"({{"name":"home","type":{{"type":"record","name":"Address","fields":[{}]}}}},{{"name":"work","type":"Address"}},
           {{"name":"others","type":{{"type":"array","items":"Address"}}}})",
        zip));
  };
  const Comparison comparison = Compare(with(R"({"name":"zip","type":"int"})"), with(""));
  ASSERT_EQ(Broken(comparison), Lines{"BACKWARD READER_FIELD_MISSING_DEFAULT_VALUE home.zip"});
  EXPECT_EQ(comparison.findings[0].also_at, (Lines{"work.zip", "others[].zip"}));
}

TEST(Compatibility, RecursionEnds) {
  const auto tree = [](std::string_view value) {
    return Parse(fmt::format(R"({{"type":"record","name":"Tree","fields":[{{"name":"value","type":"{}"}},
        {{"name":"children","type":{{"type":"array","items":"Tree"}}}}]}})",
                             value));
  };
  EXPECT_EQ(Compare(tree("int"), tree("int")).verdict, Compatibility::kFull);
  EXPECT_EQ(Broken(Compare(tree("long"), tree("int"))), Lines{"FORWARD TYPE_MISMATCH value"});
}

// While A1 is tried, the pair (X, X) is taken to fit because A1 is still open; A1 then fails for another reason, and
// the pair must not be remembered as fitting when A2 is tried.
TEST(Compatibility, AnAssumptionThatFailedIsForgotten) {
  const Schema writer = Parse(R"({"type":"record","name":"W","fields":[
      {"name":"x","type":{"type":"record","name":"X","fields":[{"name":"w","type":["null","W"]}]}},{"name":"y","type":"int"}]})");
  const Schema reader = Parse(R"([
      {"type":"record","name":"A1","aliases":["W"],"fields":[
        {"name":"x","type":{"type":"record","name":"X","fields":[{"name":"w","type":["null","A1"]}]}},{"name":"y","type":"string"}]},
      {"type":"record","name":"A2","aliases":["W"],"fields":[{"name":"x","type":"X"}]}])");
  EXPECT_FALSE(FindIncompatibilities(reader, writer).empty());
}

TEST(Compatibility, AliasesFindFields) {
  const Schema renamed = Record(R"({"name":"years","type":"int","aliases":["age"]})");
  const Schema before = Record(R"({"name":"age","type":"int","default":0})");
  EXPECT_EQ(Compare(renamed, before).verdict, Compatibility::kFull);
  const Schema both = Record(R"({"name":"age","type":"int","default":0},{"name":"years","type":"int","default":0})");
  EXPECT_EQ(Broken(Compare(renamed, both)), Lines{"BACKWARD AMBIGUOUS_ALIAS years"});
}

TEST(Compatibility, VeniceIsStricterThanAvro) {
  const auto beyond = [](const Schema& reader, const Schema& writer) {
    EXPECT_TRUE(FindIncompatibilities(reader, writer).empty());
    const auto findings = FindIncompatibilities(reader, writer, Direction::kNewReadsOld, Rules::kVenice);
    return findings.size() == 1 && findings[0].beyond_avro &&
           findings[0].remedy.find("Only Venice's rules forbid this") == 0;
  };
  EXPECT_TRUE(
      beyond(Record(R"({"name":"years","type":"int","aliases":["age"]})"), Record(R"({"name":"age","type":"int"})")));
  EXPECT_TRUE(beyond(Parse("\"bytes\""), Parse("\"string\"")));
  EXPECT_TRUE(beyond(Parse(R"({"type":"enum","name":"E","symbols":["A"],"default":"A"})"),
                     Parse(R"({"type":"enum","name":"E","symbols":["A","B"]})")));
  EXPECT_TRUE(
      beyond(Parse(R"({"type":"fixed","name":"x.F","size":1})"), Parse(R"({"type":"fixed","name":"y.F","size":1})")));
  EXPECT_TRUE(beyond(Parse("\"long\""), Parse(R"(["int","long"])")));
  EXPECT_TRUE(
      FindIncompatibilities(Parse("\"long\""), Parse(R"(["int"])"), Direction::kNewReadsOld, Rules::kVenice).empty());
}

TEST(Compatibility, NotesSayWhatNoRuleForbids) {
  const auto notes = [](std::string_view after, std::string_view before) {
    return Notes(Compare(Record(after), Record(before)));
  };
  EXPECT_EQ(
      notes(R"({"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}})",
            R"({"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}})"),
      Lines{"`t` changed its meaning (timestamp in ms -> timestamp in us) but is stored the same way: no rule catches "
            "this, and numbers written before are misread. A new field is safer."});
  EXPECT_EQ(notes(R"({"name":"n","type":"float"})", R"({"name":"n","type":"long"})"),
            Lines{"`n` changed (long -> float): whole numbers of many digits lose their last digits."});
  EXPECT_EQ(
      notes(R"({"name":"n","type":"int","default":1})", R"({"name":"n","type":"int","default":0})"),
      Lines{
          "The default of `n` changed (0 -> 1): records without the field read differently on old and new programs."});
  EXPECT_EQ(notes(R"({"name":"id","type":"int","doc":"who"})", kId),
            Lines{"Only documentation differs. Venice registers that under a new id."});
  EXPECT_EQ(
      notes(R"({"name":"years","type":"int","default":0})", R"({"name":"age","type":"int","default":0})"),
      Lines{"Field `age` is gone. Nothing breaks, but programs on the new schema no longer see its values, and "
            "programs on "
            "the older schema see the default 0 in new records. If `years` is the same field under a new name, add "
            "\"aliases\": [\"age\"] to it, so that old values are still read."});
  EXPECT_EQ(notes(kId, kId), Lines{});
}

TEST(SchemaChanges, SummaryIsALine) {
  const auto summary = [](std::string_view before, std::string_view after) {
    return ChangeSummary(ChangesBetween(Record(before), Record(after)));
  };
  EXPECT_EQ(summary(kId, kId), "nothing");
  EXPECT_EQ(
      summary(R"({"name":"id","type":"int"},{"name":"age","type":"int"})",
              R"({"name":"id","type":"long","doc":"who"},{"name":"email","type":["null","string"],"default":null})"),
      "added `email`; removed `age`; `id`: int -> long; doc of `id`");
  EXPECT_EQ(summary("", R"({"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"c","type":"int"},
                            {"name":"d","type":"int"},{"name":"e","type":"int"})"),
            "added `a`, `b`, `c`, `d` and 1 more");
  EXPECT_EQ(summary(R"({"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}})",
                    R"({"name":"e","type":{"type":"enum","name":"E","symbols":["A","C"]}})"),
            "`e`: +C -B");
  EXPECT_EQ(summary(R"({"name":"age","type":"int"})", R"({"name":"years","aliases":["age"],"type":"int"})"),
            "renamed `age` to `years`");
}

TEST(TypeWords, AreWhatPeopleSay) {
  const auto words = [](std::string_view text) { return TypeInWords(Parse(text).node()); };
  EXPECT_EQ(words(R"(["null","string"])"), "string (nullable)");
  EXPECT_EQ(words(R"(["string","null"])"), "string (nullable)");
  EXPECT_EQ(words(R"(["int","string"])"), "int or string");
  EXPECT_EQ(words(R"(["null","int","string"])"), "int or string (nullable)");
  EXPECT_EQ(words(R"(["int"])"), "int");
  EXPECT_EQ(words(R"(["null"])"), "null");
  EXPECT_EQ(words(R"({"type":"map","values":"int"})"), "map of int");
  EXPECT_EQ(words(R"({"type":"array","items":{"type":"record","name":"a.b.Tag","fields":[]}})"), "list of Tag");
  EXPECT_EQ(words(R"({"type":"array","items":["null","string"]})"), "list of nullable string");
  EXPECT_EQ(words(R"({"type":"array","items":["int","string"]})"), "list of (int or string)");
  EXPECT_EQ(words(R"(["null",{"type":"array","items":"string"}])"), "list of string (nullable)");
  EXPECT_EQ(words(R"({"type":"long","logicalType":"timestamp-millis"})"), "timestamp in ms");
  EXPECT_EQ(words(R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})"), "decimal(9, 2)");
  EXPECT_EQ(words(R"({"type":"string","logicalType":"timestamp-millis"})"), "string");
  EXPECT_EQ(words(R"({"type":"fixed","name":"H","size":16})"), "H (16 bytes)");
  EXPECT_EQ(words(R"({"type":"enum","name":"n.E","symbols":["A"]})"), "enum E");
}

// Every record type of one side meets every one of the other: a million pairs.
TEST(Compatibility, HostileSchemasCostBoundedTime) {
  const auto maze = [](int types, int shift) {
    std::string text = "[";
    for (int i = 0; i < types; ++i) {
      text += fmt::format(R"({}{{"type":"record","name":"R{}","aliases":["Z"],"fields":[)", i > 0 ? "," : "", i);
      if (i > 0) {
        for (int j = 0; j < 4; ++j)
          text += fmt::format(R"({}{{"name":"f{}","type":"R{}"}})", j > 0 ? "," : "", j, (i * 7 + j * shift) % i);
      }
      text += "]}";
    }
    return Parse(text + "]");
  };
  const Schema reader = maze(1'500, 3);
  const Schema writer = maze(1'400, 5);
  const std::clock_t started = std::clock();
  const auto findings = FindIncompatibilities(reader, writer);
  EXPECT_FALSE(findings.empty());
  EXPECT_LT(CpuSeconds(started), 20);  // 1 s in a debug build
}

// Two rings of records of coprime lengths: ten thousand pairs until the first one comes back.
TEST(Compatibility, DeepChainsEnd) {
  const auto ring = [](int length) {
    std::string text;
    for (int i = 0; i < length; ++i)
      text += fmt::format(R"({{"type":"record","name":"R{}","fields":[{{"name":"next","type":)", i);
    text += R"("R0")";
    for (int i = 0; i < length; ++i) text += "}]}";
    return Parse(text);
  };
  const auto findings = FindIncompatibilities(ring(100), ring(101));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, Rule::kTooComplex);
}

TEST(Compatibility, FortyVersionsOfAWideRecordAreQuick) {
  const auto version = [](int number) {
    std::string fields;
    for (int i = 0; i < 300; ++i) {
      fields += fmt::format(
          R"({}{{"name":"f{}","type":["null",{{"type":"record","name":"T{}","fields":[{{"name":"a","type":"{}"}},{{"name":"b","type":{{"type":"array","items":"string"}}}}]}}],"default":null}})",
          i > 0 ? "," : "", i, i, i == number ? "int" : "string");
    }
    return Record(fields);
  };
  std::vector<RegisteredSchema> registered;
  for (int i = 0; i < 40; ++i) registered.push_back({i + 1, version(i)});
  const Schema candidate = version(300);
  const std::clock_t started = std::clock();
  const auto comparisons = CompareWithAll(candidate, registered);
  const double took = CpuSeconds(started);
  ASSERT_EQ(comparisons.size(), 40U);
  for (const VersionComparison& one : comparisons) {
    EXPECT_EQ(one.comparison.verdict, Compatibility::kNone);
    EXPECT_EQ(one.comparison.findings.size(), 2U);
  }
  EXPECT_LT(took, 10);  // 0.7 s in a debug build, 0.05 s in release
}

}  // namespace
}  // namespace venice::avro
