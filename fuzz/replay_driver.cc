// Runs a fuzz target over a folder of seeds and over deterministic mutations of them. Same seeds, same inputs, always.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutationsPerRun = 20'000;
constexpr size_t kInputBytesMax = 1 << 16;

std::string Mutate(const std::vector<std::string>& seeds, std::mt19937_64& dice) {
  std::string input = seeds[dice() % seeds.size()];
  for (uint64_t edits = 1 + dice() % 8; edits > 0; --edits) {
    const size_t at = input.empty() ? 0 : dice() % input.size();
    switch (dice() % 7) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(dice());
        break;
      case 1:
        if (!input.empty()) input[at] ^= static_cast<char>(1 << dice() % 8);
        break;
      case 2:
        input.insert(at, 1, static_cast<char>(dice()));
        break;
      case 3:
        if (!input.empty()) input.erase(at, 1 + dice() % 16);
        break;
      case 4:
        input.resize(at);
        break;
      case 5:
        input.insert(at, input.substr(at, 1 + dice() % 64));
        break;   // repeat a piece
      case 6: {  // the start of one, the end of another
        const std::string& other = seeds[dice() % seeds.size()];
        input = input.substr(0, at) + other.substr(other.empty() ? 0 : dice() % other.size());
        break;
      }
    }
  }
  if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
  return input;
}

std::string current;

// The input that broke the target, as text that can become a seed.
void PrintCurrent(int) {
  std::fprintf(stderr, "aborted on this input of %zu bytes: ", current.size());
  for (const char c : current) std::fprintf(stderr, "\\x%02x", static_cast<uint8_t>(c));
  std::fprintf(stderr, "\n");
}

void Feed(const std::string& input) {
  current = input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, PrintCurrent);
  std::vector<std::string> seeds = {""};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      std::ifstream file(path, std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  if (seeds.size() == 1) {
    std::fprintf(stderr, "usage: %s SEEDS_FOLDER (which must hold at least one file)\n", argv[0]);
    return 2;
  }
  for (const std::string& seed : seeds) Feed(seed);
  std::mt19937_64 dice(20261121);
  for (int i = 0; i < kMutationsPerRun; ++i) Feed(Mutate(seeds, dice));
  std::printf("%zu seeds and %d mutations survived\n", seeds.size() - 1, kMutationsPerRun);
  return 0;
}
