// The exception types of the library; a message says what is wrong, where, and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace bdglm {

/// Every error that the library throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The data cannot be used: unreadable file, ragged row, text among numbers, missing column.
class DataError : public Error {
 public:
  using Error::Error;
};

/// The model cannot be built: malformed formula, family that does not fit the response, bad prior.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// A computation left the numbers: a factorisation failed, a latent variable is not finite.
class NumericalError : public Error {
 public:
  using Error::Error;
};

/// A device is missing or failed.
class DeviceError : public Error {
 public:
  using Error::Error;
};

}  // namespace bdglm
