// Datasets, dimension scales and the attributes by which netCDF recognises them.
#include "fitfile/netcdf_definition.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <utility>

#include "fitfile/netcdf_names.hpp"

namespace bdglm::netcdf {
namespace {

constexpr unsigned kOrder = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

hdf5::Handle text_type(std::size_t size, H5T_cset_t characters) {
  hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), size);
  H5Tset_cset(type.id(), characters);
  return type;
}

hdf5::Handle type_of(Type type) {
  if (type == Type::text) return text_type(H5T_VARIABLE, H5T_CSET_UTF8);
  if (type == Type::character) return text_type(1, H5T_CSET_ASCII);
  const std::map<Type, hid_t> numbers = {{Type::none, H5T_IEEE_F32BE},
                                         {Type::real, H5T_NATIVE_DOUBLE},
                                         {Type::single_precision, H5T_NATIVE_FLOAT},
                                         {Type::integer, H5T_NATIVE_LLONG},
                                         {Type::byte, H5T_NATIVE_SCHAR}};
  return {H5Tcopy(numbers.at(type)), H5Tclose};
}

/// What stands where nothing was written; netCDF's own choices, which its readers know without being told.
void set_fill(const hdf5::Handle& properties, const hdf5::Handle& file_type, Type type, Storage::Fill fill) {
  if (type == Type::none) return;
  if (fill == Storage::Fill::none) {
    H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER);
    return;
  }
  const double real = fill == Storage::Fill::not_a_number ? std::numeric_limits<double>::quiet_NaN() : kFillDouble;
  const long long integer = -9223372036854775806LL;
  const signed char byte = -127;
  const char character = 0;
  const char* text = "";
  if (type == Type::real || type == Type::single_precision)
    H5Pset_fill_value(properties.id(), H5T_NATIVE_DOUBLE, &real);
  else if (type == Type::integer)
    H5Pset_fill_value(properties.id(), H5T_NATIVE_LLONG, &integer);
  else if (type == Type::byte)
    H5Pset_fill_value(properties.id(), H5T_NATIVE_SCHAR, &byte);
  else if (type == Type::character)
    H5Pset_fill_value(properties.id(), file_type.id(), &character);
  else
    H5Pset_fill_value(properties.id(), file_type.id(), &text);
}

hdf5::Handle scalar() { return {H5Screate(H5S_SCALAR), H5Sclose}; }

hdf5::Handle row(std::size_t size) {
  const hsize_t extent = size;
  return {H5Screate_simple(1, &extent, nullptr), H5Sclose};
}

std::vector<const char*> pointers(const std::vector<std::string>& labels) {
  std::vector<const char*> text;
  text.reserve(labels.size());
  for (const std::string& label : labels) text.push_back(label.c_str());
  return text;
}

}  // namespace

hdf5::Handle file_properties() {
  hdf5::Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_link_creation_order(properties.id(), kOrder);
  H5Pset_attr_creation_order(properties.id(), kOrder);
  return properties;
}

