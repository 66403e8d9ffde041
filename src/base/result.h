// Result<T>: a value or an Error. Status is Result<void>. The accessors are those of std::expected.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error_code.h"

namespace venice {

// A code to act on and a message to read: what failed, where, and what to do next.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Adds context in front of the message: Error{"no such node"}.In("store profiles").
  Error In(std::string_view context) && {
    message_.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }

  // "NotFound: store profiles: no such node"
  std::string ToString() const { return std::string(Info(code_).name) + ": " + message_; }

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return state_.index() == 0; }
  bool has_value() const { return ok(); }
  explicit operator bool() const { return ok(); }

  T& value() & {
    VENICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    VENICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    VENICE_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    VENICE_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    VENICE_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

  T value_or(T fallback) const& { return ok() ? value() : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  bool has_value() const { return ok(); }
  explicit operator bool() const { return ok(); }
  void value() const { VENICE_CHECK(ok()); }

  const Error& error() const& {
    VENICE_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    VENICE_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;
inline Status Ok() { return Status(); }

}  // namespace venice

#define VENICE_CONCAT_INNER(a, b) a##b
#define VENICE_CONCAT(a, b) VENICE_CONCAT_INNER(a, b)

// VENICE_TRY(status_or_result): returns the error to the caller, drops a value.
#define VENICE_TRY(expression)                                           \
  do {                                                                   \
    if (auto venice_try_ = (expression); !venice_try_.ok()) [[unlikely]] \
      return std::move(venice_try_).error();                             \
  } while (false)

// VENICE_ASSIGN(const Offset offset, Load()): declares (or assigns) the value, or returns the error to the caller.
#define VENICE_ASSIGN_INNER(temporary, target, ...) \
  auto temporary = (__VA_ARGS__);                   \
  if (!temporary.ok()) [[unlikely]]                 \
    return std::move(temporary).error();            \
  target = std::move(temporary).value()
#define VENICE_ASSIGN(target, ...) VENICE_ASSIGN_INNER(VENICE_CONCAT(venice_assign_, __LINE__), target, __VA_ARGS__)
