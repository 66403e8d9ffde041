// Which files a push reads, and whether they stayed as they were.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "push/settings.h"

namespace venice::push {

struct InputFile {
  std::string path;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;
};

// path  a file; a folder, whose files are taken except those starting with "_" or "."; or a glob with * ? [ ]. The
// token
//       "#LATEST" stands for the lexically last sub-folder at its place.
// Sorted by path. Errors: kNotFound, kInvalidArgument (a sub-folder in the folder, nothing to read), kUnsupported
// (URL).
Result<std::vector<InputFile>> FindInputFiles(const std::string& path);

// The format by the files' names, or by how the first begins. Errors: kInvalidArgument when that says nothing.
Result<InputFormat> DetectFormat(const std::vector<InputFile>& files);

// Errors: kConflict naming the file that changed since FindInputFiles.
Status CheckUnchanged(const std::vector<InputFile>& files);

}  // namespace venice::push
