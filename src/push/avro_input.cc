// Avro container files: whole records are never decoded, their key and value are cut out of the encoded bytes.
#include <mutex>

#include "avro/container.h"
#include "avro/extractor.h"
#include "avro/json.h"
#include "push/input.h"

namespace venice::push {
namespace {

// Where key or value stands in the input record, and how to take off a nullable union around it.
struct FieldPick {
  size_t index = 0;
  int null_branch = -1;  // -1: the field is no union of null and the store's type
};

std::string FieldNames(const avro::Node& record) {
  std::string names;
  for (const avro::Field& field : record.fields) names += (names.empty() ? "" : ", ") + field.name;
  return names;
}

// The branch of null when `type` is a union of null and one other type, which is then put into `inner`.
int NullBranch(const avro::Node& type, const avro::Node*& inner) {
  if (type.type != avro::Type::kUnion || type.branches.size() != 2) return -1;
  for (int i = 0; i < 2; ++i) {
    if (type.branches[static_cast<size_t>(i)]->type == avro::Type::kNull) {
      inner = type.branches[static_cast<size_t>(1 - i)];
      return i;
    }
  }
  return -1;
}

// Without the union's branch when there is one to take off; nullopt when it was the null's.
std::optional<std::string_view> Unwrap(const FieldPick& pick, const avro::ExtractedField& field) {
  if (pick.null_branch < 0) return field.encoded;
  if (field.branch == pick.null_branch) return std::nullopt;
  return field.value;
}

struct AvroLayout {
  avro::Schema record;
  FieldPick key;
  FieldPick value;
  std::optional<avro::Extractor> fields;  // key, value
  avro::Schema key_schema;                // the store's, to print keys
};

class AvroChunkReader : public ChunkReader {
 public:
  AvroChunkReader(const AvroLayout& layout, const std::vector<InputFile>& files, const std::vector<avro::Codec>& codecs,
                  ByteSize block_bytes_max)
      : layout_(layout), files_(files), codecs_(codecs) {
    for (const avro::Codec codec :
         {avro::Codec::kNull, avro::Codec::kDeflate, avro::Codec::kSnappy, avro::Codec::kZstandard}) {
      expanders_.emplace_back(codec, block_bytes_max);
    }
  }

  Status Read(const Chunk& chunk, RecordSink& sink) override {
    auto data = expanders_[static_cast<size_t>(codecs_[chunk.file])].Expand(chunk.data);
    if (!data.ok()) return std::move(data).error().In(Place(chunk));
    std::string_view in = *data;
    for (int64_t i = 0; i < chunk.count; ++i) {
      if (Status status = layout_.fields->Extract(in, fields_); !status.ok()) {
        return std::move(status).error().In(
            fmt::format("{}, record {} of {}: not a record of the file's schema", Place(chunk), i + 1, chunk.count));
      }
      if (Status status = Deliver(sink); !status.ok()) {
        return std::move(status).error().In(fmt::format("{}, record {} of {}", Place(chunk), i + 1, chunk.count));
      }
    }
    if (!in.empty()) {
      return Error(ErrorCode::kCorruption, fmt::format("{}: {} bytes are left over after its {} records", Place(chunk),
                                                       in.size(), chunk.count));
    }
    return Ok();
  }

 private:
  Status Deliver(RecordSink& sink) {
    const auto key = Unwrap(layout_.key, fields_[0]);
    const auto value = Unwrap(layout_.value, fields_[1]);
    if (!key) return Error(ErrorCode::kInvalidArgument, "the key is null");
    if (!value) return sink.OnNullValue(*key);
    return sink.OnRecord(*key, *value);
  }

  std::string Place(const Chunk& chunk) const {
    return fmt::format("{}, block {} at byte {}", files_[chunk.file].path, chunk.index, chunk.offset);
  }

  const AvroLayout& layout_;
  const std::vector<InputFile>& files_;
  const std::vector<avro::Codec>& codecs_;
  std::vector<avro::BlockExpander> expanders_;
  std::array<avro::ExtractedField, 2> fields_;
};

class AvroInput : public Input {
 public:
  AvroInput(std::vector<InputFile> files, std::vector<avro::Codec> codecs, AvroLayout layout, int32_t value_schema_id,
            avro::ContainerReaderOptions options)
      : files_(std::move(files)),
        codecs_(std::move(codecs)),
        layout_(std::move(layout)),
        value_schema_id_(value_schema_id),
        options_(options) {}

  Result<bool> Next(Chunk& chunk) override {
    const std::lock_guard lock(mutex_);
    while (true) {
      if (reader_ == nullptr) {
        if (next_file_ == files_.size()) return false;
        VENICE_ASSIGN(reader_, avro::ContainerReader::Open(files_[next_file_].path, options_));
        ++next_file_;
      }
      VENICE_ASSIGN(const auto raw, reader_->NextRawBlock());
      if (!raw) {
        reader_.reset();
        continue;
      }
      chunk.data.assign(raw->stored);
      chunk.file = next_file_ - 1;
      chunk.index = raw->index;
      chunk.offset = raw->offset;
      chunk.count = raw->count;
      return true;
    }
  }

