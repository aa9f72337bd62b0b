// Handles of resident data: opaque, so that nothing crosses between host and device by accident.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

/// A matrix that lives where its backend computes; copies of the handle, and parts, share the storage. It is dense, but
/// for a design's columns (Backend::upload_columns).
class Matrix {
 public:
  struct Storage {
    virtual ~Storage() = default;
  };

  Matrix() = default;
  Matrix(std::shared_ptr<Storage> storage, Eigen::Index rows, Eigen::Index cols)
      : storage_(std::move(storage)), rows_(rows), cols_(cols) {}

  Eigen::Index rows() const { return rows_; }
  Eigen::Index cols() const { return cols_; }
  Eigen::Index size() const { return rows_ * cols_; }
  bool empty() const { return size() == 0; }
  Storage* storage() const { return storage_.get(); }
  /// Of the first element in the storage.
  Eigen::Index offset() const { return offset_; }

  /// The rows [first, first + count).
  Matrix part(Eigen::Index first, Eigen::Index count) const {
    Matrix m(storage_, count, cols_);
    m.offset_ = offset_ + first * cols_;
    return m;
  }

 private:
  std::shared_ptr<Storage> storage_;
  Eigen::Index rows_ = 0;
  Eigen::Index cols_ = 0;
  Eigen::Index offset_ = 0;
};

/// A map from rows to groups 0 .. groups - 1, resident.
class Indices {
 public:
  struct Storage {
    virtual ~Storage() = default;
  };

  Indices() = default;
  Indices(std::shared_ptr<Storage> storage, Eigen::Index rows, Eigen::Index groups)
      : storage_(std::move(storage)), rows_(rows), groups_(groups) {}

  Eigen::Index rows() const { return rows_; }
  Eigen::Index groups() const { return groups_; }
  Storage* storage() const { return storage_.get(); }

 private:
  std::shared_ptr<Storage> storage_;
  Eigen::Index rows_ = 0;
  Eigen::Index groups_ = 0;
};

}  // namespace bdglm
