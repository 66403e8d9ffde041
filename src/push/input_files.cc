#include "push/input_files.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace venice::push {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kLatest = "#LATEST";

Result<InputFile> Describe(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return ErrnoError("look at input file " + path, errno);
  if (!S_ISREG(info.st_mode)) return Error(ErrorCode::kInvalidArgument, "input " + path + " is not a regular file");
  return InputFile{path, static_cast<uint64_t>(info.st_size),
                   static_cast<int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
}

bool Hidden(const std::string& name) { return name.starts_with("_") || name.starts_with("."); }

Result<std::string> ResolveLatest(std::string path) {
  for (size_t at = path.find(kLatest); at != std::string::npos; at = path.find(kLatest)) {
    const std::string parent = at == 0 ? "." : path.substr(0, at);
    std::string last;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(parent, failure)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() && !Hidden(name)) last = std::max(last, name);
    }
    if (failure) return ErrnoError("list " + parent, failure.value());
    if (last.empty())
      return Error(ErrorCode::kNotFound, "no sub-folder in " + parent + " that #LATEST could stand for");
    path.replace(at, kLatest.size(), last);
  }
  return path;
}

Result<std::vector<std::string>> ListFolder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    if (Hidden(entry.path().filename().string())) continue;
    if (entry.is_directory()) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("input folder {} has a sub-folder {}; point input.path at "
                                                            "one flat folder, or use a glob such as {}/*/*.avro",
                                                            folder, entry.path().filename().string(), folder));
    }
    paths.push_back(entry.path().string());
  }
  if (failure) return ErrnoError("list " + folder, failure.value());
  return paths;
}

Result<std::vector<std::string>> ExpandGlob(const std::string& pattern) {
  glob_t found{};
  const int code = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths;
  for (size_t i = 0; code == 0 && i < found.gl_pathc; ++i) {
    const fs::path path = found.gl_pathv[i];
    std::error_code ignored;
    if (!Hidden(path.filename().string()) && !fs::is_directory(path, ignored)) paths.push_back(path.string());
  }
  ::globfree(&found);
  if (code == GLOB_ABORTED) return Error(ErrorCode::kIo, "cannot read a folder of the pattern " + pattern);
  return paths;
}

bool EndsWith(const std::string& path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return path.ends_with(ending); });
}

}  // namespace

Result<std::vector<InputFile>> FindInputFiles(const std::string& given) {
  std::string wanted = given;
  if (wanted.starts_with("file://")) wanted = wanted.substr(7);
  if (wanted.find("://") != std::string::npos) {
    return Error(ErrorCode::kUnsupported, fmt::format("input.path {}: only local files, folders and globs can be read; "
                                                      "copy or mount the data first",
                                                      given));
  }
  VENICE_ASSIGN(const std::string path, ResolveLatest(std::move(wanted)));
  std::vector<std::string> paths;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      VENICE_ASSIGN(paths, ListFolder(path));
    } else {
      paths.push_back(path);
    }
  } else if (path.find_first_of("*?[") != std::string::npos) {
    VENICE_ASSIGN(paths, ExpandGlob(path));
  } else {
    return Error(ErrorCode::kNotFound, fmt::format("input.path {} does not exist", path));
  }
  if (paths.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("no input file at {}; names starting with _ or . are left out", path));
  }
  std::sort(paths.begin(), paths.end());
  std::vector<InputFile> files;
  for (const std::string& one : paths) {
    VENICE_ASSIGN(InputFile file, Describe(one));
    files.push_back(std::move(file));
  }
  return files;
}

Result<InputFormat> DetectFormat(const std::vector<InputFile>& files) {
  const std::string& first = files.front().path;
  if (EndsWith(first, {".avro"})) return InputFormat::kAvro;
  if (EndsWith(first, {".jsonl", ".ndjson", ".json"})) return InputFormat::kJsonLines;
  if (EndsWith(first, {".csv"})) return InputFormat::kCsv;
  std::ifstream in(first, std::ios::binary);
  char head[4] = {};
  in.read(head, sizeof(head));
  if (std::string_view(head, 4) == std::string_view("Obj\1", 4)) return InputFormat::kAvro;
  if (head[0] == '{') return InputFormat::kJsonLines;
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{}: neither its name nor its content says whether this is Avro, JSON Lines or CSV; give "
                           "--format avro, jsonl or csv",
                           first));
}

Status CheckUnchanged(const std::vector<InputFile>& files) {
  for (const InputFile& file : files) {
    const auto now = Describe(file.path);
    if (now.ok() && now->bytes == file.bytes && now->modified_ns == file.modified_ns) continue;
    return Error(ErrorCode::kConflict, fmt::format("input file {} changed while it was being pushed; push again when "
                                                   "nothing writes to it",
                                                   file.path));
  }
  return Ok();
}

}  // namespace venice::push
