// SPDX-License-Identifier: GPL-2.0
// result.hpp - a value or one error that says what failed, on what, why and what to do.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace smcg {

// Exit statuses of every command.
enum class Exit : int { good = 0, bad_verdict = 1, usage = 2, failed = 3 };

struct Error {
	std::string text;
	Exit exit = Exit::failed;
	int number = 0;	// errno of what failed, if it was a system call
};

inline Error usage_error(std::string text)
{
	return Error{std::move(text), Exit::usage};
}

// "WHAT: why", why being errno's text.
inline Error system_error(std::string what, int number = errno)
{
	return Error{std::move(what) + ": " + std::strerror(number), Exit::failed, number};
}

template <typename T> class [[nodiscard]] Result {
public:
	Result(T value) : state_(std::move(value)) {}
	Result(Error error) : state_(std::move(error)) {}

	explicit operator bool() const { return std::holds_alternative<T>(state_); }
	T &operator*() { return std::get<T>(state_); }
	const T &operator*() const { return std::get<T>(state_); }
	T *operator->() { return &std::get<T>(state_); }
	const T *operator->() const { return &std::get<T>(state_); }
	const Error &error() const { return std::get<Error>(state_); }
	T take() { return std::move(std::get<T>(state_)); }

private:
	std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
public:
	Result() = default;
	Result(Error error) : error_(std::move(error)), good_(false) {}

	explicit operator bool() const { return good_; }
	const Error &error() const { return error_; }

private:
	Error error_;
	bool good_ = true;
};

using Status = Result<void>;

} // namespace smcg
