// Matrices from .npy, IDX and LIBSVM files: numbers as they were written, and every refusal's words.
#include <gtest/gtest.h>

#include <cmath>

#include "bdglm/data.hpp"
#include "bdglm/error.hpp"
#include "data/libsvm_file.hpp"
#include "data/matrix.hpp"
#include "data/memory.hpp"
#include "support/matrix_files.hpp"
#include "support/message.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class Matrices : public testing::Test {
 protected:
  Table attached(const std::string& file, const std::string& bytes, const std::string& name = "m") {
    Table table;
    attach_matrix(table, name, w_.write(file, bytes));
    return table;
  }
  std::string refusal(const std::string& file, const std::string& bytes, const std::string& name = "m") {
    return message([&] { attached(file, bytes, name); });
  }
  Table libsvm(const std::string& text) { return read_table(w_.write("t.svm", text)); }
  std::string libsvm_refusal(const std::string& text) {
    return message([&] { libsvm(text); });
  }
  /// The numbers of a block, row by row.
  static std::vector<double> rows(const Table& table, const std::string& block = "m") {
    std::vector<double> numbers;
    for (std::size_t i = 0; i < table.rows(); ++i)
      for (std::size_t k = 0; k < table.block(block)->columns; ++k)
        numbers.push_back(table.block_column(block, k)->numbers.at(i));
    return numbers;
  }
  /// What an array of one row of two numbers of that type reads as.
  template <class T>
  std::vector<double> pair(const std::string& descr, const std::vector<T>& numbers) {
    return rows(attached("p.npy", npy("'" + descr + "'", "(1, 2)", bytes_of(numbers))));
  }

  Workspace w_;
};

using Numbers = std::vector<double>;

TEST_F(Matrices, NpyOfAllTypesAndOrders) {
  EXPECT_EQ(pair<double>("<f8", {1.5, -2e300}), (Numbers{1.5, -2e300}));
  EXPECT_EQ(pair<float>("=f4", {1.5F, -3}), (Numbers{1.5, -3}));
  EXPECT_EQ(pair<std::uint16_t>("<f2", {0x3E00, 0xC001}), (Numbers{1.5, -2.001953125}));
  EXPECT_EQ(pair<std::uint16_t>("<f2", {0x0001, 0x7BFF}), (Numbers{std::ldexp(1, -24), 65504}));
  EXPECT_EQ(pair<std::uint8_t>("|u1", {200, 0}), (Numbers{200, 0}));
  EXPECT_EQ(pair<std::int8_t>("|i1", {-100, 7}), (Numbers{-100, 7}));
  EXPECT_EQ(pair<std::uint8_t>("|b1", {1, 0}), (Numbers{1, 0}));
  EXPECT_EQ(pair<std::int16_t>("<i2", {-300, 300}), (Numbers{-300, 300}));
  EXPECT_EQ(pair<std::uint32_t>("<u4", {4000000000U, 1}), (Numbers{4e9, 1}));
  EXPECT_EQ(pair<std::int64_t>("<i8", {-(std::int64_t{1} << 53), 5}), (Numbers{-std::ldexp(1, 53), 5}));
  EXPECT_EQ(pair<std::uint8_t>(">i2", {1, 2, 0xFF, 0xFE}), (Numbers{258, -2}));
  const Numbers six = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(rows(attached("c.npy", npy(2, 3, six))), six);
  EXPECT_EQ(rows(attached("f.npy", npy("'<f8'", "(2, 3)", bytes_of(Numbers{1, 4, 2, 5, 3, 6}), true))), six);
  // Images become rows with their last dimension fastest, whatever the order in the file.
  const Numbers images = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  EXPECT_EQ(rows(attached("i.npy", npy("'<f8'", "(2, 2, 3)", bytes_of(images)))), images);
  EXPECT_EQ(rows(attached("j.npy",
                          npy("'<f8'", "(2, 2, 3)", bytes_of(Numbers{1, 7, 4, 10, 2, 8, 5, 11, 3, 9, 6, 12}), true))),
            images);
  const Table packed = [&] {
    Table table;
    attach_matrix(table, "m", write_zipped(w_.path("z.npy.gz"), npy(2, 3, six)));
    return table;
  }();
  EXPECT_EQ(rows(packed), six);
  EXPECT_EQ(packed.column("m3").numbers, (Numbers{3, 6}));
  EXPECT_TRUE(attached("n.npy", npy(1, 2, {1, std::nan("")})).column("m2").missing(0));
}

