// Sorted input as a sequence of table files `<folder>/sst_file_<n>`. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/sst_file_writer.h>

#include "base/result.h"
#include "storage/manifest.h"

namespace venice::storage {

class BatchLoader {
 public:
  // options  of the database that will take the files
  BatchLoader(std::string folder, rocksdb::Options options);
  ~BatchLoader();  // an unfinished file stays behind; Continue() of the next run removes it

  // Takes up the files a checkpoint names and removes all others. False, with nothing changed, when one of them is
  // missing or has another size: the caller starts from scratch.
  Result<bool> Continue(const std::vector<TableFile>& files, std::string last_key);

  // Errors: kInvalidArgument when the key is not above the one before.
  Status Put(std::string_view key, std::string_view value);
  // Closes the file being written and makes all files durable. Then `files` is what a checkpoint may name.
  Status Sync();

  const std::vector<TableFile>& files() const { return files_; }
  const std::string& last_key() const { return last_key_; }
  std::vector<std::string> paths() const;

 private:
  Status OpenFile();
  Status FinishFile();
  std::string PathOf(uint64_t number) const;

  const std::string folder_;
  const rocksdb::Options options_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;  // non-null while a file is open
  std::vector<TableFile> files_;
  std::string last_key_;
  bool any_key_ = false;
  uint64_t next_number_ = 0;
  uint64_t open_bytes_ = 0;
};

}  // namespace venice::storage
