#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http.h"
#include "net/http_parser.h"

namespace {

// Feeds all bytes, in pieces of a size taken from the input itself; messages may follow each other.
template <typename Parser>
void Run(Parser parser, std::string_view bytes, size_t piece) {
  size_t arrived = 0;
  std::string_view unread = bytes.substr(0, 0);
  while (parser.state() != Parser::State::kFailed) {
    const size_t used = parser.Parse(unread);
    if (used > unread.size()) std::abort();
    unread.remove_prefix(used);
    if (parser.state() == Parser::State::kComplete) {
      (void)parser.Take();
      continue;
    }
    if (used > 0 && !unread.empty()) continue;
    if (arrived == bytes.size()) return;
    const size_t start = arrived - unread.size();
    arrived = std::min(bytes.size(), arrived + piece);
    unread = bytes.substr(start, arrived - start);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::net;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = 1 + data[0] % 64;
  Run(HttpRequestParser(), bytes, piece);
  Run(HttpResponseParser(), bytes, piece);
  (void)PercentDecode(bytes, true);
  (void)ParseForm(bytes);
  return 0;
}
