// What netCDF writes into HDF5 files to know its own again.
#pragma once

namespace bdglm::netcdf {

/// Attributes with the number of a dimension, and with those of a variable's dimensions.
constexpr const char* kDimensionNumber = "_Netcdf4Dimid";
constexpr const char* kDimensionNumbers = "_Netcdf4Coordinates";

/// How the name of a dimension without coordinates begins, as HDF5's dimension scales have one.
constexpr const char* kNoVariable = "This is a netCDF dimension but not a netCDF variable.";

/// What stands where no number was written, in double precision and in single.
constexpr double kFillDouble = 9.9692099683868690e+36;

}  // namespace bdglm::netcdf
