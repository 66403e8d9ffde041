#include "push/progress_printer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/byte_size.h"

namespace venice::push {
namespace {

constexpr auto kLineInterval = std::chrono::seconds(5);
constexpr int kBarWidth = 24;

int TerminalWidth(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 100;
  return size.ws_col;
}

std::string Bar(double fraction) {
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarWidth);
  return "[" + std::string(static_cast<size_t>(full), '#') + std::string(static_cast<size_t>(kBarWidth - full), '.') +
         "]";
}

std::string Rate(const Progress& progress) {
  std::string text;
  if (progress.records_per_second > 0) {
    text += fmt::format("  {}/s", FormatCount(static_cast<uint64_t>(progress.records_per_second)));
  }
  if (progress.bytes_per_second > 0) {
    text += fmt::format("  {}/s", ByteSize(static_cast<uint64_t>(progress.bytes_per_second)).ToString());
  }
  return text;
}

}  // namespace

std::string FormatCount(uint64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const int64_t ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (ms < 3'600'000) return fmt::format("{} min {:02} s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{} h {:02} min", ms / 3'600'000, ms / 60'000 % 60);
}

ProgressPrinter::Mode ProgressPrinter::ModeFor(std::FILE* out) {
  return ::isatty(::fileno(out)) == 1 ? Mode::kBar : Mode::kLines;
}

std::string ProgressPrinter::Line(const Progress& progress, int width) {
  std::string line = fmt::format("{:<10}", ToString(progress.stage));
  if (progress.fraction >= 0) line += fmt::format("{} {:3.0f}%", Bar(progress.fraction), progress.fraction * 100);
  if (progress.records > 0) line += fmt::format("  {} records", FormatCount(progress.records));
  if (progress.bytes > 0) line += "  " + ByteSize(progress.bytes).ToString();
  line += Rate(progress);
  if (progress.remaining.count() >= 0) line += fmt::format("  {} left", FormatDuration(progress.remaining));
  if (!progress.detail.empty()) line += "  " + progress.detail;
  if (width > 0 && line.size() > static_cast<size_t>(width)) line.resize(static_cast<size_t>(width));
  return line;
}

void ProgressPrinter::operator()(const Progress& progress) {
  if (mode_ == Mode::kSilent) return;
  const auto now = std::chrono::steady_clock::now();
  const bool new_stage = progress.stage != stage_;
  if (mode_ == Mode::kLines) {
    // The end of a stage, its course now and then, and what needs saying before there are numbers.
    const bool ends = progress.fraction == 1;
    const bool due = ends ? !stage_ended_ || new_stage : now - last_line_ >= kLineInterval || progress.fraction < 0;
    if (new_stage) last_line_ = now;
    stage_ = progress.stage;
    stage_ended_ = ends;
    if (!due || progress.stage == Stage::kDone || (new_stage && progress.fraction == 0)) return;
    last_line_ = now;
    std::fprintf(out_, "%s\n", Line(progress, 0).c_str());
    std::fflush(out_);
    return;
  }
  if (new_stage) Finish();  // the last line of a stage stays
  stage_ = progress.stage;
  if (progress.stage == Stage::kDone) return;
  std::fprintf(out_, "\r\x1b[K%s", Line(progress, TerminalWidth(out_) - 1).c_str());
  std::fflush(out_);
  line_open_ = true;
}

void ProgressPrinter::Finish() {
  if (line_open_) std::fputc('\n', out_);
  line_open_ = false;
  std::fflush(out_);
}

std::string SummaryText(const PushSummary& summary) {
  std::string text =
      fmt::format("{} version {} {} ({} partitions, topic {})\n", summary.store, summary.version,
                  summary.online ? "is online" : "is written, not serving yet", summary.partitions, summary.topic);
  const uint64_t data = summary.key_bytes + summary.value_bytes;
  text += fmt::format("  records     {}", FormatCount(summary.records_written));
  if (summary.duplicates_identical > 0) {
    text += fmt::format(", {} identical duplicates merged", FormatCount(summary.duplicates_identical));
  }
  if (summary.duplicates_dropped > 0) {
    text += fmt::format(", {} duplicates with other values dropped", FormatCount(summary.duplicates_dropped));
  }
  if (summary.records_without_value > 0) {
    text += fmt::format(", {} without a value left out", FormatCount(summary.records_without_value));
  }
  text += fmt::format("\n  data        {} from {} in {} files", ByteSize(data).ToString(),
                      ByteSize(summary.input_bytes).ToString(), summary.files);
  if (summary.compression != protocol::CompressionStrategy::kNoOp && summary.value_bytes > 0) {
    text +=
        fmt::format("; values stored as {} ({}, {:.1f}% of {})", ByteSize(summary.value_bytes_stored).ToString(),
                    protocol::ToString(summary.compression),
                    100.0 * static_cast<double>(summary.value_bytes_stored) / static_cast<double>(summary.value_bytes),
                    ByteSize(summary.value_bytes).ToString());
  }
  if (summary.spilled_bytes > 0) {
    text += fmt::format("\n  sorting     {} runs, {} spilled to disk", summary.sorted_runs,
                        ByteSize(summary.spilled_bytes).ToString());
  }
  text +=
      fmt::format("\n  time        {} (reading {}, writing {}, ingesting {})", FormatDuration(summary.total),
                  FormatDuration(summary.reading), FormatDuration(summary.writing), FormatDuration(summary.ingesting));
  const double seconds = static_cast<double>(summary.total.count()) / 1000;
  if (seconds > 0 && summary.records_written > 0) {
    text += fmt::format(", {} records/s",
                        FormatCount(static_cast<uint64_t>(static_cast<double>(summary.records_written) / seconds)));
  }
  text += fmt::format("\n  verified    every replica holds exactly the pushed records\n");
  if (!summary.online) text.erase(text.rfind("  verified"));
  return text;
}

}  // namespace venice::push