void Attributes::write(const std::string& name, hid_t type, hid_t space, const void* values) const {
  const hdf5::Handle attribute(H5Acreate2(object_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  hdf5::check(attribute.id() >= 0 && H5Awrite(attribute.id(), type, values) >= 0, path_, "write '" + name + "' to");
}

void Attributes::text(const std::string& name, const std::string& value) const {
  const hdf5::Handle type = text_type(std::max<std::size_t>(value.size(), 1), H5T_CSET_ASCII);
  write(name, type.id(), scalar().id(), value.c_str());
}

void Attributes::labels(const std::string& name, const std::vector<std::string>& values) const {
  const std::vector<const char*> text = pointers(values);
  write(name, text_type(H5T_VARIABLE, H5T_CSET_UTF8).id(), row(values.size()).id(), text.data());
}

void Attributes::whole_numbers(const std::string& name, const std::vector<int>& values, bool is_scalar) const {
  const hdf5::Handle space = is_scalar ? scalar() : row(values.size());
  write(name, H5T_NATIVE_INT, space.id(), values.data());
}

void Attributes::real(const std::string& name, double value) const {
  write(name, H5T_NATIVE_DOUBLE, row(1).id(), &value);
}

Group::Group(Definition& definition) : definition_(definition), group_(-1, H5Gclose) {}

Group::Group(Definition& definition, const std::string& name) : definition_(definition), group_(-1, H5Gclose) {
  const hdf5::Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_link_creation_order(properties.id(), kOrder);
  H5Pset_attr_creation_order(properties.id(), kOrder);
  group_ = {H5Gcreate2(definition.file, name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose};
  hdf5::check(group_.id() >= 0, definition_.path, "create group '" + name + "' in");
}

hdf5::Handle Group::dataset(const std::string& name, Type type, const std::vector<std::size_t>& sizes,
                            const Storage& storage) const {
  std::vector<hsize_t> extent;
  std::vector<hsize_t> most;
  for (const std::size_t size : sizes) {
    extent.push_back(size == kUnlimited ? 0 : size);
    most.push_back(size == kUnlimited ? H5S_UNLIMITED : size);
  }
  const int rank = static_cast<int>(sizes.size());
  const hdf5::Handle space(rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, extent.data(), most.data()),
                           H5Sclose);
  const hdf5::Handle file_type = type_of(type);
  const hdf5::Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_attr_creation_order(properties.id(), kOrder);
  H5Pset_obj_track_times(properties.id(), false);
  set_fill(properties, file_type, type, storage.fill);
  if (!storage.chunks.empty()) {
    const std::vector<hsize_t> chunks(storage.chunks.begin(), storage.chunks.end());
    H5Pset_chunk(properties.id(), rank, chunks.data());
  }
  if (storage.deflate > 0) {
    H5Pset_shuffle(properties.id());
    H5Pset_deflate(properties.id(), static_cast<unsigned>(storage.deflate));
  }
  hdf5::Handle made(
      H5Dcreate2(id(), name.c_str(), file_type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose);
  hdf5::check(made.id() >= 0, definition_.path, "define '" + name + "' in");
  return made;
}

const hdf5::Handle& Group::add_scale(const std::string& name, hdf5::Handle dataset, std::size_t size,
                                     bool coordinates) {
  char marked[80];
  std::snprintf(marked, sizeof marked, "%s%10d", kNoVariable,
                size == kUnlimited ? 0 : static_cast<int>(std::min<std::size_t>(size, 999999999)));
  hdf5::check(H5DSset_scale(dataset.id(), coordinates ? name.c_str() : marked) >= 0, definition_.path,
              "define dimension '" + name + "' in");
  const int number = definition_.dimensions++;
  const Attributes attributes(dataset.id(), definition_.path);
  if (coordinates) attributes.whole_numbers(kDimensionNumbers, {number});
  attributes.whole_numbers(kDimensionNumber, {number}, true);
  return scales_.emplace(name, Scale{std::move(dataset), size, number}).first->second.dataset;
}

void Group::bare(const std::string& name, std::size_t size) {
  const Storage storage{size == kUnlimited ? std::vector<std::size_t>{1} : std::vector<std::size_t>{}};
  add_scale(name, dataset(name, Type::none, {size}, storage), size, false);
}

void Group::numbered(const std::string& name, const std::vector<long long>& numbers) {
  write(add_scale(name, dataset(name, Type::integer, {numbers.size()}, {}), numbers.size(), true), H5T_NATIVE_LLONG,
        numbers.data());
}

void Group::labelled(const std::string& name, const std::vector<std::string>& labels) {
  const std::vector<const char*> text = pointers(labels);
  write(add_scale(name, dataset(name, Type::text, {labels.size()}, {}), labels.size(), true),
        text_type(H5T_VARIABLE, H5T_CSET_UTF8).id(), text.data());
}

void Group::growing(const std::string& name, std::size_t chunk) {
  add_scale(name, dataset(name, Type::integer, {kUnlimited}, {{chunk}}), kUnlimited, true);
}

hdf5::Handle Group::variable(const std::string& name, Type type, const std::vector<std::string>& dimensions,
                             const Storage& storage) {
  std::vector<std::size_t> sizes;
  std::vector<int> numbers;
  for (const std::string& dimension : dimensions) {
    sizes.push_back(scales_.at(dimension).size);
    numbers.push_back(scales_.at(dimension).number);
  }
  hdf5::Handle made = dataset(name, type, sizes, storage);
  for (std::size_t k = 0; k < dimensions.size(); ++k)
    hdf5::check(H5DSattach_scale(made.id(), scales_.at(dimensions[k]).dataset.id(), static_cast<unsigned>(k)) >= 0,
                definition_.path, "define '" + name + "' in");
  const Attributes attributes(made.id(), definition_.path);
  if (!numbers.empty()) attributes.whole_numbers(kDimensionNumbers, numbers);
  if (storage.fill == Storage::Fill::not_a_number)
    attributes.real("_FillValue", std::numeric_limits<double>::quiet_NaN());
  return made;
}

void Group::write(const hdf5::Handle& variable, hid_t type, const void* values) const {
  hdf5::check(H5Dwrite(variable.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, definition_.path, "write to");
}

}  // namespace bdglm::netcdf
