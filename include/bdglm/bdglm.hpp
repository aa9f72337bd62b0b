// All of the library: Bayesian deep-net GLMs and GLMMs, fitted to columns in memory or to files.
#pragma once

#include "bdglm/data.hpp"
#include "bdglm/error.hpp"
#include "bdglm/fit.hpp"
#include "bdglm/model.hpp"
#include "bdglm/posterior.hpp"
#include "bdglm/report.hpp"
#include "bdglm/stop.hpp"
#include "bdglm/version.hpp"
