#include "avro/trace.h"

namespace venice::avro {
namespace {

constexpr size_t kKeyBytesShown = 60;
constexpr size_t kPathPartsShown = 20;

std::string BadBytes(const Node& type, const char* at, const char* end) {
  return fmt::format("the {} bytes left are not an encoded {}", end - at, type.BranchName());
}

}  // namespace

const Node& ItemType(const Node& place) {
  if (place.type != Type::kUnion) return place.items != nullptr ? *place.items : place;
  for (const Node* branch : place.branches) {
    if (branch->type == Type::kArray) return *branch->items;
  }
  return place;
}

void Trace::Begin(const char* at, std::string what, ErrorCode code) {
  Forget();
  failure_ = new Failure{.code = code, .what = std::move(what), .at = at};
}

void Trace::Forget() {
  delete failure_;
  failure_ = nullptr;
}

void Trace::Fail(const Op& op, size_t index, const char* at, std::string what, ErrorCode code) {
  Begin(at, std::move(what), code);
  AddPlace(op.place + static_cast<uint32_t>(index));
}

void Trace::FailBadBytes(const Op& op, size_t index, const char* at, const char* end) {
  Fail(op, index, at, BadBytes(*code_.places[op.place + index].type, at, end));
}

void Trace::FailItem(const Op& op, size_t item, const char* at, std::string what) {
  Begin(at, std::move(what), ErrorCode::kCorruption);
  WithinItem(op, item);
}

void Trace::FailBadItem(const Op& op, size_t item, const char* at, const char* end) {
  FailItem(op, item, at, BadBytes(ItemType(*code_.places[op.place].type), at, end));
}

void Trace::WithinItem(const Op& op, size_t item) {
  failure_->path.push_back(fmt::format("item {}", item));
  AddPlace(op.place);
}

void Trace::WithinEntry(const Op& op, std::string_view key) {
  failure_->path.push_back(fmt::format("entry \"{}\"", key.substr(0, kKeyBytesShown)));
  AddPlace(op.place);
}

void Trace::Within(const Op& op) { AddPlace(op.place); }

void Trace::AddPlace(uint32_t place) {
  for (; place != Place::kNone; place = code_.places[place].parent) {
    const std::string_view field = code_.places[place].field;
    if (!field.empty()) failure_->path.push_back("field " + std::string(field));
  }
}

Error Trace::ToError() const {
  const std::vector<std::string>& path = failure_->path;
  std::string message;
  size_t shown = 0;
  for (auto part = path.rbegin(); part != path.rend() && shown < kPathPartsShown; ++part, ++shown) {
    message += *part + ": ";
  }
  if (shown < path.size()) message += fmt::format("({} levels further in): ", path.size() - shown);
  message += fmt::format("{}, at byte {}", failure_->what, failure_->at - begin_);
  return Error(failure_->code, std::move(message));
}

}  // namespace venice::avro