TEST_F(Matrices, OneColumnIsAColumn) {
  const Table vector = attached("v.npy", npy("'<f8'", "(3,)", bytes_of(Numbers{1, 2, 3})), "y");
  EXPECT_EQ(vector.block("y"), nullptr);
  EXPECT_EQ(vector.column("y").numbers, (Numbers{1, 2, 3}));
  EXPECT_EQ(attached("w.npy", npy(3, 1, {1, 2, 3}), "y").column("y").numbers, (Numbers{1, 2, 3}));
}

TEST_F(Matrices, IdxOfAllTypes) {
  EXPECT_EQ(rows(attached("u", idx(0x08, {2, 1, 2}, std::string("\x01\xFF\x03\x04", 4)))), (Numbers{1, 255, 3, 4}));
  EXPECT_EQ(rows(attached("b", idx(0x09, {1, 2}, std::string("\x01\xFF", 2)))), (Numbers{1, -1}));
  EXPECT_EQ(rows(attached("s", idx(0x0B, {1, 2}, std::string("\x01\x00\xFF\xFE", 4)))), (Numbers{256, -2}));
  EXPECT_EQ(rows(attached("i", idx(0x0C, {1, 2}, std::string("\x00\x01\x00\x00\xFF\xFF\xFF\xFF", 8)))),
            (Numbers{65536, -1}));
  EXPECT_EQ(rows(attached("f", idx(0x0D, {1, 2}, std::string("\x3F\xC0\x00\x00\xC0\x00\x00\x00", 8)))),
            (Numbers{1.5, -2}));
  EXPECT_EQ(attached("l", idx(0x08, {2}, "\x05\x07"), "y").column("y").numbers, (Numbers{5, 7}));
  EXPECT_HAS(refusal("zero", idx(0x08, {}, "")), "'" + w_.path("zero") + "' holds a single number without dimensions");
  EXPECT_HAS(refusal("none", idx(0x08, {0, 4}, "")), "a dimension of it has the length 0");
}

TEST_F(Matrices, DamagedFiles) {
  const std::string whole = npy(2, 3, {1, 2, 3, 4, 5, 6});
  const std::string images = idx(0x08, {2, 2}, "abcd");
  EXPECT_HAS(refusal("cut.npy", whole.substr(0, whole.size() - 1)),
             "'" + w_.path("cut.npy") + "' is cut short: it ends before the 2 rows of 3 numbers that its header tells");
  EXPECT_HAS(refusal("cut.npy", whole.substr(0, 20)), "is cut short within its header; take a copy that is whole");
  EXPECT_HAS(refusal("cut", images.substr(0, 10)), "is cut short within its header");
  EXPECT_HAS(refusal("cut", images.substr(0, images.size() - 1)), "is cut short: it ends before the 2 rows of 2");
  EXPECT_HAS(refusal("long", images + "e"), "goes on after the 2 rows of 2 numbers of its header");
  EXPECT_HAS(refusal("cut.gz", slurp(write_zipped(w_.path("z.gz"), images)).substr(0, 25)),
             "cannot read '" + w_.path("cut.gz") + "': the compressed file is cut short");
  EXPECT_HAS(refusal("empty", ""), "'" + w_.path("empty") + "' is empty; a matrix is a .npy, IDX or LIBSVM file");
  EXPECT_HAS(refusal("t.csv", "a,b\n1,2\n"), "is neither a .npy nor an IDX file by its first bytes, nor LIBSVM text");
  EXPECT_HAS(refusal("x.npz", "PK\x03\x04more"), "is a ZIP archive, as .npz is");
  EXPECT_HAS(refusal("v.npy", std::string("\x93NUMPY\x07\0\x10\0", 10)), "is of version 7 of .npy");
  EXPECT_HAS(refusal("h.npy", npy("'<f8'", "(2, x)", "")), "has a .npy header that does not read as {'descr': ");
  EXPECT_HAS(refusal("h.npy", npy("'<f8'", "(18446744073709551615, 4)", "")), "tells of more numbers than can be");
}

