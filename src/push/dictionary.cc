#include "push/dictionary.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/compression.h"

namespace venice::push {
namespace {

// Fewer samples make no dictionary worth its name. Venice draws the same line.
constexpr size_t kSamplesMin = 20;
// zstd's advice is a hundred times as many sample bytes as dictionary bytes; small datasets get a smaller dictionary.
constexpr size_t kSampleBytesPerDictionaryByte = 50;
constexpr size_t kDictionaryBytesMin = 1024;

class SampleSink : public RecordSink {
 public:
  Status OnRecord(std::string_view, std::string_view value) override {
    if (bytes_.size() >= file_limit_) return Error(ErrorCode::kCancelled, "enough samples");
    sizes_.push_back(value.size());
    bytes_ += value;
    return Ok();
  }
  Status OnNullValue(std::string_view) override { return Ok(); }

  void StartFile(size_t share) { file_limit_ = bytes_.size() + share; }
  bool file_full() const { return bytes_.size() >= file_limit_; }

  std::vector<std::string_view> Samples() const {
    std::vector<std::string_view> samples;
    size_t at = 0;
    for (const size_t size : sizes_) {
      if (size > 0) samples.push_back(std::string_view(bytes_).substr(at, size));
      at += size;
    }
    return samples;
  }
  size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::vector<size_t> sizes_;
  size_t file_limit_ = 0;
};

Status SampleFile(const PushSettings& settings, InputFormat format, const InputFile& file, const StoreSchemas& schemas,
                  SampleSink& sink) {
  VENICE_ASSIGN(const auto input, OpenInput(settings, format, {file}, schemas));
  const auto reader = input->NewReader();
  Chunk chunk;
  while (!sink.file_full()) {
    VENICE_ASSIGN(const bool more, input->Next(chunk));
    if (!more) break;
    const Status read = reader->Read(chunk, sink);
    if (!read.ok() && !sink.file_full()) return read;
  }
  return Ok();
}

}  // namespace

Result<std::string> MakeDictionary(const PushSettings& settings, InputFormat format,
                                   const std::vector<InputFile>& files, const StoreSchemas& schemas) {
  // Training copies the sample once more.
  const uint64_t sample_bytes = std::min(settings.dictionary_sample.bytes(), settings.memory.bytes() / 4);
  SampleSink sink;
  for (const InputFile& file : files) {
    sink.StartFile(std::max<size_t>(1, sample_bytes / files.size()));
    VENICE_TRY(SampleFile(settings, format, file, schemas, sink));
  }
  const auto samples = sink.Samples();
  if (samples.size() >= kSamplesMin) {
    const size_t bytes_max = std::clamp(sink.bytes() / kSampleBytesPerDictionaryByte, kDictionaryBytesMin,
                                        std::max<size_t>(kDictionaryBytesMin, settings.dictionary_bytes_max.bytes()));
    auto dictionary =
        protocol::ZstdDictionary::Train(samples, std::min<size_t>(bytes_max, settings.dictionary_bytes_max.bytes()));
    if (dictionary.ok()) return dictionary;
    LogWarning("push.dictionary_not_trained", {{"reason", dictionary.error().message()}});
  }
  return schemas.values.back().schema.ToJson() +
         "\x02\x04\x06\x08\x0a\x0c\x0e\x10";  // never shorter than zstd's 8 bytes
}

}  // namespace venice::push
