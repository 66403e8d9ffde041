// Input files as records of encoded key and value, read by several threads at once.
//
// An Input hands out chunks (Avro blocks, runs of whole lines); each worker thread has its own ChunkReader that turns
// chunks into records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "push/input_files.h"
#include "push/settings.h"

namespace venice::push {

struct ValueSchema {
  int32_t id = 0;
  avro::Schema schema;
};

// As registered with the store.
struct StoreSchemas {
  avro::Schema key;
  std::vector<ValueSchema> values;  // ascending by id, at least one
};

struct Chunk {
  std::string data;  // kept by the worker and reused
  size_t file = 0;
  int64_t index = 0;    // of the Avro block
  uint64_t offset = 0;  // of the chunk's first byte in its file
  int64_t first = 0;    // number of the first line, from 1
  int64_t count = 0;    // of records (Avro); 0: not known before it is read
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Encoded key and value, valid during the call. Errors: kInvalidArgument and so on, about the record; the reader adds
  // which record it is.
  virtual Status OnRecord(std::string_view key, std::string_view value) = 0;
  // A record whose value is null, of an ETL input.
  virtual Status OnNullValue(std::string_view key) = 0;
};

class ChunkReader {
 public:
  virtual ~ChunkReader() = default;
  // Errors name the file and the block or line.
  virtual Status Read(const Chunk& chunk, RecordSink& sink) = 0;
};

class Input {
 public:
  virtual ~Input() = default;
  // Any thread. False at the end of the last file.
  virtual Result<bool> Next(Chunk& chunk) = 0;
  // For one thread; the Input must outlive it.
  virtual std::unique_ptr<ChunkReader> NewReader() const = 0;
  virtual int32_t value_schema_id() const = 0;
};

// Looks at every file and checks it against the store before anything is read.
// Errors: kInvalidSchema (key or value schema differs from the store's: says what is registered and what to do;
// files differ among each other), kInvalidArgument (no such field), kCorruption, kNotFound.
Result<std::unique_ptr<Input>> OpenInput(const PushSettings& settings, InputFormat format,
                                         const std::vector<InputFile>& files, const StoreSchemas& schemas);

// The three kinds, for OpenInput and tests.
Result<std::unique_ptr<Input>> OpenAvroInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                             const StoreSchemas& schemas);
Result<std::unique_ptr<Input>> OpenJsonInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                             const StoreSchemas& schemas);
Result<std::unique_ptr<Input>> OpenCsvInput(const PushSettings& settings, const std::vector<InputFile>& files,
                                            const StoreSchemas& schemas);

// The value schema for text inputs: the one asked for, else the newest. Errors: kInvalidConfig.
Result<ValueSchema> ChooseValueSchema(const PushSettings& settings, const StoreSchemas& schemas);

}  // namespace venice::push