TEST_F(Matrices, TypesThatAreNoNumbers) {
  const auto refused = [&](const std::string& descr) { return refusal("t.npy", npy(descr, "(1, 2)", "")); };
  EXPECT_HAS(refused("'|O'"), "holds Python objects; save it as numbers: numpy.save(file, X.astype(float))");
  EXPECT_HAS(refused("'<c16'"), "holds complex numbers; save real and imaginary parts by themselves");
  EXPECT_HAS(refused("[('a', '<f8'), ('b', '<i4')]"), "is a structured array, of fields; save one field by itself");
  EXPECT_HAS(refused("'<U7'"), "holds values of NumPy's type '<U7', which are no numbers");
  EXPECT_HAS(refused("'<M8[ns]'"), "NumPy's type '<M8[ns]'");
  EXPECT_HAS(refusal("s.npy", npy("'<f8'", "()", bytes_of(Numbers{1}))), "holds a single number without dimensions");
  EXPECT_HAS(refusal("i.npy", npy("'<i8'", "(1, 2)", bytes_of(std::vector<std::int64_t>{1, (1LL << 53) + 1}))),
             "holds 9007199254740993 in row 1, column 2, beyond 2^53");
}

TEST_F(Matrices, NamesAndRows) {
  const std::string two = w_.write("two.npy", npy(2, 2, {1, 2, 3, 4}));
  const auto to_table = [&](const std::string& csv, const std::string& name) {
    return message([&] {
      Table table = read_table(w_.write("t.csv", csv));
      attach_matrix(table, name, two);
    });
  };
  EXPECT_EQ(to_table("a\n1\n2\n", "m"), "no error");
  EXPECT_EQ(to_table("a\n1\n2\n3\n", "m"),
            "the matrix 'm' of '" + two + "' has 2 rows, '" + w_.path("t.csv") +
                "' has 3; they need a row each for the same observations, in the same order");
  EXPECT_HAS(to_table("m\n1\n2\n", "m"), "the matrix 'm' has the name of a column or matrix that is there already");
  EXPECT_HAS(to_table("a,m2\n1,2\n2,3\n", "m"),
             "the matrix 'm' would have a column 'm2', and there is one of that name already; attach");
  for (const char* name : {"", ".", "2m", "a b", "a-b", ".5", "a:b"})
    EXPECT_HAS(to_table("a\n1\n2\n", name),
               "a matrix cannot be named '" + std::string(name) + "': formulas read it by");
  EXPECT_EQ(to_table("a\n1\n2\n", "größe_.1"), "no error");
  Data data;
  data.add_numbers("a", {1, 2}).add_matrix("m", 2, Numbers{1, 2, 3, 4}).attach("n", two);
  EXPECT_EQ(data.names(), (std::vector<std::string>{"a", "m", "n"}));
  EXPECT_HAS(message([&] { data.attach("n", two); }),
             "the matrix 'n' has the name of a column or matrix that is there");
  EXPECT_HAS(message([&] { data.add_matrix("o", 3, Numbers{1, 2, 3, 4}); }), "'o' has 4 numbers for 3 columns");
  EXPECT_HAS(message([&] { data.add_numbers("m", {1, 2}); }), "a column and a matrix are named 'm'; rename one");
  EXPECT_HAS(message([&] { data.table().column("m"); }),
             "'m' is a matrix of 2 columns, where one column is needed; its columns are 'm1' to 'm2'");
  EXPECT_HAS(message([&] { data.table().column("m3"); }), "no column 'm3': the matrix 'm' has 2 columns, 'm1' to 'm2'");
}

TEST_F(Matrices, LibsvmTextIsColumnsYAndX) {
  const Table table = libsvm("1 1:0.5 3:2 # first\n\n-1\n+2.5\t2:-1e2\r\n");
  EXPECT_EQ(table.column("y").numbers, (Numbers{1, -1, 2.5}));
  EXPECT_EQ(rows(table, "x"), (Numbers{0.5, 0, 2, 0, 0, 0, 0, -100, 0}));
  EXPECT_EQ(table.row_name(2), "row 3 of '" + w_.path("t.svm") + "'");
  EXPECT_TRUE(table.block("x")->sparse);
  EXPECT_EQ(message([&] { table.column("x7"); }),
            "no column 'x7': the matrix 'x' has 3 columns, 'x1' to 'x3'; where it is all zeros, write out one of them, "
            "7:0");
  const Table more =
      read_table(std::vector<std::string>{w_.path("t.svm"), write_zipped(w_.path("u.libsvm.gz"), "3 4:1")});
  EXPECT_EQ(more.rows(), 4U);
  EXPECT_EQ(more.column("x4").numbers, (Numbers{0, 0, 0, 1}));
  EXPECT_EQ(more.row_name(3), "row 1 of '" + w_.path("u.libsvm.gz") + "'");
  Table words;
  attach_matrix(words, "words", w_.path("t.svm"));
  EXPECT_EQ(rows(words, "words"), rows(table, "x"));
  EXPECT_FALSE(words.has("y"));
  const LibsvmRows parsed = read_libsvm([&] {
    std::vector<InputFile> files;
    files.emplace_back(w_.path("t.svm"));
    return files;
  }());
  EXPECT_EQ(parsed.inputs.starts, (std::vector<std::size_t>{0, 2, 2, 3}));
  EXPECT_EQ(parsed.inputs.indices, (std::vector<std::int32_t>{0, 2, 1}));
}

