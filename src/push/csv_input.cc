// CSV (RFC 4180) with a header line. A key or value is the column of its name, read as the schema's type; or, when the
// schema is a record and there is no such column, a record made of the columns named like its fields.
#include <charconv>

#include "avro/binary.h"
#include "avro/default_value.h"
#include "avro/json.h"
#include "push/input.h"
#include "push/text_chunks.h"

namespace venice::push {
namespace {

Error Bad(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

// Cuts the first line (with quoted line breaks) into cells and advances past it; counts the line breaks.
Status TakeRow(std::string_view& in, char delimiter, std::vector<std::string>& cells, int64_t& lines) {
  cells.clear();
  lines = 0;
  std::string cell;
  size_t i = 0;
  while (true) {
    cell.clear();
    if (i < in.size() && in[i] == '"') {
      ++i;
      while (true) {
        const size_t quote = in.find('"', i);
        if (quote == std::string_view::npos) return Bad("a quote is never closed");
        cell += in.substr(i, quote - i);
        i = quote + 1;
        if (i >= in.size() || in[i] != '"') break;
        cell.push_back('"');
        ++i;
      }
      lines += std::count(cell.begin(), cell.end(), '\n');
      if (i < in.size() && in[i] == '\r') ++i;
      if (i < in.size() && in[i] != delimiter && in[i] != '\n') return Bad("text after a closing quote");
    } else {
      const size_t end = std::min(in.find_first_of(std::string{delimiter, '\n'}, i), in.size());
      cell = in.substr(i, end - i);
      i = end;
      if ((i == in.size() || in[i] == '\n') && cell.ends_with('\r')) cell.pop_back();
    }
    cells.push_back(std::move(cell));
    if (i < in.size() && in[i] == delimiter) {
      ++i;
      continue;
    }
    in.remove_prefix(std::min(i + 1, in.size()));
    ++lines;
    return Ok();
  }
}

// A cell as a value. An empty cell is null where null is allowed, an empty text, or the default given.
Result<avro::Datum> CellValue(const avro::Schema& schema, const std::string& cell,
                              const std::optional<std::string>& default_json) {
  const avro::Node& node = schema.node();
  if (node.type == avro::Type::kUnion) {
    for (const bool null : {true, false}) {
      for (size_t i = 0; i < node.branches.size(); ++i) {
        const bool is_null = node.branches[i]->type == avro::Type::kNull;
        if (is_null != null || (is_null && !cell.empty())) continue;
        auto value = CellValue(schema.At(*node.branches[i]), cell, std::nullopt);
        if (value.ok()) return std::move(value).value().InBranch(static_cast<int32_t>(i));
      }
    }
    return Bad(fmt::format("\"{}\" fits no branch of the union", cell.substr(0, 60)));
  }
  if (node.type == avro::Type::kNull) {
    return cell.empty() ? Result<avro::Datum>(avro::Datum()) : Bad("expected an empty cell for null");
  }
  if (cell.empty() && node.type != avro::Type::kString && node.type != avro::Type::kBytes) {
    if (default_json) return avro::DefaultValue(node, *default_json);
    return Bad(fmt::format("the cell is empty, expected {}", node.BranchName()));
  }
  return avro::FromText(schema, cell);
}

// Which columns make a key or a value.
struct Columns {
  avro::Schema schema;
  int single = -1;            // the one column, or
  std::vector<int> by_field;  // one per field of the record, -1: the field's default
};

Result<Columns> ChooseColumns(const avro::Schema& schema, const std::vector<std::string>& header,
                              const std::string& name, std::string_view setting) {
  const auto find = [&](const std::string& wanted) {
    const auto at = std::find(header.begin(), header.end(), wanted);
    return at == header.end() ? -1 : static_cast<int>(at - header.begin());
  };
  Columns columns{.schema = schema, .single = find(name), .by_field = {}};
  if (columns.single >= 0) return columns;
  std::string all;
  for (const std::string& column : header) all += (all.empty() ? "" : ", ") + column;
  if (schema.type() != avro::Type::kRecord) {
    return Bad(fmt::format("the header has no column \"{}\"; it has {}. Set {}", name, all, setting));
  }
  for (const avro::Field& field : schema->fields) {
    columns.by_field.push_back(find(field.name));
    if (columns.by_field.back() < 0 && !field.default_json) {
      return Bad(fmt::format("the header has neither a column \"{}\" nor one for the field \"{}\" of {}; it has {}",
                             name, field.name, schema.name(), all));
    }
  }
  return columns;
}

Status EncodeColumns(const Columns& columns, const std::vector<std::string>& cells,
                     const std::vector<std::string>& header, std::string& out) {
  out.clear();
  if (columns.single >= 0) {
    auto value = CellValue(columns.schema, cells[static_cast<size_t>(columns.single)], std::nullopt);
    if (!value.ok()) return std::move(value).error().In("column " + header[static_cast<size_t>(columns.single)]);
    return avro::Encode(columns.schema, *value, out);
  }
  avro::Datum::Items fields;
  for (size_t i = 0; i < columns.by_field.size(); ++i) {
    const avro::Field& field = columns.schema->fields[i];
    auto value = columns.by_field[i] < 0
                     ? avro::DefaultValue(*field.type, *field.default_json)
                     : CellValue(columns.schema.At(*field.type), cells[static_cast<size_t>(columns.by_field[i])],
                                 field.default_json);
    if (!value.ok()) return std::move(value).error().In("column " + field.name);
    fields.push_back(std::move(value).value());
  }
  return avro::Encode(columns.schema, avro::Datum::Record(std::move(fields)), out);
}

struct CsvLayout {
  char delimiter;
  std::vector<std::string> header;
  Columns key;
  Columns value;
};

class CsvChunkReader : public ChunkReader {
 public:
  CsvChunkReader(const CsvLayout& layout, const std::vector<InputFile>& files) : layout_(layout), files_(files) {}

  Status Read(const Chunk& chunk, RecordSink& sink) override {
    std::string_view in = chunk.data;
    int64_t number = chunk.first;
    while (!in.empty()) {
      int64_t lines = 0;
      Status status = TakeRow(in, layout_.delimiter, cells_, lines);
      const bool header = number == 1;
      const bool blank = cells_.size() == 1 && cells_[0].empty();
      if (status.ok() && !blank) status = header ? CheckHeader() : ReadRow(sink);
      if (!status.ok()) {
        return std::move(status).error().In(fmt::format("{}, line {}", files_[chunk.file].path, number));
      }
      number += lines;
    }
    return Ok();
  }

 private:
  Status CheckHeader() const {
    if (cells_ == layout_.header) return Ok();
    return Bad(fmt::format("the header differs from that of {}", files_.front().path));
  }

  Status ReadRow(RecordSink& sink) {
    if (cells_.size() != layout_.header.size()) {
      return Bad(fmt::format("{} cells, but the header has {}", cells_.size(), layout_.header.size()));
    }
    const int key_column = layout_.key.single;
    if (key_column >= 0 && cells_[static_cast<size_t>(key_column)].empty()) return Bad("the key is empty (null)");
    VENICE_TRY(EncodeColumns(layout_.key, cells_, layout_.header, key_));
    VENICE_TRY(EncodeColumns(layout_.value, cells_, layout_.header, value_));
    return sink.OnRecord(key_, value_);
  }

  const CsvLayout& layout_;
  const std::vector<InputFile>& files_;
  std::vector<std::string> cells_;
  std::string key_;
  std::string value_;
};

class CsvInput : public Input {
 public:
  CsvInput(std::vector<InputFile> files, CsvLayout layout, int32_t value_schema_id)
      : files_(files),
        layout_(std::move(layout)),
        value_schema_id_(value_schema_id),
        chunks_(std::move(files), TextChunks::Quotes::kDouble) {}

  Result<bool> Next(Chunk& chunk) override { return chunks_.Next(chunk); }
  std::unique_ptr<ChunkReader> NewReader() const override { return std::make_unique<CsvChunkReader>(layout_, files_); }
  int32_t value_schema_id() const override { return value_schema_id_; }

 private:
  const std::vector<InputFile> files_;
  const CsvLayout layout_;
  const int32_t value_schema_id_;
  TextChunks chunks_;
};

}  // namespace

Result<std::unique_ptr<Input>> OpenCsvInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                            const StoreSchemas& schemas) {
  VENICE_ASSIGN(const ValueSchema value, ChooseValueSchema(settings, schemas));
  CsvLayout layout{.delimiter = settings.csv_delimiter, .header = {}, .key = {}, .value = {}};
  const std::string& first = files.front().path;
  Chunk chunk;
  TextChunks probe({files.front()}, TextChunks::Quotes::kDouble);
  VENICE_ASSIGN(const bool any, probe.Next(chunk));
  if (!any) return Bad(first + " is empty; a CSV file starts with a header line");
  std::string_view in = chunk.data;
  int64_t lines = 0;
  if (Status status = TakeRow(in, layout.delimiter, layout.header, lines); !status.ok()) {
    return std::move(status).error().In(first + ", line 1");
  }
  auto key = ChooseColumns(schemas.key, layout.header, settings.key_field, "key.field (--key-field)");
  if (!key.ok()) return std::move(key).error().In(first);
  auto chosen = ChooseColumns(value.schema, layout.header, settings.value_field, "value.field (--value-field)");
  if (!chosen.ok()) return std::move(chosen).error().In(first);
  layout.key = std::move(key).value();
  layout.value = std::move(chosen).value();
  return std::unique_ptr<Input>(new CsvInput(files, std::move(layout), value.id));
}

}  // namespace venice::push
