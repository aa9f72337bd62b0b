// Opening a fit file for reading while others may write it.
#pragma once

#include <signal.h>

#include <memory>
#include <string>

#include "fitfile/locked_file.hpp"

namespace bdglm {

/// Keeps signals waiting, so that a copy does not stay behind.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    sigemptyset(&all);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&all, number);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

/// Opens a file that is not in the middle of a change and stays as it is while it is open: one that a run is writing is
/// copied, since nobody should wait for the other for long.
std::shared_ptr<LockedFile> open_whole(const std::string& path);

}  // namespace bdglm