TEST_F(Matrices, MalformedLibsvm) {
  const auto line2 = [&](const std::string& line) { return libsvm_refusal("1 1:2\n" + line + "\n1 1:1\n"); };
  const std::string at = "line 2 of '" + w_.path("t.svm") + "': ";
  EXPECT_EQ(line2("1 3:1 2:1"), at + "the index 2 follows 3; sort each line's indices in ascending order");
  EXPECT_EQ(line2("1 3:1 3:1"), at + "the index 3 stands there twice; keep one value");
  EXPECT_EQ(line2("1 0:1"), at + "the index 0, where they count from 1; add one to all indices of all files");
  EXPECT_EQ(line2("1 -4:1"), at + "the index -4, where they count from 1");
  EXPECT_HAS(line2("1 3000000000:1"), at + "the index 3000000000 is above 2147483647");
  for (const char* token : {"3", "3:", ":1", "3:x", "a:1", "3:1:1", "3:nan", "3:inf", "3.5:1"})
    EXPECT_EQ(line2("1 " + std::string(token)),
              at + "'" + token + "' is no pair of an index and a finite number, as 3:0.5; mend it");
  EXPECT_HAS(line2("3:1 4:1"), at + "it begins with '3:1', where the response is wanted");
  EXPECT_HAS(line2("1,2 4:1"), at + "the response '1,2' is several");
  EXPECT_HAS(line2("spam 4:1"), at + "the response 'spam' is no number; write one for each class");
  EXPECT_HAS(line2("1 qid:3 4:1"), at + "query numbers (qid:) are not read");
  EXPECT_HAS(line2(std::string("1 \0", 3)), at + "a zero byte");
  EXPECT_HAS(libsvm_refusal(""), "'" + w_.path("t.svm") + "' is empty; each of its rows is a line as '1 3:0.5 17:2'");
  EXPECT_HAS(libsvm_refusal("1\n2\n"), "no line of '" + w_.path("t.svm") + "' has an index");
  w_.write("t.csv", "y,x\n1,2\n");
  EXPECT_HAS(message([&] {
               read_table(std::vector<std::string>{w_.path("t.svm"), w_.path("t.csv")});
             }),
             "are not of one format, CSV and LIBSVM");
}

TEST_F(Matrices, WhatDoesNotFitIsRefusedBeforeItIsHeld) {
  EXPECT_EQ(libsvm_refusal("1 2147483647:1\n"),
            "'" + w_.path("t.svm") +
                "' has indices up to 2147483647, above 10000000, the most that a fit names; number " +
                "the columns anew");
  EXPECT_HAS(refusal("big.npy", npy("'<f8'", "(100000, 20000000)", "")),
             "has 100000 rows of 20000000 numbers: 16003 GB");
  EXPECT_GT(available_memory(), 1e6);
  EXPECT_EQ(bytes_text(4e9), "4.0 GB");
  EXPECT_EQ(bytes_text(37.4e6), "37 MB");
}

TEST_F(Matrices, OtherFilesAsTables) {
  const auto table = [&](const std::string& bytes) { return message([&] { read_table(w_.write("t.csv", bytes)); }); };
  EXPECT_HAS(table(npy(1, 2, {1, 2})),
             "is a NumPy array; bdglm reads tables as CSV, plain or gzipped: a matrix is given");
  EXPECT_HAS(table("-1 1:0.5 3:2\n"),
             "is LIBSVM text by its first line; bdglm reads tables as CSV, plain or gzipped: a "
             "name that ends in .svm says so");
  EXPECT_EQ(table("1 a:2\n3\n"), "no error");
  EXPECT_HAS(table(idx(0x08, {2, 2}, "abcd")), "is an IDX file; bdglm reads tables as CSV");
}

}  // namespace
}  // namespace bdglm::test