  std::unique_ptr<ChunkReader> NewReader() const override {
    return std::make_unique<AvroChunkReader>(layout_, files_, codecs_, options_.block_bytes_max);
  }
  int32_t value_schema_id() const override { return value_schema_id_; }

 private:
  const std::vector<InputFile> files_;
  const std::vector<avro::Codec> codecs_;
  const AvroLayout layout_;
  const int32_t value_schema_id_;
  const avro::ContainerReaderOptions options_;
  std::mutex mutex_;
  std::unique_ptr<avro::ContainerReader> reader_;
  size_t next_file_ = 0;
};

Result<FieldPick> PickField(const std::string& file, const avro::Schema& record, const std::string& name,
                            std::string_view setting) {
  const int index = record->FieldIndex(name);
  if (index >= 0) return FieldPick{.index = static_cast<size_t>(index)};
  return Error(ErrorCode::kInvalidArgument, fmt::format("{}: its records have no field \"{}\"; they have {}. Set {}",
                                                        file, name, FieldNames(record.node()), setting));
}

Status MatchKey(const PushSettings& settings, const StoreSchemas& schemas, const avro::Schema& record,
                FieldPick& pick) {
  const avro::Schema field = record.At(*record->fields[pick.index].type);
  if (field.SameAs(schemas.key)) return Ok();
  const avro::Node* inner = nullptr;
  const int null_branch = NullBranch(field.node(), inner);
  if (null_branch >= 0 && record.At(*inner).SameAs(schemas.key)) {
    pick.null_branch = null_branch;
    return Ok();
  }
  return Error(ErrorCode::kInvalidSchema,
               fmt::format("the key field \"{}\" of the input is {}, but store {} has keys of {}; a store's key schema "
                           "never changes: convert the input, or make another store",
                           settings.key_field, field.CanonicalForm(), settings.store, schemas.key.CanonicalForm()));
}

Result<int32_t> MatchValue(const PushSettings& settings, const StoreSchemas& schemas, const avro::Schema& record,
                           FieldPick& pick) {
  const avro::Schema field = record.At(*record->fields[pick.index].type);
  const std::string canonical = field.CanonicalForm();
  const avro::Node* inner = nullptr;
  const int null_branch = NullBranch(field.node(), inner);
  const std::string unwrapped = null_branch >= 0 && settings.source_etl ? record.At(*inner).CanonicalForm() : "";
  std::string registered;
  for (auto value = schemas.values.rbegin(); value != schemas.values.rend(); ++value) {
    const std::string theirs = value->schema.CanonicalForm();
    if (theirs == canonical) return value->id;
    if (theirs == unwrapped) {
      pick.null_branch = null_branch;
      return value->id;
    }
    registered += fmt::format("\n  {}: {}", value->id, theirs);
  }
  return Error(
      ErrorCode::kInvalidSchema,
      fmt::format("the value field \"{}\" of the input is {}, which is not registered with store {}. Registered:{}\n"
                  "Register it with: venice-admin-tool add-schema --store {} --value-schema-file FILE",
                  settings.value_field, canonical, settings.store, registered, settings.store));
}

}  // namespace

Result<std::unique_ptr<Input>> OpenAvroInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                             const StoreSchemas& schemas) {
  const avro::ContainerReaderOptions options{
      .block_bytes_max = ByteSize(std::clamp<uint64_t>(settings.memory.bytes() / 8, 4 << 20, 512 << 20))};
  AvroLayout layout;
  std::string first_canonical;
  std::vector<avro::Codec> codecs;
  for (const InputFile& file : files) {
    VENICE_ASSIGN(const auto reader, avro::ContainerReader::Open(file.path, options));
    codecs.push_back(reader->codec());
    std::string canonical = reader->schema().CanonicalForm();
    if (layout.record.empty()) {
      layout.record = reader->schema();
      first_canonical = std::move(canonical);
    } else if (canonical != first_canonical) {
      return Error(
          ErrorCode::kInvalidSchema,
          fmt::format("the schema of {} differs from that of {}; all input files must have one schema. {} against {}",
                      file.path, files.front().path, canonical, first_canonical));
    }
  }
  const std::string& first = files.front().path;
  if (layout.record.type() != avro::Type::kRecord) {
    return Error(ErrorCode::kInvalidSchema, fmt::format("{} holds {}, not records with a key and a value field", first,
                                                        layout.record->BranchName()));
  }
  VENICE_ASSIGN(layout.key, PickField(first, layout.record, settings.key_field, "key.field (--key-field)"));
  VENICE_ASSIGN(layout.value, PickField(first, layout.record, settings.value_field, "value.field (--value-field)"));
  layout.key_schema = schemas.key;
  VENICE_TRY(MatchKey(settings, schemas, layout.record, layout.key));
  VENICE_ASSIGN(const int32_t value_schema_id, MatchValue(settings, schemas, layout.record, layout.value));
  const std::array<std::string, 2> paths = {settings.key_field, settings.value_field};
  VENICE_ASSIGN(layout.fields, avro::Extractor::Make(layout.record, paths, avro::Extractor::Rest::kCheck));
  return std::unique_ptr<Input>(new AvroInput(files, std::move(codecs), std::move(layout), value_schema_id, options));
}

}  // namespace venice::push
