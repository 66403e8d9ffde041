// The C++ side of the oracles: a request per line on standard input, its answer per line on standard output, both JSON.
#include <iostream>

#include "answers.h"

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto answer = venice::oracle::Answer(nlohmann::json::parse(line));
    std::cout << answer.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
  }
  return 0;
}
