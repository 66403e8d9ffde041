// Progress for people: one live line on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "push/progress.h"

namespace venice::push {

// One thread at a time.
class ProgressPrinter {
 public:
  enum class Mode : uint8_t { kBar, kLines, kSilent };

  ProgressPrinter(std::FILE* out, Mode mode) : out_(out), mode_(mode) {}
  // kBar when `out` is a terminal, else kLines.
  static Mode ModeFor(std::FILE* out);

  void operator()(const Progress& progress);
  // Ends the live line.
  void Finish();

  // The text of one report, without control characters: "reading   1,234,567 records  1.2 GiB  ...".
  static std::string Line(const Progress& progress, int width);

 private:
  std::FILE* out_;
  const Mode mode_;
  Stage stage_ = Stage::kPreparing;
  bool stage_ended_ = false;
  bool line_open_ = false;
  std::chrono::steady_clock::time_point last_line_{};
};

// A few lines: what was pushed, how fast, where it serves.
std::string SummaryText(const PushSummary& summary);

std::string FormatCount(uint64_t count);                         // 1,234,567
std::string FormatDuration(std::chrono::milliseconds duration);  // 850 ms, 12.3 s, 4 min 05 s, 2 h 03 min

}  // namespace venice::push
